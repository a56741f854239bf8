/**
 * The messages of a snapshot transfer. The receiver drives it: it asks, and says how many chunks it has
 * room for; the sender reads them from a pin. So a slow receiver costs the sender nothing but the pin,
 * and either side may vanish at any time.
 */
import type { ByteReader, ByteWriter } from '../core/bytes.ts'
import type { Index } from '../core/ids.ts'
import type { LogBase } from '../core/log-update.ts'
import { readLogBase, writeLogBase } from './applied-state.ts'

export type SnapshotMessage =
  /** Send me a snapshot at `minimum` or later, and chunks below `credit` of it. */
  | { readonly kind: 'request'; readonly session: number; readonly minimum: Index; readonly credit: number }
  /** I have room for every chunk below `credit`. */
  | { readonly kind: 'credit'; readonly session: number; readonly credit: number }
  | SnapshotChunk
  /** I cannot send it (too busy, or not that far myself), or I no longer want it. */
  | { readonly kind: 'abandon'; readonly session: number }

export interface SnapshotChunk {
  readonly kind: 'chunk'
  readonly session: number
  /** Counts from 0. */
  readonly sequence: number
  /** The state's position; the same in every chunk of a session. */
  readonly base: LogBase
  readonly last: boolean
  readonly pairs: readonly Pair[]
}

export interface Pair {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

const FORMAT_VERSION = 1
const KINDS = ['request', 'credit', 'chunk', 'abandon'] as const

export function writeSnapshotMessage(to: ByteWriter, message: SnapshotMessage): void {
  to.u8(FORMAT_VERSION)
  to.u8(KINDS.indexOf(message.kind))
  to.u64(message.session)
  switch (message.kind) {
    case 'request':
      to.u64(message.minimum)
      to.u64(message.credit)
      break
    case 'credit':
      to.u64(message.credit)
      break
    case 'chunk':
      to.u64(message.sequence)
      to.u8(message.last ? 1 : 0)
      writeLogBase(to, message.base)
      to.varint(message.pairs.length)
      for (const pair of message.pairs) {
        to.sizedBytes(pair.key)
        to.sizedBytes(pair.value)
      }
      break
    case 'abandon':
      break
  }
}

/** Throws `DecodeError`. Keys and values are views of the reader's bytes; nothing else is. */
export function readSnapshotMessage(from: ByteReader): SnapshotMessage {
  if (from.u8() !== FORMAT_VERSION) throw from.error('unknown version of a snapshot message')
  const kind = KINDS[from.u8()]
  if (kind === undefined) throw from.error('unknown kind of snapshot message')
  const session = from.u64()
  const message = readBody(from, kind, session)
  from.end()
  return message
}

function readBody(from: ByteReader, kind: (typeof KINDS)[number], session: number): SnapshotMessage {
  switch (kind) {
    case 'request':
      return { kind, session, minimum: from.u64() as Index, credit: from.u64() }
    case 'credit':
      return { kind, session, credit: from.u64() }
    case 'chunk': {
      const sequence = from.u64()
      const last = from.u8() === 1
      const base = readLogBase(from)
      const count = from.varint()
      if (count > from.remaining) throw from.error('more pairs than bytes')
      const pairs: Pair[] = []
      for (let i = 0; i < count; i++) pairs.push({ key: from.sizedBytes(), value: from.sizedBytes() })
      return { kind, session, sequence, last, base, pairs }
    }
    case 'abandon':
      return { kind, session }
  }
}
