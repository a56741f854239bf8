/** Bytes of a connection that no request has used yet: a queue with a look-ahead. */

const NONE = new Uint8Array(0)
const LINE_FEED = 10
const CARRIAGE_RETURN = 13

export class Received {
  #bytes: Uint8Array = NONE
  #at = 0
  #end = 0

  get length(): number {
    return this.#end - this.#at
  }

  add(bytes: Uint8Array): void {
    if (this.#end + bytes.length > this.#bytes.length) {
      const { length } = this
      const room = Math.max(length + bytes.length, Math.min(length * 2, 1 << 20))
      const next = new Uint8Array(room)
      next.set(this.#bytes.subarray(this.#at, this.#end))
      this.#bytes = next
      this.#at = 0
      this.#end = length
    }
    this.#bytes.set(bytes, this.#end)
    this.#end += bytes.length
  }

  /** Takes a view of `count` bytes, valid until the next `add`. */
  take(count: number): Uint8Array {
    const view = this.#bytes.subarray(this.#at, this.#at + count)
    this.#at += count
    if (this.#at === this.#end) this.#at = this.#end = 0
    return view
  }

  /** The length of the head up to and with its empty line; -1 while that has not come. */
  headLength(): number {
    let lineStart = this.#at
    for (;;) {
      const lineEnd = this.#bytes.indexOf(LINE_FEED, lineStart)
      if (lineEnd < 0 || lineEnd >= this.#end) return -1
      const length = lineEnd - lineStart
      const empty = length === 0 || (length === 1 && this.#bytes[lineStart] === CARRIAGE_RETURN)
      if (empty) return lineEnd + 1 - this.#at
      lineStart = lineEnd + 1
    }
  }

  /** The length of the first line with its end; -1 while that has not come. */
  lineLength(): number {
    const lineEnd = this.#bytes.indexOf(LINE_FEED, this.#at)
    return lineEnd < 0 || lineEnd >= this.#end ? -1 : lineEnd + 1 - this.#at
  }

  /** Skips what some clients send between requests (RFC 9112 §2.2). */
  skipEmptyLines(): void {
    while (this.#at < this.#end) {
      const byte = this.#bytes[this.#at]
      if (byte !== LINE_FEED && byte !== CARRIAGE_RETURN) return
      this.#at += 1
    }
  }
}

/** A character per byte. */
export function latin1Text(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i++) text += String.fromCharCode(bytes[i]!)
  return text
}
