/** What a page of the tree holds at most. */

/** Records of a leaf, separators of an inner node. 32 makes puts dearer, 128 makes copies dearer. */
export const PAGE_RECORDS_MAX = 64

/** A leaf is split when its packed records pass this size, so that copying one stays cheap. */
export const PAGE_BYTES_MAX = 16 * 1024

/** Records beyond this size are kept outside the page, by reference. */
export const PACKED_RECORD_BYTES_MAX = 1024
