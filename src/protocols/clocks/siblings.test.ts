import { describe, expect, test } from 'vitest'
import type { NodeId } from '../../core/ids.ts'
import { randomFromSeed } from '../../core/prng.ts'
import { compareVersions } from './dotted-version.ts'
import { SIBLINGS_MAX } from './limits.ts'
import { Siblings } from './siblings.ts'
import { VectorClock } from './vector-clock.ts'

const A = 10n as NodeId
const B = 11n as NodeId
const NOTHING = VectorClock.ZERO

describe('siblings', () => {
  test('two clients that write through one replica, each without having read the other, both keep their value', () => {
    const first = Siblings.none<string>().write(A, 'x', NOTHING)
    const both = first.write(A, 'y', NOTHING)
    expect(both.values).toEqual(['x', 'y'])
    // A version vector per value would have said that the second write had seen the first.
    expect(VectorClock.ZERO.increment(A).increment(A).compare(VectorClock.ZERO.increment(A))).toBe('after')
  })

  test('who has read replaces what was read, and nothing else', () => {
    const read = Siblings.none<string>().write(A, 'x', NOTHING)
    const written = read.write(A, 'unseen', NOTHING).write(A, 'z', read.context)
    expect(written.values).toEqual(['unseen', 'z'])
    expect(written.write(A, 'all', written.context).values).toEqual(['all'])
  })

  test('what was replaced at one replica disappears at the other, and what was not stays', () => {
    const old = Siblings.none<string>().write(A, 'x', NOTHING)
    const replaced = old.write(A, 'y', old.context)
    const beside = old.write(B, 'z', NOTHING)
    expect(replaced.merge(beside).values).toEqual(['y', 'z'])
    expect(beside.merge(replaced)).toEqual(replaced.merge(beside))
  })

  test('a removal replaces without a value, and does not undo a write that it has not seen', () => {
    const old = Siblings.none<string>().write(A, 'x', NOTHING)
    const removed = old.remove(old.context)
    expect(removed.values).toEqual([])
    expect(removed.merge(old).values).toEqual([])
    expect(removed.merge(old.write(B, 'new', NOTHING)).values).toEqual(['new'])
  })

  test('a replica writes beside what stands until it is full, and makes room by reconciling', () => {
    let crowded = Siblings.none<number>()
    while (!crowded.isFull) crowded = crowded.write(A, 0, NOTHING)
    expect(crowded.standing.length).toBe(SIBLINGS_MAX)
    expect(() => crowded.write(A, 1, NOTHING)).toThrow()
    expect(crowded.write(A, 1, crowded.context).values).toEqual([1])
  })

  test('what is known of nodes that left is forgotten, except where their values stand', () => {
    const old = Siblings.none<string>().write(A, 'x', NOTHING)
    const both = old.write(B, 'y', NOTHING)
    expect(both.forget(new Set([B])).context.toString()).toBe('{a:1, b:1}')
    const replaced = both.write(A, 'z', both.context)
    expect(replaced.forget(new Set([B])).context.toString()).toBe('{a:2}')
    // The price: who still holds what B wrote brings it back.
    expect(replaced.merge(both).values).toEqual(['z'])
    expect(replaced.forget(new Set([B])).merge(both).values).toEqual(['z', 'y'])
  })
})

test('versions by their dot and past are ordered like what their writers had read', () => {
  const first = { dot: { node: A, counter: 1 }, past: NOTHING }
  const second = { dot: { node: A, counter: 2 }, past: NOTHING }
  const third = { dot: { node: B, counter: 1 }, past: VectorClock.of([{ node: A, counter: 1 }]) }
  expect(compareVersions(first, first)).toBe('equal')
  expect(compareVersions(first, second)).toBe('concurrent')
  expect(compareVersions(first, third)).toBe('before')
  expect(compareVersions(third, first)).toBe('after')
  expect(compareVersions(second, third)).toBe('concurrent')
})

/** The writes and removals that a replica has heard of, followed without any clock. */
class Truth {
  readonly seen: Set<number>
  constructor(seen: Iterable<number>) {
    this.seen = new Set(seen)
  }
}

test('in 2,000 schedules, exactly what nobody replaced stands, at every replica, after every step', () => {
  let siblings = 0
  for (let seed = 1; seed <= 2000; seed++) {
    const random = randomFromSeed(seed)
    const replaces = new Map<number, ReadonlySet<number>>()
    const removals = new Set<number>()
    const replicas = [0, 1, 2].map(() => ({ held: Siblings.none<number>(), truth: new Truth([]) }))
    const reads: { readonly context: VectorClock; readonly seen: ReadonlySet<number> }[] = [
      { context: NOTHING, seen: new Set() },
    ]
    const standing = ({ seen }: Truth): number[] => {
      const replaced = new Set([...seen].flatMap(one => [...(replaces.get(one) ?? [])]))
      return [...seen].filter(one => !replaced.has(one) && !removals.has(one)).sort((a, b) => a - b)
    }
    for (let step = 1; step <= 25; step++) {
      const place = random.below(3)
      const one = replicas[place]!
      const draw = random.below(10)
      if (draw < 3) reads.push({ context: one.held.context, seen: new Set(one.truth.seen) })
      else if (draw < 7) {
        const read = reads[random.below(reads.length)]!
        const isRemoval = random.chance(1, 5)
        if (isRemoval) removals.add(step)
        one.held = isRemoval
          ? one.held.remove(read.context)
          : one.held.write(BigInt(place + 1) as NodeId, step, read.context)
        replaces.set(step, read.seen)
        one.truth = new Truth([...one.truth.seen, ...read.seen, step])
      } else {
        const other = replicas[random.below(3)]!
        const merged = one.held.merge(other.held)
        expect(merged).toEqual(other.held.merge(one.held))
        one.held = merged
        one.truth = new Truth([...one.truth.seen, ...other.truth.seen])
      }
      one.held.check()
      const values = [...one.held.values].sort((a, b) => a - b)
      const wanted = standing(one.truth)
      if (values.join() !== wanted.join())
        throw new Error(`seed ${seed} step ${step}: ${values}, not ${wanted}`)
      siblings += values.length > 1 ? 1 : 0
    }
  }
  expect(siblings).toBeGreaterThan(2000)
})
