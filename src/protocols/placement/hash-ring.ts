/**
 * Consistent hashing (Karger and others, 1997) with virtual nodes, as Dynamo §4.2 has it: members have many points
 * each on a circle of 2^32 positions, and a key belongs to the member whose point comes next.
 *
 * Promises: a member that joins takes keys from others and moves none between them, and one that leaves gives its keys
 * to others and moves no other key. Everybody who knows the same members and weights locates alike.
 *
 * Never does: move data, know who is alive, or keep replicas equal. It says where a key belongs, and no more.
 */
import { assert } from '../../core/assert.ts'
import type { NodeId } from '../../core/ids.ts'
import { combine, hashKey, type Key } from './hash.ts'
import { RING_POINTS_MAX, VIRTUAL_NODES } from './limits.ts'
import { hashNode, inOrder, type Member } from './members.ts'

/** Beside a point's position there is room for the place of its member. */
const PLACES = 2 ** 20

export interface RingOptions {
  /** Points of a member of weight 1. */
  readonly virtualNodes?: number
}

/** A value: a change gives another ring. */
export class HashRing {
  readonly members: readonly Required<Member>[]
  readonly #virtualNodes: number
  /** Ascending. */
  readonly #positions: Uint32Array
  /** Whose point it is: a place in `members`. */
  readonly #owners: Uint32Array
  /** By the upper bits of a position: the first point that is not below them. Finding a point takes two steps. */
  readonly #firsts: Uint32Array
  readonly #shift: number

  constructor(members: readonly Member[], { virtualNodes = VIRTUAL_NODES }: RingOptions = {}) {
    this.members = inOrder(members)
    this.#virtualNodes = virtualNodes
    const points = layPoints(this.members, virtualNodes)
    this.#positions = new Uint32Array(points.length)
    this.#owners = new Uint32Array(points.length)
    for (const [i, point] of points.entries()) {
      this.#positions[i] = Math.floor(point / PLACES)
      this.#owners[i] = point % PLACES
    }
    const bits = Math.max(1, 31 - Math.clz32(points.length))
    this.#shift = 32 - bits
    this.#firsts = indexFirsts(this.#positions, bits)
  }

  /** The ring with one more member, or with another weight for one. */
  with(member: Member): HashRing {
    const others = this.members.filter(({ node }) => node !== member.node)
    return new HashRing([...others, member], { virtualNodes: this.#virtualNodes })
  }

  without(node: NodeId): HashRing {
    const others = this.members.filter(member => member.node !== node)
    return new HashRing(others, { virtualNodes: this.#virtualNodes })
  }

  /** Where a key belongs. The ring must not be empty. */
  locate(key: Key): NodeId {
    return this.members[this.#owners[this.#next(hashKey(key))]!]!.node
  }

  /** Dynamo's preference list: where a key and its copies belong, each at another member; all there are at most. */
  locateMany(key: Key, count: number): NodeId[] {
    const found: NodeId[] = []
    for (const { node } of this.walk(key)) {
      if (found.length >= count) break
      found.push(node)
    }
    return found
  }

  /** All members, each once, in the order in which a key would come to belong to them as others leave. */
  *walk(key: Key): Generator<Required<Member>> {
    const seen = new Set<number>()
    const start = this.#next(hashKey(key))
    for (let i = 0; seen.size < this.members.length; i++) {
      const place = this.#owners[(start + i) % this.#owners.length]!
      if (seen.has(place)) continue
      seen.add(place)
      yield this.members[place]!
    }
  }

  check(): void {
    const weights = this.members.reduce((sum, { weight }) => sum + weight, 0)
    assert(this.#positions.length === weights * this.#virtualNodes, 'points are as many as the weights say')
    for (let i = 1; i < this.#positions.length; i++) {
      const [before, at] = [this.#positions[i - 1]!, this.#positions[i]!]
      const isAscending = before < at || (before === at && this.#owners[i - 1]! <= this.#owners[i]!)
      assert(isAscending, 'points ascend; of two at one position the lower member comes first')
    }
  }

  /** The point that comes next at or after a position; behind the last one comes the first. */
  #next(position: number): number {
    const positions = this.#positions
    assert(positions.length > 0, 'keys are located on a ring with members')
    let at = this.#firsts[position >>> this.#shift]!
    while (at < positions.length && positions[at]! < position) at++
    return at === positions.length ? 0 : at
  }
}

/** Every point as `position * PLACES + place`, ascending. */
function layPoints(members: readonly Required<Member>[], virtualNodes: number): Float64Array {
  assert(Number.isInteger(virtualNodes) && virtualNodes >= 1, 'every member has a point')
  const total = members.reduce((sum, { weight }) => sum + weight * virtualNodes, 0)
  assert(total <= RING_POINTS_MAX && members.length < PLACES, 'a ring has room for four million points')
  const points = new Float64Array(total)
  let at = 0
  for (const [place, { node, weight }] of members.entries()) {
    const hash = hashNode(node)
    for (let i = 0; i < weight * virtualNodes; i++) points[at++] = combine(hash, i) * PLACES + place
  }
  return points.sort()
}

function indexFirsts(positions: Uint32Array, bits: number): Uint32Array {
  const firsts = new Uint32Array(2 ** bits)
  let at = 0
  for (let prefix = 0; prefix < firsts.length; prefix++) {
    const lowest = prefix * 2 ** (32 - bits)
    while (at < positions.length && positions[at]! < lowest) at++
    firsts[prefix] = at
  }
  return firsts
}
