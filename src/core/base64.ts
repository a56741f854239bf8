/**
 * Base64 (RFC 4648), between bytes: what it is written into and read from is bytes on both sides. Read with the
 * standard or the URL's alphabet, with or without padding; written with the standard one.
 */
import { DecodeError } from './bytes.ts'

const ALPHABET = Uint8Array.from(
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
  character => character.charCodeAt(0),
)
const PAD = '='.charCodeAt(0)
const NO_DIGIT = 64

/** By character code. */
const VALUES = new Uint8Array(256).fill(NO_DIGIT)
for (const [value, code] of ALPHABET.entries()) VALUES[code] = value
VALUES['-'.charCodeAt(0)] = 62
VALUES['_'.charCodeAt(0)] = 63

/** How many digits and pads `writeBase64` writes for so many bytes. */
export function base64Length(byteCount: number): number {
  return Math.ceil(byteCount / 3) * 4
}

/** Writes the digits at `at`, padded; there must be room for them. Returns where they end. */
export function writeBase64(bytes: Uint8Array, to: Uint8Array, at: number): number {
  const { length } = bytes
  for (let from = 0; from < length; from += 3) {
    const left = length - from
    const group = (bytes[from]! << 16) | ((bytes[from + 1] ?? 0) << 8) | (bytes[from + 2] ?? 0)
    to[at++] = ALPHABET[group >>> 18]!
    to[at++] = ALPHABET[(group >>> 12) & 63]!
    to[at++] = left > 1 ? ALPHABET[(group >>> 6) & 63]! : PAD
    to[at++] = left > 2 ? ALPHABET[group & 63]! : PAD
  }
  return at
}

/** Reads digits, each a byte. Throws `DecodeError`. */
export function readBase64(digits: Uint8Array): Uint8Array {
  const count = digits.length - padding(digits)
  if (count % 4 === 1) throw new DecodeError('invalid base64 length')
  const bytes = new Uint8Array(Math.floor((count * 3) / 4))
  let at = 0
  let group = 0
  for (let i = 0; i < count; i++) {
    const value = VALUES[digits[i]!]!
    if (value === NO_DIGIT) throw new DecodeError(`invalid base64 at character ${i}`)
    group = ((group << 6) | value) & 0xffffff
    const digit = i & 3
    if (digit === 1) bytes[at++] = group >>> 4
    else if (digit === 2) bytes[at++] = group >>> 2
    else if (digit === 3) bytes[at++] = group
  }
  return bytes
}

/** Text of digits without padding: the form of `-bin` metadata. */
export function base64Text(bytes: Uint8Array): string {
  const digits = new Uint8Array(base64Length(bytes.length))
  writeBase64(bytes, digits, 0)
  let text = ''
  for (const code of digits) if (code !== PAD) text += String.fromCharCode(code)
  return text
}

/** Throws `DecodeError`. */
export function base64Bytes(text: string): Uint8Array {
  return readBase64(Uint8Array.from(text, character => Math.min(character.charCodeAt(0), 0xff)))
}

/** At most two pads, which complete a group of four. */
function padding(digits: Uint8Array): number {
  const { length } = digits
  if (digits[length - 1] !== PAD) return 0
  return digits[length - 2] === PAD ? 2 : 1
}
