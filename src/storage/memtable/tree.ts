/**
 * An ordered map from keys to records (`store/record.ts`): a B+tree whose nodes are changed in place, except those
 * that a pin may still see, which are copied first. A node carries the epoch in which it was made; taking a pin
 * ends an epoch; a node is shared exactly if a living pin was taken in its epoch or later. So without a pin a
 * write copies nothing, and with one it copies each node at most once.
 *
 * A record says how it changes what lies below the tree: the tables. Where nothing does, every record is an insert, and
 * the tree is a map from bytes to bytes.
 *
 * Nodes are not rebalanced as in the textbook: a sparse node is merged with a neighbour if both fit into one,
 * and removed when empty. Of two neighbours one is therefore at least half full or so, which is enough.
 */
import { assert } from '../../core/assert.ts'
import { EMPTY } from '../../core/bytes.ts'
import type { Presence } from '../../runtime/store.ts'
import { keyspaceOf } from '../store/keyspace.ts'
import { INSERT, OVERWRITE, type RecordKind, TOMBSTONE, weightOf } from '../store/record.ts'
import { Finger } from './finger.ts'
import { PAGE_BYTES_MAX, PAGE_RECORDS_MAX } from './limits.ts'
import { emptyLeaf, nodeFaults, separatorBetween, TreeNode } from './node.ts'
import { packedSize } from './packed-record.ts'
import { Probe } from './probe.ts'

/** A node with fewer records than this is merged with a neighbour if both fit. */
const SPARSE_RECORDS = PAGE_RECORDS_MAX / 4

/** What a merged node holds at most, so that the next insert does not split it again. */
const MERGED_RECORDS_MAX = (PAGE_RECORDS_MAX * 3) / 4
const MERGED_BYTES_MAX = (PAGE_BYTES_MAX * 3) / 4

/** A run starts the next leaf rather than move one with more records than this to a larger buffer. */
const ALMOST_FULL_RECORDS = PAGE_RECORDS_MAX - 4

/**
 * Whether a key exists in what lies below the tree, or how to find out: then it is called if the tree has no record
 * of the key, and must not touch the tree. If it throws, nothing was written.
 */
export type Below = Presence | ((key: Uint8Array) => boolean)

/** A tree as it was at some moment. */
export interface TreeSnapshot {
  readonly root: TreeNode
  /** How many records there are. */
  readonly count: number
  /** The sum of their weights. */
  readonly weight: number
  /** Of keys and values. */
  readonly bytes: number
}

export class Tree implements TreeSnapshot {
  #root = emptyLeaf(1)
  #count = 0
  #weight = 0
  #bytes = 0
  #epoch = 1
  #version = 0
  /** The epochs of living pins, ascending. */
  readonly #pins = new Set<number>()
  #newestPin = 0
  readonly #probe = new Probe(EMPTY)
  /** Results of the recursion besides its return value: by how much it changed the tree, and a new node's separator. */
  #countChange = 0
  #weightChange = 0
  #separator: Uint8Array = EMPTY
  /** Where the last run goes on, for each keyspace plus one: keyspaces are written by turns. */
  readonly #fingers: (Finger | undefined)[] = []
  /** Whether the last write made a leaf for a run to go on in. */
  #hasTurned = false

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

