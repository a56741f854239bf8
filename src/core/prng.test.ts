import { expect, test } from 'vitest'
import { randomFromSeed } from './prng.ts'

const MASK = 2n ** 32n - 1n

/** The generator as its author wrote it (PractRand's sfc32), in exact integers. */
function* reference(seed: bigint): Generator<number> {
  let [a, b, c, counter] = [seed & MASK, (seed >> 32n) & MASK, 0x9e3779b9n, 1n]
  for (let round = 0; ; round++) {
    const drawn = (a + b + counter) & MASK
    counter = (counter + 1n) & MASK
    a = b ^ (b >> 9n)
    b = (c + (c << 3n)) & MASK
    c = (((c << 21n) | (c >> 11n)) + drawn) & MASK
    if (round >= 12) yield Number(drawn)
  }
}

test('draws what the published generator draws', () => {
  for (const seed of [0, 1, 42, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1]) {
    const random = randomFromSeed(seed)
    const expected = reference(BigInt(seed))
    for (let i = 0; i < 1000; i++) expect(random.uint32()).toBe(expected.next().value)
  }
})

test('these draws never change: seeds in reports must stay good', () => {
  const random = randomFromSeed(1)
  expect([
    random.uint32(),
    random.below(100),
    random.chance(1, 2),
    random.fork().uint32(),
    random.uint32(),
  ]).toEqual([573063952, 2, false, 1272237099, 661219729])
})

test('different seeds draw different numbers, in both halves of the seed', () => {
  const firsts = [0, 1, 2, 2 ** 32, 2 ** 33, 2 ** 52].map(seed => randomFromSeed(seed).uint32())
  expect(new Set(firsts).size).toBe(firsts.length)
})

test('below is uniform and stays below', () => {
  const random = randomFromSeed(3)
  const counts = new Array<number>(7).fill(0)
  for (let i = 0; i < 70_000; i++) counts[random.below(7)]!++
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400)
  expect(random.below(1)).toBe(0)
  for (let i = 0; i < 100; i++) expect(random.below(2 ** 32)).toBeLessThan(2 ** 32)
})

test('below is not biased where the bound does not divide the range', () => {
  const random = randomFromSeed(4)
  const bound = 3 * 2 ** 30
  let low = 0
  for (let i = 0; i < 30_000; i++) if (random.below(bound) < 2 ** 30) low++
  expect(Math.abs(low - 10_000)).toBeLessThan(400)
})

test('chance keeps its odds, and is sure at both ends', () => {
  const random = randomFromSeed(5)
  let hits = 0
  for (let i = 0; i < 40_000; i++) {
    if (random.chance(1, 4)) hits++
    if (random.chance(0, 9) || !random.chance(9, 9)) expect.unreachable('both ends are sure')
  }
  expect(Math.abs(hits - 10_000)).toBeLessThan(400)
})

test('a fork goes its own way: its draws change nothing in its parent', () => {
  const one = randomFromSeed(6)
  const two = randomFromSeed(6)
  const fork = one.fork()
  two.fork()
  for (let i = 0; i < 50; i++) fork.uint32()
  const draws = Array.from({ length: 20 }, () => one.uint32())
  expect(Array.from({ length: 20 }, () => two.uint32())).toEqual(draws)
  expect(draws).not.toContain(fork.uint32())
})

test('a bound that one draw cannot cover is a mistake of the caller, not an endless loop', () => {
  const random = randomFromSeed(1)
  expect(random.below(2 ** 32)).toBeGreaterThanOrEqual(0)
  for (const bound of [0, -1, 2 ** 32 + 1, Number.NaN]) expect(() => random.below(bound)).toThrow('32 bits')
})
