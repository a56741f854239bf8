/**
 * A lease that keeps itself alive: it is renewed when a third of its time has passed, over whichever node answers.
 *
 * What it promises is about when it is lost. By this process's own clock it counts from when the last keep-alive that
 * was acknowledged was *sent*, so that it believes the lease lost before the cluster gives it to somebody else; unless
 * the process stood still meanwhile, and has yet to notice. Nothing but a fencing token helps against that.
 */
import { addMs, type Instant } from '../core/time.ts'
import type { Timer } from '../runtime/clock.ts'
import { ClientError, ClientErrors } from './errors.ts'
import type { Failover } from './failover.ts'
import type { KeepAlives } from './keep-alives.ts'
import { ATTEMPT_TIMEOUT_MS, KEEP_ALIVE_RETRY_MS } from './limits.ts'
import { type LostSignal, lostSignal } from './lost-signal.ts'

export interface GrantedLease {
  readonly id: bigint
  readonly ttlSeconds: number
  /** When the request that granted it was sent. */
  readonly askedAt: Instant
}

export class Lease {
  readonly id: bigint
  /** For how long it is granted each time. */
  readonly ttlSeconds: number
  readonly #failover: Failover
  readonly #keepAlives: KeepAlives
  readonly #revoke: () => Promise<void>
  readonly #lost: LostSignal = lostSignal()
  readonly #renewal: Timer
  readonly #end: Timer
  #isOver = false

  /** @param revoke asks the cluster to end it. */
  constructor(
    failover: Failover,
    keepAlives: KeepAlives,
    granted: GrantedLease,
    revoke: () => Promise<void>,
  ) {
    this.id = granted.id
    this.ttlSeconds = granted.ttlSeconds
    this.#failover = failover
    this.#keepAlives = keepAlives
    this.#revoke = revoke
    this.#renewal = failover.clock.timer(() => void this.#renew())
    this.#end = failover.clock.timer(() => this.#lose('no keep-alive was acknowledged in time'))
    this.#renewed(granted.askedAt)
  }

  /** Aborted as soon as the lease is lost, or may be; the reason is an error with code QUORATE_CLIENT_LEASE_LOST. */
  get signal(): AbortSignal {
    return this.#lost.signal
  }

  /** Whether it has been lost, revoked or released. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Ends it: the keys that go with it are deleted when this resolves. The signal stays silent. */
  async revoke(): Promise<void> {
    this.release()
    await this.#revoke()
  }

  /** Keeps it alive no longer, and says nothing to the cluster: it ends when its time is over. */
  release(): void {
    this.#isOver = true
    this.#renewal.clear()
    this.#end.clear()
  }

  async #renew(): Promise<void> {
    const { clock } = this.#failover
    const sentAt = clock.now()
    try {
      const ttlSeconds = await this.#keepAlives.renew(this.id, Math.min(ATTEMPT_TIMEOUT_MS, this.#ttlMs / 3))
      if (this.#isOver) return
      if (ttlSeconds > 0) this.#renewed(sentAt)
      else this.#lose('the cluster has no such lease')
    } catch (error) {
      if (!(error instanceof ClientError)) throw error
      if (!this.#isOver) this.#renewal.set(addMs(clock.now(), KEEP_ALIVE_RETRY_MS))
    }
  }

  /** The next renewal comes a little before a third has passed: those of many leases drift apart. */
  #renewed(sentAt: Instant): void {
    const thirdMs = this.#ttlMs / 3
    const earlyMs = this.#failover.random.below(Math.ceil(thirdMs / 10))
    this.#renewal.set(addMs(sentAt, thirdMs - earlyMs))
    this.#end.set(addMs(sentAt, this.#ttlMs))
  }

  get #ttlMs(): number {
    return this.ttlSeconds * 1000
  }

  #lose(why: string): void {
    if (this.#isOver) return
    this.release()
    this.#lost.lose(new ClientError(ClientErrors.leaseLost, `the lease is lost: ${why}`, 'unknown'))
  }
}
