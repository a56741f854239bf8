/**
 * A hash over everything that a replica's machine holds, by which replicas that have applied the same entries are
 * compared. What housekeeping has yet to remove is left out, whether it is gone already or not. A node that serves
 * takes it in slices, from a pin.
 */
import { type Checksum, crc32c } from '../core/crc32c.ts'
import type { StateMachine } from './state-machine.ts'
import type { KeyRange, StoreCursor, StoreView } from './store.ts'

type IsLive = ReturnType<StateMachine<unknown>['isLive']>

export class StateHash {
  /** Of what was looked at so far. */
  hash = 0
  readonly #cursor: StoreCursor
  readonly #isLive: IsLive
  readonly #checksum: Checksum
  readonly #lengths = new Uint8Array(8)
  readonly #lengthsView = new DataView(this.#lengths.buffer)

  /** @param range which keys; those of the machine. */
  constructor(view: StoreView, isLive: IsLive, range: KeyRange, checksum: Checksum = crc32c) {
    this.#cursor = view.scan(range)
    this.#isLive = isLive
    this.#checksum = checksum
  }

  /** Looks at about so many pairs. True while more remains. */
  advance(pairs: number): boolean {
    for (; pairs > 0; pairs--) {
      if (!this.#cursor.next()) return false
      const { key, valueUntilNext: value } = this.#cursor
      if (this.#isLive(key, value)) this.#add(key, value)
    }
    return true
  }

  #add(key: Uint8Array, value: Uint8Array): void {
    this.#lengthsView.setUint32(0, key.length)
    this.#lengthsView.setUint32(4, value.length)
    const hash = this.#checksum(key, this.#checksum(this.#lengths, this.hash))
    this.hash = this.#checksum(value, hash)
  }
}

/** All of it in one piece, which a node that serves has no time for. */
export function hashState(view: StoreView, isLive: IsLive, range: KeyRange): number {
  const hash = new StateHash(view, isLive, range)
  hash.advance(Number.POSITIVE_INFINITY)
  return hash.hash
}
