/** What the JSON gateway takes on at most. */

/** One response, before it is put into JSON, which takes a third more. */
export const GATEWAY_RESPONSE_BYTES_MAX = 64 * 1024 * 1024

/** Long responses that are being written, together. */
export const GATEWAY_HELD_BYTES_MAX = 128 * 1024 * 1024
