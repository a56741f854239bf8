/**
 * The clock of one incarnation of a node: local time that may drift, call-backs that stop with the process
 * (SIGSTOP) and run late when it goes on, and that never run again once it is dead.
 */
import { assert } from '../core/assert.ts'
import { type Instant, NEVER } from '../core/time.ts'
import type { Clock, Timer } from '../runtime/clock.ts'
import type { SimulatedClock } from './clock.ts'
import { type Drift, LocalTime, NO_DRIFT } from './drift.ts'
import { QueuedEvent } from './event-queue.ts'

export interface NodeClockOptions {
  /** What the monotonic clock shows at the start: a process has no reason to begin at zero. */
  readonly startsAt?: Instant
  readonly drift?: Drift
  /** How far the wall clock is off, in milliseconds. */
  readonly wallOffsetMs?: number
  /** Takes what a call-back of this node throws; without it, the error stops the simulation. */
  readonly caught?: (error: unknown) => void
}

export type NodeClockState = 'running' | 'paused' | 'dead'

export class NodeClock implements Clock {
  /** Promises may go on behind what this process does. */
  keepsPromises = true
  readonly #world: SimulatedClock
  readonly #caught: ((error: unknown) => void) | undefined
  readonly #armed = new Set<LocalTimer>()
  #local: LocalTime
  #wallOffsetMs: number
  #state: NodeClockState = 'running'
  /** What came due while paused, in order. */
  #held: QueuedEvent[] = []

  constructor(world: SimulatedClock, options: NodeClockOptions) {
    this.#world = world
    this.#caught = options.caught
    this.#local = new LocalTime(world.now(), options.startsAt ?? world.now(), options.drift ?? NO_DRIFT)
    this.#wallOffsetMs = options.wallOffsetMs ?? 0
  }

  get state(): NodeClockState {
    return this.#state
  }

  now(): Instant {
    return this.#local.atTrue(this.#world.now())
  }

  wallMs(): number {
    return this.#world.wallMs() + this.#wallOffsetMs
  }

  timer(fire: () => void): Timer {
    return new LocalTimer(this, fire)
  }

  soon(run: () => void): void {
    this.#world.soonQuietly(() => {
      if (this.#state === 'running') this.#call(run)
      else if (this.#state === 'paused') this.#held.push(this.event(run))
    })
  }

  nextTurn(run: () => void): void {
    this.soon(run)
  }

  /** Calls this node back at a true instant (the network's, the disk's), if it then lives and runs. */
  at(at: Instant, run: () => void): void {
    this.#world.schedule(this.event(run), at)
  }

  /** An event that happens to this node: held while it is paused, nothing once it is dead. */
  event(run: () => void): QueuedEvent {
    const event: QueuedEvent = new QueuedEvent(() => {
      if (this.#state === 'running') this.#call(run)
      else if (this.#state === 'paused') this.#held.push(event)
    })
    return event
  }

  /** As SIGSTOP: nothing runs, and what comes due is held. */
  pause(): void {
    if (this.#state === 'running') this.#state = 'paused'
  }

  /** As SIGCONT: what was held runs now, in its order, late. */
  resume(): void {
    if (this.#state !== 'paused') return
    this.#state = 'running'
    const held = this.#held
    this.#held = []
    for (const event of held) this.#world.schedule(event, this.#world.now())
  }

  /** The process is gone: no call-back of this incarnation runs any more. */
  kill(): void {
    this.#state = 'dead'
    this.#held = []
    for (const timer of [...this.#armed]) timer.clear()
  }

  /** Changes the pace from now on; what the clock shows does not jump. */
  setDrift(drift: Drift): void {
    this.#local = new LocalTime(this.#world.now(), this.now(), drift)
    for (const timer of [...this.#armed]) timer.rearm()
  }

  /** Steps the wall clock forward or, with a negative number, back. */
  stepWall(ms: number): void {
    this.#wallOffsetMs += ms
  }

  /** For `LocalTimer`: queues its event for the first true instant at which this clock shows `at`. */
  arm(timer: LocalTimer, event: QueuedEvent, at: Instant): void {
    if (this.#state === 'dead') return
    this.#armed.add(timer)
    this.#world.schedule(event, this.#local.atLocal(at))
  }

  /** For `LocalTimer`: takes the event back, wherever it waits. */
  disarm(timer: LocalTimer, event: QueuedEvent): void {
    this.#armed.delete(timer)
    this.#world.cancel(event)
    this.letGo(event)
  }

  /** For `LocalTimer`: the event no longer waits for this node to go on, if it did. */
  letGo(event: QueuedEvent): void {
    if (this.#held.length === 0) return
    const held = this.#held.indexOf(event)
    if (held >= 0) this.#held.splice(held, 1)
  }

  #call(run: () => void): void {
    if (this.keepsPromises) this.#world.stir()
    if (this.#caught === undefined) {
      run()
      return
    }
    try {
      run()
    } catch (error) {
      this.#caught(error)
    }
  }
}

/** A timer by a node's own time. */
class LocalTimer implements Timer {
  readonly #clock: NodeClock
  readonly #event: QueuedEvent
  #at = NEVER

  constructor(clock: NodeClock, fire: () => void) {
    this.#clock = clock
    this.#event = clock.event(() => {
      assert(clock.now() >= this.#at, 'a timer never fires early')
      this.clear()
      fire()
    })
  }

  /** Moves its event: most timers are set again long before they fire. */
  set(at: Instant): void {
    if (at === NEVER) return this.clear()
    this.#clock.letGo(this.#event)
    this.#at = at
    this.#clock.arm(this, this.#event, at)
  }

  clear(): void {
    this.#at = NEVER
    this.#clock.disarm(this, this.#event)
  }

  /** The clock's pace changed. */
  rearm(): void {
    if (this.#event.isQueued) this.#clock.arm(this, this.#event, this.#at)
  }
}
