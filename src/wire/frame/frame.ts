/**
 * The frames that nodes exchange over a byte stream, little-endian:
 *
 *   length      u32   bytes behind this 12-byte prefix: kind, group and payload
 *   complement  u32   ~length, as in DEFLATE's stored blocks (RFC 1951 §3.2.4)
 *   checksum    u32   CRC-32C of what follows
 *   kind        u8
 *   group       u32
 *   payload
 *
 * TCP's own checksum lets one damaged segment in millions through, so a frame carries a better one. The
 * length is guarded apart: a damaged one must be noticed at once, not after waiting for bytes that never come.
 */
import { assert } from '../../core/assert.ts'
import type { ByteWriter } from '../../core/bytes.ts'
import type { Checksum } from '../../core/crc32c.ts'
import type { GroupId } from '../../core/ids.ts'
import { FRAME_BYTES_MAX } from './limits.ts'

/** Length, complement, checksum. */
export const FRAME_PREFIX_BYTES = 12

/** Kind and group. */
export const FRAME_LEAD_BYTES = 5

export const FRAME_HEADER_BYTES = FRAME_PREFIX_BYTES + FRAME_LEAD_BYTES

/** The numbers are the wire format: never used again for something else. */
export const FRAME_KIND = {
  hello: 1,
  welcome: 2,
  refusal: 3,
  ping: 4,
  message: 5,
  snapshot: 6,
  join: 7,
  joined: 8,
  /** Answers a ping that has a number, with that number. */
  pong: 9,
} as const

/** Belongs to no group. */
export const NO_GROUP = 0 as GroupId

/** Appends a frame; `encode` appends its payload. Throws nothing, unless `encode` does. */
export function writeFrame(
  to: ByteWriter,
  checksum: Checksum,
  kind: number,
  group: GroupId,
  encode: (to: ByteWriter) => void,
): void {
  const start = to.length
  to.u32(0)
  to.u32(0)
  to.u32(0)
  to.u8(kind)
  to.u32(group)
  encode(to)
  const length = to.length - start - FRAME_PREFIX_BYTES
  assert(length + FRAME_PREFIX_BYTES <= FRAME_BYTES_MAX, 'a frame that we send is not longer than peers take')
  to.patchU32(start, length)
  to.patchU32(start + 4, ~length >>> 0)
  to.patchU32(start + 8, checksum(to.peek(start + FRAME_PREFIX_BYTES)))
}
