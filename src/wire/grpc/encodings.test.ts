import fc from 'fast-check'
import { expect, test } from 'vitest'
import { base64Bytes, base64Text } from '../../core/base64.ts'
import { DecodeError } from '../../core/bytes.ts'
import { metadataBytes, metadataField } from './metadata.ts'
import { decodeStatusMessage, encodeStatusMessage } from './status-message.ts'
import { formatTimeout, parseTimeoutMs } from './timeout.ts'

test('timeouts are read in every unit, and refused otherwise', () => {
  expect(['1H', '2M', '3S', '4m', '5u', '6n', '00000000m'].map(parseTimeoutMs)).toEqual([
    3_600_000, 120_000, 3000, 4, 0.005, 0.000006, 0,
  ])
  for (const bad of ['', 'S', '5', '-1S', '1.5S', '123456789S', '1s', ' 1S', '1 S']) {
    expect(parseTimeoutMs(bad), bad).toBe(undefined)
  }
})

test('timeouts are written so that the other end does not give up first', () => {
  expect([formatTimeout(0), formatTimeout(1.2), formatTimeout(5000)]).toEqual(['1m', '2m', '5000m'])
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e15, noNaN: true }), ms => {
      const read = parseTimeoutMs(formatTimeout(ms))
      expect(read).toBeGreaterThanOrEqual(Math.min(ms, 99_999_999 * 3_600_000))
      expect(read).toBeLessThanOrEqual(ms * 1.001 + 1)
    }),
  )
})

test('status messages come back, whatever is in them', () => {
  expect(encodeStatusMessage('50 % of ünï\n')).toBe('50 %25 of %C3%BCn%C3%AF%0A')
  expect(encodeStatusMessage(' blanks ')).toBe(' blanks '.replace(/^ | $/g, '%20'))
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      const encoded = encodeStatusMessage(text)
      expect(encoded).toMatch(/^[\x20-\x7e]*$/)
      expect(decodeStatusMessage(encoded)).toBe(text)
    }),
  )
})

test('status messages that are not well encoded are taken as they stand', () => {
  expect(decodeStatusMessage('50 % and %zz')).toBe('50 % and %zz')
  expect(decodeStatusMessage('%ff%fe')).toBe('%ff%fe')
  expect(encodeStatusMessage('x'.repeat(10_000))).toHaveLength(4096)
})

test('base64 is that of the platform, with or without padding', () => {
  fc.assert(
    fc.property(fc.uint8Array(), bytes => {
      const padded = Buffer.from(bytes).toString('base64')
      expect(base64Text(bytes)).toBe(padded.replace(/=+$/, ''))
      expect([...base64Bytes(padded)]).toEqual([...bytes])
      expect([...metadataBytes(metadataField('x-bin', bytes).value)]).toEqual([...bytes])
    }),
  )
  for (const bad of ['a', 'ab*c', 'abcde', 'ab=c']) expect(() => base64Bytes(bad), bad).toThrow(DecodeError)
})
