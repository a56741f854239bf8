import { expect, test } from 'vitest'
import { randomFromSeed } from '../../core/prng.ts'
import { jump, jumpHash } from './jump.ts'

/** The paper's figure 1, on 64-bit integers. */
function asPrinted(key: bigint, buckets: number): number {
  let bucket = -1n
  let next = 0n
  while (next < BigInt(buckets)) {
    bucket = next
    key = BigInt.asUintN(64, key * 2862933555777941757n + 1n)
    next = BigInt(Math.floor(Number(bucket + 1n) * (2 ** 31 / Number((key >> 33n) + 1n))))
  }
  return Number(bucket)
}

test('jumps as the paper has it', () => {
  expect(jump(0, 42, 57)).toBe(43)
  expect(jump(0, 0xdead10cc, 666)).toBe(361)
  expect(jump(0, 256, 1024)).toBe(520)
  const random = randomFromSeed(1)
  for (let i = 0; i < 2000; i++) {
    const [high, low, buckets] = [random.uint32(), random.uint32(), 1 + random.below(100_000)]
    expect(jump(high, low, buckets)).toBe(asPrinted((BigInt(high) << 32n) | BigInt(low), buckets))
  }
})

/** The key that becomes `next` in one step of the generator. */
function keyBefore(next: bigint): bigint {
  let inverse = 1n
  for (let i = 0; i < 6; i++)
    inverse = BigInt.asUintN(64, inverse * (2n - BigInt.asUintN(64, 2862933555777941757n * inverse)))
  return BigInt.asUintN(64, (next - 1n) * inverse)
}

test('jumps so at the edges too: a carry into the upper half, a quotient just below a whole number', () => {
  for (const next of [
    0x12345678_00000000n,
    0xfedcba98_00000000n,
    0x80000000_12345678n,
    0x55555556_00000001n,
  ]) {
    const key = keyBefore(next)
    for (const buckets of [2, 3, 10, 1000, 100_000]) {
      expect(jump(Number(key >> 32n), Number(key & 0xffffffffn), buckets)).toBe(asPrinted(key, buckets))
    }
  }
})

test('one bucket more moves keys into the new one, and no others', () => {
  let moved = 0
  for (let buckets = 1; buckets < 60; buckets++) {
    for (let i = 0; i < 200; i++) {
      const [before, after] = [jumpHash(`key ${i}`, buckets), jumpHash(`key ${i}`, buckets + 1)]
      if (before === after) continue
      expect(after).toBe(buckets)
      moved++
    }
  }
  expect(moved).toBeGreaterThan(400)
})

test('buckets are even', () => {
  const counts = new Uint32Array(10)
  for (let i = 0; i < 20_000; i++) counts[jumpHash(`key ${i}`, 10)]!++
  expect(Math.max(...counts)).toBeLessThan(2200)
  expect(Math.min(...counts)).toBeGreaterThan(1800)
})

test('there is always a bucket', () => {
  expect(jumpHash('key', 1)).toBe(0)
  expect(() => jumpHash('key', 0)).toThrow('bucket')
})
