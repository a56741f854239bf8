import { describe, expect, it } from 'vitest'
import { randomFromSeed } from '../../core/prng.ts'
import { Backoff } from './backoff.ts'
import { REDIAL_MS_MAX, REDIAL_MS_MIN } from './limits.ts'

describe('the wait before dialling again', () => {
  const waits = (backoff: Backoff, count: number): number[] =>
    Array.from({ length: count }, () => backoff.next())

  it('begins short, doubles, and stays at the longest, each drawn from the upper half of its step', () => {
    for (let seed = 1; seed < 50; seed++) {
      let step = REDIAL_MS_MIN
      for (const wait of waits(new Backoff(randomFromSeed(seed)), 12)) {
        expect(wait).toBeGreaterThanOrEqual(step / 2)
        expect(wait).toBeLessThanOrEqual(step)
        step = Math.min(step * 2, REDIAL_MS_MAX)
      }
    }
  })

  it('differs between nodes that lost a peer together', () => {
    expect(waits(new Backoff(randomFromSeed(1)), 3)).not.toEqual(waits(new Backoff(randomFromSeed(2)), 3))
  })

  it('is short again after a connection that lasted longer than the wait, and only then', () => {
    const backoff = new Backoff(randomFromSeed(3))
    waits(backoff, 3)
    backoff.lasted(REDIAL_MS_MIN * 8 - 1)
    expect(backoff.next()).toBeGreaterThanOrEqual(REDIAL_MS_MIN * 4)
    backoff.lasted(REDIAL_MS_MIN * 16)
    expect(backoff.next()).toBeLessThanOrEqual(REDIAL_MS_MIN)
  })

  it('is the longest after a refusal', () => {
    const backoff = new Backoff(randomFromSeed(4))
    backoff.slow()
    expect(backoff.next()).toBeGreaterThanOrEqual(REDIAL_MS_MAX / 2)
  })
})
