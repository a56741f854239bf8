/**
 * Where the newest key of an ascending run went (revisions, imports), and the way there: the next key of the run is
 * put behind it without a search. Other writes may change the tree meanwhile; then the way no longer holds together,
 * and whoever puts goes down from the root as ever.
 */
import type { TreeNode } from './node.ts'
import { Probe } from './probe.ts'

export class Finger {
  readonly leaf: TreeNode
  /** The inner nodes above the leaf, from the root on, and which child of each is on the way to it. */
  readonly #path: TreeNode[] = []
  readonly #turns: number[] = []

  /** Points at the leaf where `key` is. */
  constructor(root: TreeNode, key: Uint8Array) {
    const probe = new Probe(key)
    let node = root
    while (node.children !== undefined) {
      const turn = node.seekChild(probe)
      this.#path.push(node)
      this.#turns.push(turn)
      node = node.children[turn]!
    }
    this.leaf = node
  }

  /**
   * Whether `key` belongs behind all others of the leaf, and no pin may see the leaf: it was made after epoch `pinned`.
   * Then what is above it was too.
   */
  leadsTo(key: Uint8Array, root: TreeNode, pinned: number): boolean {
    const leaf = this.leaf
    if (leaf.count === 0 || leaf.compareKeyAt(leaf.count - 1, key) >= 0) return false
    return leaf.epoch > pinned && this.#holds(root) && this.#isBelowBound(key)
  }

  /** The records of the leaf weigh more than before. */
  addWeight(change: number): void {
    const path = this.#path
    for (let level = 0; level < path.length; level++) path[level]!.counts![this.#turns[level]!]! += change
  }

  #holds(root: TreeNode): boolean {
    const path = this.#path
    let node: TreeNode | undefined = root
    for (let level = 0; level < path.length; level++) {
      const inner = path[level]!
      if (inner !== node) return false
      node = inner.children![this.#turns[level]!]
    }
    return node === this.leaf
  }

  /** The nearest separator behind the leaf, if there is any, bounds its keys. */
  #isBelowBound(key: Uint8Array): boolean {
    for (let level = this.#path.length - 1; level >= 0; level--) {
      const node = this.#path[level]!
      const turn = this.#turns[level]!
      if (turn < node.count) return node.compareKeyAt(turn, key) > 0
    }
    return true
  }
}
