/** Point reads and counts of a tree as it was at some moment. */
import { compareBytes, EMPTY } from '../../core/bytes.ts'
import type { KeyRange } from '../../runtime/store.ts'
import type { TreeNode } from './node.ts'
import { Probe } from './probe.ts'

export const EVERYTHING: KeyRange = { from: EMPTY }

export function getFrom(root: TreeNode, key: Uint8Array): Uint8Array | undefined {
  const probe = new Probe(key)
  let node = root
  while (node.children !== undefined) node = node.children[node.seekChild(probe)]!
  const position = node.seek(probe)
  return probe.found ? node.valueAt(position) : undefined
}

/** How many keys of the range there are: two ways down the tree. */
export function countIn(root: TreeNode, total: number, range: KeyRange): number {
  const end = range.to === undefined ? total : rank(root, range.to)
  if (end === 0 || range.from.length === 0) return end
  if (range.to !== undefined && compareBytes(range.from, range.to) >= 0) return 0
  return end - rank(root, range.from)
}

/** How many keys are below `key`. */
function rank(root: TreeNode, key: Uint8Array): number {
  const probe = new Probe(key)
  let below = 0
  let node = root
  while (node.children !== undefined) {
    const at = node.seekChild(probe)
    for (let i = 0; i < at; i++) below += node.counts![i]!
    node = node.children[at]!
  }
  return below + node.seek(probe)
}
