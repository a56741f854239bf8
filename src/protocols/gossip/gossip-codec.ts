/**
 * Messages as bytes: version, kind, content up to the end. From outside everything is checked; only `DecodeError` is
 * thrown.
 */
import { type ByteReader, type ByteWriter, varintBytes } from '../../core/bytes.ts'
import { NOBODY, type NodeId } from '../../core/ids.ts'
import { AHEAD_TOLD_MAX, PAYLOAD_BYTES_MAX } from './limits.ts'
import type { GossipMessage, SourceDigest } from './message.ts'
import { compareSources, type Rumour, type RumourId, type Source } from './rumour.ts'

const VERSION = 1

/** The order is the format: append only. */
const KINDS: readonly GossipMessage['kind'][] = ['push', 'feedback', 'digest']

const ASKS = 1
const HAS_AFTER = 2
const HAS_UP_TO = 4

/** Bytes before the content, at most: version, kind, flags, two sources. */
export const HEAD_BYTES_MAX = 35

export function encodeMessage(message: GossipMessage, to: ByteWriter): void {
  to.u8(VERSION)
  to.u8(KINDS.indexOf(message.kind))
  switch (message.kind) {
    case 'push':
      for (const rumour of message.rumours) {
        writeId(to, rumour)
        to.sizedBytes(rumour.payload)
      }
      return
    case 'feedback':
      for (const id of message.known) writeId(to, id)
      return
    case 'digest':
      writeDigest(to, message)
  }
}

/** Reads up to the end. What rumours say is copied: it outlives the packet. */
export function decodeMessage(from: ByteReader): GossipMessage {
  if (from.u8() !== VERSION) throw from.error('unknown version of a message of rumours')
  const kind = KINDS[from.u8()]
  switch (kind) {
    case 'push':
      return { kind, rumours: readAll(from, readRumour) }
    case 'feedback':
      return { kind, known: readAll(from, readId) }
    case 'digest':
      return readDigest(from)
    default:
      throw from.error('unknown kind of message of rumours')
  }
}

/** How many bytes a rumour takes. */
export function rumourBytes({ epoch, number, payload }: Rumour): number {
  return 8 + varintBytes(epoch) + varintBytes(number) + varintBytes(payload.length) + payload.length
}

/** How many bytes it takes to say what is known of a source. */
export function sourceBytes({ epoch, through, ahead }: SourceDigest): number {
  let bytes = 9 + varintBytes(epoch) + varintBytes(through)
  let before = through
  for (const number of ahead) {
    bytes += varintBytes(number - before)
    before = number
  }
  return bytes
}

function writeDigest(to: ByteWriter, digest: GossipMessage & { readonly kind: 'digest' }): void {
  const { asks, after, upTo, sources } = digest
  to.u8((asks ? ASKS : 0) | (after ? HAS_AFTER : 0) | (upTo ? HAS_UP_TO : 0))
  if (after) writeSource(to, after)
  if (upTo) writeSource(to, upTo)
  for (const source of sources) {
    writeSource(to, source)
    to.varint(source.through)
    to.u8(source.ahead.length)
    let before = source.through
    for (const number of source.ahead) {
      to.varint(number - before)
      before = number
    }
  }
}

function readDigest(from: ByteReader): GossipMessage {
  const flags = from.u8()
  if (flags > (ASKS | HAS_AFTER | HAS_UP_TO)) throw from.error('unknown flags of a digest')
  const after = flags & HAS_AFTER ? readSource(from) : undefined
  const upTo = flags & HAS_UP_TO ? readSource(from) : undefined
  const sources = readAll(from, readSourceDigest)
  const ordered = [...(after ? [after] : []), ...sources]
  for (let i = 1; i < ordered.length; i++) {
    if (compareSources(ordered[i - 1]!, ordered[i]!) >= 0) throw from.error('sources out of order')
  }
  const last = ordered.at(-1)
  if (upTo && last && compareSources(last, upTo) > 0) throw from.error('a source beyond the end')
  return {
    kind: 'digest',
    asks: (flags & ASKS) !== 0,
    ...(after && { after }),
    ...(upTo && { upTo }),
    sources,
  }
}

function readSourceDigest(from: ByteReader): SourceDigest {
  const source = readSource(from)
  const through = from.varint()
  const count = from.u8()
  if (count > AHEAD_TOLD_MAX) throw from.error('too many rumours ahead')
  const ahead: number[] = []
  for (let i = 0; i < count; i++) {
    const number = (ahead.at(-1) ?? through) + from.varint()
    if (number <= (ahead.at(-1) ?? through)) throw from.error('rumours out of order')
    if (number > Number.MAX_SAFE_INTEGER) throw from.error('number beyond 2^53')
    ahead.push(number)
  }
  return { ...source, through, ahead }
}

function writeSource(to: ByteWriter, { origin, epoch }: Source): void {
  to.u64big(origin)
  to.varint(epoch)
}

function readSource(from: ByteReader): Source {
  const origin = from.u64big() as NodeId
  if (origin === NOBODY) throw from.error('nobody starts rumours')
  return { origin, epoch: from.varint() }
}

function writeId(to: ByteWriter, id: RumourId): void {
  writeSource(to, id)
  to.varint(id.number)
}

function readId(from: ByteReader): RumourId {
  const source = readSource(from)
  const number = from.varint()
  if (number === 0) throw from.error('rumours are numbered from 1')
  return { ...source, number }
}

function readRumour(from: ByteReader): Rumour {
  const id = readId(from)
  const payload = from.sizedBytes()
  if (payload.length > PAYLOAD_BYTES_MAX) throw from.error('a rumour says too much')
  return { ...id, payload: payload.slice() }
}

function readAll<Item>(from: ByteReader, read: (from: ByteReader) => Item): Item[] {
  const items: Item[] = []
  while (from.remaining > 0) items.push(read(from))
  return items
}
