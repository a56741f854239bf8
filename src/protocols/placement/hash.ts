/**
 * The hash that places keys: MurmurHash3 (Austin Appleby), 32 bits, the same on every node and in every version. What
 * lies somewhere because of it would have to move if it changed: it never does. It keeps no secret: who may choose
 * keys can make them meet in one place.
 */
import { utf8Bytes } from '../../core/utf8.ts'

/** Text counts as its UTF-8 bytes. */
export type Key = string | Uint8Array

const C1 = 0xcc9e2d51
const C2 = 0x1b873593

/** 0 to 2^32 - 1. */
export function hashKey(key: Key, seed = 0): number {
  return typeof key === 'string' ? hashText(key, seed) : hashBytes(key, seed)
}

/** Spreads 32 bits over 32 bits, each number to another one: MurmurHash3's finalizer. */
export function spread(value: number): number {
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return (value ^ (value >>> 16)) >>> 0
}

/** What a member's number, a key's hash and the like give together; the order matters. */
export function combine(a: number, b: number): number {
  return spread(mixIn(mixIn(0, a), b) ^ 8)
}

function mixIn(hash: number, word: number): number {
  word = Math.imul(word, C1)
  word = Math.imul((word << 15) | (word >>> 17), C2)
  hash ^= word
  return (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0
}

/** What stands behind the last whole word. */
function mixTail(hash: number, word: number): number {
  word = Math.imul(word, C1)
  return hash ^ Math.imul((word << 15) | (word >>> 17), C2)
}

function hashBytes(bytes: Uint8Array, seed: number): number {
  const { length } = bytes
  const whole = length - (length & 3)
  let hash = seed
  for (let i = 0; i < whole; i += 4) {
    hash = mixIn(hash, bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24))
  }
  let tail = 0
  for (let i = length - 1; i >= whole; i--) tail = (tail << 8) | bytes[i]!
  return spread((length > whole ? mixTail(hash, tail) : hash) ^ length)
}

/** Most keys are ASCII: no bytes are made of those. */
function hashText(text: string, seed: number): number {
  const { length } = text
  const whole = length - (length & 3)
  let hash = seed
  for (let i = 0; i < whole; i += 4) {
    const [a, b, c, d] = [
      text.charCodeAt(i),
      text.charCodeAt(i + 1),
      text.charCodeAt(i + 2),
      text.charCodeAt(i + 3),
    ]
    if ((a | b | c | d) > 0x7f) return hashBytes(utf8Bytes(text), seed)
    hash = mixIn(hash, a | (b << 8) | (c << 16) | (d << 24))
  }
  let tail = 0
  for (let i = length - 1; i >= whole; i--) {
    const unit = text.charCodeAt(i)
    if (unit > 0x7f) return hashBytes(utf8Bytes(text), seed)
    tail = (tail << 8) | unit
  }
  return spread((length > whole ? mixTail(hash, tail) : hash) ^ length)
}
