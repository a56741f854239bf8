import { describe, expect, test } from 'vitest'
import type { NodeId } from '../../core/ids.ts'
import { randomFromSeed } from '../../core/prng.ts'
import type { Instant } from '../../core/time.ts'
import { Dissemination } from './dissemination.ts'
import type { Claim } from './member.ts'
import { completeOptions } from './options.ts'
import { ProbeOrder } from './probe-order.ts'
import { Suspicion } from './suspicion.ts'
import { claimBytes } from './swim-codec.ts'

const claimOf = (id: number, incarnation = 0): Claim => ({
  state: 'dead',
  id: BigInt(id) as NodeId,
  incarnation,
})
const BYTES = claimBytes(claimOf(1))

function filled(from: Dissemination, roomBytes: number, sendsMax = 100, claims: Claim[] = []): number[] {
  from.fill(claims, roomBytes, sendsMax)
  from.check()
  return claims.map(({ id }) => Number(id))
}

describe('what is passed on', () => {
  test('is what was passed on least often, and of that what came first', () => {
    const queue = new Dissemination()
    for (const id of [1, 2, 3]) queue.add(claimOf(id))
    expect(filled(queue, 2 * BYTES)).toEqual([1, 2])
    expect(filled(queue, 2 * BYTES)).toEqual([3, 1])
    queue.add(claimOf(4))
    expect(filled(queue, 2 * BYTES + 5)).toEqual([4, 2])
    expect(filled(queue, 100 * BYTES)).toEqual([3, 4, 1, 2])
  })

  test('is passed on so often and no more', () => {
    const queue = new Dissemination()
    queue.add(claimOf(1))
    for (let i = 0; i < 3; i++) expect(filled(queue, 100, 3)).toEqual([1])
    expect(filled(queue, 100, 3)).toEqual([])
    expect(queue.size).toBe(0)
  })

  test('of each member is the newest claim, from the beginning', () => {
    const queue = new Dissemination()
    queue.add(claimOf(1))
    for (let i = 0; i < 2; i++) filled(queue, 100, 3)
    queue.add(claimOf(1, 5))
    const claims: Claim[] = []
    for (let i = 0; i < 3; i++) filled(queue, 100, 3, claims)
    expect(claims).toEqual([claimOf(1, 5)])
    expect(queue.size).toBe(1)
  })

  test('does not stand twice in one message', () => {
    const queue = new Dissemination()
    for (const id of [1, 2]) queue.add(claimOf(id))
    expect(filled(queue, 100, 3, [claimOf(1)])).toEqual([1, 2])
  })
})

describe('the order of probes', () => {
  test('names everybody once a round, whoever comes and goes meanwhile', () => {
    const random = randomFromSeed(3)
    const order = new ProbeOrder(random)
    const present = new Set<NodeId>()
    const probedAt = new Map<NodeId, number>()
    for (let turn = 0; turn < 4000; turn++) {
      const id = BigInt(1 + random.below(20)) as NodeId
      if (random.chance(1, 20)) {
        if (!present.delete(id)) {
          present.add(id)
          order.add(id)
          probedAt.set(id, turn)
        } else order.remove(id)
      }
      const probed = order.take()
      order.check(one => present.has(one))
      if (probed === undefined) continue
      // Two rounds of all who can have been there.
      if (turn - probedAt.get(probed)! > 2 * 20 + 2) throw new Error(`${probed} waited too long`)
      probedAt.set(probed, turn)
    }
  })

  test('is another one each round', () => {
    const order = new ProbeOrder(randomFromSeed(1))
    for (let id = 1; id <= 8; id++) order.add(BigInt(id) as NodeId)
    const rounds = new Set(
      Array.from({ length: 20 }, () => Array.from({ length: 8 }, () => order.take()).join()),
    )
    expect(rounds.size).toBe(20)
  })

  test('of a sample is chance, and a sample is as large as it can be', () => {
    const order = new ProbeOrder(randomFromSeed(1))
    for (let id = 1; id <= 6; id++) order.add(BigInt(id) as NodeId)
    const counts = new Map<NodeId, number>()
    for (let i = 0; i < 600; i++) {
      const sample = order.sample(2, id => id !== 6n)
      expect(new Set(sample).size).toBe(2)
      for (const id of sample) counts.set(id, (counts.get(id) ?? 0) + 1)
    }
    expect([...counts.keys()].sort()).toEqual([1n, 2n, 3n, 4n, 5n])
    for (const count of counts.values()) expect(Math.abs(count - 240)).toBeLessThan(60)
    expect(order.sample(9, id => id !== 6n).sort()).toEqual([1n, 2n, 3n, 4n, 5n])
  })
})

describe('a suspicion', () => {
  const begun = (members: number, lifeguard = true): Suspicion =>
    new Suspicion(
      0 as Instant,
      1n as NodeId,
      members,
      completeOptions({ id: 9n as NodeId, random: randomFromSeed(1), lifeguard }),
    )
  const seconds = (one: Suspicion): number => Math.round(one.lookAt / 100_000) / 10

  test('is the shorter the more have come to it by themselves', () => {
    const one = begun(100)
    expect(seconds(one)).toBe(60)
    expect(one.confirm(1n as NodeId)).toBe(false)
    expect(one.confirm(2n as NodeId)).toBe(true)
    expect(seconds(one)).toBe(35)
    expect(one.confirm(2n as NodeId)).toBe(false)
    expect(one.confirm(3n as NodeId)).toBe(true)
    expect(seconds(one)).toBe(20.4)
    expect(one.confirm(4n as NodeId)).toBe(true)
    expect(seconds(one)).toBe(10)
    expect(one.confirm(5n as NodeId)).toBe(false)
    expect(seconds(one)).toBe(10)
  })

  test('waits for no more than there are, and for none without Lifeguard', () => {
    expect(seconds(begun(2))).toBe(5)
    expect(seconds(begun(3))).toBe(30)
    expect(seconds(begun(1000))).toBe(90)
    expect(seconds(begun(1000, false))).toBe(15)
    const one = begun(3)
    expect(one.confirm(2n as NodeId)).toBe(true)
    expect(seconds(one)).toBe(5)
  })
})
