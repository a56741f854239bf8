/**
 * The event loop as a `Clock`. Instants come from the monotonic clock of the process. Timers never fire
 * early, which `setTimeout` alone does not promise: it counts whole milliseconds of a cached time.
 */
import { addMs, type Instant, msBetween, NEVER } from '../../core/time.ts'
import type { Clock, Timer } from '../clock.ts'
import { TIMEOUT_MS_MAX, TURN_PASSES_MAX } from './limits.ts'

export interface NodeClockOptions {
  /** False: timers alone do not keep the process alive. Default true. */
  readonly holdProcess?: boolean
}

export function nodeClock(options: NodeClockOptions = {}): Clock {
  const turns = new Turns()
  const holdProcess = options.holdProcess ?? true
  return {
    now,
    wallMs: () => Date.now(),
    timer: fire => new NodeTimer(fire, holdProcess),
    soon: run => turns.add(run),
    nextTurn: run => {
      setImmediate(run)
    },
  }
}

function now(): Instant {
  return Math.floor(performance.now() * 1000) as Instant
}

/**
 * One `setImmediate` for everything that was asked for in a turn. What is asked for meanwhile follows in
 * another pass of the same turn: a core's step leads to a write of the log, a result to an answer, and between
 * the passes what was written to sockets leaves. After a few passes the rest waits for the next turn, so that
 * a chain of `soon` cannot starve the sockets.
 */
class Turns {
  #waiting: (() => void)[] = []
  #running: (() => void)[] = []
  #next = 0
  #pass = 0
  #scheduled = false

  add(run: () => void): void {
    this.#waiting.push(run)
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(this.#drain)
  }

  readonly #drain = (): void => {
    const running = this.#waiting
    this.#waiting = this.#running
    this.#running = running
    this.#next = 0
    try {
      while (this.#next < running.length) running[this.#next++]!()
    } finally {
      // If one threw, and the process survives it, the others must not be lost.
      const rest = running.splice(this.#next)
      running.length = 0
      if (rest.length > 0) this.#waiting.unshift(...rest)
      this.#schedule()
    }
  }

  /** Ticks come in the order in which they were asked for: the sockets' turn comes before the next pass. */
  #schedule(): void {
    this.#pass++
    if (this.#waiting.length > 0 && this.#pass < TURN_PASSES_MAX) {
      process.nextTick(this.#drain)
      return
    }
    this.#pass = 0
    this.#scheduled = this.#waiting.length > 0
    if (this.#scheduled) setImmediate(this.#drain)
  }
}

/**
 * Protocol deadlines mostly move further away, several times a millisecond. So a later `set` leaves the
 * armed timeout alone: it fires, sees that it is too early, and is armed again for the rest.
 */
class NodeTimer implements Timer {
  readonly #fire: () => void
  readonly #holdProcess: boolean
  #at: Instant = NEVER
  #timeout: NodeJS.Timeout | undefined
  #timeoutAt: Instant = NEVER
  #immediate: NodeJS.Immediate | undefined

  constructor(fire: () => void, holdProcess: boolean) {
    this.#fire = fire
    this.#holdProcess = holdProcess
  }

  set(at: Instant): void {
    if (at === NEVER) return this.clear()
    this.#at = at
    const current = now()
    if (at <= current) this.#armImmediate()
    else if (this.#timeout === undefined || at < this.#timeoutAt) this.#armTimeout(current)
  }

  clear(): void {
    this.#at = NEVER
    clearTimeout(this.#timeout)
    this.#timeout = undefined
    clearImmediate(this.#immediate)
    this.#immediate = undefined
  }

  #armImmediate(): void {
    this.#immediate ??= setImmediate(this.#due)
  }

  #armTimeout(current: Instant): void {
    clearTimeout(this.#timeout)
    const ms = Math.min(Math.ceil(msBetween(current, this.#at)), TIMEOUT_MS_MAX)
    this.#timeoutAt = addMs(current, ms)
    this.#timeout = setTimeout(this.#elapsed, ms)
    if (!this.#holdProcess) this.#timeout.unref()
  }

  readonly #elapsed = (): void => {
    this.#timeout = undefined
    this.#due()
  }

  readonly #due = (): void => {
    this.#immediate = undefined
    if (this.#at === NEVER) return
    const current = now()
    if (current >= this.#at) {
      this.clear()
      this.#fire()
    } else if (this.#timeout === undefined) {
      this.#armTimeout(current)
    }
  }
}
