/** The messages with entries on their way to one follower: bounded in number and in bytes. */
import type { Index } from '../../core/ids.ts'
import { buggify } from '../../core/seams.ts'
import type { ReplicaLimits } from './limits.ts'

export class InflightWindow {
  readonly #limits: ReplicaLimits
  readonly #lastIndexes: Index[] = []
  readonly #sizes: number[] = []
  #bytes = 0

  constructor(limits: ReplicaLimits) {
    this.#limits = limits
  }

  get full(): boolean {
    if (this.#sizes.length > 0 && buggify('replica: one message with entries is on its way at a time'))
      return true
    return (
      this.#sizes.length >= this.#limits.inflightMessagesMax || this.#bytes >= this.#limits.inflightBytesMax
    )
  }

  get count(): number {
    return this.#sizes.length
  }

  sent(lastIndex: Index, bytes: number): void {
    this.#lastIndexes.push(lastIndex)
    this.#sizes.push(bytes)
    this.#bytes += bytes
  }

  acknowledged(match: Index): void {
    let count = 0
    while (count < this.#sizes.length && this.#lastIndexes[count]! <= match)
      this.#bytes -= this.#sizes[count++]!
    if (count === 0) return
    if (count === this.#sizes.length) return this.clear()
    this.#lastIndexes.splice(0, count)
    this.#sizes.splice(0, count)
  }

  clear(): void {
    this.#lastIndexes.length = 0
    this.#sizes.length = 0
    this.#bytes = 0
  }
}
