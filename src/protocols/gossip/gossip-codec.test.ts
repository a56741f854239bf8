import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteReader, ByteWriter, DecodeError } from '../../core/bytes.ts'
import type { NodeId } from '../../core/ids.ts'
import { decodeMessage, encodeMessage, HEAD_BYTES_MAX, rumourBytes, sourceBytes } from './gossip-codec.ts'
import { AHEAD_TOLD_MAX, PAYLOAD_BYTES_MAX } from './limits.ts'
import type { GossipMessage, SourceDigest } from './message.ts'
import { compareSources, type Rumour, type Source } from './rumour.ts'

const origin = fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }) as fc.Arbitrary<NodeId>
const epoch = fc.nat({ max: 2 ** 40 })
const number = fc.integer({ min: 1, max: 2 ** 40 })
const source: fc.Arbitrary<Source> = fc.record({ origin, epoch })
const rumour: fc.Arbitrary<Rumour> = fc.record({
  origin,
  epoch,
  number,
  payload: fc.uint8Array({ maxLength: PAYLOAD_BYTES_MAX }),
})
const sourceDigest: fc.Arbitrary<SourceDigest> = fc
  .tuple(
    source,
    fc.nat({ max: 2 ** 40 }),
    fc.array(fc.integer({ min: 1, max: 1000 }), { maxLength: AHEAD_TOLD_MAX }),
  )
  .map(([{ origin, epoch }, through, steps]) => {
    let at = through
    return { origin, epoch, through, ahead: steps.map(step => (at += step)) }
  })
/** Sources in order, each once, of which the first and the last may be the bounds. */
const digest = fc
  .tuple(
    fc.uniqueArray(sourceDigest, { selector: ({ origin, epoch }) => `${origin}/${epoch}` }),
    fc.boolean(),
    fc.boolean(),
  )
  .map(([all, isBounded, asks]): GossipMessage => {
    const sources = all.sort(compareSources)
    const [first, last] = [sources[0], sources.at(-1)]
    if (!isBounded || sources.length < 2) return { kind: 'digest', asks, sources }
    const bound = ({ origin, epoch }: Source): Source => ({ origin, epoch })
    return { kind: 'digest', asks, after: bound(first!), upTo: bound(last!), sources: sources.slice(1) }
  })
const message: fc.Arbitrary<GossipMessage> = fc.oneof(
  fc.record({ kind: fc.constant('push' as const), rumours: fc.array(rumour, { maxLength: 3 }) }),
  fc.record({
    kind: fc.constant('feedback' as const),
    known: fc.array(fc.record({ origin, epoch, number }), { maxLength: 5 }),
  }),
  digest,
)

function encoded(one: GossipMessage): Uint8Array {
  const to = new ByteWriter()
  encodeMessage(one, to)
  return to.finish()
}

test('what was written is read, and takes no more bytes than was reckoned', () => {
  fc.assert(
    fc.property(message, one => {
      const bytes = encoded(one)
      expect(decodeMessage(new ByteReader(bytes))).toEqual(one)
      if (one.kind === 'push') {
        expect(bytes.length).toBe(2 + one.rumours.reduce((sum, each) => sum + rumourBytes(each), 0))
      }
      if (one.kind === 'digest') {
        const reckoned = one.sources.reduce((sum, each) => sum + sourceBytes(each), 0)
        const headBytes = encoded({ ...one, sources: [] }).length
        expect(bytes.length).toBe(headBytes + reckoned)
        expect(headBytes).toBeLessThanOrEqual(HEAD_BYTES_MAX)
      }
    }),
    { numRuns: 300 },
  )
})

test('what anybody makes up is refused with a DecodeError, or understood', () => {
  const soup = fc.tuple(fc.nat({ max: 3 }), fc.uint8Array({ maxLength: 60 }))
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
  const [version, push, feedback, digest] = [1, 0, 1, 2]
  const nobody = [0, 0, 0, 0, 0, 0, 0, 0]
  const somebody = [1, 0, 0, 0, 0, 0, 0, 0]
  refused(2, push)
  refused(version, 3)
  refused(version, push, ...nobody, 1, 1, 0)
  refused(version, push, ...somebody, 1, 0, 0)
  refused(version, push, ...somebody, 1, 1, 0x81, 8, ...new Array<number>(1025).fill(0))
  refused(version, feedback, ...somebody, 1)
  refused(version, digest, 8)
  refused(version, digest, 0, ...somebody, 1, 5, 1, 0)
  refused(version, digest, 0, ...somebody, 1, 5, 65, ...new Array<number>(65).fill(1))
  refused(version, digest, 0, ...somebody, 2, 5, 0, ...somebody, 1, 5, 0)
  refused(version, digest, 2, ...somebody, 1, ...somebody, 1, 5, 0)
  refused(version, digest, 4, ...somebody, 1, ...somebody, 2, 5, 0)
})
