/**
 * Reads JSON (RFC 8259) from bytes, value by value, as its caller asks for them. Numbers stay the text that they are:
 * an int64 that passed through a double would come out as another one. Throws nothing but `DecodeError`, and reads
 * every byte at most twice.
 */
import { DecodeError } from '../../../core/bytes.ts'
import { utf8Bytes, utf8Text } from '../../../core/utf8.ts'
import { JSON_NESTING_MAX } from '../limits.ts'

export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'true' | 'false' | 'null' | 'end'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a

const NUMBER = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$/
/** Of one character behind a backslash; `u` is read apart. */
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

export class JsonReader {
  readonly #bytes: Uint8Array
  #at = 0
  #depth = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** What the next value is, from its first byte; `end` where nothing but white space is left. */
  kind(): JsonKind {
    this.#skipSpace()
    if (this.#at >= this.#bytes.length) return 'end'
    const first = String.fromCharCode(this.#bytes[this.#at]!)
    if (first === '{') return 'object'
    if (first === '[') return 'array'
    if (first === '"') return 'string'
    if (first === 't') return 'true'
    if (first === 'f') return 'false'
    if (first === 'n') return 'null'
    if (first === '-' || (first >= '0' && first <= '9')) return 'number'
    throw this.error(`invalid character ${JSON.stringify(first)} looking for beginning of value`)
  }

  /** Calls back at each member, before its value, which the callee reads or skips. */
  object(member: (name: string) => void): void {
    this.#inside('{', '}', () => {
      if (this.kind() !== 'string') throw this.error('a member of an object begins with its name')
      const name = this.text()
      this.#expect(COLON)
      member(name)
    })
  }

  /** Calls back at each element, which the callee reads or skips. */
  array(element: () => void): void {
    this.#inside('[', ']', element)
  }

  /** The text of a string. */
  text(): string {
    return utf8Text(this.stringBytes())
  }

  /** The UTF-8 of a string: a view where nothing was escaped. */
  stringBytes(): Uint8Array {
    this.#expect(QUOTE)
    const start = this.#at
    let escaped = false
    for (; ; this.#at++) {
      const byte = this.#bytes[this.#at]
      if (byte === undefined) throw this.error('unexpected end of JSON input')
      if (byte === QUOTE) break
      if (byte < 0x20) throw this.error('a control character within a string')
      if (byte === BACKSLASH) {
        escaped = true
        this.#at++
      }
    }
    const raw = this.#bytes.subarray(start, this.#at++)
    return escaped ? utf8Bytes(this.#unescape(utf8Text(raw))) : raw
  }

  /** The text of a number. */
  number(): string {
    const start = this.#at
    while (this.#at < this.#bytes.length && isNumberByte(this.#bytes[this.#at]!)) this.#at++
    const text = utf8Text(this.#bytes.subarray(start, this.#at))
    if (!NUMBER.test(text)) throw this.error(`invalid number ${text}`)
    return text
  }

  /** `true`, `false` or `null`, whichever `kind` saw. */
  literal(word: 'true' | 'false' | 'null'): void {
    for (let i = 0; i < word.length; i++) {
      if (this.#bytes[this.#at++] !== word.charCodeAt(i)) throw this.error(`expected ${word}`)
    }
  }

  passOver(): void {
    const kind = this.kind()
    switch (kind) {
      case 'object':
        return this.object(() => this.passOver())
      case 'array':
        return this.array(() => this.passOver())
      case 'string':
        this.stringBytes()
        return
      case 'number':
        this.number()
        return
      case 'end':
        throw this.error('unexpected end of JSON input')
      default:
        return this.literal(kind)
    }
  }

  error(what: string): DecodeError {
    return new DecodeError(`${what} at byte ${this.#at}`)
  }

  #inside(open: '{' | '[', close: '}' | ']', each: () => void): void {
    this.#expect(open.charCodeAt(0))
    if (++this.#depth > JSON_NESTING_MAX) throw this.error('nested too deeply')
    this.#skipSpace()
    if (this.#bytes[this.#at] === close.charCodeAt(0)) this.#at++
    else {
      for (;;) {
        each()
        this.#skipSpace()
        const byte = this.#bytes[this.#at++]
        if (byte === close.charCodeAt(0)) break
        if (byte !== COMMA) throw this.error(`expected a comma or ${close}`)
      }
    }
    this.#depth--
  }

  #expect(byte: number): void {
    this.#skipSpace()
    if (this.#bytes[this.#at] !== byte) throw this.error(`expected ${String.fromCharCode(byte)}`)
    this.#at++
  }

  #skipSpace(): void {
    for (;;) {
      const byte = this.#bytes[this.#at]
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return
      this.#at++
    }
  }

  #unescape(text: string): string {
    return text.replace(/\\(u[0-9a-fA-F]{4}|.)/gs, (_, escaped: string) => {
      if (escaped.length === 5) return String.fromCharCode(Number.parseInt(escaped.slice(1), 16))
      const character = ESCAPES[escaped]
      if (character === undefined) throw this.error('an unknown escape in a string')
      return character
    })
  }
}

function isNumberByte(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    byte === 0x2d ||
    byte === 0x2b ||
    byte === 0x2e ||
    (byte | 0x20) === 0x65
  )
}
