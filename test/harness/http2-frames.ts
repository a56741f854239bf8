/** HTTP/2 by hand (RFC 9113), for tests of what a well-behaved client would never send, or never notices. */
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

export const FrameTypes = { settings: 4, ping: 6, goAway: 7 } as const
/** Of SETTINGS and of PING. */
export const ACK = 1

export interface Frame {
  readonly type: number
  readonly flags: number
  readonly payload: Buffer
}

export function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(9)
  header.writeUIntBE(payload.length, 0, 3)
  header[3] = type
  header[4] = flags
  header.writeUInt32BE(stream, 5)
  return Buffer.concat([header, payload])
}

/** Settings that set nothing: a client's first frame. */
export const SETTINGS = frame(FrameTypes.settings, 0, 0, Buffer.alloc(0))

/** The frames that are whole. */
export function framesOf(bytes: Buffer): Frame[] {
  const frames: Frame[] = []
  for (let at = 0; at + 9 <= bytes.length; ) {
    const end = at + 9 + bytes.readUIntBE(at, 3)
    if (end > bytes.length) break
    frames.push({ type: bytes[at + 3]!, flags: bytes[at + 4]!, payload: bytes.subarray(at + 9, end) })
    at = end
  }
  return frames
}
