/**
 * Slows down whoever guesses passwords. After a few wrong ones for a user from one address, the next attempt for that
 * user from there has to wait, and each wrong one doubles the wait; the same, after more of them, for whomever.
 * An attempt that has to wait is made later, and a right password ends the waiting; one that nobody will wait for takes
 * no turn from others. So nobody is locked out, and whoever comes from another address does not even wait.
 *
 * Guesses from a great many addresses are bounded by how many passwords a member checks at all (`password-job.ts`).
 */
import { addMs, type Instant, msBetween } from '../../../core/time.ts'
import {
  FREE_FAILURES_PER_ADDRESS,
  FREE_FAILURES_PER_USER,
  GUESS_PAUSE_MS_MAX,
  GUESS_PAUSE_MS_MIN,
  GUESSERS_MAX,
  GUESSES_FORGOTTEN_AFTER_MS,
} from './limits.ts'

/** Who asks for a token, from where. */
export interface Guesser {
  readonly user: string
  readonly address: string
}

export class GuessPacer {
  readonly #users = new Slowdown(FREE_FAILURES_PER_USER)
  readonly #addresses = new Slowdown(FREE_FAILURES_PER_ADDRESS)

  /** When the next attempt may be made. */
  turnOf(guesser: Guesser, now: Instant): Instant {
    const user = this.#users.turnOf(keyOf(guesser), now)
    const address = this.#addresses.turnOf(guesser.address, now)
    return user > address ? user : address
  }

  /** An attempt will be made at its turn: whoever comes next has to wait behind it. */
  take(guesser: Guesser, now: Instant): void {
    this.#users.take(keyOf(guesser), now)
    this.#addresses.take(guesser.address, now)
  }

  failed(guesser: Guesser, now: Instant): void {
    this.#users.failed(keyOf(guesser), now)
    this.#addresses.failed(guesser.address, now)
  }

  /** The address keeps what it has earned with other users. */
  succeeded(guesser: Guesser): void {
    this.#users.forget(keyOf(guesser))
  }
}

function keyOf({ user, address }: Guesser): string {
  return `${address} ${user}`
}

interface Guesses {
  failures: number
  failedAt: Instant
  /** When the next attempt may be made. */
  nextAt: Instant
}

class Slowdown {
  readonly #freeFailures: number
  /** The one whose last failure is longest ago comes first. */
  readonly #guesses = new Map<string, Guesses>()

  constructor(freeFailures: number) {
    this.#freeFailures = freeFailures
  }

  turnOf(key: string, now: Instant): Instant {
    const guesses = this.#of(key, now)
    return guesses !== undefined && guesses.nextAt > now ? guesses.nextAt : now
  }

  take(key: string, now: Instant): void {
    const guesses = this.#of(key, now)
    if (guesses !== undefined) guesses.nextAt = addMs(this.turnOf(key, now), this.#pauseMs(guesses.failures))
  }

  failed(key: string, now: Instant): void {
    const before = this.#of(key, now)
    const failures = (before?.failures ?? 0) + 1
    const nextAt = addMs(now, this.#pauseMs(failures))
    this.#guesses.delete(key)
    if (this.#guesses.size >= GUESSERS_MAX) this.#forgetOldest()
    const latest = before !== undefined && before.nextAt > nextAt ? before.nextAt : nextAt
    this.#guesses.set(key, { failures, failedAt: now, nextAt: latest })
  }

  forget(key: string): void {
    this.#guesses.delete(key)
  }

  #of(key: string, now: Instant): Guesses | undefined {
    const guesses = this.#guesses.get(key)
    if (guesses === undefined || msBetween(guesses.failedAt, now) < GUESSES_FORGOTTEN_AFTER_MS) return guesses
    this.#guesses.delete(key)
    return undefined
  }

  #pauseMs(failures: number): number {
    const over = failures - this.#freeFailures
    if (over < 0) return 0
    return Math.min(GUESS_PAUSE_MS_MAX, GUESS_PAUSE_MS_MIN * 2 ** Math.min(over, 20))
  }

  #forgetOldest(): void {
    for (const key of this.#guesses.keys()) {
      this.#guesses.delete(key)
      return
    }
  }
}
