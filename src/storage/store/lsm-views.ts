/** The readers of a store besides itself: an open batch, and a pin. */
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
import type { Memtable, MemtablePin } from '../memtable/memtable.ts'
import { countIn, getFrom, hasKey, type Layers, recordsIn } from './layers.ts'
import { PairsCursor } from './pairs-cursor.ts'
import type { Version } from './version.ts'

abstract class LsmView implements StoreView {
  /** Of what is read: a cursor ends when it changes. */
  abstract get version(): number

  get(key: Uint8Array): Uint8Array | undefined {
    return getFrom(this.layers(), key)
  }

  scan(range: KeyRange, direction: Direction = 'forward'): StoreCursor {
    return new PairsCursor(recordsIn(this.layers(), range, direction), this)
  }

  count(range: KeyRange): number {
    return countIn(this.layers(), range)
  }

  protected abstract layers(): Layers
}

/**
 * Writes into the memtable in place: nobody else can look before the batch ends, because it ends within its turn and
 * the store answers nobody meanwhile. One that never ends (its owner threw) leaves a store that answers nobody ever.
 */
export class LsmBatch extends LsmView implements StoreBatch {
  readonly #layers: Layers
  readonly #memtable: Memtable
  readonly #ended: () => void
  readonly #existsBelow: (key: Uint8Array) => boolean
  #isOpen = true

  /** @param layers the memtable first, which is written to. */
  constructor(layers: Layers, memtable: Memtable, ended: () => void) {
    super()
    this.#layers = layers
    this.#memtable = memtable
    this.#ended = ended
    const below: Layers = { memory: layers.memory.slice(1), version: layers.version }
    this.#existsBelow = key => hasKey(below, key)
  }

  get version(): number {
    return this.#memtable.version
  }

  put(key: Uint8Array, value: Uint8Array, known?: Presence): void {
    assert(this.#isOpen, 'a batch is not used after its commit')
    this.#memtable.put(key, value, known ?? this.#existsBelow)
  }

  delete(key: Uint8Array, known?: Presence): void {
    assert(this.#isOpen, 'a batch is not used after its commit')
    this.#memtable.delete(key, known ?? this.#existsBelow)
  }

  commit(): void {
    assert(this.#isOpen, 'a batch is committed once')
    this.#isOpen = false
    this.#ended()
  }

  protected layers(): Layers {
    assert(this.#isOpen, 'a batch is not used after its commit')
    return this.#layers
  }
}

export class LsmPin extends LsmView implements StorePin {
  readonly #memtable: MemtablePin
  readonly #layers: Layers
  readonly #released: () => void
  #version = 0

  constructor(memtable: MemtablePin, frozen: readonly Memtable[], version: Version, released: () => void) {
    super()
    this.#memtable = memtable
    this.#layers = { memory: [memtable, ...frozen], version }
    this.#released = released
  }

  get version(): number {
    return this.#version
  }

  release(): void {
    assert(this.#version === 0, 'a pin is released once')
    this.#version++
    this.#memtable.release()
    this.#released()
  }

  protected layers(): Layers {
    assert(this.#version === 0, 'a pin is not read after its release')
    return this.#layers
  }
}
