/** A walk over a range of a table. */
import type { Direction } from '../../runtime/store.ts'
import { BlockCursor } from './block-cursor.ts'
import { recordCount } from './block-format.ts'
import { lowerBound } from './block-search.ts'
import type { SourceCursor } from './record-cursor.ts'
import type { BlockSource } from './table-cursor-source.ts'
import type { TableIndex } from './table-index.ts'

/** Nothing is read before the first `next`. The bounds are kept, not copied. */
export class TableCursor extends BlockCursor implements SourceCursor {
  readonly #source: BlockSource
  readonly #from: Uint8Array | undefined
  readonly #to: Uint8Array | undefined
  /** The blocks that the bounds belong to. */
  readonly #first: number
  readonly #last: number
  readonly #step: 1 | -1
  /** The block that is open, and how many there are behind it on the way. */
  #block: number
  #blocksLeft: number

  constructor(
    source: BlockSource,
    index: TableIndex,
    from: Uint8Array | undefined,
    to: Uint8Array | undefined,
    direction: Direction,
  ) {
    super(direction, !source.isStable)
    this.#source = source
    this.#from = from
    this.#to = to
    this.#first = from === undefined ? 0 : index.locate(from)
    this.#last = to === undefined ? index.blocks - 1 : index.locate(to)
    this.#step = direction === 'forward' ? 1 : -1
    this.#block = direction === 'forward' ? this.#first - 1 : this.#last + 1
    this.#blocksLeft = this.#last - this.#first + 1
  }

  get record(): this {
    return this
  }

  next(): boolean {
    if (this.left === 0 && !this.#enterNext()) return false
    const source = this.#source
    source.refresh()
    return this.step(source.bytes, source.at)
  }

  /** Opens blocks until one has a record in the range; false if none has. */
  #enterNext(): boolean {
    const source = this.#source
    while (this.#blocksLeft > 0) {
      this.#blocksLeft--
      this.#block += this.#step
      const block = this.#block
      source.open(block)
      const { bytes, at } = source
      const count = recordCount(bytes, at) || 1
      const low = this.#from !== undefined && block === this.#first ? lowerBound(bytes, at, this.#from) : 0
      const high = this.#to !== undefined && block === this.#last ? lowerBound(bytes, at, this.#to) : count
      this.enter(bytes, at, low, high)
      if (this.left > 0) return true
    }
    source.close()
    return false
  }
}
