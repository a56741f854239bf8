import { describe, expect, test } from 'vitest'
import type { NodeId } from '../../core/ids.ts'
import { randomFromSeed } from '../../core/prng.ts'
import { BoundedLoads } from './bounded-loads.ts'
import { HashRing } from './hash-ring.ts'

const node = (id: number): NodeId => BigInt(id) as NodeId
const ringOf = (...ids: number[]): HashRing =>
  new HashRing(
    ids.map(id => ({ node: node(id) })),
    { virtualNodes: 20 },
  )

describe('bounded loads', () => {
  test('give a key to its own member while that has room, and a crowd to those who follow on the ring', () => {
    const ring = ringOf(1, 2, 3, 4)
    const loads = new BoundedLoads(ring, 0.25)
    const taken = Array.from({ length: 100 }, () => loads.acquire('the one that everybody wants'))
    expect(taken[0]).toBe(ring.locate('the one that everybody wants'))
    const order = ring.locateMany('the one that everybody wants', 4)
    expect(order.map(id => loads.loadOf(id))).toEqual([32, 31, 31, 6])
    loads.check()
  })

  test('come back to the key’s own member when there is room again', () => {
    const ring = ringOf(1, 2, 3)
    const loads = new BoundedLoads(ring)
    const taken = Array.from({ length: 30 }, () => loads.acquire('crowd'))
    for (const id of taken) loads.release(id)
    loads.check()
    expect(loads.acquire('crowd')).toBe(ring.locate('crowd'))
  })

  test('in 2,000 schedules nobody is given more than its bound, and all that is out is counted', () => {
    let forwarded = 0
    for (let seed = 1; seed <= 2000; seed++) {
      const random = randomFromSeed(seed)
      let ring = new HashRing(
        [1, 2, 3].map(id => ({ node: node(id), weight: 1 + random.below(3) })),
        { virtualNodes: 8 },
      )
      const loads = new BoundedLoads(ring, [0.05, 0.25, 1][random.below(3)]!)
      const out: NodeId[] = []
      for (let step = 0; step < 40; step++) {
        const draw = random.below(10)
        if (draw === 0) {
          const id = node(1 + random.below(5))
          const isThere = ring.members.some(member => member.node === id)
          if (isThere && ring.members.length > 1) ring = ring.without(id)
          else ring = ring.with({ node: id, weight: 1 + random.below(3) })
          loads.become(ring)
        } else if (draw < 4 && out.length > 0) {
          loads.release(out.splice(random.below(out.length), 1)[0]!)
        } else {
          const key = `key ${random.below(4)}`
          const bounds = new Map(ring.members.map(member => [member.node, loads.boundOf(member.weight)]))
          const at = loads.acquire(key)
          out.push(at)
          if (loads.loadOf(at) > (bounds.get(at) ?? 0)) throw new Error(`seed ${seed}: beyond the bound`)
          if (at !== ring.locate(key)) forwarded++
        }
        loads.check()
      }
    }
    expect(forwarded).toBeGreaterThan(2000)
  })

  test('never release what was not acquired', () => {
    const loads = new BoundedLoads(ringOf(1))
    expect(() => loads.release(node(1))).toThrow('acquired')
    expect(() => new BoundedLoads(ringOf(1), 0)).toThrow('room to spare')
  })
})
