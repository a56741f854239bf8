/**
 * The dynamic table (RFC 7541 §2.3.2, §4): the fields that one direction of a connection has seen most lately,
 * newest first, within a limit on their size. Both ends keep the same one.
 */
import type { HeaderField } from './header-field.ts'
import { HPACK_ENTRY_OVERHEAD_BYTES } from './limits.ts'

export class DynamicTable {
  /** A ring; `#added` counts all fields ever added, so field number n lies at n modulo its length. */
  #ring: (HeaderField | undefined)[] = new Array(16)
  #added = 0
  #length = 0
  #bytes = 0
  #bytesMax: number
  readonly #evicted: ((field: HeaderField) => void) | undefined

  constructor(bytesMax: number, evicted?: (field: HeaderField) => void) {
    this.#bytesMax = bytesMax
    this.#evicted = evicted
  }

  get length(): number {
    return this.#length
  }

  /** Size as §4.1 counts it. */
  get bytes(): number {
    return this.#bytes
  }

  get bytesMax(): number {
    return this.#bytesMax
  }

  /** All fields ever added: the newest has this number, the one before it one less. */
  get added(): number {
    return this.#added
  }

  /** The field `age` places behind the newest (age 0). */
  get(age: number): HeaderField | undefined {
    if (age >= this.#length) return undefined
    return this.#ring[(this.#added - age) & (this.#ring.length - 1)]
  }

  /** §4.4: what does not fit empties the table, and is not an error. True if the field is in it now. */
  add(field: HeaderField): boolean {
    this.#evictTo(this.#bytesMax - field.size)
    if (field.size > this.#bytesMax) return false
    if (this.#length + 1 >= this.#ring.length) this.#grow()
    this.#added += 1
    this.#ring[this.#added & (this.#ring.length - 1)] = field
    this.#length += 1
    this.#bytes += field.size
    return true
  }

  resize(bytesMax: number): void {
    this.#bytesMax = bytesMax
    this.#evictTo(bytesMax)
  }

  #evictTo(bytes: number): void {
    while (this.#length > 0 && this.#bytes > bytes) {
      const at = (this.#added - this.#length + 1) & (this.#ring.length - 1)
      const oldest = this.#ring[at]!
      this.#ring[at] = undefined
      this.#length -= 1
      this.#bytes -= oldest.size
      this.#evicted?.(oldest)
    }
  }

  /** The ring never outgrows what the smallest entries could fill (§4.1). */
  #grow(): void {
    const old = this.#ring
    const next: (HeaderField | undefined)[] = new Array(old.length * 2)
    for (let age = 0; age < this.#length; age++) {
      const number = this.#added - age
      next[number & (next.length - 1)] = old[number & (old.length - 1)]
    }
    this.#ring = next
  }

  /** For tests: what must always hold. */
  check(): boolean {
    return this.#bytes <= this.#bytesMax && this.#length * HPACK_ENTRY_OVERHEAD_BYTES <= this.#bytes
  }
}
