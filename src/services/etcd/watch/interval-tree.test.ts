import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareBytes } from '../../../core/bytes.ts'
import { IntervalTree, type KeyInterval } from './interval-tree.ts'

const key = fc.uint8Array({ maxLength: 2, max: 3 })
const interval: fc.Arbitrary<KeyInterval> = fc.record({ from: key, to: fc.option(key, { nil: undefined }) })

function holds({ from, to }: KeyInterval, of: Uint8Array): boolean {
  return compareBytes(from, of) <= 0 && (to === undefined || compareBytes(of, to) < 0)
}

test('a key is in the intervals that hold it, whatever was added and deleted', () => {
  fc.assert(
    fc.property(fc.array(interval, { maxLength: 40 }), fc.array(fc.nat(60)), key, (added, deleted, of) => {
      const tree = new IntervalTree<number>()
      const left = new Map(added.map((each, i) => [i, each]))
      for (const [i, each] of added.entries()) tree.add(each, i)
      for (const i of deleted) {
        const each = left.get(i)
        if (each !== undefined) tree.delete(each, i)
        left.delete(i)
      }
      const found: number[] = []
      tree.stab(of, i => found.push(i))
      const expected = [...left].filter(([, each]) => holds(each, of)).map(([i]) => i)
      expect(found.sort((a, b) => a - b)).toEqual(expected)
      expect(tree.size).toBe(left.size)
    }),
    { numRuns: 500 },
  )
})
