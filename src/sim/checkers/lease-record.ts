/** What the store committed about leases, what clients were told of them, and when there was a leader. */
import type { Change } from './committed-log.ts'

/** All times are whole microseconds of the simulation's own clock, which no member sees. */
export interface LeaseRecord {
  /** In the order of the log. */
  readonly committed: readonly LeaseEntry[]
  readonly calls: readonly LeaseCall[]
  /** When some member led and could commit: ascending, without overlaps. */
  readonly leaders: readonly LeaderPeriod[]
  /** When the run was over. */
  readonly endedAt: number
}

/** `at`: when the first replica applied it. */
export type LeaseEntry =
  | {
      readonly kind: 'granted'
      readonly at: number
      readonly id: bigint
      readonly ttlSeconds: number
      /** A server never chooses an id twice; a client may take one again that is free. */
      readonly isChosenByServer: boolean
    }
  | {
      readonly kind: 'revoked'
      readonly at: number
      readonly id: bigint
      /** What it deleted, at its one revision; absent if that was nothing. */
      readonly change?: Change
    }
  | { readonly kind: 'changed'; readonly at: number; readonly change: Change }

export interface LeaderPeriod {
  readonly from: number
  readonly to: number
}

/** One attempt of a client. Each attempt is a call of its own. */
export type LeaseCall = {
  readonly calledAt: number
  /** When the client went on, also without an answer. */
  readonly answeredAt: number
} & (
  | {
      readonly kind: 'grant'
      /** The id, where the client chose it. */
      readonly asked?: bigint | undefined
      readonly answer: LeaseAnswer<{ readonly id: bigint; readonly ttlSeconds: number }>
    }
  /** Answered with 0 seconds if the lease is gone. */
  | {
      readonly kind: 'keepAlive'
      readonly id: bigint
      readonly answer: LeaseAnswer<{ readonly ttlSeconds: number }>
    }
  | { readonly kind: 'revoke'; readonly id: bigint; readonly answer: LeaseAnswer<object> }
  /** Answered with -1 seconds if there is no such lease. */
  | {
      readonly kind: 'timeToLive'
      readonly id: bigint
      readonly answer: LeaseAnswer<{ readonly ttlSeconds: number; readonly grantedTtlSeconds: number }>
    }
)

export type LeaseAnswer<Told> =
  | ({ readonly kind: 'done' } & Told)
  | { readonly kind: 'refused'; readonly reason: 'leaseNotFound' | 'leaseExists' | 'notServed' }
  | { readonly kind: 'unknown' }

/** What leases are held to. */
export interface LeaseTerms {
  /** By how much a member's clock may run fast or slow, in millionths. */
  readonly driftPpm: number
  /** How long after its expiry a lease may still be there, while somebody leads. */
  readonly goneWithinUs: number
  /** How long after its call a request of unknown outcome may still take effect. */
  readonly lateUs: number
  /**
   * What a change of leader does to a lease. Restarts: it is given its whole time again, as etcd does. Pauses: time
   * without a leader does not count. Runs on: it does.
   */
  readonly acrossLeaders: 'restarts' | 'pauses' | 'runsOn'
}
