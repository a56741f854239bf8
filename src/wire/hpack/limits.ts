/** What an HPACK endpoint is willing to remember and to build. */

/** RFC 7541 §4.2: the size of both dynamic tables until settings say otherwise, and the most we ever use. */
export const HPACK_TABLE_BYTES = 4096

/** RFC 7541 §4.1: what an entry costs beyond its name and value. */
export const HPACK_ENTRY_OVERHEAD_BYTES = 32

/** The longest integer that a header block may need: no length or index of ours is near it. */
export const HPACK_INTEGER_MAX = 2 ** 28
