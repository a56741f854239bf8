import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { portableSha256 } from './sha256.ts'

test('it is the hash of the platform, however the bytes come', () => {
  const parts = fc.array(fc.uint8Array({ maxLength: 150 }), { maxLength: 5 })
  fc.assert(
    fc.property(parts, parts => {
      const [hash, platform] = [portableSha256(), createHash('sha256')]
      for (const part of parts) {
        hash.update(part)
        platform.update(part)
      }
      expect([...hash.digest()]).toEqual([...platform.digest()])
    }),
    { numRuns: 300 },
  )
})

test('every length around the ends of blocks', () => {
  for (let length = 0; length < 200; length++) {
    const bytes = new Uint8Array(length).fill(0xa5)
    const hash = portableSha256()
    hash.update(bytes)
    expect([...hash.digest()], String(length)).toEqual([...createHash('sha256').update(bytes).digest()])
  }
})
