/**
 * Builds a tree from pairs in ascending order, from the leaves up, without ever searching: for opening a
 * checkpoint and installing a snapshot. Leaves are left with a little room, for what comes later.
 */
import { assert } from '../../core/assert.ts'
import { compareBytes, EMPTY } from '../../core/bytes.ts'
import { PAGE_BYTES_MAX, PAGE_RECORDS_MAX } from '../memtable/limits.ts'
import { emptyLeaf, separatorBetween, TreeNode } from '../memtable/node.ts'
import type { TreeSnapshot } from '../memtable/tree.ts'

const LEAF_RECORDS = Math.floor(PAGE_RECORDS_MAX * 0.9)
const LEAF_BYTES = Math.floor(PAGE_BYTES_MAX * 0.9)
const CHILDREN = Math.floor(PAGE_RECORDS_MAX * 0.9)

/** Must be what a new tree begins with. */
const EPOCH = 1

export class TreeBuilder {
  #leaf = emptyLeaf(EPOCH)
  #last: Uint8Array | undefined
  #count = 0
  #bytes = 0
  readonly #leaves: TreeNode[] = []
  /** Between each leaf and the one before it. */
  readonly #separators: Uint8Array[] = []

  get count(): number {
    return this.#count
  }

  get bytes(): number {
    return this.#bytes
  }

  /** The key must be above all before it: see `ascends`. */
  put(key: Uint8Array, value: Uint8Array): void {
    assert(this.ascends(key), 'what is built is given in ascending order')
    if (this.#leaf.count >= LEAF_RECORDS || this.#leaf.packedBytes >= LEAF_BYTES) this.#startLeaf(key)
    this.#leaf.insertAt(this.#leaf.count, key, value)
    this.#last = key
    this.#count++
    this.#bytes += key.length + value.length
  }

  /** Whether the key may come next. */
  ascends(key: Uint8Array): boolean {
    return this.#last === undefined || compareBytes(this.#last, key) < 0
  }

  finish(): TreeSnapshot {
    this.#endLeaf()
    let nodes = this.#leaves
    let separators = this.#separators
    while (nodes.length > 1) [nodes, separators] = parents(nodes, separators)
    return { root: nodes[0]!, count: this.#count, weight: this.#count, bytes: this.#bytes }
  }

  #startLeaf(key: Uint8Array): void {
    this.#endLeaf()
    this.#separators.push(separatorBetween(this.#last!, key))
    this.#leaf = new TreeNode(EPOCH, undefined, undefined, this.#leaf.packedBytes)
  }

  #endLeaf(): void {
    this.#leaf.trim(0)
    this.#leaves.push(this.#leaf)
  }
}

function parents(nodes: TreeNode[], separators: Uint8Array[]): [TreeNode[], Uint8Array[]] {
  const above: TreeNode[] = []
  const between: Uint8Array[] = []
  for (let from = 0; from < nodes.length; from += CHILDREN) {
    const children = nodes.slice(from, from + CHILDREN)
    const parent = new TreeNode(
      EPOCH,
      children,
      children.map(child => child.total()),
    )
    for (let i = 1; i < children.length; i++) parent.insertAt(i - 1, separators[from + i - 1]!, EMPTY)
    parent.trim(0)
    if (from > 0) between.push(separators[from - 1]!)
    above.push(parent)
  }
  return [above, between]
}
