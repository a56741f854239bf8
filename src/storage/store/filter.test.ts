import { expect, it } from 'vitest'
import { randomFromSeed } from '../../core/prng.ts'
import { FilterBuilder, filterBytes, mayHold } from './filter.ts'
import { keyHash } from './key-hash.ts'

const encoder = new TextEncoder()

function hashOf(text: string): number {
  const key = encoder.encode(text)
  return keyHash(key, key.length)
}

function filterOf(hashes: Iterable<number>): Uint8Array {
  const builder = new FilterBuilder()
  for (const hash of hashes) builder.add(hash)
  for (;;) {
    const filter = builder.slice()
    if (filter !== undefined) return filter
  }
}

it('a filter knows every key it was given, and takes fewer than 2 in 100 others for them', () => {
  for (const records of [1, 7, 52, 1000, 70_000, 200_000]) {
    const filter = filterOf(Array.from({ length: records }, (_, i) => hashOf(`/registry/pods/${i}`)))
    expect(filter.length).toBe(filterBytes(records))
    for (let i = 0; i < records; i++) {
      if (!mayHold(filter, hashOf(`/registry/pods/${i}`))) expect.unreachable(`key ${i} of ${records}`)
    }
    let wrong = 0
    for (let i = 0; i < 20_000; i++) if (mayHold(filter, hashOf(`/registry/pods/${i}/status`))) wrong++
    expect(wrong / 20_000).toBeLessThan(0.02)
  }
})

it('a filter is the same for ever: its bits are part of the format', () => {
  const random = randomFromSeed(7)
  const filter = filterOf(Array.from({ length: 40 }, () => random.below(2 ** 32)))
  expect(keyHash(filter, filter.length)).toMatchInlineSnapshot(`-910642689`)
})
