/**
 * How long it takes to a peer and back: a numbered ping on the prompt lane, now and then, and its answer. As in etcd
 * the time includes what both processes let it wait, for that delays heartbeats just as much.
 */
import { Histogram } from '../../core/histogram.ts'
import { type Instant, msBetween } from '../../core/time.ts'
import type { Clock } from '../../runtime/clock.ts'
import { ROUND_TRIP_BOUNDS, ROUND_TRIP_SWEEPS } from './limits.ts'

export class RoundTrips {
  /** In seconds. */
  readonly times = new Histogram(ROUND_TRIP_BOUNDS)
  readonly #clock: Pick<Clock, 'now'>
  #number = 0
  /** Of the last ping, unless its answer has come. */
  #askedAt: Instant | undefined
  #sweeps = 0

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  /** The lane is up, perhaps again: what was asked on an earlier connection is not answered any more. */
  begin(): void {
    this.#askedAt = undefined
    this.#sweeps = 0
  }

  /** Once in every ping interval. Asks nothing while an answer is to come: late ones must not go uncounted. */
  sweep(ping: (number: number) => void): void {
    if (this.#sweeps++ % ROUND_TRIP_SWEEPS !== 0 || this.#askedAt !== undefined) return
    this.#number = (this.#number + 1) >>> 0
    this.#askedAt = this.#clock.now()
    ping(this.#number)
  }

  echoed(number: number): void {
    if (this.#askedAt === undefined || number !== this.#number) return
    this.times.observe(msBetween(this.#askedAt, this.#clock.now()) / 1_000)
    this.#askedAt = undefined
  }
}
