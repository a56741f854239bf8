import { describe, expect, test } from 'vitest'
import { checkLost } from './held-leases.ts'

const lostAt = (seconds: number) => ({ id: 7n, ttlSeconds: 3, lostAt: seconds * 1_000_000 })

describe('a lease of three seconds that its client lost', () => {
  test('was believed in for as long as it lasted', () => {
    expect(checkLost(lostAt(8), [1_000_000, 5_000_000])).toBeUndefined()
  })

  test('was believed in for longer', () => {
    expect(checkLost(lostAt(8.1), [1_000_000, 5_000_000])).toContain('prolonged last at 5000000, to 8000000')
  })

  test('is not prolonged by what came after the end', () => {
    expect(checkLost(lostAt(8), [1_000_000, 9_000_000])).toContain('prolonged last at 1000000')
  })

  test('was never granted', () => {
    expect(checkLost(lostAt(8), [])).toContain('never granted')
  })
})
