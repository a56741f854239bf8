/**
 * What was written to the store and is not in a table yet, in memory: one record for each key that was put or deleted,
 * in a tree that counts by weights. A put or delete becomes a record by what there was before: that is known
 * here if the memtable has a record of the key, and otherwise asked of whoever writes.
 *
 *     there is     | put        | delete
 *     nothing      | INSERT     | nothing      if the key does not exist below
 *     nothing      | OVERWRITE  | TOMBSTONE    if it does
 *     INSERT       | INSERT     | nothing: the record goes
 *     OVERWRITE    | OVERWRITE  | TOMBSTONE
 *     TOMBSTONE    | OVERWRITE  | TOMBSTONE
 *
 * Keys and values beyond 1 KiB together are kept by reference, so the caller must not change them.
 */
import { assert } from '../../core/assert.ts'
import type { Direction, Presence } from '../../runtime/store.ts'
import { type RecordKind, TOMBSTONE } from '../store/record.ts'
import { MemtableCursor } from './memtable-cursor.ts'
import type { TreeNode } from './node.ts'
import { Probe } from './probe.ts'
import { leafFor, leavesBelow, rank } from './reading.ts'
import { Tree, type TreeSnapshot } from './tree.ts'

/** What a read answers where the key is known not to exist: whoever reads need not look further down. */
export const DELETED: unique symbol = Symbol('deleted')

/** Bytes of memory for a record besides its key and value, or so: its share of a page and of the pages above. */
export const RECORD_SHARE_BYTES = 32

/**
 * What the writer knows of the key at this moment; or how to find out whether it exists below, which is called only
 * if the memtable has no record of the key. It must not write; if it throws, nothing was written.
 */
export type Known = Presence | ((key: Uint8Array) => boolean)

/** What a memtable and its pins have in common: reads of one state. */
export abstract class MemtableView {
  /** How many records there are. */
  get records(): number {
    return this.source().count
  }

  /** The sum of all records' weights: by how many keys there are more than below; it may be negative. */
  get weight(): number {
    return this.source().weight
  }

  /** The value; `DELETED`: there is a tombstone; `undefined`: nothing is known here, look further down. */
  get(key: Uint8Array): Uint8Array | typeof DELETED | undefined {
    const probe = new Probe(key)
    const leaf = leafFor(this.source().root, probe)
    const position = leaf.seek(probe)
    if (!probe.found) return undefined
    return leaf.kindAt(position) === TOMBSTONE ? DELETED : leaf.valueAt(position)
  }

  /** The kind of the key's record; `undefined`: nothing is known here, look further down. */
  kindOf(key: Uint8Array): RecordKind | undefined {
    const probe = new Probe(key)
    const leaf = leafFor(this.source().root, probe)
    const position = leaf.seek(probe)
    return probe.found ? leaf.kindAt(position) : undefined
  }

  /** The weights of the records of all smaller keys, added up. One way down the tree. */
  weightBelow(key: Uint8Array): number {
    return rank(this.source().root, key)
  }

  /** All records, tombstones too, with `from` <= key < `to`; without `to`, to the end. */
  scan(from: Uint8Array, to: Uint8Array | undefined, direction: Direction): MemtableCursor {
    const range = to === undefined ? { from } : { from, to }
    return new MemtableCursor(this.source(), range, direction)
  }

  protected abstract source(): TreeSnapshot & { readonly version: number }
}

export class Memtable extends MemtableView {
  readonly #tree = new Tree()
  #isFrozen = false

  /** Keys, values and a share for each record: what the limits speak of. */
  get bytes(): number {
    return this.#tree.bytes + RECORD_SHARE_BYTES * this.#tree.count
  }

  /** Changes with every write: a cursor ends with the next one. */
  get version(): number {
    return this.#tree.version
  }

  get isFrozen(): boolean {
    return this.#isFrozen
  }

  /** True if the key did not exist before, neither here nor below. One way down the tree. */
  put(key: Uint8Array, value: Uint8Array, known: Known): boolean {
    assert(!this.#isFrozen, 'a frozen memtable is not written to')
    const isNew = this.#tree.put(key, value, known)
    assertKnown(known, !isNew)
    return isNew
  }

  /** True if the key existed before, here or below. One way down the tree. */
  delete(key: Uint8Array, known: Known): boolean {
    assert(!this.#isFrozen, 'a frozen memtable is not written to')
    const existed = this.#tree.delete(key, known)
    assertKnown(known, existed)
    return existed
  }

  /** From now on nothing is written: cursors over it stay. */
  freeze(): void {
    assert(!this.#isFrozen, 'a memtable is frozen once')
    this.#isFrozen = true
  }

  /** In key order, for whoever copies them whole; of a frozen memtable. */
  leaves(): Iterator<TreeNode, undefined> {
    assert(this.#isFrozen, 'leaves that are copied are not written to any more')
    return leavesBelow(this.#tree.root)
  }

  /** It is no longer what a store holds: its cursors end, its pins and their cursors stay. */
  end(): void {
    this.#isFrozen = true
    this.#tree.end()
  }

  /** What there is now, whatever is written later. Costs a copy of each page that is written to meanwhile. */
  pin(): MemtablePin {
    return new MemtablePin(this.#tree)
  }

  /** What is wrong with the structure: nothing. Costs a walk through everything; for tests. */
  faults(): string[] {
    return this.#tree.faults()
  }

  protected source(): Tree {
    return this.#tree
  }
}

export class MemtablePin extends MemtableView {
  readonly #tree: Tree
  readonly #epoch: number
  readonly #pinned: TreeSnapshot & { version: number }
  #isReleased = false

  constructor(tree: Tree) {
    super()
    this.#tree = tree
    this.#epoch = tree.pin()
    const { root, count, weight, bytes } = tree
    this.#pinned = { root, count, weight, bytes, version: 0 }
  }

  /** Its cursors end. */
  release(): void {
    assert(!this.#isReleased, 'a pin is released once')
    this.#isReleased = true
    this.#pinned.version++
    this.#tree.release(this.#epoch)
  }

  protected source(): TreeSnapshot & { readonly version: number } {
    assert(!this.#isReleased, 'a pin is not read after its release')
    return this.#pinned
  }
}

/** A wrong word would spoil every count of a range: where the memtable knows better, it says so. */
function assertKnown(known: Known, existed: boolean): void {
  if (typeof known === 'function') return
  assert((known === 'present') === existed, 'a writer knows what it says of a key')
}
