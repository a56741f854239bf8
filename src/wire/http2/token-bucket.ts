/** So many at once, so many a second: what is beyond it is too much. */
import { type Instant, msBetween } from '../../core/time.ts'

export class TokenBucket {
  readonly #burst: number
  readonly #perSecond: number
  #tokens: number
  #at: Instant | undefined

  constructor(burst: number, perSecond: number) {
    this.#burst = burst
    this.#perSecond = perSecond
    this.#tokens = burst
  }

  /** True, and one token less, if there is one. */
  take(now: Instant): boolean {
    if (this.#at !== undefined && now > this.#at) {
      const refill = (msBetween(this.#at, now) / 1000) * this.#perSecond
      this.#tokens = Math.min(this.#burst, this.#tokens + refill)
    }
    this.#at = now
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }
}
