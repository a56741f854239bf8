/**
 * Who keys are placed on: in one order on every node, whatever order they were told in, so that all that know the
 * same members place alike.
 */
import { assert } from '../../core/assert.ts'
import type { NodeId } from '../../core/ids.ts'
import { combine } from './hash.ts'
import { WEIGHT_MAX } from './limits.ts'

export interface Member {
  readonly node: NodeId
  /** A whole number from 1 to `WEIGHT_MAX`; twice the weight takes twice the keys. 1 if absent. */
  readonly weight?: number
}

/** By node, each once. */
export function inOrder(members: readonly Member[]): readonly Required<Member>[] {
  const sorted = members
    .map(({ node, weight = 1 }) => ({ node, weight }))
    .sort((a, b) => (a.node < b.node ? -1 : a.node > b.node ? 1 : 0))
  for (const [i, { node, weight }] of sorted.entries()) {
    assert(i === 0 || sorted[i - 1]!.node < node, 'every member is named once')
    assert(Number.isInteger(weight) && weight >= 1 && weight <= WEIGHT_MAX, 'a weight is from 1 to 1000')
  }
  return sorted
}

/** Thirty-two bits that stand for a node. */
export function hashNode(node: NodeId): number {
  return combine(Number(node & 0xffffffffn), Number((node >> 32n) & 0xffffffffn))
}
