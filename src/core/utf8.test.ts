import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DecodeError } from './bytes.ts'
import { utf8Bytes, utf8Text } from './utf8.ts'

const platform = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function platformText(bytes: Uint8Array): string | undefined {
  try {
    return platform.decode(bytes)
  } catch {
    return undefined
  }
}

function ourText(bytes: Uint8Array): string | undefined {
  try {
    return utf8Text(bytes)
  } catch (error) {
    expect(error).toBeInstanceOf(DecodeError)
    return undefined
  }
}

test('any text gives the bytes that the platform gives, lone surrogates included', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fc.nat(0xffff)).map(codes => String.fromCharCode(...codes)),
  )
  fc.assert(
    fc.property(text, one => {
      expect([...utf8Bytes(one)]).toEqual([...new TextEncoder().encode(one)])
    }),
  )
})

test('any bytes are read or refused as the platform does it', () => {
  const edges = fc.constantFrom(0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0)
  const more = fc.constantFrom(0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xf8, 0xff)
  const soup = fc
    .array(fc.oneof(edges, more, fc.nat(0xff)), { maxLength: 8 })
    .map(list => Uint8Array.from(list))
  fc.assert(
    fc.property(soup, bytes => {
      expect(ourText(bytes)).toBe(platformText(bytes))
    }),
    { numRuns: 3000 },
  )
})

test('every code point survives', () => {
  for (const point of [0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfeff, 0xffff, 0x10000, 0x10ffff]) {
    const text = `a${String.fromCodePoint(point)}z`
    expect(utf8Text(utf8Bytes(text))).toBe(text)
  }
})
