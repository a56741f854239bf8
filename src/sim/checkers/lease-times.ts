/** When a lease may end and when it must have ended, by clocks that are fast or slow. */
import type { LeaseCall, LeaseEntry, LeaseRecord, LeaseTerms } from './lease-record.ts'

/** A lease from its grant to its end. */
export interface Lifetime {
  readonly granted: LeaseEntry & { readonly kind: 'granted' }
  revoked: (LeaseEntry & { readonly kind: 'revoked' }) | undefined
  /** When its id was granted again. */
  replacedAt: number
}

/** From some time in a call on, the lease was promised for another time of its length. */
export interface Renewal {
  readonly call: LeaseCall
  readonly calledAt: number
  readonly ttlSeconds: number
}

const MILLION = 1_000_000

/** The grant and the keep-alives that were acknowledged, and can have been those of no other lease of that id. */
export function renewalsOf(
  { granted, revoked, replacedAt }: Lifetime,
  calls: readonly LeaseCall[],
): Renewal[] {
  const renewals: Renewal[] = []
  for (const call of calls) {
    const { answer, calledAt, answeredAt } = call
    if (answer.kind !== 'done' || answeredAt < granted.at || answeredAt >= replacedAt) continue
    if (revoked !== undefined && calledAt > revoked.at) continue
    const isOurs =
      call.kind === 'grant'
        ? call.answer.kind === 'done' && call.answer.id === granted.id && calledAt <= granted.at
        : isRenewed(call) && call.id === granted.id && calledAt >= granted.at
    if (isOurs) renewals.push({ call, calledAt, ttlSeconds: granted.ttlSeconds })
  }
  return renewals
}

function isRenewed(call: LeaseCall): call is LeaseCall & { kind: 'keepAlive' } {
  return call.kind === 'keepAlive' && call.answer.kind === 'done' && call.answer.ttlSeconds > 0
}

/** Measured by the fastest clock from the earliest time at which it can have been handled. */
export function earliestExpiry({ calledAt, ttlSeconds }: Renewal, { driftPpm }: LeaseTerms): number {
  const ttlUs = ttlSeconds * MILLION
  return calledAt + ttlUs - Math.ceil((ttlUs * driftPpm) / (MILLION + driftPpm))
}

export interface Overdue {
  readonly due: number
  /** A time at which the lease was still there, and nothing can have renewed it since it was due. */
  readonly seen: number
  readonly renewedBy: readonly LeaseCall[]
}

/** A time that somebody may have renewed it: at the latest at `until`, not before `from`. */
interface MayRenew {
  readonly from: number
  readonly until: number
  readonly call: LeaseCall | undefined
}

/** The first time that the lease was longer there than it may be, under a leader that could have ended it. */
export function firstOverdue(
  lifetime: Lifetime,
  record: LeaseRecord,
  terms: LeaseTerms,
): Overdue | undefined {
  const { granted, revoked } = lifetime
  const ttlUs = granted.ttlSeconds * MILLION
  const longestUs = ttlUs + Math.ceil((ttlUs * terms.driftPpm) / (MILLION - terms.driftPpm))
  const renewals = possibleRenewals(lifetime, record.calls, terms)
  // From the last to the first, so that the next possible renewal is known.
  let next = Number.POSITIVE_INFINITY
  let first: Overdue | undefined
  for (const { from, until, call } of renewals.reverse()) {
    for (const period of record.leaders) {
      if (period.to <= until) continue
      const expiry = latestExpiry(until, longestUs, period.from, record, terms)
      const due = expiry + terms.goneWithinUs
      const seen = Math.min(period.to, revoked?.at ?? record.endedAt, next)
      if (seen <= due) continue
      first = { due, seen, renewedBy: call === undefined ? [] : [call] }
      break
    }
    next = Math.min(next, from)
  }
  return first
}

/** Under a leader that began at `from`: measured by the slowest clock. */
function latestExpiry(
  renewedAt: number,
  longestUs: number,
  from: number,
  { leaders }: LeaseRecord,
  { acrossLeaders }: LeaseTerms,
): number {
  switch (acrossLeaders) {
    case 'restarts':
      return Math.max(renewedAt, from) + longestUs
    case 'runsOn':
      return Math.max(renewedAt + longestUs, from)
    case 'pauses': {
      const since = Math.max(renewedAt, from)
      let ledUs = 0
      for (const period of leaders)
        ledUs += Math.max(0, Math.min(period.to, since) - Math.max(period.from, renewedAt))
      return since + Math.max(0, longestUs - ledUs)
    }
  }
}

/** In the order of when they were over at the latest. */
function possibleRenewals(
  { granted }: Lifetime,
  calls: readonly LeaseCall[],
  { lateUs }: LeaseTerms,
): MayRenew[] {
  const renewals: MayRenew[] = [{ from: granted.at, until: granted.at, call: undefined }]
  for (const call of calls) {
    if (call.kind !== 'keepAlive' || call.id !== granted.id) continue
    const { calledAt: from, answeredAt } = call
    const until = call.answer.kind === 'unknown' ? from + lateUs : isRenewed(call) ? answeredAt : 0
    if (until >= granted.at) renewals.push({ from, until, call })
  }
  return renewals.sort((a, b) => a.until - b.until)
}
