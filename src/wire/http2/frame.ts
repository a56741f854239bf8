/** The shapes of frames (RFC 9113 §4.1, §6). */

export const FRAME_HEADER_BYTES = 9

export const FrameType = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const

export const Flag = {
  none: 0,
  /** DATA, HEADERS */
  endStream: 0x1,
  /** SETTINGS, PING */
  ack: 0x1,
  /** HEADERS, CONTINUATION */
  endHeaders: 0x4,
  padded: 0x8,
  priority: 0x20,
} as const

/** What a client says first (§3.4), before its settings. */
export const PREFACE: Uint8Array = Uint8Array.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', character =>
  character.charCodeAt(0),
)

/** Numbers on the wire are big-endian. */
export function readU32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
}

/** A stream id or a window increment: its first bit is reserved, and ignored. */
export function readU31(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at) & 0x7fffffff
}
