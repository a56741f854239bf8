/** What happens to keys when members come, go and change their weights: for every way of placing that has members. */
import { describe, expect, test } from 'vitest'
import type { NodeId } from '../../core/ids.ts'
import { type Random, randomFromSeed } from '../../core/prng.ts'
import { HashRing } from './hash-ring.ts'
import { MaglevTable } from './maglev.ts'
import type { Member } from './members.ts'
import { Rendezvous } from './rendezvous.ts'

interface Placement {
  readonly members: readonly Required<Member>[]
  locate(key: string): NodeId
  with(member: Member): Placement
  without(node: NodeId): Placement
}

interface Way {
  readonly name: string
  readonly create: (members: readonly Member[]) => Placement
  /** Keys of those who stay may move: so many in a hundred. */
  readonly strayPercent: number
}

const KEYS = Array.from({ length: 40 }, (_, i) => `key ${i}`)
const SCHEDULES = 2000
const node = (id: number): NodeId => BigInt(id) as NodeId

const WAYS: readonly Way[] = [
  { name: 'a ring', create: members => new HashRing(members, { virtualNodes: 20 }), strayPercent: 0 },
  { name: 'rendezvous', create: members => new Rendezvous(members), strayPercent: 0 },
  { name: 'Maglev', create: members => new MaglevTable(members, 251), strayPercent: 12 },
]

function drawChange(placement: Placement, random: Random): Placement {
  const { members } = placement
  const present = members[random.below(members.length)]!.node
  if (members.length > 1 && random.chance(2, 5)) return placement.without(present)
  const weight = random.chance(1, 2) ? 1 : 1 + random.below(4)
  return placement.with({ node: random.chance(1, 4) ? present : node(1 + random.below(12)), weight })
}

/** The one whose membership or weight differs. */
function changed(before: Placement, after: Placement): NodeId | undefined {
  const weights = new Map(before.members.map(({ node: id, weight }) => [id, weight]))
  const other = after.members.find(({ node: id, weight }) => weights.get(id) !== weight)
  if (other !== undefined) return other.node
  const remaining = new Set(after.members.map(({ node: id }) => id))
  return before.members.find(({ node: id }) => !remaining.has(id))?.node
}

describe.each(WAYS)('$name', ({ create, strayPercent }) => {
  test(`in ${SCHEDULES} schedules a change moves keys to or from the one who changes, and no others`, () => {
    let moved = 0
    let strays = 0
    let looked = 0
    for (let seed = 1; seed <= SCHEDULES; seed++) {
      const random = randomFromSeed(seed)
      let placement = create([{ node: node(1) }, { node: node(5), weight: 2 }])
      let located = KEYS.map(key => placement.locate(key))
      for (let step = 0; step < 4; step++) {
        const next = drawChange(placement, random)
        const who = changed(placement, next)
        const now = KEYS.map(key => next.locate(key))
        for (const [i, to] of now.entries()) {
          looked++
          if (!next.members.some(member => member.node === to)) throw new Error(`seed ${seed}: nobody's`)
          if (to === located[i]) continue
          moved++
          if (to !== who && located[i] !== who) strays++
        }
        placement = next
        located = now
      }
    }
    expect(moved).toBeGreaterThan(SCHEDULES)
    expect((100 * strays) / looked).toBeLessThanOrEqual(strayPercent)
  })

  test('who knows the same members locates alike, in whatever order they were told', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const random = randomFromSeed(seed)
      let placement = create([{ node: node(3) }])
      for (let step = 0; step < 8; step++) placement = drawChange(placement, random)
      const anew = create(placement.members.toReversed())
      expect(KEYS.map(key => anew.locate(key))).toEqual(KEYS.map(key => placement.locate(key)))
    }
  })

  test('keys are spread by weight', () => {
    const placement = create([
      { node: node(1), weight: 1 },
      { node: node(2), weight: 2 },
      { node: node(3), weight: 5 },
    ])
    const counts = new Map<NodeId, number>()
    for (let i = 0; i < 20_000; i++) {
      const at = placement.locate(`user/${i}`)
      counts.set(at, (counts.get(at) ?? 0) + 1)
    }
    for (const { node: id, weight } of placement.members) {
      const share = (counts.get(id) ?? 0) / 20_000
      expect(share).toBeGreaterThan((weight / 8) * 0.6)
      expect(share).toBeLessThan((weight / 8) * 1.4)
    }
  })

  test('a member is named once, and weighs something', () => {
    expect(() => create([{ node: node(1) }, { node: node(1) }])).toThrow('named once')
    expect(() => create([{ node: node(1), weight: 0 }])).toThrow('weight')
    expect(() => create([]).locate('key')).toThrow('located')
  })
})

describe.each([
  { name: 'a ring', create: (members: readonly Member[]) => new HashRing(members) },
  { name: 'rendezvous', create: (members: readonly Member[]) => new Rendezvous(members) },
])('copies on $name', ({ create }) => {
  test('lie at different members, the first where the key belongs, and move up when that one leaves', () => {
    const members = [1, 2, 3, 4, 5].map(id => ({ node: node(id), weight: 1 + (id % 2) }))
    const placement = create(members)
    for (const key of KEYS) {
      const three = placement.locateMany(key, 3)
      expect(new Set(three).size).toBe(3)
      expect(three[0]).toBe(placement.locate(key))
      const [first, ...rest] = three
      expect(placement.without(first!).locateMany(key, 2)).toEqual(rest)
      expect(placement.locateMany(key, 9).length).toBe(5)
    }
  })
})
