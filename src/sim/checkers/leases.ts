/**
 * Leases in virtual time. A lease is not revoked before its time has passed since its last acknowledged renewal,
 * by whatever clock; it is not there for long afterwards, while somebody leads; its keys go with it, at one
 * revision, and no others; and what clients are told of it is true.
 *
 * When a request was handled is known only to lie between its call and its answer. Too early is judged from the
 * call, too late from the answer, and clocks are given their drift: nobody is accused who may be right.
 */
import type { Change, KeyEvent } from './committed-log.ts'
import { textOf } from './json-codec.ts'
import type { LeaseCall, LeaseEntry, LeaseRecord, LeaseTerms } from './lease-record.ts'
import { earliestExpiry, firstOverdue, type Lifetime, renewalsOf } from './lease-times.ts'
import type { Violation } from './violation.ts'

export type LeaseViolation = Violation<LeaseViolationName, LeaseEntry | LeaseCall>

export type LeaseViolationName =
  /** By nobody's wish, and before its time had passed since the last renewal that was acknowledged. */
  | 'revokedEarly'
  /** Its time was over, somebody led, and it was still there. */
  | 'outlived'
  /** Some of its keys went with it, and some did not. */
  | 'revokedInParts'
  /** None of its keys went with it. */
  | 'keysSurvived'
  /** Keys went with it that were not attached to it. */
  | 'revokedTooMuch'
  /** A key was attached to a lease that was not there. */
  | 'attachedToNothing'
  | 'idReused'
  /** A lease was revoked, or said to be, that was not there. */
  | 'revokedUnknown'
  /** A grant was answered that was never committed. */
  | 'grantLost'
  /** A client was told that it was surely not granted, and it was. */
  | 'refusedGranted'
  /** A lease was renewed that was not there. */
  | 'renewedDead'
  /** A client was told that a lease is gone that was surely there. */
  | 'deniedLive'
  /** A time to live outside 0 .. TTL, or a TTL other than the granted one. */
  | 'wrongTtl'

type Accuse = (
  name: LeaseViolationName,
  sentence: string,
  events: readonly (LeaseEntry | LeaseCall)[],
) => void

export function checkLeases(record: LeaseRecord, terms: LeaseTerms): LeaseViolation[] {
  const violations: LeaseViolation[] = []
  const accuse: Accuse = (name, sentence, events) => violations.push({ name, sentence, events })
  const lifetimes = groupById(readCommitted(record.committed, accuse), ({ granted }) => granted.id)
  const calls = groupById(record.calls, idOf)
  for (const id of new Set([...lifetimes.keys(), ...calls.keys()])) {
    const ofLease = { ...record, calls: calls.get(id) ?? [] }
    checkLease(lifetimes.get(id) ?? [], ofLease, terms, accuse)
  }
  return violations
}

/** All leases that had one id, one after the other, and all calls that name it. */
function checkLease(
  lifetimes: readonly Lifetime[],
  record: LeaseRecord,
  terms: LeaseTerms,
  accuse: Accuse,
): void {
  for (const lifetime of lifetimes) {
    checkEarly(lifetime, record, terms, accuse)
    const overdue = firstOverdue(lifetime, record, terms)
    if (overdue === undefined) continue
    const sentence = `lease ${lifetime.granted.id} was due at ${overdue.due} and was still there at ${overdue.seen}`
    accuse('outlived', sentence, [lifetime.granted, ...overdue.renewedBy])
  }
  for (const call of record.calls) new CallChecker(call, lifetimes, record, terms, accuse).check()
}

/** A grant that was not answered names no lease, unless the client chose its id. */
function idOf(call: LeaseCall): bigint | undefined {
  if (call.kind !== 'grant') return call.id
  return call.answer.kind === 'done' ? call.answer.id : call.asked
}

function groupById<T>(list: readonly T[], id: (element: T) => bigint | undefined): Map<bigint, T[]> {
  const groups = new Map<bigint, T[]>()
  for (const element of list) {
    const name = id(element)
    if (name === undefined) continue
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [element])
    else group.push(element)
  }
  return groups
}

