/**
 * An ideal lease server: members whose clocks are fast or slow lead one after the other, with nobody leading in
 * between; leases are renewed, expire, are revoked on demand; requests and answers are late or get lost.
 */
import { type Random, randomFromSeed } from '../../../core/prng.ts'
import type { Change, KeyEvent } from '../committed-log.ts'
import type {
  LeaderPeriod,
  LeaseAnswer,
  LeaseCall,
  LeaseEntry,
  LeaseRecord,
  LeaseTerms,
} from '../lease-record.ts'
import { bytesOf } from './model-store.ts'

export interface LeaseRun {
  readonly record: LeaseRecord
  readonly terms: LeaseTerms
}

interface ServerLease {
  readonly id: bigint
  readonly ttlSeconds: number
  readonly keys: Set<string>
  /** In true time, as the leader's clock will find it. */
  expiresAt: number
}

const SECOND_US = 1_000_000
const RUN_US = 40 * SECOND_US
/** How often a leader looks for expired leases. */
const TICK_US = SECOND_US / 5
const UNKNOWN = { kind: 'unknown' } as const
const MODES = ['restarts', 'pauses', 'runsOn'] as const

class LeaseModel {
  readonly terms: LeaseTerms
  readonly #random: Random
  readonly #committed: LeaseEntry[] = []
  readonly #calls: LeaseCall[] = []
  readonly #leaders: LeaderPeriod[] = []
  readonly #leases = new Map<bigint, ServerLease>()
  /** Which clients use, whether they are still there or not. */
  readonly #known: bigint[] = []
  /** The next one last. */
  readonly #agenda: { readonly at: number; readonly run: () => void }[] = []
  #now = 0
  #revision = 1
  #serverIds = 1000n
  /** Of the leader's clock, in millionths; undefined while nobody leads. */
  #driftPpm: number | undefined
  #endedAt = 0

  constructor(random: Random) {
    this.#random = random
    this.terms = {
      driftPpm: 1 + random.below(50_000),
      goneWithinUs: SECOND_US / 2,
      lateUs: SECOND_US,
      acrossLeaders: MODES[random.below(MODES.length)]!,
    }
  }

  run(): LeaseRun {
    this.#scheduleLeaders()
    this.#at(0, () => this.#client())
    while (this.#agenda.length > 0) {
      const { at, run } = this.#agenda.pop()!
      if (at > RUN_US) continue
      this.#now = at
      run()
    }
    // What was not answered when the run was over, never was.
    const calls = this.#calls.map(call =>
      call.answeredAt <= RUN_US ? call : ({ ...call, answeredAt: RUN_US, answer: UNKNOWN } as LeaseCall),
    )
    const record = { committed: this.#committed, calls, leaders: this.#leaders, endedAt: RUN_US }
    return { record, terms: this.terms }
  }

  #at(at: number, run: () => void): void {
    let place = this.#agenda.length
    while (place > 0 && this.#agenda[place - 1]!.at <= at) place--
    this.#agenda.splice(place, 0, { at, run })
  }

