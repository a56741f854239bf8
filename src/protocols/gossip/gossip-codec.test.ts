import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteReader, DecodeError } from '../../core/bytes.ts'
import type { NodeId } from '../../core/ids.ts'
import { bytesOf, codecConformance } from '../codec.conformance.ts'
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

const codec = { encode: encodeMessage, decode: decodeMessage, version: 1, kinds: 3 }

codecConformance(codec, message, (one, bytes) => {
  if (one.kind === 'push') {
    expect(bytes.length).toBe(2 + one.rumours.reduce((sum, each) => sum + rumourBytes(each), 0))
  }
  if (one.kind === 'digest') {
    const headBytes = bytesOf(codec, { ...one, sources: [] }).length
    expect(bytes.length).toBe(headBytes + one.sources.reduce((sum, each) => sum + sourceBytes(each), 0))
    expect(headBytes).toBeLessThanOrEqual(HEAD_BYTES_MAX)
  }
})

test('what nobody can mean is refused', () => {
  const refused = (...bytes: number[]): void => {
    expect(() => decodeMessage(new ByteReader(Uint8Array.from(bytes)))).toThrow(DecodeError)
  }
  const [version, push, feedback, digest] = [1, 0, 1, 2]
  const nobody = [0, 0, 0, 0, 0, 0, 0, 0]
  const somebody = [1, 0, 0, 0, 0, 0, 0, 0]
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