  get weight(): number {
    return this.#weight
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

  /** True if the key did not exist, neither in the tree nor below it. */
  put(key: Uint8Array, value: Uint8Array, below: Below = 'absent'): boolean {
    this.#write(key, value, below)
    return this.#weightChange > 0
  }

  /** True if the key existed, in the tree or below it. */
  delete(key: Uint8Array, below: Below = 'absent'): boolean {
    this.#write(key, undefined, below)
    return this.#weightChange < 0
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

  /** Without a value, deletes. */
  #write(key: Uint8Array, value: Uint8Array | undefined, below: Below): void {
    this.#probe.reset(key)
    this.#countChange = 0
    this.#weightChange = 0
    if (value === undefined || !this.#putBehindRun(value, below)) this.#writeFromRoot(value, below)
    this.#count += this.#countChange
    this.#weight += this.#weightChange
  }

  #writeFromRoot(value: Uint8Array | undefined, below: Below): void {
    this.#hasTurned = false
    this.#root = this.#own(this.#root)
    const right = this.#writeInto(this.#root, value, below)
    if (right !== undefined) this.#grow(right)
    else if (this.#countChange < 0) this.#shrink()
    if (!this.#hasTurned) return
    this.#fingers[keyspaceOf(this.#probe.key) + 1] = new Finger(this.#root, this.#probe.key)
  }

  /** False if the key does not go on with a run, or the run's leaf is full. */
  #putBehindRun(value: Uint8Array, below: Below): boolean {
    const key = this.#probe.key
    const finger = this.#fingers[keyspaceOf(key) + 1]
    if (finger === undefined || !finger.leadsTo(key, this.#root, this.#newestPin)) return false
    const leaf = finger.leaf
    if (isFull(leaf, key, value)) return false
    const kind = this.#existsBelow(below) ? OVERWRITE : INSERT
    this.#add(leaf, leaf.count, value, kind, leaf.sharedWith(key))
    finger.addWeight(this.#weightChange)
    return true
  }

  /** Returns the new right neighbour if the node had to be split; its separator is in `#separator`. */
  #writeInto(node: TreeNode, value: Uint8Array | undefined, below: Below): TreeNode | undefined {
    if (node.children === undefined) {
      const position = node.seek(this.#probe)
      if (value !== undefined) return this.#putIntoLeaf(node, position, value, below)
      return this.#deleteFromLeaf(node, position, below)
    }
    const at = node.seekChild(this.#probe)
    const child = this.#ownChild(node, at)
    const right = this.#writeInto(child, value, below)
    const counts = node.counts!
    if (right === undefined) {
      counts[at]! += this.#weightChange
      if (this.#countChange < 0 && child.count < SPARSE_RECORDS) this.#tidy(node, at)
      return undefined
    }
    node.insertAt(at, this.#separator, EMPTY)
    node.children.splice(at + 1, 0, right)
    counts[at] = child.total()
    counts.splice(at + 1, 0, right.total())
    return node.count > PAGE_RECORDS_MAX - 1 ? this.#splitInner(node, at) : undefined
  }

  #putIntoLeaf(leaf: TreeNode, position: number, value: Uint8Array, below: Below): TreeNode | undefined {
    if (!this.#probe.found) {
      return this.#insert(leaf, position, value, this.#existsBelow(below) ? OVERWRITE : INSERT)
    }
    const old = leaf.kindAt(position)
    this.#replace(leaf, position, value, old === TOMBSTONE ? OVERWRITE : old)
    return this.#splitIfFull(leaf, leaf.count >>> 1)
  }

  #deleteFromLeaf(leaf: TreeNode, position: number, below: Below): TreeNode | undefined {
    if (!this.#probe.found) {
      return this.#existsBelow(below) ? this.#insert(leaf, position, EMPTY, TOMBSTONE) : undefined
    }
    const old = leaf.kindAt(position)
    if (old === TOMBSTONE) return undefined
    if (old === OVERWRITE) {
      this.#replace(leaf, position, EMPTY, TOMBSTONE)
      return this.#splitIfFull(leaf, leaf.count >>> 1)
    }
    this.#version++
    this.#countChange = -1
    this.#weightChange = -weightOf(INSERT)
    this.#bytes -= leaf.pairBytesAt(position)
    leaf.removeAt(position)
    return undefined
  }

  #existsBelow(below: Below): boolean {
    return typeof below === 'function' ? below(this.#probe.key) : below === 'present'
  }

  /** The leaf stays full; a run goes on in a new one behind it, which gets the room that it will need. */
  #turn(leaf: TreeNode, value: Uint8Array, kind: RecordKind): TreeNode {
    const key = this.#probe.key
    const bytes = Math.ceil((leaf.packedBytes * PAGE_RECORDS_MAX) / leaf.count)
    const right = new TreeNode(this.#epoch, undefined, undefined, Math.min(bytes, PAGE_BYTES_MAX))
    this.#add(right, 0, value, kind, 0)
    this.#separator = separatorBetween(leaf.keyAt(leaf.count - 1), key)
    if (leaf.spareBytes > leaf.packedBytes >>> 4) leaf.trim(0)
    this.#hasTurned = true
    return right
  }

  /**
   * Where keys come in ascending order (revisions, imports) one leaf after the other is filled and stays full: one that
   * has no room is left as it is, or split behind the newest key.
   */
  #insert(leaf: TreeNode, position: number, value: Uint8Array, kind: RecordKind): TreeNode | undefined {
    const isRun = position === leaf.lastInserted + 1
    if (isRun && position === leaf.count && isFull(leaf, this.#probe.key, value)) {
      return this.#turn(leaf, value, kind)
    }
    this.#add(leaf, position, value, kind, this.#probe.pageShared)
    return this.#splitIfFull(leaf, isRun ? position + 1 : leaf.count >>> 1)
  }

  #add(leaf: TreeNode, position: number, value: Uint8Array, kind: RecordKind, shared: number): void {
    const key = this.#probe.key
    this.#version++
    this.#countChange = 1
    this.#weightChange = weightOf(kind)
    this.#bytes += key.length + value.length
    leaf.lastInserted = position
    leaf.insertAt(position, key, value, kind, shared)
  }

  #replace(leaf: TreeNode, position: number, value: Uint8Array, kind: RecordKind): void {
    const key = this.#probe.key
    this.#version++
    this.#weightChange = weightOf(kind) - weightOf(leaf.kindAt(position))
    this.#bytes += key.length + value.length - leaf.pairBytesAt(position)
    leaf.replaceAt(position, key, value, kind)
  }

  #splitIfFull(leaf: TreeNode, at: number): TreeNode | undefined {
    const tooMuch = leaf.count > PAGE_RECORDS_MAX || (leaf.packedBytes > PAGE_BYTES_MAX && leaf.count > 1)
    return tooMuch ? this.#splitLeaf(leaf, at) : undefined
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

  /** The child is sparse. */
  #tidy(node: TreeNode, at: number): void {
    if (node.children![at]!.isEmpty()) return node.removeChild(at)
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
    if (this.#root.total() !== this.#weight) faults.push('the tree knows what it weighs')
    if (recordsBelow(this.#root) !== this.#count) faults.push('the tree knows how many records it holds')
    return faults
  }
}

/**
 * Whether a run should go on in a new leaf instead of behind this one's records. A leaf that is almost full does
 * not grow for the last few.
 */
function isFull(leaf: TreeNode, key: Uint8Array, value: Uint8Array): boolean {
  const { count, packedBytes } = leaf
  if (count >= PAGE_RECORDS_MAX) return true
  const bytes = packedSize(key, value)
  if (packedBytes + bytes > PAGE_BYTES_MAX) return count > 0
  return bytes > leaf.spareBytes && count > ALMOST_FULL_RECORDS
}

function recordsBelow(node: TreeNode): number {
  if (node.children === undefined) return node.count
  return node.children.reduce((sum, child) => sum + recordsBelow(child), 0)
}
