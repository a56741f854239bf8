/** Receives new content for a store, pair by pair, beside what the store holds. */
import { assert } from '../../core/assert.ts'
import type { StoreCallback, StoreInstallation } from '../../runtime/store.ts'
import type { TreeSnapshot } from '../memtable/tree.ts'
import { TreeBuilder } from './tree-builder.ts'

export class Installation implements StoreInstallation {
  readonly #commit: (content: TreeSnapshot, done: StoreCallback) => void
  #builder: TreeBuilder | undefined = new TreeBuilder()
  /** Whatever comes is held in memory anyway. */
  readonly isCongested = false

  constructor(commit: (content: TreeSnapshot, done: StoreCallback) => void) {
    this.#commit = commit
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#open().put(key, value)
  }

  whenRelieved(): void {
    assert(this.isCongested, 'only who finds the installation congested waits for its relief')
  }

  commit(done: StoreCallback): void {
    const builder = this.#open()
    this.#builder = undefined
    this.#commit(builder.finish(), done)
  }

  abort(): void {
    this.#builder = undefined
  }

  #open(): TreeBuilder {
    assert(this.#builder !== undefined, 'an installation ends with its commit or abort')
    return this.#builder
  }
}
