/** Base64 (RFC 4648 §4), as the values of `-bin` metadata are written; without padding, read with or without. */
import { DecodeError } from '../../core/bytes.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const VALUES = new Map<string, number>([...ALPHABET].map((character, value) => [character, value]))

export function base64Text(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 3) {
    const left = bytes.length - at
    const group = (bytes[at]! << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
    text += ALPHABET[group >>> 18]! + ALPHABET[(group >>> 12) & 63]!
    if (left > 1) text += ALPHABET[(group >>> 6) & 63]!
    if (left > 2) text += ALPHABET[group & 63]!
  }
  return text
}

/** Throws `DecodeError`. */
export function base64Bytes(text: string): Uint8Array {
  const digits = text.replace(/={1,2}$/, '')
  if (digits.length % 4 === 1) throw new DecodeError('invalid base64 length')
  const bytes = new Uint8Array(Math.floor((digits.length * 3) / 4))
  let at = 0
  let group = 0
  for (let i = 0; i < digits.length; i++) {
    const value = VALUES.get(digits[i]!)
    if (value === undefined) throw new DecodeError(`invalid base64 at character ${i}`)
    group = ((group << 6) | value) & 0xffffff
    if (i % 4 === 1) bytes[at++] = group >>> 4
    else if (i % 4 === 2) bytes[at++] = group >>> 2
    else if (i % 4 === 3) bytes[at++] = group
  }
  return bytes
}
