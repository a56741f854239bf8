import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteReader, ByteWriter, DecodeError } from '../../core/bytes.ts'
import type { NodeId } from '../../core/ids.ts'
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

function encoded(one: SwimMessage): Uint8Array {
  const to = new ByteWriter()
  encodeMessage(one, to)
  return to.finish()
}

test('what was written is read, and takes as many bytes as was reckoned', () => {
  fc.assert(
    fc.property(message, one => {
      const bytes = encoded(one)
      expect(decodeMessage(new ByteReader(bytes))).toEqual(one)
      const reckoned = one.claims.reduce((sum, each) => sum + claimBytes(each), 0)
      const headBytes = encoded({ ...one, claims: [] }).length
      expect(bytes.length).toBe(headBytes + reckoned)
      expect(headBytes).toBeLessThanOrEqual(HEAD_BYTES_MAX)
    }),
    { numRuns: 300 },
  )
})

test('what anybody makes up is refused with a DecodeError, or understood', () => {
  const soup = fc.tuple(fc.nat({ max: 5 }), fc.uint8Array({ maxLength: 60 }))
  fc.assert(
    fc.property(soup, ([kind, rest]) => {
      try {
        const one = decodeMessage(new ByteReader(Uint8Array.of(1, kind, ...rest)))
        expect(decodeMessage(new ByteReader(encoded(one)))).toEqual(one)
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError)
      }
    }),
    { numRuns: 1000 },
  )
})

test('what nobody can mean is refused', () => {
  const refused = (...bytes: number[]): void => {
    expect(() => decodeMessage(new ByteReader(Uint8Array.from(bytes)))).toThrow(DecodeError)
  }
  const [version, ping, sync] = [1, 0, 4]
  const nobody = [0, 0, 0, 0, 0, 0, 0, 0]
  const somebody = [1, 0, 0, 0, 0, 0, 0, 0]
  refused(2, ping, 1)
  refused(version, 5, 1)
  refused(version, sync, 2)
  refused(version, ping, 1, 2, ...nobody, 0)
  refused(version, ping, 1, 4, ...somebody, 0)
  refused(version, ping, 1, 2, ...somebody)
  refused(version, ping, 1, 1, ...somebody, 0, ...nobody)
  // An incarnation of 2^49, and 513 bytes of what it tells.
  refused(version, ping, 1, 2, ...somebody, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1)
  refused(version, ping, 1, 0, ...somebody, 0, 0x81, 4, ...new Array<number>(513).fill(0))
})
