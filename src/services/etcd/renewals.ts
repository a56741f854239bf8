/**
 * Keep-alives on their way to the log. Those that arrive within a window travel in one command, and one is answered
 * once a quorum has it: whoever leads next knows of it. (etcd renews in the memory of its leader, and gives every lease
 * its whole time again when that changes.)
 *
 * The first one after a quiet time goes at once; what comes meanwhile waits for the window to end.
 */
import type { Gauge } from '../../core/gauge.ts'
import { bug } from '../../core/seams.ts'
import { addMs, type Instant } from '../../core/time.ts'
import { encodeCommand } from '../../machines/kv/command-codec.ts'
import { leaseOf } from '../../machines/kv/leases.ts'
import { currentRevision } from '../../machines/kv/revisions.ts'
import type { Timer } from '../../runtime/clock.ts'
import { type EtcdError, EtcdErrors } from './errors.ts'
import { proposalFailure } from './failures.ts'
import { RENEWAL_WINDOW_MS, RENEWALS_PENDING_MAX, RENEWALS_PER_COMMAND_MAX } from './limits.ts'
import type { Responder } from './responder.ts'

export type RenewalOutcome =
  /** 0 seconds: there is no such lease. */
  | { readonly kind: 'renewed'; readonly revision: number; readonly ttlSeconds: number }
  | { readonly kind: 'failed'; readonly error: EtcdError }

interface Renewal {
  readonly id: bigint
  readonly deadline: Instant
  readonly done: (outcome: RenewalOutcome) => void
}

export class Renewals {
  readonly #responder: Responder
  readonly #timer: Timer
  #waiting: Renewal[] = []
  #pending = 0
  #windowEndsAt = 0 as Instant

  constructor(responder: Responder) {
    this.#responder = responder
    this.#timer = responder.options.clock.timer(() => this.#propose())
  }

  /** `done` comes exactly once, perhaps within the call. */
  add(id: bigint, deadline: Instant, done: (outcome: RenewalOutcome) => void): void {
    const { clock } = this.#responder.options
    if (this.#pending >= RENEWALS_PENDING_MAX || this.#responder.isBehind()) {
      return done({ kind: 'failed', error: EtcdErrors.tooManyRequests })
    }
    if (bug('lease-renewal-not-replicated')) return this.#renewHereAlone(id, done)
    this.#pending++
    this.#waiting.push({ id, deadline, done })
    if (this.#waiting.length > 1) return
    if (clock.now() < this.#windowEndsAt) this.#timer.set(this.#windowEndsAt)
    else clock.soon(() => this.#propose())
  }

  /** Those that wait for their window or for the log. */
  gauge(): Gauge {
    const name = 'etcd: keep-alives that wait'
    return { name, value: this.#pending, max: RENEWALS_PENDING_MAX, empties: true }
  }

  /** In nobody's log: the lease will be over when it would have been. */
  #renewHereAlone(id: bigint, done: Renewal['done']): void {
    const { view } = this.#responder.options.replica
    const ttlSeconds = leaseOf(view, id)?.ttlSeconds ?? 0
    done({ kind: 'renewed', revision: currentRevision(view), ttlSeconds })
  }

  #propose(): void {
    this.#windowEndsAt = addMs(this.#responder.options.clock.now(), RENEWAL_WINDOW_MS)
    const waiting = this.#waiting
    this.#waiting = []
    for (let from = 0; from < waiting.length; from += RENEWALS_PER_COMMAND_MAX) {
      this.#proposeTogether(waiting.slice(from, from + RENEWALS_PER_COMMAND_MAX))
    }
  }

  #proposeTogether(renewals: readonly Renewal[]): void {
    const { replica, counters, clock } = this.#responder.options
    const ids = [...new Set(renewals.map(({ id }) => id))]
    const deadline = renewals.reduce(
      (latest, each) => (each.deadline > latest ? each.deadline : latest),
      0 as Instant,
    )
    counters.proposalsPending++
    replica.propose(encodeCommand({ kind: 'leaseRenew', leaseRenew: { ids } }), deadline, outcome => {
      counters.proposalsPending--
      if (outcome.kind === 'failed') counters.proposalsFailed++
      this.#pending -= renewals.length
      if (outcome.kind === 'failed' || outcome.result.kind !== 'leaseRenew') {
        const error =
          outcome.kind === 'failed'
            ? proposalFailure(outcome.error, clock.now() >= deadline)
            : EtcdErrors.notCapable
        for (const { done } of renewals) done({ kind: 'failed', error })
        return
      }
      const { revision, ttlsSeconds } = outcome.result.leaseRenew
      const ttls = new Map(ids.map((id, i) => [id, ttlsSeconds[i]!]))
      for (const { id, done } of renewals) done({ kind: 'renewed', revision, ttlSeconds: ttls.get(id)! })
    })
  }
}
