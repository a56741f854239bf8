/**
 * How long a proposer waits: for the answers to an attempt, before it tries again after losing to a higher
 * number, and before it asks what became of a value that it accepted. Every wait is drawn from [1, 2) times its
 * base, so that two proposers do not meet again and again, and grows with the attempts that came to nothing.
 */
import type { Random } from '../../core/prng.ts'
import { addMs, type Instant, NEVER } from '../../core/time.ts'
import { BACK_OFF_DOUBLINGS_MAX } from './limits.ts'

/** The two base durations; see `ConsensusOptions`. */
export interface PatienceOptions {
  readonly random: Random
  readonly heartbeatIntervalMs: number
  readonly electionTimeoutMs: number
}

export class Patience {
  readonly #options: PatienceOptions
  #attemptEndsAt = NEVER
  #wakeAt = NEVER
  #backsOff = false
  #failures = 0

  constructor(options: PatienceOptions) {
    this.#options = options
  }

  deadline(): Instant {
    return Math.min(this.#attemptEndsAt, this.#wakeAt) as Instant
  }

  /** A higher number won; the next attempt is some time off. */
  get backsOff(): boolean {
    return this.#backsOff
  }

  attemptBegins(now: Instant): void {
    this.#attemptEndsAt = this.#after(now, this.#options.electionTimeoutMs * 2 ** this.#doublings)
    this.#wakeAt = NEVER
    this.#backsOff = false
  }

  /** The attempt is over, one way or the other. */
  attemptEnds(): void {
    this.#attemptEndsAt = NEVER
  }

  /** An attempt got its answers. */
  succeeded(): void {
    this.#failures = 0
  }

  /** True, once, when the answers have been waited for long enough. */
  attemptLapses(now: Instant): boolean {
    if (now < this.#attemptEndsAt) return false
    this.#attemptEndsAt = NEVER
    this.#failures++
    return true
  }

  backOff(now: Instant): void {
    this.#wakeAt = this.#after(now, this.#options.heartbeatIntervalMs * 2 ** this.#doublings)
    this.#backsOff = true
    this.#failures++
  }

  /** Wakes some time after a living proposer would have finished. */
  wonder(now: Instant): void {
    if (this.#wakeAt === NEVER) this.#wakeAt = this.#after(now, 2 * this.#options.electionTimeoutMs)
  }

  /** True, once, when it is time to try again or to ask. */
  wakes(now: Instant): boolean {
    if (now < this.#wakeAt) return false
    this.#wakeAt = NEVER
    this.#backsOff = false
    return true
  }

  /** There is nothing to wait for any more. */
  rest(): void {
    this.#attemptEndsAt = NEVER
    this.#wakeAt = NEVER
    this.#backsOff = false
  }

  get #doublings(): number {
    return Math.min(this.#failures, BACK_OFF_DOUBLINGS_MAX)
  }

  #after(now: Instant, milliseconds: number): Instant {
    return addMs(now, milliseconds + (milliseconds * this.#options.random.below(1000)) / 1000)
  }
}
