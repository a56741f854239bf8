/** A clock that a test moves by hand, turn by turn. */
import { addMs, type Instant } from '../../../core/time.ts'
import type { Clock, Timer } from '../../../runtime/clock.ts'

export class HandClock implements Clock {
  #now = 0 as Instant
  #soon: (() => void)[] = []
  /** Turns that were run since the beginning. */
  turns = 0

  now(): Instant {
    return this.#now
  }

  wallMs(): number {
    return this.#now / 1000
  }

  timer(): Timer {
    return { set: () => {}, clear: () => {} }
  }

  soon(run: () => void): void {
    this.#soon.push(run)
  }

  nextTurn(run: () => void): void {
    this.soon(run)
  }

  pass(ms: number): void {
    this.#now = addMs(this.#now, ms)
  }

  /** Runs what was asked for until now; false if there was nothing. */
  turn(): boolean {
    const running = this.#soon
    this.#soon = []
    for (const run of running) run()
    if (running.length > 0) this.turns++
    return running.length > 0
  }

  /** Runs turns until nothing is left to do. */
  settle(): void {
    while (this.turn());
  }
}
