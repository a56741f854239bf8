/**
 * An ordered map from bytes to bytes: a B+tree whose nodes are changed in place, except those that a pin may
 * still see, which are copied first. A node carries the epoch in which it was made; taking a pin ends an
 * epoch; a node is shared exactly if a living pin was taken in its epoch or later. So without a pin a write
 * copies nothing, and with one it copies each node at most once.
 *
 * Nodes are not rebalanced as in the textbook: a sparse node is merged with a neighbour if both fit into one,
 * and removed when empty. Of two neighbours one is therefore at least half full or so, which is enough.
 */
import { assert } from '../../core/assert.ts'
import { EMPTY } from '../../core/bytes.ts'
import { PAGE_BYTES_MAX, PAGE_RECORDS_MAX } from './limits.ts'
import { emptyLeaf, nodeFaults, separatorBetween, TreeNode } from './node.ts'
import { Probe } from './probe.ts'
import { getFrom } from './reading.ts'

/** A node with fewer records than this is merged with a neighbour if both fit. */
const SPARSE_RECORDS = PAGE_RECORDS_MAX / 4

/** What a merged node holds at most, so that the next insert does not split it again. */
const MERGED_RECORDS_MAX = (PAGE_RECORDS_MAX * 3) / 4
const MERGED_BYTES_MAX = (PAGE_BYTES_MAX * 3) / 4

/** A tree as it was at some moment. */
export interface TreeSnapshot {
  readonly root: TreeNode
  readonly count: number
  /** Of keys and values. */
  readonly bytes: number
}

export class Tree implements TreeSnapshot {
  #root: TreeNode
  #count: number
  #bytes: number
  #epoch = 1
  #version = 0
  /** The epochs of living pins, ascending. */
  readonly #pins = new Set<number>()
  #newestPin = 0
  readonly #probe = new Probe(EMPTY)
  /** Results of the recursion besides its return value: what the put added, and a new node's separator. */
  #isNew = false
  #separator: Uint8Array = EMPTY

  /** @param built what `TreeBuilder` made, never used before; without it, nothing. */
  constructor(built?: TreeSnapshot) {
    this.#root = built?.root ?? emptyLeaf(1)
    this.#count = built?.count ?? 0
    this.#bytes = built?.bytes ?? 0
  }

  get root(): TreeNode {
    return this.#root
  }

  /** Changes with every write: what a cursor looks at to know that it has ended. */
  get version(): number {
    return this.#version
  }

