/** Builds the tree of a checkpoint, one block a turn. */
import type { QuorateError } from '../../core/errors.ts'
import type { TreeSnapshot } from '../memtable/tree.ts'
import { storeDamaged, storeFormatUnknown } from '../store/errors.ts'
import { type CheckpointReader, eachPair } from './checkpoint-reader.ts'
import { TreeBuilder } from './tree-builder.ts'

export class CheckpointLoader {
  readonly #reader: CheckpointReader
  readonly #builder = new TreeBuilder()

  constructor(reader: CheckpointReader) {
    this.#reader = reader
  }

  /** Takes one block. The tree once all are there; why it may not be used; or undefined: there is more. */
  step(): TreeSnapshot | QuorateError | undefined {
    const part = this.#reader.next()
    switch (part.kind) {
      case 'damage':
        return storeDamaged(part.damage)
      case 'newerFormat':
        return storeFormatUnknown(this.#reader.path, part.version)
      case 'block': {
        const fault = eachPair(part.payload, (key, value) => this.#put(key, value))
        return fault === undefined ? undefined : storeDamaged(this.#reader.damage(part.at, fault))
      }
      case 'end': {
        const { pairs, bytes } = part.totals
        if (pairs === this.#builder.count && bytes === this.#builder.bytes) return this.#builder.finish()
        return storeDamaged(
          this.#reader.damage(part.at, 'the totals in the footer are not those of the file'),
        )
      }
    }
  }

  #put(key: Uint8Array, value: Uint8Array): string | undefined {
    if (!this.#builder.ascends(key)) return 'keys do not ascend'
    this.#builder.put(key, value)
    return undefined
  }
}
