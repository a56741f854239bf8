import type { Instant } from '../core/time.ts'

/** Time and turns. The real one is the event loop's; the simulated one jumps from deadline to deadline. */
export interface Clock {
  /** Monotonic. Does not move within one callback of the simulator; on Node.js it may. */
  now(): Instant
  /** Milliseconds since 1970, for people only: may step either way, nothing is decided by it. */
  wallMs(): number
  /** A timer that is set and cleared many times. Not armed at first. */
  timer(fire: () => void): Timer
  /**
   * Calls back once the I/O events that are already waiting have been handled: the end of the turn, when
   * what was gathered meanwhile is sent or written in one go. In the order asked for; what is asked for then
   * follows, as a rule, in the same turn.
   */
  soon(run: () => void): void
  /**
   * Calls back in a later turn, with I/O events in between: for the next slice of long work, which must not
   * hold up those who are waiting.
   */
  nextTurn(run: () => void): void
}

/** Set and cleared many times; fires at most once for each set. */
export interface Timer {
  /** Fires once at or after `at`; replaces what was set before. `NEVER` clears. */
  set(at: Instant): void
  clear(): void
}
