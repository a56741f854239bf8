/**
 * Maglev hashing (Eisenbud and others, "Maglev: A Fast and Reliable Software Network Load Balancer", NSDI 2016, §3.4):
 * a table of slots that the members fill in turns, each in an order of its own; a look-up reads one slot.
 *
 * Promises: members of equal weight differ by one slot at most, in a table that is large enough (a hundred slots a
 * member or more); everybody who knows the same members locates alike.
 *
 * Does not promise the least movement: when a member leaves, a few keys move between those who stay (about 1 % with the
 * usual table; see the measured table in docs/concepts/placement.md). That is right for connections, which may break,
 * and wrong for data, which would have to be copied.
 */
import { assert } from '../../core/assert.ts'
import type { NodeId } from '../../core/ids.ts'
import { combine, hashKey, type Key } from './hash.ts'
import { MAGLEV_SLOTS, MAGLEV_SLOTS_MAX } from './limits.ts'
import { hashNode, inOrder, type Member } from './members.ts'

/** A value: a change gives another table. */
export class MaglevTable {
  readonly members: readonly Required<Member>[]
  /** By slot: a place in `members`. */
  readonly #slots: Uint16Array | Uint32Array

  /** @param slots a prime, so that every member's order reaches every slot */
  constructor(members: readonly Member[], slots = MAGLEV_SLOTS) {
    assert(slots <= MAGLEV_SLOTS_MAX && isPrime(slots), 'a table has a prime number of slots')
    this.members = inOrder(members)
    assert(members.length <= slots, 'every member has a slot')
    this.#slots = fill(this.members, slots)
  }

  with(member: Member): MaglevTable {
    const others = this.members.filter(({ node }) => node !== member.node)
    return new MaglevTable([...others, member], this.#slots.length)
  }

  without(node: NodeId): MaglevTable {
    return new MaglevTable(
      this.members.filter(member => member.node !== node),
      this.#slots.length,
    )
  }

  /** Where a key belongs. There must be a member. */
  locate(key: Key): NodeId {
    assert(this.members.length > 0, 'keys are located among members')
    return this.members[this.#slots[hashKey(key) % this.#slots.length]!]!.node
  }

  /** How many slots each member has, in the order of `members`. */
  slotCounts(): number[] {
    const counts = this.members.map(() => 0)
    for (const place of this.#slots) counts[place]!++
    return counts
  }
}

/** Figure "populate" of the paper; a member of half the weight of the heaviest takes every other turn. */
function fill(members: readonly Required<Member>[], slots: number): Uint16Array | Uint32Array {
  const table = members.length < 2 ** 16 ? new Uint16Array(slots) : new Uint32Array(slots)
  const isTaken = new Uint8Array(slots)
  const heaviest = members.reduce((most, { weight }) => Math.max(most, weight), 0)
  const offsets = members.map(({ node }) => combine(hashNode(node), 0) % slots)
  const skips = members.map(({ node }) => (combine(hashNode(node), 1) % (slots - 1)) + 1)
  const credits = members.map(() => 0)
  let taken = 0
  while (members.length > 0) {
    for (const [place, { weight }] of members.entries()) {
      credits[place]! += weight
      if (credits[place]! < heaviest) continue
      credits[place]! -= heaviest
      let slot = offsets[place]!
      while (isTaken[slot] === 1) slot = (slot + skips[place]!) % slots
      isTaken[slot] = 1
      table[slot] = place
      offsets[place] = (slot + skips[place]!) % slots
      if (++taken === slots) return table
    }
  }
  return table
}

function isPrime(number: number): boolean {
  for (let divisor = 2; divisor * divisor <= number; divisor++) if (number % divisor === 0) return false
  return Number.isInteger(number) && number >= 2
}
