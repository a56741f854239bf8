/**
 * Whether a client pings more often than it may: the keepalive enforcement of gRPC (proposal A8), with the
 * arithmetic of grpc-go's `handlePing`. Pings between which something was sent to the client are free.
 */
import { addMs, type Instant } from '../../core/time.ts'

export interface PingPolicy {
  /** The shortest time between two pings while calls are active (etcd: 5 s). */
  readonly intervalMsMin: number
  /** The shortest time between two pings of a connection without calls. */
  readonly idleIntervalMsMin: number
  /** This many violations in a row are forgiven. */
  readonly strikesMax: number
}

export const GRPC_PING_POLICY: PingPolicy = {
  intervalMsMin: 5000,
  idleIntervalMsMin: 2 * 60 * 60 * 1000,
  strikesMax: 2,
}

export class PingStrikes {
  readonly #policy: PingPolicy
  #strikes = 0
  #lastPingAt: Instant | undefined
  #forgiven = false

  constructor(policy: PingPolicy) {
    this.#policy = policy
  }

  /** A HEADERS or DATA frame was sent. */
  forgive(): void {
    this.#forgiven = true
  }

  /** True when the client has pinged too often. */
  ping(now: Instant, active: boolean): boolean {
    const last = this.#lastPingAt
    this.#lastPingAt = now
    if (this.#forgiven) {
      this.#forgiven = false
      this.#strikes = 0
      return false
    }
    const intervalMs = active ? this.#policy.intervalMsMin : this.#policy.idleIntervalMsMin
    if (last !== undefined && addMs(last, intervalMs) > now) this.#strikes += 1
    return this.#strikes > this.#policy.strikesMax
  }
}
