import { describe, expect, test } from 'vitest'
import { randomFromSeed } from '../../core/prng.ts'
import { findCycles } from './cycles.ts'
import { DependencyGraph, type EdgeKind } from './dependency-graph.ts'

type Plain = readonly [from: number, to: number, kind: EdgeKind]

function graphOf(size: number, edges: readonly Plain[]): DependencyGraph {
  const graph = new DependencyGraph(size)
  for (const [from, to, kind] of edges) graph.add({ from, to, kind, why: `T${from} before T${to}` })
  return graph
}

const identity = (size: number) => Array.from({ length: size }, (_, i) => i)

/** Whether anything comes back to where it began: by repeated removal of what nothing comes before. */
function hasCycle(size: number, edges: readonly Plain[]): boolean {
  const left = new Set(identity(size))
  for (let hasRemoved = true; hasRemoved; ) {
    hasRemoved = false
    for (const vertex of left) {
      if (edges.some(([from, to]) => to === vertex && from !== to && left.has(from))) continue
      left.delete(vertex)
      hasRemoved = true
    }
  }
  return left.size > 0
}

describe('cycles', () => {
  test('are found in every random graph that has some, and in none that has none', () => {
    const kinds: EdgeKind[] = ['ww', 'wr', 'rw', 'process', 'realtime']
    let cyclic = 0
    for (let seed = 0; seed < 600; seed++) {
      const random = randomFromSeed(seed)
      const size = 3 + random.below(60)
      const count = Math.floor((size * (2 + random.below(5))) / 4)
      const edges = Array.from({ length: count }, (): Plain => {
        return [random.below(size), random.below(size), kinds[random.below(5)]!]
      })
      const expected = hasCycle(size, edges)
      cyclic += Number(expected)
      const found = findCycles(graphOf(size, edges), 'realtime', identity(size))
      expect(found.length > 0, `seed ${seed}`).toBe(expected && !mixesOrders(size, edges))
      for (const { name, transactions } of found) {
        expect(new Set(transactions).size, `seed ${seed}`).toBe(transactions.length)
        for (const [i, from] of transactions.entries()) {
          const to = transactions[(i + 1) % transactions.length]
          expect(
            edges.some(each => each[0] === from && each[1] === to),
            `seed ${seed} ${name}`,
          ).toBe(true)
        }
      }
    }
    expect(cyclic).toBeGreaterThan(200)
  })

  test('are called by the fewest kinds of edges that they need', () => {
    const namesOf = (...edges: Plain[]) => findCycles(graphOf(4, edges), 'realtime', [10, 11, 12, 13])
    expect(namesOf([0, 1, 'ww'], [1, 0, 'ww'])).toMatchObject([{ name: 'G0', transactions: [10, 11] }])
    expect(namesOf([0, 1, 'wr'], [1, 0, 'ww'])).toMatchObject([{ name: 'G1c' }])
    expect(namesOf([0, 1, 'wr'], [1, 2, 'rw'], [2, 0, 'ww'])).toMatchObject([{ name: 'G-single' }])
    expect(namesOf([0, 1, 'rw'], [1, 0, 'rw'])).toMatchObject([{ name: 'G2' }])
    expect(namesOf([0, 1, 'rw'], [1, 0, 'process'])).toMatchObject([{ name: 'G-single-process' }])
    expect(namesOf([0, 1, 'ww'], [1, 0, 'realtime'])).toMatchObject([{ name: 'G0-realtime' }])
    // That one needs an order is not told where another does not.
    expect(namesOf([0, 1, 'wr'], [1, 0, 'wr'], [1, 0, 'realtime'])).toMatchObject([{ name: 'G1c' }])
  })

  test('are the shortest, told as a sentence', () => {
    const long: Plain[] = [
      [0, 1, 'wr'],
      [1, 2, 'wr'],
      [2, 3, 'wr'],
      [3, 0, 'wr'],
      [2, 1, 'wr'],
    ]
    expect(findCycles(graphOf(4, long), 'none', identity(4)).map(({ sentence }) => sentence)).toEqual([
      expect.stringMatching(/^G1c: T[12] before T[12] \(wr\); T[12] before T[12] \(wr\)$/),
    ])
  })
})

/** Processes and real time are never mixed in one cycle: without either kind there may be none. */
function mixesOrders(size: number, edges: readonly Plain[]): boolean {
  const without = (kind: EdgeKind) => edges.filter(edge => edge[2] !== kind)
  return !hasCycle(size, without('process')) && !hasCycle(size, without('realtime'))
}
