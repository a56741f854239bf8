/** What framing holds at most. */

/** The longest frame, header included, unless a decoder is told otherwise. */
export const FRAME_BYTES_MAX = 64 * 1024 * 1024

/** What a frame may weigh before the other end has said who it is. */
export const GREETING_FRAME_BYTES_MAX = 1024

/** A decoder's assembly buffer begins with this size... */
export const ASSEMBLY_BYTES_MIN = 4 * 1024

/** ...and is kept for the next frame up to this one. */
export const ASSEMBLY_BYTES_KEPT = 1024 * 1024

/** Words that go with a refusal. */
export const REFUSAL_TEXT_BYTES_MAX = 256

/** The name of a host in a greeting; names in DNS have 253 characters at most. */
export const HOST_BYTES_MAX = 255
