/** What broken lease servers do. */
import type { Random } from '../../../core/prng.ts'
import type { LeaseCall, LeaseEntry } from '../lease-record.ts'
import type { LeaseViolationName } from '../leases.ts'
import { event, type LeaseRun } from './lease-server.ts'
import { insertAt, type Operator, pick, replaceAt } from './mutants.ts'

type LeaseOperator = Operator<LeaseRun, LeaseViolationName>
type Granted = LeaseEntry & { kind: 'granted' }
type Revoked = LeaseEntry & { kind: 'revoked' }
type Call<Kind> = LeaseCall & { kind: Kind; answer: { kind: 'done' } }

const SECOND_US = 1_000_000

function edit({ record, terms }: LeaseRun, change: Partial<LeaseRun['record']>): LeaseRun {
  return { terms, record: { ...record, ...change } }
}

function replaceEntry(run: LeaseRun, entry: LeaseEntry, ...by: readonly LeaseEntry[]): LeaseRun {
  const { committed } = run.record
  return edit(run, { committed: replaceAt(committed, committed.indexOf(entry), ...by) })
}

function replaceCall(run: LeaseRun, call: LeaseCall, ...by: readonly LeaseCall[]): LeaseRun {
  const { calls } = run.record
  return edit(run, { calls: replaceAt(calls, calls.indexOf(call), ...by) })
}

function revokedOf({ record }: LeaseRun): Revoked[] {
  return record.committed.filter(entry => entry.kind === 'revoked')
}

function grantedOf({ record }: LeaseRun): Granted[] {
  return record.committed.filter(entry => entry.kind === 'granted')
}

function answered<Kind extends LeaseCall['kind']>({ record }: LeaseRun, kind: Kind): Call<Kind>[] {
  const isDone = (call: LeaseCall) => call.kind === kind && call.answer.kind === 'done'
  return record.calls.filter((call): call is Call<Kind> => isDone(call))
}

/** Of one whose id was granted once, so that it is plain which lease a call means. */
function isUnique(run: LeaseRun, id: bigint): boolean {
  let grants = 0
  for (const entry of run.record.committed) if (entry.kind === 'granted' && entry.id === id) grants++
  return grants === 1
}

function grantOf(run: LeaseRun, id: bigint): Granted {
  return grantedOf(run).find(granted => granted.id === id)!
}

function endOf(run: LeaseRun, id: bigint): number {
  return revokedOf(run).find(revoked => revoked.id === id)?.at ?? run.record.endedAt
}

/** Leases that ended by themselves: nobody ever asked to revoke them. */
function expired(run: LeaseRun): Revoked[] {
  const isAsked = (id: bigint) => run.record.calls.some(call => call.kind === 'revoke' && call.id === id)
  return revokedOf(run).filter(({ id }) => isUnique(run, id) && !isAsked(id))
}

/** The time that a lease lasts at least, whatever clock measures it. */
function surelyUs({ terms }: LeaseRun, ttlSeconds: number): number {
  return Math.floor((ttlSeconds * SECOND_US * SECOND_US) / (SECOND_US + terms.driftPpm)) - 2
}

/** An answered question after a keep-alive that was acknowledged before it, and in whose time it was answered. */
function askedInTime<Kind extends 'keepAlive' | 'timeToLive'>(run: LeaseRun, kind: Kind): Call<Kind>[] {
  const keptAlive = answered(run, 'keepAlive').filter(({ answer }) => answer.ttlSeconds > 0)
  return answered(run, kind).filter(call => {
    const { id, calledAt, answeredAt } = call as Call<'keepAlive'>
    const before = keptAlive.findLast(other => other.id === id && other.answeredAt <= calledAt)
    if (before === undefined || !isUnique(run, id) || answeredAt >= endOf(run, id)) return false
    return answeredAt < before.calledAt + surelyUs(run, before.answer.ttlSeconds)
  })
}

function tellTtl(run: LeaseRun, random: Random, change: (granted: number) => number): LeaseRun | undefined {
  const call = pick(
    random,
    answered(run, 'timeToLive').filter(({ answer }) => answer.ttlSeconds >= 0),
  )
  if (call === undefined) return undefined
  const { grantedTtlSeconds } = call.answer
  return replaceCall(run, call, {
    ...call,
    answer: { ...call.answer, ttlSeconds: change(grantedTtlSeconds) },
  })
}

