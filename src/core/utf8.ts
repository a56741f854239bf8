/**
 * Text to bytes and back, for the floors where no platform text codec resolves (`lib` is ES2023 there).
 * Meant for names, paths and messages, not for bulk data.
 */
import { ByteWriter, DecodeError } from './bytes.ts'

const REPLACEMENT = 0xfffd

/** UTF-8; a lone surrogate becomes U+FFFD, as in every platform encoder. */
export function utf8Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= 0x80) return encoded(text)
    bytes[i] = unit
  }
  return bytes
}

/** The general case: most names are ASCII, and have a byte for each character. */
function encoded(text: string): Uint8Array {
  const to = new ByteWriter(text.length + 16)
  for (const character of text) {
    let point = character.codePointAt(0)!
    if (point >= 0xd800 && point <= 0xdfff) point = REPLACEMENT
    if (point < 0x80) {
      to.u8(point)
    } else if (point < 0x800) {
      to.u8(0xc0 | (point >> 6))
      to.u8(0x80 | (point & 0x3f))
    } else if (point < 0x10000) {
      to.u8(0xe0 | (point >> 12))
      to.u8(0x80 | ((point >> 6) & 0x3f))
      to.u8(0x80 | (point & 0x3f))
    } else {
      to.u8(0xf0 | (point >> 18))
      to.u8(0x80 | ((point >> 12) & 0x3f))
      to.u8(0x80 | ((point >> 6) & 0x3f))
      to.u8(0x80 | (point & 0x3f))
    }
  }
  return to.finish()
}

/** Strict: throws `DecodeError` on overlong forms, surrogates, stray or missing continuation bytes. */
export function utf8Text(bytes: Uint8Array): string {
  let text = ''
  let at = 0
  while (at < bytes.length) {
    const first = bytes[at]!
    if (first < 0x80) {
      text += String.fromCharCode(first)
      at += 1
      continue
    }
    const size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
    const smallest = size === 4 ? 0x10000 : size === 3 ? 0x800 : 0x80
    if (first < 0xc2 || first > 0xf4 || at + size > bytes.length)
      throw new DecodeError(`invalid UTF-8 at byte ${at}`)
    let point = first & (0xff >> (size + 1))
    for (let i = 1; i < size; i++) {
      const next = bytes[at + i]!
      if ((next & 0xc0) !== 0x80) throw new DecodeError(`invalid UTF-8 at byte ${at}`)
      point = (point << 6) | (next & 0x3f)
    }
    if (point < smallest || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
      throw new DecodeError(`invalid UTF-8 at byte ${at}`)
    }
    text += String.fromCodePoint(point)
    at += size
  }
  return text
}
