/** Ways down a tree as it was at some moment. */
import type { TreeNode } from './node.ts'
import { Probe } from './probe.ts'

/** The leaf that holds the probe's key, if any does. */
export function leafFor(root: TreeNode, probe: Probe): TreeNode {
  let node = root
  while (node.children !== undefined) node = node.children[node.seekChild(probe)]!
  return node
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

/** All leaves in key order. */
export function* leavesBelow(node: TreeNode): Generator<TreeNode, undefined> {
  if (node.children === undefined) yield node
  else for (const child of node.children) yield* leavesBelow(child)
}
