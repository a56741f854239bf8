import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteReader, DecodeError } from '../../core/bytes.ts'
import type { NodeId } from '../../core/ids.ts'
import { bytesOf, codecConformance } from '../codec.conformance.ts'
import { INCARNATION_MAX, META_BYTES_MAX } from './limits.ts'
import type { Claim } from './member.ts'
import type { SwimMessage } from './message.ts'
import { claimBytes, decodeMessage, encodeMessage, HEAD_BYTES_MAX } from './swim-codec.ts'

const id = fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }) as fc.Arbitrary<NodeId>
const incarnation = fc.nat({ max: INCARNATION_MAX })
const claim: fc.Arbitrary<Claim> = fc.oneof(
  fc.record({
    state: fc.constant('alive' as const),
    id,
    incarnation,
    meta: fc.uint8Array({ maxLength: META_BYTES_MAX }),
  }),
  fc.record({ state: fc.constant('suspect' as const), id, incarnation, by: id }),
  fc.record({ state: fc.constantFrom('dead' as const, 'left' as const), id, incarnation }),
)
const claims = fc.array(claim, { maxLength: 5 })
const sequence = fc.nat({ max: 2 ** 40 })
const message: fc.Arbitrary<SwimMessage> = fc.oneof(
  fc.record({ kind: fc.constantFrom('ping' as const, 'ack' as const, 'nack' as const), sequence, claims }),
  fc.record({ kind: fc.constant('pingRequest' as const), sequence, target: id, claims }),
  fc.record({ kind: fc.constant('sync' as const), asks: fc.boolean(), claims }),
)

const codec = { encode: encodeMessage, decode: decodeMessage, version: 1, kinds: 5 }

codecConformance(codec, message, (one, bytes) => {
  const headBytes = bytesOf(codec, { ...one, claims: [] }).length
  expect(bytes.length).toBe(headBytes + one.claims.reduce((sum, each) => sum + claimBytes(each), 0))
  expect(headBytes).toBeLessThanOrEqual(HEAD_BYTES_MAX)
})

test('what nobody can mean is refused', () => {
  const refused = (...bytes: number[]): void => {
    expect(() => decodeMessage(new ByteReader(Uint8Array.from(bytes)))).toThrow(DecodeError)
  }
  const [version, ping, sync] = [1, 0, 4]
  const nobody = [0, 0, 0, 0, 0, 0, 0, 0]
  const somebody = [1, 0, 0, 0, 0, 0, 0, 0]
  refused(version, sync, 2)
  refused(version, ping, 1, 2, ...nobody, 0)
  refused(version, ping, 1, 4, ...somebody, 0)
  refused(version, ping, 1, 2, ...somebody)
  refused(version, ping, 1, 1, ...somebody, 0, ...nobody)
  // An incarnation of 2^49, and 513 bytes of what it tells.
  refused(version, ping, 1, 2, ...somebody, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1)
  refused(version, ping, 1, 0, ...somebody, 0, 0x81, 4, ...new Array<number>(513).fill(0))
})