  /** A draw from 1 to `max` microseconds. */
  #soon(max: number): number {
    return 1 + this.#random.below(max)
  }

  #scheduleLeaders(): void {
    for (let from = this.#soon(SECOND_US); from < RUN_US; ) {
      const to = Math.min(RUN_US, from + SECOND_US + this.#soon(30 * SECOND_US))
      const begin = from
      this.#leaders.push({ from, to })
      this.#at(from, () => this.#lead(begin))
      this.#at(to, () => {
        this.#driftPpm = undefined
        this.#endedAt = to
      })
      from = to + this.#soon(3 * SECOND_US)
    }
  }

  #lead(from: number): void {
    const { driftPpm, acrossLeaders } = this.terms
    this.#driftPpm = this.#random.below(2 * driftPpm + 1) - driftPpm
    this.#at(from + 1, () => this.#tick())
    for (const lease of this.#leases.values()) {
      if (acrossLeaders === 'restarts') this.#renew(lease)
      else if (acrossLeaders === 'pauses')
        lease.expiresAt = from + Math.max(0, lease.expiresAt - this.#endedAt)
    }
  }

  /** A fast clock finds the time over earlier. */
  #renew(lease: ServerLease): void {
    const ttlUs = lease.ttlSeconds * SECOND_US
    lease.expiresAt =
      this.#now + ttlUs - Math.floor((ttlUs * this.#driftPpm!) / (1_000_000 + this.#driftPpm!))
  }

  #tick(): void {
    if (this.#driftPpm === undefined) return
    this.#at(this.#now + TICK_US, () => this.#tick())
    for (const lease of [...this.#leases.values()]) if (lease.expiresAt < this.#now) this.#revoke(lease)
  }

  /** Clients do something about every tenth of a second. */
  #client(): void {
    this.#at(this.#now + this.#soon(SECOND_US / 5), () => this.#client())
    const draw = this.#random.below(20)
    const id = this.#known.at(-1 - this.#random.below(Math.min(6, this.#known.length + 1)))
    if (draw < 2 || id === undefined) this.#request({ kind: 'grant' }, record => this.#grant(record))
    else if (draw < 5) this.#putSoon(id)
    else if (draw === 5) this.#request({ kind: 'revoke', id }, record => this.#askRevoke(id, record))
    else if (draw < 9) this.#request({ kind: 'timeToLive', id }, record => this.#askTimeToLive(id, record))
    else this.#request({ kind: 'keepAlive', id }, record => this.#keepAlive(id, record))
  }

  /** Travels, is handled if it arrives under a leader, and is answered if that arrives too. */
  #request(asked: object, handle: (record: (call: Handled) => void) => void): void {
    const calledAt = this.#now
    const isLost = this.#random.chance(1, 20)
    this.#at(calledAt + this.#soon(SECOND_US / 4), () => {
      const isServed = !isLost && this.#driftPpm !== undefined
      const isAnswered = isServed && !this.#random.chance(1, 20)
      const answeredAt = this.#now + this.#soon(SECOND_US / 4)
      const record = (call: object) => {
        const answer = isAnswered ? {} : { answer: UNKNOWN }
        this.#calls.push({ ...call, ...answer, calledAt, answeredAt } as LeaseCall)
      }
      if (isServed) handle(record)
      else record(asked)
    })
  }

  #grant(record: (call: Handled) => void): void {
    const isChosenByServer = this.#random.chance(3, 4)
    const id = isChosenByServer ? ++this.#serverIds : BigInt(1 + this.#random.below(4))
    if (this.#leases.has(id))
      return record({ kind: 'grant', answer: { kind: 'refused', reason: 'leaseExists' } })
    const ttlSeconds = 2 + this.#random.below(8)
    const lease = { id, ttlSeconds, keys: new Set<string>(), expiresAt: 0 }
    this.#renew(lease)
    this.#leases.set(id, lease)
    this.#known.push(id)
    this.#committed.push({ kind: 'granted', at: this.#now, id, ttlSeconds, isChosenByServer })
    record({ kind: 'grant', answer: { kind: 'done', id, ttlSeconds } })
  }

  #keepAlive(id: bigint, record: (call: Handled) => void): void {
    const lease = this.#leases.get(id)
    const isAlive = lease !== undefined && this.#now <= lease.expiresAt
    if (isAlive) this.#renew(lease)
    record({ kind: 'keepAlive', id, answer: { kind: 'done', ttlSeconds: isAlive ? lease.ttlSeconds : 0 } })
  }

  #askRevoke(id: bigint, record: (call: Handled) => void): void {
    const lease = this.#leases.get(id)
    if (lease === undefined)
      return record({ kind: 'revoke', id, answer: { kind: 'refused', reason: 'leaseNotFound' } })
    this.#revoke(lease)
    record({ kind: 'revoke', id, answer: { kind: 'done' } })
  }

  #askTimeToLive(id: bigint, record: (call: Handled) => void): void {
    const lease = this.#leases.get(id)
    const leftUs =
      lease === undefined ? -1 : Math.min(lease.expiresAt - this.#now, lease.ttlSeconds * SECOND_US)
    const ttlSeconds = Math.max(-1, Math.floor(leftUs / SECOND_US))
    const grantedTtlSeconds = ttlSeconds < 0 ? 0 : lease!.ttlSeconds
    record({ kind: 'timeToLive', id, answer: { kind: 'done', ttlSeconds, grantedTtlSeconds } })
  }

  #putSoon(id: bigint): void {
    const lease = this.#leases.get(id)
    if (lease === undefined || this.#driftPpm === undefined) return
    const key = `k${this.#random.below(12)}`
    for (const { keys } of this.#leases.values()) keys.delete(key)
    const isDetached = this.#random.chance(1, 5)
    if (!isDetached) lease.keys.add(key)
    const change = this.#change([event('put', key, this.#revision + 1, isDetached ? 0n : id)])
    this.#committed.push({ kind: 'changed', at: this.#now, change })
  }

  #revoke(lease: ServerLease): void {
    this.#leases.delete(lease.id)
    const events = [...lease.keys].map(key => event('delete', key, this.#revision + 1, 0n))
    const revoked = { kind: 'revoked', at: this.#now, id: lease.id } as const
    this.#committed.push(events.length === 0 ? revoked : { ...revoked, change: this.#change(events) })
  }

  #change(events: readonly KeyEvent[]): Change {
    return { at: this.#now, revision: ++this.#revision, events }
  }
}

/** A call as the server saw it. */
type Handled =
  | { readonly kind: 'grant'; readonly answer: LeaseAnswer<{ id: bigint; ttlSeconds: number }> }
  | { readonly kind: 'keepAlive'; readonly id: bigint; readonly answer: LeaseAnswer<{ ttlSeconds: number }> }
  | { readonly kind: 'revoke'; readonly id: bigint; readonly answer: LeaseAnswer<object> }
  | {
      readonly kind: 'timeToLive'
      readonly id: bigint
      readonly answer: LeaseAnswer<{ ttlSeconds: number; grantedTtlSeconds: number }>
    }

export function event(kind: KeyEvent['kind'], key: string, revision: number, lease: bigint): KeyEvent {
  const numbers = { createRevision: revision, modRevision: revision, version: 1 }
  return { kind, kv: { key: bytesOf(key), value: bytesOf(''), lease, ...numbers }, prevKv: undefined }
}

export function goodLeases(seed: number): LeaseRun {
  return new LeaseModel(randomFromSeed(seed)).run()
}