/** Walks through the log: which leases there were, and which keys were attached to them. */
function readCommitted(committed: readonly LeaseEntry[], accuse: Accuse): Lifetime[] {
  const lifetimes: Lifetime[] = []
  const living = new Map<bigint, Lifetime>()
  const attached = new Map<string, bigint>()
  for (const entry of committed) {
    if (entry.kind === 'granted') {
      const last = lifetimes.findLast(({ granted }) => granted.id === entry.id)
      if (last !== undefined) {
        last.replacedAt = entry.at
        if (living.has(entry.id) || entry.isChosenByServer)
          accuse('idReused', `the id ${entry.id} was granted again`, [last.granted, entry])
      }
      const lifetime = { granted: entry, revoked: undefined, replacedAt: Number.POSITIVE_INFINITY }
      lifetimes.push(lifetime)
      living.set(entry.id, lifetime)
    } else if (entry.kind === 'revoked') {
      const lifetime = living.get(entry.id)
      if (lifetime === undefined)
        accuse('revokedUnknown', `lease ${entry.id} was revoked when it was not there`, [entry])
      else lifetime.revoked = entry
      living.delete(entry.id)
      checkDeletions(entry, attached, accuse)
      if (entry.change !== undefined) follow(entry.change, attached)
    } else {
      for (const { kv } of entry.change.events) {
        if (kv.lease === 0n || living.has(kv.lease)) continue
        const sentence = `${textOf(kv.key)} was attached to lease ${kv.lease}, which was not there`
        accuse('attachedToNothing', sentence, [entry])
      }
      follow(entry.change, attached)
    }
  }
  return lifetimes
}

/** A put attaches a key to its lease and takes it from any other; who is deleted is attached to nothing. */
function follow({ events }: Change, attached: Map<string, bigint>): void {
  for (const { kv } of events) {
    if (kv.lease === 0n) attached.delete(textOf(kv.key))
    else attached.set(textOf(kv.key), kv.lease)
  }
}

function checkDeletions(
  entry: LeaseEntry & { kind: 'revoked' },
  attached: ReadonlyMap<string, bigint>,
  accuse: Accuse,
): void {
  const isOurs = ({ kind, kv }: KeyEvent) => kind === 'delete' && attached.get(textOf(kv.key)) === entry.id
  const deleted = (entry.change?.events ?? []).filter(isOurs).map(({ kv }) => textOf(kv.key))
  const survivors = [...attached].flatMap(([key, id]) =>
    id === entry.id && !deleted.includes(key) ? [key] : [],
  )
  if (survivors.length > 0) {
    const sentence = `lease ${entry.id} was revoked, but ${survivors.join(', ')} did not go with it`
    accuse(deleted.length > 0 ? 'revokedInParts' : 'keysSurvived', sentence, [entry])
  }
  const strangers = (entry.change?.events ?? []).filter(event => !isOurs(event))
  if (strangers.length === 0) return
  const keys = strangers.map(({ kv }) => textOf(kv.key)).join(', ')
  accuse('revokedTooMuch', `with lease ${entry.id} went ${keys}, not attached to it`, [entry])
}

function checkEarly(lifetime: Lifetime, record: LeaseRecord, terms: LeaseTerms, accuse: Accuse): void {
  const { granted, revoked } = lifetime
  if (revoked === undefined) return
  const isWanted = record.calls.some(
    call =>
      call.kind === 'revoke' &&
      call.id === granted.id &&
      call.calledAt <= revoked.at &&
      (call.answer.kind === 'unknown' || (call.answer.kind === 'done' && revoked.at <= call.answeredAt)),
  )
  if (isWanted) return
  for (const renewal of renewalsOf(lifetime, record.calls)) {
    const earliest = earliestExpiry(renewal, terms)
    if (revoked.at >= earliest) continue
    const sentence = `lease ${granted.id} was revoked at ${revoked.at}, and was promised until ${earliest}`
    accuse('revokedEarly', sentence, [renewal.call, revoked])
    return
  }
}

/** What one client was told, against what was. */
class CallChecker {
  readonly #call: LeaseCall
  readonly #lifetimes: readonly Lifetime[]
  readonly #record: LeaseRecord
  readonly #terms: LeaseTerms
  readonly #accuse: Accuse

  constructor(
    call: LeaseCall,
    lifetimes: readonly Lifetime[],
    record: LeaseRecord,
    terms: LeaseTerms,
    accuse: Accuse,
  ) {
    this.#call = call
    this.#lifetimes = lifetimes
    this.#record = record
    this.#terms = terms
    this.#accuse = accuse
  }

  check(): void {
    const call = this.#call
    if (call.kind === 'grant') {
      if (call.answer.kind === 'done') this.#onGranted(call.answer.id, call.answer.ttlSeconds)
      else if (call.answer.kind === 'refused' && call.asked !== undefined) this.#onGrantRefused(call.asked)
    } else if (call.kind === 'keepAlive') {
      if (call.answer.kind === 'done') this.#onKeptAlive(call.id, call.answer.ttlSeconds)
    } else if (call.kind === 'revoke') this.#onRevoke(call)
    else if (call.answer.kind === 'done')
      this.#onTimeToLive(call.id, call.answer.ttlSeconds, call.answer.grantedTtlSeconds)
  }

