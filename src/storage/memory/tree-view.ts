/** The readers of a tree: what batch, pin and store have in common. */
import { assert } from '../../core/assert.ts'
import type {
  Direction,
  KeyRange,
  Presence,
  StoreBatch,
  StoreCursor,
  StorePin,
  StoreView,
} from '../../runtime/store.ts'
import { type CursorSource, openCursor } from '../memtable/cursor.ts'
import type { TreeNode } from '../memtable/node.ts'
import { countIn, getFrom } from '../memtable/reading.ts'
import type { Tree } from '../memtable/tree.ts'

abstract class TreeView implements StoreView {
  protected abstract source(): CursorSource & { readonly count: number }

  get(key: Uint8Array): Uint8Array | undefined {
    return getFrom(this.source().root, key)
  }

  scan(range: KeyRange, direction: Direction = 'forward'): StoreCursor {
    return openCursor(this.source(), range, direction)
  }

  count(range: KeyRange): number {
    const source = this.source()
    return countIn(source.root, source.count, range)
  }
}

/**
 * Writes in place: nobody else can look before the batch ends, because it ends within its turn and the store
 * answers nobody meanwhile. One that never ends (its owner threw) leaves a store that answers nobody ever.
 */
export class TreeBatch extends TreeView implements StoreBatch {
  readonly #tree: Tree
  readonly #ended: () => void
  #isOpen = true

  constructor(tree: Tree, ended: () => void) {
    super()
    this.#tree = tree
    this.#ended = ended
  }

  put(key: Uint8Array, value: Uint8Array, known?: Presence): void {
    const tree = this.source()
    const before = tree.count
    tree.put(key, value)
    assertKnown(known, tree.count === before)
  }

  delete(key: Uint8Array, known?: Presence): void {
    assertKnown(known, this.source().delete(key))
  }

  commit(): void {
    assert(this.#isOpen, 'a batch is committed once')
    this.#isOpen = false
    this.#ended()
  }

  protected source(): Tree {
    assert(this.#isOpen, 'a batch is not used after its commit')
    return this.#tree
  }
}

/** This store needs no word of its writer, but another would believe it. */
function assertKnown(known: Presence | undefined, wasThere: boolean): void {
  assert(known === undefined || (known === 'present') === wasThere, 'a writer knows what it says of a key')
}

export class TreePin extends TreeView implements StorePin {
  readonly #tree: Tree
  readonly #epoch: number
  readonly #pinned: { readonly root: TreeNode; readonly count: number; version: number }
  #isReleased = false

  constructor(tree: Tree) {
    super()
    this.#tree = tree
    this.#epoch = tree.pin()
    this.#pinned = { root: tree.root, count: tree.count, version: 0 }
  }

  release(): void {
    assert(!this.#isReleased, 'a pin is released once')
    this.#isReleased = true
    this.#pinned.version++
    this.#tree.release(this.#epoch)
  }

  protected source(): CursorSource & { readonly count: number } {
    assert(!this.#isReleased, 'a pin is not read after its release')
    return this.#pinned
  }
}
