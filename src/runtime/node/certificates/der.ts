/**
 * Values in DER, the one canonical encoding of ASN.1 (ITU-T X.690 §8 and §10): as much of it as a certificate needs.
 * Writes only: what comes from outside is read by the platform's own parser.
 */
import { concatBytes } from '../../../core/bytes.ts'
import { utf8Bytes } from '../../../core/utf8.ts'

const Tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const

/** From this year on times have four digits for theirs (RFC 5280 §4.1.2.5). */
const GENERALIZED_TIME_YEAR_MIN = 2050

export function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return tagged(Tag.sequence, ...parts)
}

export function set(...parts: readonly Uint8Array[]): Uint8Array {
  return tagged(Tag.set, ...parts)
}

/** `[number]` around a value, as ASN.1 writes it. */
export function explicit(number: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return tagged(0xa0 | number, ...parts)
}

/** `[number]` instead of the tag that a plain value would have. */
export function implicit(number: number, bytes: Uint8Array): Uint8Array {
  return tagged(0x80 | number, bytes)
}

export function boolean(value: boolean): Uint8Array {
  return tagged(Tag.boolean, Uint8Array.of(value ? 0xff : 0))
}

/** A number that is not negative, from its bytes, the highest first. */
export function unsigned(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex(byte => byte !== 0)
  const digits = first < 0 ? Uint8Array.of(0) : bytes.subarray(first)
  // A set highest bit would make it negative.
  return tagged(Tag.integer, digits[0]! >= 0x80 ? concatBytes([Uint8Array.of(0), digits]) : digits)
}

/** @param unusedBits at the end of the last byte, which are 0 */
export function bitString(bytes: Uint8Array, unusedBits = 0): Uint8Array {
  return tagged(Tag.bitString, Uint8Array.of(unusedBits), bytes)
}

export function octetString(bytes: Uint8Array): Uint8Array {
  return tagged(Tag.octetString, bytes)
}

export function text(value: string): Uint8Array {
  return tagged(Tag.utf8String, utf8Bytes(value))
}

/** From the dotted form, such as `2.5.4.3`. */
export function objectIdentifier(dotted: string): Uint8Array {
  const [first, second, ...rest] = dotted.split('.').map(Number)
  const bytes = [first! * 40 + second!, ...rest].flatMap(base128)
  return tagged(Tag.objectIdentifier, Uint8Array.from(bytes))
}

export function time(date: Date): Uint8Array {
  const digits = date.toISOString().replaceAll(/[-:T]|\.\d{3}/g, '')
  const isFar = date.getUTCFullYear() >= GENERALIZED_TIME_YEAR_MIN
  return isFar
    ? tagged(Tag.generalizedTime, utf8Bytes(digits))
    : tagged(Tag.utcTime, utf8Bytes(digits.slice(2)))
}

function tagged(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = concatBytes(parts)
  return concatBytes([Uint8Array.of(tag, ...lengthBytes(content.length)), content])
}

/** Up to 127 as itself; else how many bytes the length has, and those. */
function lengthBytes(length: number): number[] {
  if (length < 0x80) return [length]
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return [0x80 | bytes.length, ...bytes]
}

/** Seven bits a byte, the highest first; all but the last have their highest bit set. */
function base128(value: number): number[] {
  const bytes = [value % 128]
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) {
    bytes.unshift(0x80 | (rest % 128))
  }
  return bytes
}
