import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InvariantError } from './assert.ts'
import {
  ByteReader,
  ByteWriter,
  compareBytes,
  concatBytes,
  DecodeError,
  EMPTY,
  equalBytes,
  prefixEnd,
} from './bytes.ts'

const bytes = fc.uint8Array({ maxLength: 20 })
const safe = fc.maxSafeNat()
const LARGEST = Number.MAX_SAFE_INTEGER

describe('bytes', () => {
  test('are ordered as memcmp orders them', () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(a, b))
        expect(equalBytes(a, b)).toBe(Buffer.compare(a, b) === 0)
      }),
    )
    expect(compareBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(0)
    expect(equalBytes(EMPTY, new Uint8Array(0))).toBe(true)
  })

  test('are joined in order', () => {
    fc.assert(
      fc.property(fc.array(bytes), chunks => {
        expect([...concatBytes(chunks)]).toEqual(chunks.flatMap(chunk => [...chunk]))
      }),
    )
  })

  test('the end of a prefix comes after all keys with it and before all that sort behind them', () => {
    fc.assert(
      fc.property(bytes, bytes, bytes, (prefix, rest, other) => {
        const end = prefixEnd(prefix)
        if (end.length === 0) {
          expect(prefix.every(byte => byte === 0xff)).toBe(true)
          return
        }
        expect(compareBytes(concatBytes([prefix, rest]), end)).toBeLessThan(0)
        const isBehind =
          compareBytes(other, prefix) > 0 && !equalBytes(other.subarray(0, prefix.length), prefix)
        if (isBehind) expect(compareBytes(other, end)).toBeGreaterThanOrEqual(0)
      }),
    )
    expect([...prefixEnd(Uint8Array.of(1, 0xff, 0xff))]).toEqual([2])
  })
})

/** One thing to write, and how to read it back. */
type Step =
  | { kind: 'u8' | 'u16' | 'u32' | 'u64' | 'varint'; value: number }
  | { kind: 'u64big'; value: bigint }
  | { kind: 'sizedBytes'; value: Uint8Array }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('u8' as const), value: fc.nat(0xff) }),
  fc.record({ kind: fc.constant('u16' as const), value: fc.nat(0xffff) }),
  fc.record({ kind: fc.constant('u32' as const), value: fc.integer({ min: 0, max: 0xffff_ffff }) }),
  fc.record({ kind: fc.constantFrom('u64' as const, 'varint' as const), value: safe }),
  fc.record({ kind: fc.constant('u64big' as const), value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) }),
  fc.record({ kind: fc.constant('sizedBytes' as const), value: bytes }),
)

function write(to: ByteWriter, { kind, value }: Step): void {
  if (kind === 'u64big') to.u64big(value)
  else if (kind === 'sizedBytes') to.sizedBytes(value)
  else to[kind](value)
}

describe('a reader and a writer', () => {
  test('a reader gives back what a writer took, however small the writer began', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.nat(64), (steps, capacity) => {
        const to = new ByteWriter(capacity)
        for (const one of steps) write(to, one)
        const from = new ByteReader(to.finish())
        for (const { kind, value } of steps) expect(from[kind]()).toEqual(value)
        from.end()
      }),
    )
  })

  test('whatever is cut off is noticed, by a DecodeError', () => {
    fc.assert(
      fc.property(step, fc.nat(1000), (one, cut) => {
        const to = new ByteWriter()
        write(to, one)
        const written = to.finish()
        const from = new ByteReader(written.subarray(0, cut % written.length))
        expect(() => from[one.kind]()).toThrow(DecodeError)
      }),
    )
  })

  test('numbers are little-endian', () => {
    const to = new ByteWriter()
    to.u16(0x0102)
    to.u32(0x01020304)
    to.u64(0x01_02030405)
    to.varint(300)
    expect(Buffer.from(to.finish()).toString('hex')).toBe(`0201${'04030201'}${'0504030201000000'}${'ac02'}`)
  })

  test('the largest safe number passes, and anything beyond is refused, never rounded', () => {
    const to = new ByteWriter()
    to.u64(LARGEST)
    to.varint(LARGEST)
    const from = new ByteReader(to.finish())
    expect([from.u64(), from.varint()]).toEqual([LARGEST, LARGEST])
    to.u64big(BigInt(LARGEST) + 1n)
    expect(() => new ByteReader(to.finish()).u64()).toThrow(DecodeError)
    const beyond = [
      [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f],
      [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
    ]
    for (const form of beyond)
      expect(() => new ByteReader(Uint8Array.from(form)).varint()).toThrow(DecodeError)
  })

  test('bytes left over are noticed', () => {
    const from = new ByteReader(Uint8Array.of(1, 2))
    from.u8()
    expect(() => from.end()).toThrow('trailing bytes at byte 1')
    expect([from.offset, from.remaining]).toEqual([1, 1])
  })

  test('a length that lies allocates nothing and is refused', () => {
    const to = new ByteWriter()
    to.varint(LARGEST)
    expect(() => new ByteReader(to.finish()).sizedBytes()).toThrow(DecodeError)
  })

  test('read bytes are views, not copies', () => {
    const source = Uint8Array.of(2, 7, 8)
    const view = new ByteReader(source).sizedBytes()
    source[1] = 9
    expect([...view]).toEqual([9, 8])
  })

  test('a reader of a view reads the view', () => {
    const from = new ByteReader(Uint8Array.of(0, 0, 1, 0, 9).subarray(2, 4))
    expect(from.u16()).toBe(1)
    expect(() => from.u8()).toThrow(DecodeError)
  })

  test('what finish handed out stays as it was, whatever is written later', () => {
    const to = new ByteWriter(8)
    const views: [Uint8Array, number][] = []
    for (let i = 0; i < 100; i++) {
      to.u32(i)
      if (i % 3 === 0) to.bytes(new Uint8Array(i).fill(i))
      expect(to.length).toBe(4 + (i % 3 === 0 ? i : 0))
      views.push([to.finish(), i])
    }
    for (const [view, i] of views) {
      const from = new ByteReader(view)
      expect(from.u32()).toBe(i)
      expect([...from.bytes(from.remaining)].every(byte => byte === i)).toBe(true)
    }
  })

  test('a writer that was rewound writes over what it handed out, and needs no other buffer', () => {
    const to = new ByteWriter(64)
    to.bytes(new Uint8Array(1_000).fill(1))
    const first = to.finish()
    to.rewind()
    to.bytes(new Uint8Array(900).fill(2))
    const second = to.finish()
    expect(second).toEqual(new Uint8Array(900).fill(2))
    expect(second.buffer).toBe(first.buffer)
    expect(second.byteOffset).toBe(0)
    to.u8(3)
    expect(() => to.rewind()).toThrow(InvariantError)
  })

  test('a patch and a peek count from the last finish', () => {
    const to = new ByteWriter(16)
    to.u8(1)
    to.finish()
    to.u32(0)
    to.u8(5)
    to.patchU32(0, to.length)
    expect([...to.peek()]).toEqual([5, 0, 0, 0, 5])
    expect([...to.finish()]).toEqual([5, 0, 0, 0, 5])
  })
})
