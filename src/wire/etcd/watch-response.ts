/**
 * `WatchResponse` and `mvccpb.Event`. A server encodes an event once, whoever gets it: what differs from watch to watch
 * is written around it.
 */
import {
  NO_HEADER,
  type ResponseHeader,
  type ResponseHeaderParts,
  readHeader,
  writeHeader,
} from './header.ts'
import { type KeyValue, NO_KEY_VALUE, readKeyValue, writeKeyValue } from './key-value.ts'
import { bytesTag, type ProtobufReader, varintTag } from './protobuf-reader.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'

/** What happened to a key; of a deletion `kv` has the key and the mod revision only. */
export interface WatchEvent {
  readonly kind: 'put' | 'delete'
  readonly kv: KeyValue
  readonly prevKv: KeyValue | undefined
}

export interface WatchResponse {
  readonly header: ResponseHeader
  /** -1: all watches of the stream, or none. */
  readonly watchId: bigint
  readonly created: boolean
  readonly canceled: boolean
  /** Not 0: the start is compacted, and a watch may start from here. */
  readonly compactRevision: number
  readonly cancelReason: string
  /** Parts of the same response follow. */
  readonly fragment: boolean
  readonly events: readonly WatchEvent[]
}

/** Everything of a response but its header and its events. */
export type WatchResponseHead = Omit<WatchResponse, 'header' | 'events'>

/** A server's id where there is no watch. */
export const NO_WATCH = -1n

export const WATCH_RESPONSE_DEFAULTS: WatchResponseHead = {
  watchId: 0n,
  created: false,
  canceled: false,
  compactRevision: 0,
  cancelReason: '',
  fragment: false,
}

/** Events that were encoded before go behind it (`writeWatchEvent`). */
export function writeWatchResponseHead(
  to: ProtobufWriter,
  header: ResponseHeaderParts,
  head: WatchResponseHead,
): void {
  writeHeader(to, header)
  to.int64big(2, head.watchId)
  to.bool(3, head.created)
  to.bool(4, head.canceled)
  to.int64(5, head.compactRevision)
  to.string(6, head.cancelReason)
  to.bool(7, head.fragment)
}

/** As one of a response's events. */
export function writeWatchEvent(to: ProtobufWriter, event: WatchEvent): void {
  const start = to.begin(11)
  to.enumeration(1, event.kind === 'put' ? 0 : DELETE)
  writeKeyValue(to, 2, event.kv)
  if (event.prevKv !== undefined) writeKeyValue(to, 3, event.prevKv)
  to.end(start)
}

export function readWatchResponse(from: ProtobufReader): WatchResponse {
  let header: ResponseHeader = NO_HEADER
  let { watchId, created, canceled, compactRevision, cancelReason, fragment } = WATCH_RESPONSE_DEFAULTS
  const events: WatchEvent[] = []
  while (from.more()) {
    const tag = from.tag()
    switch (tag) {
      case bytesTag(1):
        header = from.message(readHeader, header)
        break
      case varintTag(2):
        watchId = from.int64big()
        break
      case varintTag(3):
        created = from.bool()
        break
      case varintTag(4):
        canceled = from.bool()
        break
      case varintTag(5):
        compactRevision = from.int64()
        break
      case bytesTag(6):
        cancelReason = from.string()
        break
      case varintTag(7):
        fragment = from.bool()
        break
      case bytesTag(11):
        events.push(from.message(readWatchEvent))
        break
      default:
        from.skip(tag)
    }
  }
  return { header, watchId, created, canceled, compactRevision, cancelReason, fragment, events }
}

const DELETE = 1

/** An event without a key, which no server sends, reads as one of the empty key. */
function readWatchEvent(from: ProtobufReader): WatchEvent {
  let type = 0
  let kv: KeyValue = NO_KEY_VALUE
  let prevKv: KeyValue | undefined
  while (from.more()) {
    const tag = from.tag()
    switch (tag) {
      case varintTag(1):
        type = from.enumeration()
        break
      case bytesTag(2):
        kv = from.message(readKeyValue, kv)
        break
      case bytesTag(3):
        prevKv = from.message(readKeyValue, prevKv)
        break
      default:
        from.skip(tag)
    }
  }
  return { kind: type === DELETE ? 'delete' : 'put', kv, prevKv }
}
