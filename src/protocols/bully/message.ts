/** What the members of a bully election say to each other, and the bytes of it: version, kind. */
import type { ByteReader, ByteWriter } from '../../core/bytes.ts'

/** The order is the format: append only. */
const KINDS = [
  /** "I want to lead; are you, who are higher, alive?" */
  'election',
  /** "I am, and shall see to it." */
  'answer',
  /** "I lead." Said when elected, and again and again while it lasts. */
  'coordinator',
] as const

export interface BullyMessage {
  readonly kind: (typeof KINDS)[number]
}

const VERSION = 1

export function encodeMessage(message: BullyMessage, to: ByteWriter): void {
  to.u8(VERSION)
  to.u8(KINDS.indexOf(message.kind))
}

export function decodeMessage(from: ByteReader): BullyMessage {
  if (from.u8() !== VERSION) throw from.error('unknown version of a bully message')
  const kind = KINDS[from.u8()]
  if (kind === undefined) throw from.error('unknown kind of bully message')
  return { kind }
}
