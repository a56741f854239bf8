/** What a snapshot file bounds. */

/** Pairs are gathered until a block holds so much; one large pair may make it longer. */
export const SNAPSHOT_BLOCK_BYTES = 32 * 1024

/** No block is longer: what says so is damaged. */
export const SNAPSHOT_BLOCK_BYTES_MAX = 64 * 1024 * 1024

/** Rows that belong to no snapshot cost time, too: so many bytes each. */
export const SNAPSHOT_ROW_BYTES = 32
