import { describe, expect, test } from 'vitest'
import type { LeaseRecord, LeaseTerms } from './lease-record.ts'
import { checkLeases } from './leases.ts'
import { LEASE_OPERATORS } from './testing/lease-operators.ts'
import { goodLeases, type LeaseRun } from './testing/lease-server.ts'
import { survey } from './testing/mutants.ts'

const SEEDS = 150

const runs = new Map<number, LeaseRun>()

/** All operators start from the same histories. */
function goodRun(seed: number): LeaseRun {
  const run = runs.get(seed) ?? goodLeases(seed)
  runs.set(seed, run)
  return run
}

const check = ({ record, terms }: LeaseRun) => checkLeases(record, terms)

const SECOND_US = 1_000_000

/** A lease of ten seconds, granted at one second, in a run of a minute with one leader. */
function oneLease(revokedAt: number | undefined): LeaseRecord {
  const id = 7n
  const granted = { kind: 'granted', at: SECOND_US, id, ttlSeconds: 10, isChosenByServer: true } as const
  const grant = { calledAt: 0, answeredAt: 2 * SECOND_US, kind: 'grant' } as const
  const endedAt = 60 * SECOND_US
  return {
    committed: revokedAt === undefined ? [granted] : [granted, { kind: 'revoked', at: revokedAt, id }],
    calls: [{ ...grant, answer: { kind: 'done', id, ttlSeconds: 10 } }],
    leaders: [{ from: 0, to: endedAt }],
    endedAt,
  }
}

const TERMS: LeaseTerms = { driftPpm: 0, goneWithinUs: SECOND_US, lateUs: SECOND_US, acrossLeaders: 'runsOn' }

describe('the checker of leases', () => {
  test('accepts a server with fast and slow clocks, lost answers and changes of leader', () => {
    for (let seed = 1; seed <= 300; seed++) {
      expect(check(goodLeases(seed)), `seed ${seed}`).toEqual([])
    }
  })

  test.each(LEASE_OPERATORS)('rejects $name, since $breaks', operator => {
    const { mutants, survivors } = survey(operator, goodRun, check, SEEDS)
    expect(mutants).toBeGreaterThan(SEEDS / 4)
    expect(survivors).toEqual([])
  })

  test('knows the last microsecond at which a revocation is early, and the first at which it is late', () => {
    const names = (revokedAt: number | undefined, terms: Partial<LeaseTerms> = {}) =>
      checkLeases(oneLease(revokedAt), { ...TERMS, ...terms }).map(({ name }) => name)
    expect(names(10 * SECOND_US - 1)).toEqual(['revokedEarly'])
    expect(names(10 * SECOND_US)).toEqual([])
    expect(names(12 * SECOND_US)).toEqual([])
    expect(names(12 * SECOND_US + 1)).toEqual(['outlived'])
    expect(names(undefined)).toEqual(['outlived'])
    // A clock may be fast or slow by a tenth.
    const driftPpm = 100_000
    expect(names(9_090_908, { driftPpm })).toEqual(['revokedEarly'])
    expect(names(9_090_909, { driftPpm })).toEqual([])
    expect(names(13_111_112, { driftPpm })).toEqual([])
    expect(names(13_111_113, { driftPpm })).toEqual(['outlived'])
  })

  test('finds a grant that a client was told was refused, if it was its own', () => {
    const asked = 7n
    const refused = (calledAt: number): LeaseRecord['calls'][number] => ({
      kind: 'grant',
      calledAt,
      answeredAt: 3 * SECOND_US,
      asked,
      answer: { kind: 'refused', reason: 'notServed' },
    })
    const names = (...calls: LeaseRecord['calls'][number][]) =>
      checkLeases({ ...oneLease(11 * SECOND_US), calls }, TERMS).map(({ name }) => name)
    expect(names(refused(0))).toEqual(['refusedGranted'])
    // Granted before it asked, or perhaps to somebody else.
    expect(names(refused(2 * SECOND_US))).toEqual([])
    expect(names(refused(0), { ...refused(0), answer: { kind: 'unknown' } })).toEqual([])
  })

  test('lets a lease be there for longer where a change of leader does', () => {
    const revoked = (seconds: number, acrossLeaders: LeaseTerms['acrossLeaders']) => {
      // Somebody leads for five seconds, nobody for twenty, and then somebody else.
      const leaders = [
        { from: 0, to: 5 * SECOND_US },
        { from: 25 * SECOND_US, to: 60 * SECOND_US },
      ]
      const record = { ...oneLease(seconds * SECOND_US), leaders }
      return checkLeases(record, { ...TERMS, acrossLeaders }).map(({ name }) => name)
    }
    expect(revoked(26, 'runsOn')).toEqual([])
    expect(revoked(27, 'runsOn')).toEqual(['outlived'])
    // Four seconds had passed under the first leader.
    expect(revoked(32, 'pauses')).toEqual([])
    expect(revoked(33, 'pauses')).toEqual(['outlived'])
    expect(revoked(36, 'restarts')).toEqual([])
    expect(revoked(37, 'restarts')).toEqual(['outlived'])
  })
})
