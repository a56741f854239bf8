/**
 * A store whose disk is as slow as a test wants it: it says that it is congested, or that a checkpoint is due, when
 * it is told to, and leaves everything else to the store behind it.
 */
import { assert } from '../../core/assert.ts'
import type {
  Direction,
  KeyRange,
  Store,
  StoreBatch,
  StoreCallback,
  StoreCursor,
  StoreDamage,
  StoreInstallation,
  StorePin,
} from '../../runtime/store.ts'

/** What a store and an installation say about the disk behind them. */
export class Congestion {
  isCongested = false
  #waiting: (() => void)[] = []

  whenRelieved(run: () => void): void {
    assert(this.isCongested, 'only who finds a store congested waits for its relief')
    this.#waiting.push(run)
  }

  /** Whether somebody waits. */
  get isAwaited(): boolean {
    return this.#waiting.length > 0
  }

  relieve(): void {
    this.isCongested = false
    const waiting = this.#waiting
    this.#waiting = []
    for (const run of waiting) run()
  }
}

export class SlowStore implements Store {
  checkpointDue = false
  /** Of writes to the store. */
  readonly congestion = new Congestion()
  /** Of what is installed. */
  readonly installing = new Congestion()
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  get isCongested(): boolean {
    return this.congestion.isCongested
  }

  whenRelieved(run: () => void): void {
    this.congestion.whenRelieved(run)
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#store.get(key)
  }

  scan(range: KeyRange, direction?: Direction): StoreCursor {
    return this.#store.scan(range, direction)
  }

  count(range: KeyRange): number {
    return this.#store.count(range)
  }

  batch(): StoreBatch {
    return this.#store.batch()
  }

  pin(): StorePin {
    return this.#store.pin()
  }

  checkpoint(done: StoreCallback): void {
    this.#store.checkpoint(done)
  }

  install(): StoreInstallation {
    const installation = this.#store.install()
    const { installing } = this
    return {
      put: (key, value) => installation.put(key, value),
      get isCongested() {
        return installing.isCongested
      },
      whenRelieved: run => installing.whenRelieved(run),
      commit: done => installation.commit(done),
      abort: () => installation.abort(),
    }
  }

  sizeBytes(): number {
    return this.#store.sizeBytes()
  }

  verify(): StoreDamage[] {
    return this.#store.verify()
  }

  close(): void {
    this.#store.close()
  }
}