export const LEASE_OPERATORS: readonly LeaseOperator[] = [
  {
    name: 'an expiry before its time',
    breaks: 'a lease lasts for its time after an acknowledged renewal',
    violation: 'revokedEarly',
    mutate(run, random) {
      const renewed = answered(run, 'keepAlive').filter(({ answer }) => answer.ttlSeconds > 0)
      const isRenewed = ({ id }: Revoked) => renewed.some(call => call.id === id)
      const revoked = pick(random, expired(run).filter(isRenewed))
      if (revoked === undefined) return undefined
      const { calledAt } = renewed.findLast(call => call.id === revoked.id)!
      const shortUs = random.below(surelyUs(run, grantOf(run, revoked.id).ttlSeconds))
      return replaceEntry(run, revoked, { ...revoked, at: calledAt + shortUs })
    },
  },
  {
    name: 'a lease that never ends',
    breaks: 'a lease is gone within a bound after its expiry, while somebody leads',
    violation: 'outlived',
    mutate(run, random) {
      const { driftPpm, goneWithinUs, lateUs } = run.terms
      const isLed = ({ id, at }: Revoked) => {
        const ttlUs = grantOf(run, id).ttlSeconds * SECOND_US
        const slackUs = goneWithinUs + lateUs + Math.ceil((3 * ttlUs * driftPpm) / SECOND_US)
        return run.record.leaders.some(({ from, to }) => from <= at && at + slackUs < to)
      }
      const revoked = pick(random, expired(run).filter(isLed))
      if (revoked === undefined) return undefined
      const isLater = (call: LeaseCall) =>
        call.kind === 'keepAlive' && call.id === revoked.id && call.answeredAt > revoked.at
      const calls = run.record.calls.filter(call => !isLater(call))
      return edit(replaceEntry(run, revoked), { calls })
    },
  },
  {
    name: 'keys that go in two revisions',
    breaks: 'all keys of a lease go at one revision',
    violation: 'revokedInParts',
    mutate(run, random) {
      const many = revokedOf(run).filter(({ change }) => (change?.events.length ?? 0) > 1)
      const revoked = pick(random, many)
      if (revoked?.change === undefined) return undefined
      const { events, revision } = revoked.change
      const first = { ...revoked.change, events: events.slice(0, 1) }
      const second = { ...revoked.change, events: events.slice(1), revision: revision + 1 }
      const later = { kind: 'changed', at: revoked.at, change: second } as const
      return replaceEntry(run, revoked, { ...revoked, change: first }, later)
    },
  },
  {
    name: 'keys that outlive their lease',
    breaks: 'the keys of a lease go with it',
    violation: 'keysSurvived',
    mutate(run, random) {
      const revoked = pick(
        random,
        revokedOf(run).filter(({ change }) => change !== undefined),
      )
      if (revoked === undefined) return undefined
      const { kind, at, id } = revoked
      return replaceEntry(run, revoked, { kind, at, id })
    },
  },
  {
    name: 'a key that goes with somebody else’s lease',
    breaks: 'no other keys go with a lease',
    violation: 'revokedTooMuch',
    mutate(run, random) {
      const revoked = pick(
        random,
        revokedOf(run).filter(({ change }) => change !== undefined),
      )
      if (revoked?.change === undefined) return undefined
      const { change } = revoked
      const stranger = event('delete', 'stranger', change.revision, 0n)
      return replaceEntry(run, revoked, {
        ...revoked,
        change: { ...change, events: [...change.events, stranger] },
      })
    },
  },
  {
    name: 'a key attached to a lease that is gone',
    breaks: 'keys are attached to leases that are there',
    violation: 'attachedToNothing',
    mutate(run, random) {
      const revoked = pick(random, revokedOf(run))
      if (revoked === undefined) return undefined
      const { committed } = run.record
      const at = committed.indexOf(revoked) + 1
      const change = { at: revoked.at, revision: 1, events: [event('put', 'late', 1, revoked.id)] }
      return edit(run, {
        committed: insertAt(committed, at, { kind: 'changed', at: revoked.at, change }),
      })
    },
  },
  {
    name: 'an id granted twice',
    breaks: 'the id of a lease that is there is refused',
    violation: 'idReused',
    mutate(run, random) {
      const granted = pick(random, grantedOf(run))
      return granted && replaceEntry(run, granted, granted, granted)
    },
  },
  {
    name: 'an id that the server chose before',
    breaks: 'a server never chooses an id twice',
    violation: 'idReused',
    mutate(run, random) {
      const revoked = pick(
        random,
        revokedOf(run).filter(({ id }) => grantOf(run, id).isChosenByServer),
      )
      return revoked && replaceEntry(run, revoked, revoked, { ...grantOf(run, revoked.id), at: revoked.at })
    },
  },
  {
    name: 'a grant that was forgotten',
    breaks: 'what was granted was committed',
    violation: 'grantLost',
    mutate(run, random) {
      const call = pick(
        random,
        answered(run, 'grant').filter(({ answer }) => isUnique(run, answer.id)),
      )
      return call && replaceEntry(run, grantOf(run, call.answer.id))
    },
  },
  {
    name: 'a lease revoked twice',
    breaks: 'a lease ends once',
    violation: 'revokedUnknown',
    mutate(run, random) {
      const revoked = pick(random, revokedOf(run))
      return revoked && replaceEntry(run, revoked, revoked, revoked)
    },
  },
  {
    name: 'the revocation of an unknown lease that succeeds',
    breaks: 'to revoke what is not there is refused',
    violation: 'revokedUnknown',
    mutate(run, random) {
      const refused = run.record.calls.filter(
        call => call.kind === 'revoke' && call.answer.kind === 'refused' && isUnique(run, call.id),
      ) as (LeaseCall & { kind: 'revoke' })[]
      const late = refused.filter(({ id, calledAt }) => endOf(run, id) < calledAt)
      const call = pick(random, late)
      return call && replaceCall(run, call, { ...call, answer: { kind: 'done' } })
    },
  },
  {
    name: 'a renewal of a lease that is gone',
    breaks: 'what is gone is not renewed',
    violation: 'renewedDead',
    mutate(run, random) {
      const call = pick(
        random,
        answered(run, 'keepAlive').filter(
          ({ id, calledAt }) => isUnique(run, id) && endOf(run, id) < calledAt,
        ),
      )
      return call && replaceCall(run, call, { ...call, answer: { kind: 'done', ttlSeconds: 2 } })
    },
  },
  {
    name: 'a renewal that says that the lease is gone',
    breaks: 'a lease that is promised is there',
    violation: 'deniedLive',
    mutate(run, random) {
      const call = pick(random, askedInTime(run, 'keepAlive'))
      return call && replaceCall(run, call, { ...call, answer: { kind: 'done', ttlSeconds: 0 } })
    },
  },
  {
    name: 'a time to live that says that the lease is gone',
    breaks: 'a lease that is promised is there',
    violation: 'deniedLive',
    mutate(run, random) {
      const call = pick(random, askedInTime(run, 'timeToLive'))
      const answer = { kind: 'done', ttlSeconds: -1, grantedTtlSeconds: 0 } as const
      return call && replaceCall(run, call, { ...call, answer })
    },
  },
  {
    name: 'the revocation of a lease that is there and is not found',
    breaks: 'what is there can be revoked',
    violation: 'deniedLive',
    mutate(run, random) {
      const call = pick(random, askedInTime(run, 'keepAlive'))
      if (call === undefined) return undefined
      const refused = { kind: 'refused', reason: 'leaseNotFound' } as const
      return replaceCall(run, call, call, { ...call, kind: 'revoke', answer: refused })
    },
  },
  {
    name: 'a time to live above the TTL',
    breaks: 'what is left is at most what was granted',
    violation: 'wrongTtl',
    mutate: (run, random) => tellTtl(run, random, granted => granted + 1),
  },
  {
    name: 'a time to live below zero',
    breaks: 'what is left is not negative',
    violation: 'wrongTtl',
    mutate: (run, random) => tellTtl(run, random, () => -2),
  },
  {
    name: 'a granted TTL that was not granted',
    breaks: 'clients are told the TTL that was granted',
    violation: 'wrongTtl',
    mutate(run, random) {
      const call = pick(
        random,
        answered(run, 'grant').filter(({ answer }) => isUnique(run, answer.id)),
      )
      if (call === undefined) return undefined
      const answer = { ...call.answer, ttlSeconds: call.answer.ttlSeconds + 1 }
      return replaceCall(run, call, { ...call, answer })
    },
  },
  {
    name: 'a renewal for longer than was granted',
    breaks: 'clients are told the TTL that was granted',
    violation: 'wrongTtl',
    mutate(run, random) {
      const call = pick(
        random,
        answered(run, 'keepAlive').filter(({ id, answer }) => answer.ttlSeconds > 0 && isUnique(run, id)),
      )
      if (call === undefined) return undefined
      const ttlSeconds = call.answer.ttlSeconds + 1
      return replaceCall(run, call, { ...call, answer: { kind: 'done', ttlSeconds } })
    },
  },
]
