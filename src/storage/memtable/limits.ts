/** What a page of the tree, a block of a checkpoint and a report of damage hold at most. */

/** Records of a leaf, separators of an inner node. 32 makes puts dearer, 128 makes copies dearer. */
export const PAGE_RECORDS_MAX = 64

/** A leaf is split when its packed records pass this size, so that copying one stays cheap. */
export const PAGE_BYTES_MAX = 16 * 1024

/** Records beyond this size are kept outside the page, by reference. */
export const PACKED_RECORD_BYTES_MAX = 1024

/** A block of a checkpoint ends after the record that passes either limit; one block is one slice. */
export const BLOCK_BYTES = 64 * 1024
export const BLOCK_RECORDS_MAX = 2048

/** Damages named by one `verify`; a disk that lies everywhere needs no longer list. */
export const DAMAGES_REPORTED_MAX = 100
