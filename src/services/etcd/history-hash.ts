/** A hash of the machine's history (HashKV), taken a slice at a time from a pin, for whoever waits for it. */
import type { Checksum } from '../../core/crc32c.ts'
import { HashKvCursor, type HashOutcome } from '../../machines/kv/hash-kv.ts'
import type { StorePin } from '../../runtime/store.ts'
import type { SlicedWork } from './slices.ts'

export class HistoryHash implements SlicedWork {
  readonly #pin: StorePin
  readonly #cursor: HashKvCursor
  readonly #isWanted: () => boolean
  readonly #done: (outcome: HashOutcome) => void

  /**
   * @param revision 0: the newest
   * @param isWanted asked before every slice; once false, nobody is told anything
   */
  constructor(
    pin: StorePin,
    revision: number,
    checksum: Checksum | undefined,
    isWanted: () => boolean,
    done: (outcome: HashOutcome) => void,
  ) {
    this.#pin = pin
    this.#cursor = new HashKvCursor(pin, revision, checksum)
    this.#isWanted = isWanted
    this.#done = done
  }

  advance(rows: number): boolean {
    if (!this.#isWanted()) return this.abandon()
    if (this.#cursor.advance(rows)) return true
    this.#done(this.#cursor.outcome)
    return this.abandon()
  }

  abandon(): false {
    this.#pin.release()
    return false
  }
}
