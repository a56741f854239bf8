/** A clock that a test moves by hand, turn by turn. */
import { addMs, type Instant, NEVER } from '../../../core/time.ts'
import type { Clock, Timer } from '../../../runtime/clock.ts'

interface ArmedTimer {
  at: Instant
  readonly fire: () => void
}

export class HandClock implements Clock {
  #now = 0 as Instant
  #soon: (() => void)[] = []
  readonly #timers: ArmedTimer[] = []
  /** Turns that were run since the beginning. */
  turns = 0

  now(): Instant {
    return this.#now
  }

  wallMs(): number {
    return this.#now / 1000
  }

  timer(fire: () => void): Timer {
    const timer: ArmedTimer = { at: NEVER, fire }
    this.#timers.push(timer)
    return {
      set: at => {
        timer.at = at
      },
      clear: () => {
        timer.at = NEVER
      },
    }
  }

  soon(run: () => void): void {
    this.#soon.push(run)
  }

  nextTurn(run: () => void): void {
    this.soon(run)
  }

  /** Timers go off in the order of their times, each at its own. */
  pass(ms: number): void {
    const end = addMs(this.#now, ms)
    for (;;) {
      const next = this.#timers.reduce((first, each) => (each.at < first.at ? each : first), {
        at: NEVER,
      } as ArmedTimer)
      if (next.at > end) break
      this.#now = next.at > this.#now ? next.at : this.#now
      next.at = NEVER
      next.fire()
    }
    this.#now = end
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
