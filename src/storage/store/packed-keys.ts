/** Keys in ascending order, packed to be searched: by a number for each, and by their bytes where those are equal. */
import { compareBytes, sharedBytes } from '../../core/bytes.ts'

/** Of what follows the keys' shared beginning, so much is compared as one number: exact in a double. */
const HINT_BYTES = 6

export class PackedKeys {
  readonly length: number
  /** The keys one behind the other, where each begins, and where the last one ends. */
  readonly #bytes: Uint8Array
  readonly #ats: Float64Array
  /** What all keys share. */
  readonly #shared: number
  readonly #hints: Float64Array

  /** Copies. That the keys ascend is for the caller to know; `isAscending` looks. */
  constructor(keys: readonly Uint8Array[]) {
    this.length = keys.length
    this.#ats = new Float64Array(keys.length + 1)
    for (const [i, key] of keys.entries()) this.#ats[i + 1] = this.#ats[i]! + key.length
    this.#bytes = new Uint8Array(this.#ats[keys.length]!)
    for (const [i, key] of keys.entries()) this.#bytes.set(key, this.#ats[i])
    this.#shared = keys.length === 0 ? 0 : sharedBytes(keys[0]!, keys.at(-1)!)
    this.#hints = Float64Array.from(keys, key => hintOf(key, this.#shared))
  }

  key(i: number): Uint8Array {
    return this.#bytes.subarray(this.#ats[i], this.#ats[i + 1])
  }

  get isAscending(): boolean {
    for (let i = 1; i < this.length; i++) if (compareBytes(this.key(i - 1), this.key(i)) >= 0) return false
    return true
  }

  /** How many of the keys are not above this one. */
  countUpTo(key: Uint8Array): number {
    const shared = this.#shared
    for (let i = 0; i < shared; i++) {
      if (i === key.length) return 0
      const difference = key[i]! - this.#bytes[i]!
      if (difference !== 0) return difference < 0 ? 0 : this.length
    }
    const hint = hintOf(key, shared)
    const hints = this.#hints
    let low = 0
    let high = this.length
    while (low < high) {
      const middle = (low + high) >>> 1
      let difference = hints[middle]! - hint
      if (difference === 0) difference = this.#compareRest(middle, key)
      if (difference <= 0) low = middle + 1
      else high = middle
    }
    return low
  }

  /** How a key compares to one of the same hint. */
  #compareRest(i: number, key: Uint8Array): number {
    const at = this.#ats[i]!
    const length = this.#ats[i + 1]! - at
    const common = length < key.length ? length : key.length
    for (let j = this.#shared + HINT_BYTES; j < common; j++) {
      const difference = this.#bytes[at + j]! - key[j]!
      if (difference !== 0) return difference
    }
    // Hints are filled up with zeros: of two that are equal, the shorter key is a beginning of the other.
    return length - key.length
  }
}

/** The six bytes from `at` on as a number, zeros where the key has ended. */
function hintOf(key: Uint8Array, at: number): number {
  if (key.length >= at + HINT_BYTES) {
    return (
      ((key[at]! << 16) | (key[at + 1]! << 8) | key[at + 2]!) * 0x1000000 +
      ((key[at + 3]! << 16) | (key[at + 4]! << 8) | key[at + 5]!)
    )
  }
  let hint = 0
  for (let i = 0; i < HINT_BYTES; i++) hint = hint * 256 + (at + i < key.length ? key[at + i]! : 0)
  return hint
}
