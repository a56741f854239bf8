/**
 * Jump consistent hashing (Lamping and Veach, "A Fast, Minimal Memory, Consistent Hash Algorithm", 2014): from a key to
 * a bucket, with no memory at all.
 *
 * Promises: near-perfect balance; one bucket more moves 1/n of the keys, all of them into the new bucket.
 *
 * Never does: let a bucket in the middle leave. Buckets are numbered from 0 without gaps, and only the last may go, so
 * it suits shards, which are many and stay, and not members, which fail.
 */
import { assert } from '../../core/assert.ts'
import { hashKey, type Key } from './hash.ts'

/** The second half of a key's 64 bits. */
const HIGH_SEED = 0x9747b28c

/** The bucket of a key, from 0 to `buckets` - 1. */
export function jumpHash(key: Key, buckets: number): number {
  return jump(hashKey(key, HIGH_SEED), hashKey(key), buckets)
}

/** The paper's function, on a 64-bit key in two halves. */
export function jump(high: number, low: number, buckets: number): number {
  assert(Number.isInteger(buckets) && buckets >= 1 && buckets <= 2 ** 31, 'there is a bucket')
  let bucket = -1
  let next = 0
  while (next < buckets) {
    bucket = next
    // key = key * 2862933555777941757 + 1, whose halves are 0x27bb2ee6 and 0x87b0b0fd.
    const product = Math.imul(high, 0x87b0b0fd) + Math.imul(low, 0x27bb2ee6) + highOfProduct(low, 0x87b0b0fd)
    low = (Math.imul(low, 0x87b0b0fd) + 1) >>> 0
    high = (product + (low === 0 ? 1 : 0)) >>> 0
    next = Math.floor((bucket + 1) * (2 ** 31 / ((high >>> 1) + 1)))
  }
  return bucket
}

/** The upper 32 of the 64 bits of a product of two numbers below 2^32. */
function highOfProduct(a: number, b: number): number {
  const [aHigh, aLow, bHigh, bLow] = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff]
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16)
  const other = aLow * bHigh + (middle % 0x10000)
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(other / 0x10000)) >>> 0
}
