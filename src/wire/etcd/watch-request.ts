/** `WatchRequest`: one stream carries the creation and the end of many watches, and requests for progress. */
import { EMPTY } from '../../core/bytes.ts'
import { WATCH_FILTERS_MAX } from './limits.ts'
import { bytesTag, type ProtobufReader, varintTag } from './protobuf-reader.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'

/** Which events a watch leaves out; numbers that are not known leave out none. */
export const WatchFilter = { noPut: 0, noDelete: 1 } as const

export interface WatchCreateRequest {
  readonly key: Uint8Array
  readonly rangeEnd: Uint8Array
  /** 0: from now on. */
  readonly startRevision: number
  readonly progressNotify: boolean
  readonly filters: readonly number[]
  readonly prevKv: boolean
  /** 0: the server chooses. */
  readonly watchId: bigint
  /** A long response may come in parts. */
  readonly fragment: boolean
}

export type WatchRequest =
  | { readonly kind: 'create'; readonly create: WatchCreateRequest }
  | { readonly kind: 'cancel'; readonly watchId: bigint }
  | { readonly kind: 'progress' }
  /** None that is known. */
  | { readonly kind: 'none' }

export const WATCH_CREATE_DEFAULTS: WatchCreateRequest = {
  key: EMPTY,
  rangeEnd: EMPTY,
  startRevision: 0,
  progressNotify: false,
  filters: [],
  prevKv: false,
  watchId: 0n,
  fragment: false,
}

/** Of a union that is set twice the last member counts; the same one twice is merged. */
export function readWatchRequest(from: ProtobufReader): WatchRequest {
  let request: WatchRequest = { kind: 'none' }
  while (from.more()) {
    const tag = from.tag()
    switch (tag) {
      case bytesTag(1): {
        const before: WatchCreateRequest | undefined = request.kind === 'create' ? request.create : undefined
        request = { kind: 'create', create: from.message(readCreate, before) }
        break
      }
      case bytesTag(2): {
        const before: bigint | undefined = request.kind === 'cancel' ? request.watchId : undefined
        request = { kind: 'cancel', watchId: from.message(readWatchId, before) }
        break
      }
      case bytesTag(3):
        from.message(readNothing)
        request = { kind: 'progress' }
        break
      default:
        from.skip(tag)
    }
  }
  return request
}

export function writeWatchRequest(to: ProtobufWriter, request: WatchRequest): void {
  switch (request.kind) {
    case 'create': {
      const start = to.begin(1)
      writeCreate(to, request.create)
      return to.end(start)
    }
    case 'cancel': {
      const start = to.begin(2)
      to.int64big(1, request.watchId)
      return to.end(start)
    }
    case 'progress':
      return to.end(to.begin(3))
    case 'none':
      return
  }
}

function readCreate(from: ProtobufReader, before = WATCH_CREATE_DEFAULTS): WatchCreateRequest {
  let { key, rangeEnd, startRevision, progressNotify, prevKv, watchId, fragment } = before
  const filters = [...before.filters]
  while (from.more()) {
    const tag = from.tag()
    switch (tag) {
      case bytesTag(1):
        key = from.bytes()
        break
      case bytesTag(2):
        rangeEnd = from.bytes()
        break
      case varintTag(3):
        startRevision = from.int64()
        break
      case varintTag(4):
        progressNotify = from.bool()
        break
      case varintTag(5):
        addFilter(from, filters)
        break
      case bytesTag(5):
        from.message(inner => readPackedFilters(inner, filters))
        break
      case varintTag(6):
        prevKv = from.bool()
        break
      case varintTag(7):
        watchId = from.int64big()
        break
      case varintTag(8):
        fragment = from.bool()
        break
      default:
        from.skip(tag)
    }
  }
  return { key, rangeEnd, startRevision, progressNotify, filters, prevKv, watchId, fragment }
}

/** proto3 packs repeated numbers. */
function readPackedFilters(from: ProtobufReader, filters: number[]): void {
  while (from.more()) addFilter(from, filters)
}

function addFilter(from: ProtobufReader, filters: number[]): void {
  from.element(WATCH_FILTERS_MAX)
  filters.push(from.enumeration())
}

function writeCreate(to: ProtobufWriter, create: WatchCreateRequest): void {
  to.bytes(1, create.key)
  to.bytes(2, create.rangeEnd)
  to.int64(3, create.startRevision)
  to.bool(4, create.progressNotify)
  to.bytes(5, Uint8Array.from(create.filters))
  to.bool(6, create.prevKv)
  to.int64big(7, create.watchId)
  to.bool(8, create.fragment)
}

function readWatchId(from: ProtobufReader, before = 0n): bigint {
  let watchId = before
  while (from.more()) {
    const tag = from.tag()
    if (tag === varintTag(1)) watchId = from.int64big()
    else from.skip(tag)
  }
  return watchId
}

function readNothing(from: ProtobufReader): void {
  while (from.more()) from.skip(from.tag())
}
