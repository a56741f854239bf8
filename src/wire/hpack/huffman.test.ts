import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DecodeError } from '../../core/bytes.ts'
import { huffmanBytes, huffmanDecode, huffmanEncode } from './huffman.ts'
import { END_OF_STRING, HUFFMAN_CODE } from './huffman-code.ts'

function encode(text: string): Uint8Array {
  const to = new Uint8Array(huffmanBytes(text))
  expect(huffmanEncode(text, to, 0)).toBe(to.length)
  return to
}

function decodeHex(hex: string): string {
  const bytes = Uint8Array.from(Buffer.from(hex, 'hex'))
  return huffmanDecode(bytes, 0, bytes.length)
}

test('codes are those of RFC 7541 appendix B', () => {
  const code = (symbol: number) => HUFFMAN_CODE.codes[symbol]!.toString(16)
  expect([code(0), code(0x20), code(0x30), code(0x61), code(0x7a)]).toEqual(['1ff8', '14', '0', '3', '7b'])
  expect([code(10), code(22), code(249), code(255)]).toEqual(['3ffffffc', '3ffffffe', 'ffffffe', '3ffffee'])
  expect([code(END_OF_STRING), HUFFMAN_CODE.bits[END_OF_STRING]]).toEqual(['3fffffff', 30])
})

test('strings of the appendix C come out as it says', () => {
  expect(Buffer.from(encode('www.example.com')).toString('hex')).toBe('f1e3c2e5f23a6ba0ab90f4ff')
  expect(decodeHex('a8eb10649cbf')).toBe('no-cache')
  expect(decodeHex('25a849e95ba97d7f')).toBe('custom-key')
})

test('every string of bytes comes back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 700 }), bytes => {
      const text = String.fromCharCode(...bytes)
      const coded = encode(text)
      expect(huffmanDecode(coded, 0, coded.length)).toBe(text)
    }),
  )
})

test('padding is ones, shorter than a byte, and the end of string never appears', () => {
  expect(decodeHex('1f')).toBe('a')
  for (const bad of ['1e', '1fff', 'ff', 'ffffffff', 'fffffffc']) {
    expect(() => decodeHex(bad), bad).toThrow(DecodeError)
  }
})
