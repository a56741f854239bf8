/**
 * How far `committed` may run ahead of what the group has applied: so many entries and bytes, so that the
 * group applies in slices and a node which catches up stays responsive.
 */
import type { Index } from '../../core/ids.ts'
import type { ReplicaLimits } from './limits.ts'

export class ApplyWindow {
  readonly #limits: ReplicaLimits
  readonly #slices: { readonly last: Index; readonly bytes: number }[] = []
  #emitted: Index
  #applied: Index
  #bytes = 0

  constructor(applied: Index, limits: ReplicaLimits) {
    this.#limits = limits
    this.#emitted = applied
    this.#applied = applied
  }

  /** The last entry that was handed out as committed. */
  get emitted(): Index {
    return this.#emitted
  }

  get applied(): Index {
    return this.#applied
  }

  get entriesLeft(): number {
    return Math.max(0, this.#limits.applyEntriesMax - (this.#emitted - this.#applied))
  }

  get bytesLeft(): number {
    return Math.max(0, this.#limits.applyBytesMax - this.#bytes)
  }

  emit(last: Index, bytes: number): void {
    this.#slices.push({ last, bytes })
    this.#bytes += bytes
    this.#emitted = last
  }

  apply(index: Index): void {
    if (index <= this.#applied || index > this.#emitted) return
    this.#applied = index
    let count = 0
    while (count < this.#slices.length && this.#slices[count]!.last <= index)
      this.#bytes -= this.#slices[count++]!.bytes
    this.#slices.splice(0, count)
  }

  /** The store was replaced by the state at `index`. */
  reset(index: Index): void {
    this.#slices.length = 0
    this.#bytes = 0
    this.#emitted = index
    this.#applied = index
  }
}
