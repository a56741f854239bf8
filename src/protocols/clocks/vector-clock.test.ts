import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NodeId } from '../../core/ids.ts'
import type { Instant } from '../../core/time.ts'
import { drawExecution, happenedBefore } from './testing/execution.ts'
import { VectorClock } from './vector-clock.ts'

const node = (id: number): NodeId => BigInt(id) as NodeId

/** `clock({ 1: 3, 2: 1 })` knows three events of node 1 and one of node 2. */
function clock(counters: Readonly<Record<number, number>>): VectorClock {
  const entries = Object.entries(counters).map(([id, counter]) => ({ node: node(Number(id)), counter }))
  return VectorClock.of(entries.sort((a, b) => Number(a.node - b.node)))
}

const clocks = fc
  .dictionary(fc.constantFrom('1', '2', '3', '4', '250'), fc.integer({ min: 1, max: 4 }))
  .map(clock)

describe('a vector clock', () => {
  test('compares with four outcomes', () => {
    expect(clock({ 1: 2, 2: 1 }).compare(clock({ 1: 2, 2: 1 }))).toBe('equal')
    expect(clock({ 1: 2 }).compare(clock({ 1: 2, 2: 1 }))).toBe('before')
    expect(clock({ 1: 3, 2: 1 }).compare(clock({ 1: 2, 2: 1 }))).toBe('after')
    expect(clock({ 1: 3 }).compare(clock({ 1: 2, 2: 1 }))).toBe('concurrent')
    expect(clock({ 1: 1 }).compare(clock({ 2: 1 }))).toBe('concurrent')
    expect(VectorClock.ZERO.compare(clock({ 2: 1 }))).toBe('before')
    expect(VectorClock.ZERO.compare(VectorClock.ZERO)).toBe('equal')
  })

  test('merges into the least clock that knows both: commutative, associative, idempotent', () => {
    fc.assert(
      fc.property(clocks, clocks, clocks, (a, b, c) => {
        const both = a.merge(b)
        both.check()
        expect(both.dots()).toEqual(b.merge(a).dots())
        expect(both.merge(c).dots()).toEqual(a.merge(b.merge(c)).dots())
        expect(a.merge(a).dots()).toEqual(a.dots())
        for (const dot of [...a.dots(), ...b.dots()]) expect(both.includes(dot)).toBe(true)
        for (const dot of both.dots()) expect(a.includes(dot) || b.includes(dot)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  test('is after all that it was made of, and compares in reverse from the other side', () => {
    const reverse = { equal: 'equal', before: 'after', after: 'before', concurrent: 'concurrent' } as const
    fc.assert(
      fc.property(clocks, clocks, (a, b) => {
        const next = a.merge(b).increment(node(3))
        next.check()
        expect(next.compare(a)).toBe('after')
        expect(next.counterOf(node(3))).toBe(Math.max(a.counterOf(node(3)), b.counterOf(node(3))) + 1)
        expect(b.compare(a)).toBe(reverse[a.compare(b)])
      }),
      { numRuns: 500 },
    )
  })

  test('is a value: what is made of it leaves it as it was', () => {
    const one = clock({ 1: 1, 3: 1 })
    one.increment(node(1))
    one.increment(node(2))
    one.merge(clock({ 1: 9 }))
    expect(one.toString()).toBe('{1:1, 3:1}')
    expect(one.increment(node(2)).toString()).toBe('{1:1, 2:1, 3:1}')
  })
})

describe('a pruned clock', () => {
  const seenAt = (id: NodeId): Instant => Number(id) as Instant

  test('forgets whom it saw longest ago, and never its author', () => {
    const full = clock({ 1: 5, 2: 1, 3: 1, 4: 1 })
    expect(full.prune(node(1), 2, seenAt).toString()).toBe('{1:5, 4:1}')
    expect(full.prune(node(3), 3, seenAt).toString()).toBe('{2:1, 3:1, 4:1}')
    expect(full.prune(node(1), 4, seenAt)).toBe(full)
  })

  test('may lose order, and never hides that two versions are concurrent', () => {
    let lost = 0
    for (let seed = 1; seed <= 2000; seed++) {
      const execution = drawExecution(seed, 20, 0)
      const { happenings } = execution
      const pruned = happenings.map(({ vector, node: author }) => vector.prune(author, 2, seenAt))
      for (const [i, a] of pruned.entries()) {
        for (const [j, b] of pruned.entries()) {
          if (i === j) continue
          const order = a.compare(b)
          if (order === 'before' && !happenedBefore(execution, i, j))
            throw new Error(`seed ${seed}: ${a} ${b}`)
          if (order === 'equal') throw new Error(`seed ${seed}: two events have one clock`)
          if (order === 'concurrent' && happenedBefore(execution, i, j)) lost++
        }
      }
    }
    expect(lost).toBeGreaterThan(1000)
  })

  test('without the entry of its author it would hide that', () => {
    const mine = clock({ 1: 1, 2: 1 })
    const theirs = clock({ 1: 1, 3: 1 })
    expect(mine.compare(theirs)).toBe('concurrent')
    expect(clock({ 1: 1 }).compare(theirs)).toBe('before')
  })
})