  get count(): number {
    return this.#count
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Keeps every node that can be reached now as it is, until `release` of the epoch returned. */
  pin(): number {
    const epoch = this.#epoch++
    this.#pins.add(epoch)
    this.#newestPin = epoch
    return epoch
  }

  release(epoch: number): void {
    assert(this.#pins.delete(epoch), 'a pin is released once')
    if (epoch !== this.#newestPin) return
    this.#newestPin = 0
    for (const living of this.#pins) this.#newestPin = living
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#version++
    this.#probe.reset(key)
    this.#isNew = false
    this.#root = this.#own(this.#root)
    const right = this.#put(this.#root, value)
    this.#bytes += value.length
    if (this.#isNew) {
      this.#count++
      this.#bytes += key.length
    }
    if (right !== undefined) this.#grow(right)
  }

  /** True if the key was there. */
  delete(key: Uint8Array): boolean {
    const value = getFrom(this.#root, key)
    if (value === undefined) return false
    this.#version++
    this.#count--
    this.#bytes -= key.length + value.length
    this.#probe.reset(key)
    this.#root = this.#own(this.#root)
    this.#delete(this.#root)
    this.#shrink()
    return true
  }

  /** The tree is no longer what a store holds: its cursors end, its pins stay. */
  end(): void {
    this.#version++
  }

  /** The node, or a copy of it if a pin may see it. */
  #own(node: TreeNode): TreeNode {
    return node.epoch > this.#newestPin ? node : node.copy(this.#epoch)
  }

  #ownChild(node: TreeNode, at: number): TreeNode {
    const child = node.children![at]!
    if (child.epoch > this.#newestPin) return child
    const copy = child.copy(this.#epoch)
    node.children![at] = copy
    return copy
  }

  /** Returns the new right neighbour if the node had to be split; its separator is in `#separator`. */
  #put(node: TreeNode, value: Uint8Array): TreeNode | undefined {
    if (node.children === undefined) return this.#putIntoLeaf(node, node.seek(this.#probe), value)
    const at = node.seekChild(this.#probe)
    const child = this.#ownChild(node, at)
    const right = this.#put(child, value)
    const counts = node.counts!
    if (right === undefined) {
      if (this.#isNew) counts[at]! += 1
      return undefined
    }
    node.insertAt(at, this.#separator, EMPTY)
    node.children.splice(at + 1, 0, right)
    counts[at] = child.total()
    counts.splice(at + 1, 0, right.total())
    return node.count > PAGE_RECORDS_MAX - 1 ? this.#splitInner(node, at) : undefined
  }

  #putIntoLeaf(leaf: TreeNode, position: number, value: Uint8Array): TreeNode | undefined {
    const key = this.#probe.key
    let isRun = false
    if (this.#probe.found) {
      this.#bytes -= leaf.pairBytesAt(position) - key.length
      leaf.replaceAt(position, key, value)
    } else {
      this.#isNew = true
      isRun = position === leaf.lastInserted + 1
      leaf.lastInserted = position
      leaf.insertAt(position, key, value)
    }
    const tooMuch = leaf.count > PAGE_RECORDS_MAX || (leaf.packedBytes > PAGE_BYTES_MAX && leaf.count > 1)
    if (!tooMuch) return undefined
    return this.#splitLeaf(leaf, isRun ? endOfRun(leaf, position) : leaf.count >>> 1)
  }

  #splitLeaf(leaf: TreeNode, at: number): TreeNode {
    const { count, packedBytes } = leaf
    const spareBytes = at === count >>> 1 ? packedBytes >>> 2 : 0
    const right = new TreeNode(this.#epoch, undefined, undefined, packedBytes - spareBytes)
    right.append(leaf, at, count)
    this.#separator = separatorBetween(leaf.keyAt(at - 1), leaf.keyAt(at))
    leaf.truncate(at)
    leaf.trim(spareBytes)
    return right
  }

  /** The middle separator moves up: it is in neither half. */
  #splitInner(node: TreeNode, inserted: number): TreeNode {
    const { count, packedBytes } = node
    const at = inserted === count - 1 ? count - 1 : count >>> 1
    const children = node.children!.splice(at + 1)
    const counts = node.counts!.splice(at + 1)
    const right = new TreeNode(this.#epoch, children, counts, packedBytes)
    right.append(node, at + 1, count)
    this.#separator = node.keyAt(at)
    node.truncate(at)
    node.trim(0)
    return right
  }

  #grow(right: TreeNode): void {
    const left = this.#root
    this.#root = new TreeNode(this.#epoch, [left, right], [left.total(), right.total()])
    this.#root.insertAt(0, this.#separator, EMPTY)
  }

  /** The key is known to be there. */
  #delete(node: TreeNode): void {
    if (node.children === undefined) return node.removeAt(node.seek(this.#probe))
    const at = node.seekChild(this.#probe)
    const child = this.#ownChild(node, at)
    this.#delete(child)
    node.counts![at]! -= 1
    if (child.count < SPARSE_RECORDS) this.#tidy(node, at)
  }

  /** The child is sparse. */
  #tidy(node: TreeNode, at: number): void {
    if (node.counts![at] === 0) return node.removeChild(at)
    if (at + 1 < node.children!.length && this.#merge(node, at)) return
    if (at > 0) this.#merge(node, at - 1)
  }

  /** Moves what the child behind `at` holds into the child at `at`, if both fit into one. */
  #merge(node: TreeNode, at: number): boolean {
    const right = node.children![at + 1]!
    let left = node.children![at]!
    if (left.count + right.count >= MERGED_RECORDS_MAX) return false
    if (left.packedBytes + right.packedBytes > MERGED_BYTES_MAX) return false
    left = this.#ownChild(node, at)
    if (left.children !== undefined) {
      left.insertAt(left.count, node.keyAt(at), EMPTY)
      left.children.push(...right.children!)
      left.counts!.push(...right.counts!)
    }
    left.append(right, 0, right.count)
    node.counts![at]! += node.counts![at + 1]!
    node.removeChild(at + 1)
    return true
  }

  #shrink(): void {
    while (this.#root.children?.length === 1) this.#root = this.#root.children[0]!
    if (this.#count === 0) this.#root = emptyLeaf(this.#epoch)
  }

  /** What is wrong with the structure: nothing. Costs a walk through everything; for tests. */
  faults(): string[] {
    const faults = nodeFaults(this.#root)
    if (this.#root.total() !== this.#count) faults.push('the tree knows how many pairs it holds')
    return faults
  }
}

/**
 * Where to split a leaf into which keys come in ascending order (revisions, imports): behind the newest one, so
 * that one leaf after the other is filled and stays full. If it is the last, it alone starts the new leaf.
 */
function endOfRun(leaf: TreeNode, position: number): number {
  return position === leaf.count - 1 ? position : position + 1
}
