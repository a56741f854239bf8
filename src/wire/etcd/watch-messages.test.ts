/** The messages of watches against the oracle. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DecodeError } from '../../core/bytes.ts'
import { responseIdentity } from './header.ts'
import { WATCH_FILTERS_MAX } from './limits.ts'
import { conform, messageCase } from './message-case.conformance.ts'
import { oracleBytes } from './oracle.conformance.ts'
import { decode } from './protobuf-reader.ts'
import {
  big,
  bytes,
  header,
  headerInit,
  int64,
  keyValue,
  kvInit,
  natural,
  none,
  text,
} from './random-messages.conformance.ts'
import { readWatchRequest, type WatchRequest, writeWatchRequest } from './watch-request.ts'
import {
  readWatchResponse,
  type WatchEvent,
  type WatchResponse,
  writeWatchEvent,
  writeWatchResponseHead,
} from './watch-response.ts'

const watchId = fc.oneof(fc.constantFrom(0n, -1n, 2n ** 63n - 1n), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n))

const request: fc.Arbitrary<WatchRequest> = fc.oneof(
  fc
    .record({
      key: bytes,
      rangeEnd: bytes,
      startRevision: int64,
      progressNotify: fc.boolean(),
      filters: fc.array(fc.nat(2), { maxLength: 3 }),
      prevKv: fc.boolean(),
      watchId,
      fragment: fc.boolean(),
    })
    .map((create): WatchRequest => ({ kind: 'create', create })),
  watchId.map((id): WatchRequest => ({ kind: 'cancel', watchId: id })),
  fc.constantFrom<WatchRequest>({ kind: 'progress' }, { kind: 'none' }),
)

function requestInit(message: WatchRequest): object {
  switch (message.kind) {
    case 'create': {
      const { startRevision, ...create } = message.create
      const value = { ...create, startRevision: big(startRevision) }
      return { requestUnion: { case: 'createRequest', value } }
    }
    case 'cancel':
      return { requestUnion: { case: 'cancelRequest', value: { watchId: message.watchId } } }
    case 'progress':
      return { requestUnion: { case: 'progressRequest', value: {} } }
    case 'none':
      return {}
  }
}

const event: fc.Arbitrary<WatchEvent> = fc.record({
  kind: fc.constantFrom('put', 'delete'),
  kv: keyValue,
  prevKv: fc.option(keyValue, { nil: undefined }),
})

const response: fc.Arbitrary<WatchResponse> = fc.record({
  header,
  watchId,
  created: fc.boolean(),
  canceled: fc.boolean(),
  compactRevision: natural,
  cancelReason: text,
  fragment: fc.boolean(),
  events: fc.array(event, { maxLength: 4 }),
})

conform([
  messageCase({
    name: 'WatchRequest',
    arbitrary: request,
    init: requestInit,
    write: writeWatchRequest,
    read: readWatchRequest,
  }),
  messageCase({
    name: 'WatchResponse',
    arbitrary: response,
    init: ({ events, ...rest }) => ({
      ...rest,
      header: headerInit(rest.header),
      compactRevision: big(rest.compactRevision),
      events: events.map(({ kind, kv, prevKv }) => ({
        type: kind === 'put' ? 0 : 1,
        kv: kvInit(kv),
        ...(prevKv && { prevKv: kvInit(prevKv) }),
      })),
    }),
    write: (to, { header: { clusterId, memberId, revision, raftTerm }, events, ...head }) => {
      writeWatchResponseHead(
        to,
        { identity: responseIdentity(clusterId, memberId), revision, raftTerm },
        head,
      )
      for (const each of events) writeWatchEvent(to, each)
    },
    read: readWatchResponse,
  }),
])

describe('the filters of a watch', () => {
  const create = (...fields: number[]) => {
    const read = decode(Uint8Array.of(0x0a, fields.length, ...fields), readWatchRequest)
    return read.kind === 'create' ? read.create.filters : undefined
  }

  test('are taken packed and one by one', () => {
    expect(create(0x2a, 2, 1, 0, 0x28, 1)).toEqual([1, 0, 1])
  })

  test('are no more than a few', () => {
    const filters = Array.from({ length: WATCH_FILTERS_MAX + 1 }, () => 1)
    const bytes = oracleBytes('WatchRequest', {
      requestUnion: { case: 'createRequest', value: { key: none, filters } },
    })
    expect(() => decode(bytes, readWatchRequest)).toThrow(DecodeError)
  })
})
