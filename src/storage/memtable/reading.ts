/** Point reads and counts of a tree as it was at some moment. */
import { compareBytes, EMPTY } from '../../core/bytes.ts'
import type { KeyRange } from '../../runtime/store.ts'
import type { TreeNode } from './node.ts'
import { Probe } from './probe.ts'

export const EVERYTHING: KeyRange = { from: EMPTY }

/** The leaf that holds the probe's key, if any does. */
export function leafFor(root: TreeNode, probe: Probe): TreeNode {
  let node = root
  while (node.children !== undefined) node = node.children[node.seekChild(probe)]!
  return node
}

/** The value of the key's record; of a tombstone, nothing is told apart from an empty value. */
export function getFrom(root: TreeNode, key: Uint8Array): Uint8Array | undefined {
  const probe = new Probe(key)
  const leaf = leafFor(root, probe)
  const position = leaf.seek(probe)
  return probe.found ? leaf.valueAt(position) : undefined
}

/** What the records of the range weigh, of `total` in all; if all are inserts, how many keys there are. */
export function countIn(root: TreeNode, total: number, range: KeyRange): number {
  const end = range.to === undefined ? total : rank(root, range.to)
  if (range.from.length === 0) return end
  if (range.to !== undefined && compareBytes(range.from, range.to) >= 0) return 0
  return end - rank(root, range.from)
}

/** What the records of all keys below `key` weigh. */
export function rank(root: TreeNode, key: Uint8Array): number {
  const probe = new Probe(key)
  let below = 0
  let node = root
  while (node.children !== undefined) {
    const at = node.seekChild(probe)
    for (let i = 0; i < at; i++) below += node.counts![i]!
    node = node.children[at]!
  }
  return below + node.weightBefore(node.seek(probe))
}
