import { describe, expect, it } from 'vitest'
import { PackedKeys } from './packed-keys.ts'

function packed(...keys: readonly string[]): PackedKeys {
  return new PackedKeys(keys.map(bytes))
}

function bytes(text: string): Uint8Array {
  return Uint8Array.from(text, letter => letter.charCodeAt(0))
}

describe('packed keys', () => {
  it('count none where there is none', () => {
    expect(packed().countUpTo(bytes('a'))).toBe(0)
  })

  it('tell the one key from its beginnings and from what it begins', () => {
    const keys = packed('key')
    expect(['ke', 'kex', 'key', 'key\0', 'kez'].map(key => keys.countUpTo(bytes(key)))).toEqual([
      0, 0, 1, 1, 1,
    ])
  })

  it('tell keys apart that differ in zeros at their ends only, or far behind what they share', () => {
    const keys = packed('k', 'k\0', 'k\0\0', 'k\0\0\0\0\0\0\0a', 'k\0\0\0\0\0\0\0b')
    for (let i = 0; i < keys.length; i++) expect(keys.countUpTo(keys.key(i))).toBe(i + 1)
    expect(keys.countUpTo(bytes('k\0\0\0'))).toBe(3)
    expect(keys.countUpTo(bytes('k\0\0\0\0\0\0\0aa'))).toBe(4)
    expect(keys.countUpTo(bytes('j'))).toBe(0)
    expect(keys.countUpTo(bytes('l'))).toBe(5)
  })

  it('ascend only if each is above the one before', () => {
    expect(packed('a', 'b', 'ba').isAscending).toBe(true)
    expect(packed('a', 'a').isAscending).toBe(false)
    expect(packed('b', 'a').isAscending).toBe(false)
  })
})
