import fc from 'fast-check'
import { expect, test } from 'vitest'
import { concatBytes } from './bytes.ts'
import { crc32c } from './crc32c.ts'
import { utf8Bytes } from './utf8.ts'

/** Bit by bit, as the polynomial says. */
function slowly(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0)
  }
  return ~crc >>> 0
}

test('agrees with RFC 3720, appendix B.4', () => {
  const ascending = Uint8Array.from({ length: 32 }, (_, i) => i)
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43)
  expect(crc32c(ascending)).toBe(0x46dd794e)
  expect(crc32c(ascending.toReversed())).toBe(0x113fdb5c)
})

test('agrees with the check value of the catalogues', () => {
  expect(crc32c(utf8Bytes('123456789'))).toBe(0xe3069283)
  expect(crc32c(new Uint8Array(0))).toBe(0)
})

test('agrees with the definition, at every length and offset', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), fc.nat(8), (bytes, skip) => {
      const view = bytes.subarray(skip)
      expect(crc32c(view)).toBe(slowly(view))
    }),
  )
})

test('goes on from the checksum of what came before', () => {
  const part = fc.uint8Array({ maxLength: 20 })
  fc.assert(
    fc.property(part, part, (a, b) => {
      expect(crc32c(b, crc32c(a))).toBe(crc32c(concatBytes([a, b])))
    }),
  )
})
