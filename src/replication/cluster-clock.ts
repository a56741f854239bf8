/**
 * The cluster's time between two entries: that of the newest applied one, and what has passed here since. Nothing is
 * decided by it but what to propose, and what people are told; decisions are made by the time of an entry.
 */
import { type ClusterTime, type Instant, msBetween } from '../core/time.ts'
import type { Clock } from '../runtime/clock.ts'

export class ClusterClock {
  readonly #clock: Clock
  #time: ClusterTime
  #since: Instant

  constructor(clock: Clock, time: ClusterTime) {
    this.#clock = clock
    this.#time = time
    this.#since = clock.now()
  }

  /** An entry was applied that bears this time. It was stamped before, so that what is added to it is too little. */
  applied(time: ClusterTime): void {
    this.#time = time
    this.#since = this.#clock.now()
  }

  now(): ClusterTime {
    return (this.#time + Math.floor(msBetween(this.#since, this.#clock.now()))) as ClusterTime
  }
}
