import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DecodeError } from '../../core/bytes.ts'
import {
  deleteRange,
  deleteResponse,
  header,
  put,
  putResponse,
  range,
  rangeResponse,
  txn,
  txnResponse,
} from '../../wire/etcd/random-messages.conformance.ts'
import type { StoreOperation, StoreOutcome, StoreRequest, StoreResponse } from './history.ts'
import { decodeHistory, encodeHistory } from './history-codec.ts'

const exchange: fc.Arbitrary<{ request: StoreRequest; response: StoreResponse }> = fc.oneof(
  fc.record({
    request: fc.record({ kind: fc.constant('range' as const), range }),
    response: fc.record({ kind: fc.constant('range' as const), range: rangeResponse }),
  }),
  fc.record({
    request: fc.record({ kind: fc.constant('put' as const), put }),
    response: fc.record({ kind: fc.constant('put' as const), put: putResponse }),
  }),
  fc.record({
    request: fc.record({ kind: fc.constant('deleteRange' as const), deleteRange }),
    response: fc.record({ kind: fc.constant('deleteRange' as const), deleteRange: deleteResponse }),
  }),
  fc.record({
    request: fc.record({ kind: fc.constant('txn' as const), txn }),
    response: fc.record({ kind: fc.constant('txn' as const), txn: txnResponse }),
  }),
  fc.record({
    request: fc.record({
      kind: fc.constant('compact' as const),
      compact: fc.record({ revision: fc.maxSafeInteger(), physical: fc.boolean() }),
    }),
    response: fc.record({ kind: fc.constant('compact' as const), compact: fc.record({ header }) }),
  }),
  fc.record({
    request: fc.record({
      kind: fc.constant('leaseRevoke' as const),
      leaseRevoke: fc.record({ id: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n) }),
    }),
    response: fc.record({ kind: fc.constant('leaseRevoke' as const), leaseRevoke: fc.record({ header }) }),
  }),
)

const refused = fc
  .constantFrom('compacted', 'futureRevision', 'keyNotFound', 'leaseNotFound', 'notServed')
  .map(reason => ({ kind: 'refused', reason }) as StoreOutcome)

const operation: fc.Arbitrary<StoreOperation> = fc
  .tuple(exchange, refused, fc.nat(2), fc.nat(), fc.nat(9), fc.nat(), fc.option(fc.nat()))
  .map(([{ request, response }, refusal, outcome, id, client, calledAt, returnedAt]) => ({
    id,
    client,
    calledAt,
    ...(returnedAt === null ? {} : { returnedAt }),
    request,
    outcome: [{ kind: 'done', response } as const, refusal, { kind: 'unknown' } as const][outcome]!,
  }))

describe('a history as lines of JSON', () => {
  test('is read back as it was written', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 5 }), history => {
        expect(decodeHistory(encodeHistory(history))).toEqual(history)
      }),
      { numRuns: 300, seed: 1 },
    )
  })

  test('says no more than it must, and in words where it can', () => {
    const put = {
      key: Uint8Array.from([0x61, 0x62]),
      value: Uint8Array.from([0, 255]),
      lease: 1n,
      prevKv: true,
      ignoreValue: false,
      ignoreLease: false,
    }
    const unknown = { kind: 'unknown' } as const
    const history = [
      { id: 0, client: 1, calledAt: 2, request: { kind: 'put', put }, outcome: unknown },
    ] as const
    expect(encodeHistory(history)).toBe(
      '{"client":1,"calledAt":2,"request":{"put":{"key":"ab","value":{"hex":"00ff"},"lease":"1","prevKv":true}},"outcome":"unknown"}\n',
    )
  })

  test.each([
    'put',
    '[]',
    '{"id":"1"}',
    '{"id":1,"request":{"put":null},"outcome":"unknown","more":1}',
    '{"id":1,"request":{"put":null,"range":null},"outcome":"unknown"}',
    '{"id":1,"request":{"put":{"key":"Ł"}},"outcome":"unknown"}',
    '{"id":1,"request":{"put":{"key":{"hex":"0"}}},"outcome":"unknown"}',
    '{"id":1,"request":{"put":{"lease":"1n"}},"outcome":"unknown"}',
    '{"id":1,"request":{"put":null},"outcome":"certain"}',
    '{"id":1,"request":{"put":null},"outcome":{"refused":"maybe"}}',
    '{"id":1,"request":{"put":null},"outcome":{"done":{"range":null}}}',
    '{"id":1,"request":{"toString":null},"outcome":"unknown"}',
    '{"id":1,"request":{"txn":{"compare":{}}},"outcome":"unknown"}',
    `{"id":1,"request":${'{"txn":{"success":['.repeat(50_000)}${']}}'.repeat(50_000)},"outcome":"unknown"}`,
  ])('refuses what it cannot have written: %.60s', line => {
    expect(() => decodeHistory(line)).toThrow(DecodeError)
  })
})