  #onGranted(id: bigint, ttlSeconds: number): void {
    const { calledAt, answeredAt } = this.#call
    const granted = this.#lifetimes.find(
      lifetime =>
        lifetime.granted.id === id && calledAt <= lifetime.granted.at && lifetime.granted.at <= answeredAt,
    )?.granted
    if (granted === undefined)
      this.#accuse('grantLost', `lease ${id} was granted to a client, and never committed`, [this.#call])
    else if (granted.ttlSeconds !== ttlSeconds) this.#wrongTtl(ttlSeconds, granted)
  }

  /** Of an id that others asked for, too, nobody knows whose grant it was. */
  #onGrantRefused(id: bigint): void {
    const call = this.#call
    if (this.#record.calls.some(other => other !== call && other.kind === 'grant')) return
    const granted = this.#lifetimes.find(lifetime => lifetime.granted.at >= call.calledAt)?.granted
    if (granted === undefined) return
    this.#accuse('refusedGranted', `lease ${id} was granted, and a client was told that it was not`, [
      call,
      granted,
    ])
  }

  #onKeptAlive(id: bigint, ttlSeconds: number): void {
    if (ttlSeconds === 0) return this.#onDenied(id, true)
    const lifetime = this.#during(id)
    if (lifetime === undefined)
      this.#accuse('renewedDead', `lease ${id} was renewed when it was not there`, [this.#call])
    else if (ttlSeconds < 0 || ttlSeconds > lifetime.granted.ttlSeconds)
      this.#wrongTtl(ttlSeconds, lifetime.granted)
  }

  #onRevoke(call: LeaseCall & { kind: 'revoke' }): void {
    const { id, answer, calledAt, answeredAt } = call
    if (answer.kind === 'refused' && answer.reason === 'leaseNotFound') return this.#onDenied(id, false)
    if (answer.kind !== 'done') return
    const isDone = this.#lifetimes.some(
      ({ granted, revoked }) =>
        granted.id === id && revoked !== undefined && calledAt <= revoked.at && revoked.at <= answeredAt,
    )
    if (!isDone) this.#accuse('revokedUnknown', `a client was told that it revoked lease ${id}`, [call])
  }

  #onTimeToLive(id: bigint, ttlSeconds: number, grantedTtlSeconds: number): void {
    if (ttlSeconds === -1) return this.#onDenied(id, true)
    // A member that lags may still know a lease that is gone; none knows one that never was.
    const known = this.#lifetimes.filter(
      ({ granted }) => granted.id === id && granted.at <= this.#call.answeredAt,
    )
    const isTrue = known.some(
      ({ granted }) =>
        granted.ttlSeconds === grantedTtlSeconds && 0 <= ttlSeconds && ttlSeconds <= granted.ttlSeconds,
    )
    if (!isTrue) this.#wrongTtl(ttlSeconds, known[0]?.granted)
  }

  /** Gone for the client is what was revoked, or, where expiry tells, what may have expired. */
  #onDenied(id: bigint, isExpiryEnough: boolean): void {
    const { calledAt, answeredAt } = this.#call
    const alive = this.#lifetimes.find(
      ({ granted, revoked }) =>
        granted.id === id && granted.at < calledAt && (revoked === undefined || answeredAt < revoked.at),
    )
    if (alive === undefined) return
    const isPromised = renewalsOf(alive, this.#record.calls).some(
      renewal =>
        renewal.call !== this.#call &&
        renewal.call.answeredAt <= calledAt &&
        answeredAt < earliestExpiry(renewal, this.#terms),
    )
    if (isExpiryEnough && !isPromised) return
    this.#accuse('deniedLive', `lease ${id} was said to be gone, and was there`, [alive.granted, this.#call])
  }

  /** The lease of that id that was there at some time during the call. */
  #during(id: bigint): Lifetime | undefined {
    const { calledAt, answeredAt } = this.#call
    return this.#lifetimes.find(
      ({ granted, revoked }) =>
        granted.id === id && granted.at <= answeredAt && (revoked === undefined || calledAt <= revoked.at),
    )
  }

  #wrongTtl(ttlSeconds: number, granted: LeaseEntry | undefined): void {
    const sentence = `${ttlSeconds} seconds were told, which is no time of this lease`
    this.#accuse('wrongTtl', sentence, granted === undefined ? [this.#call] : [granted, this.#call])
  }
}
