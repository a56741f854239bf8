/**
 * Virtual time. Nothing waits: the clock jumps from one queued event to the next, and everything that happens
 * in a simulated world happens in one order, the same for the same inputs.
 *
 * An instant goes in rounds, as in an event loop: first the events that are due, then the `soon` call-backs
 * that were asked for until then, and again until neither is left; only then does time advance.
 *
 * Every incarnation of a node gets a `NodeClock`, a view that drifts, can be paused and dies with its node.
 */
import { assert } from '../core/assert.ts'
import { type Instant, NEVER } from '../core/time.ts'
import type { Clock, Timer } from '../runtime/clock.ts'
import { EventQueue, QueuedEvent } from './event-queue.ts'
import { STEPS_PER_INSTANT_MAX, STEPS_UNTIL_IDLE_MAX } from './limits.ts'
import { NodeClock, type NodeClockOptions } from './node-clock.ts'

/** Where wall clocks begin: 2025-01-01 00:00 UTC. Nothing is decided by it. */
const WALL_START_MS = 1_735_689_600_000

/** Events that belong to no node: the network's, the scenario's, the referee's. */
export class SimulatedClock implements Clock {
  readonly #events = new EventQueue<QueuedEvent>()
  #now = 0 as Instant
  #soon: (() => void)[] = []
  /** The `soon` call-backs of the round that is running, and how far it is. */
  #round: (() => void)[] = []
  #roundAt = 0
  #steps = 0
  #stepsAtInstant = 0
  #isStirred = false

  now(): Instant {
    return this.#now
  }

  wallMs(): number {
    return WALL_START_MS + Math.floor(this.#now / 1000)
  }

  /** How many call-backs have run. */
  get steps(): number {
    return this.#steps
  }

  timer(fire: () => void): Timer {
    const event = new QueuedEvent(this.#stirring(fire))
    return {
      set: at => {
        if (at === NEVER) this.#events.remove(event)
        else this.schedule(event, at)
      },
      clear: () => this.#events.remove(event),
    }
  }

  soon(run: () => void): void {
    this.soonQuietly(this.#stirring(run))
  }

  /** For clocks of nodes: `soon`, without a word about promises. */
  soonQuietly(run: () => void): void {
    this.#soon.push(run)
  }

  nextTurn(run: () => void): void {
    this.soon(run)
  }

  /** Calls back at `at`, or within this instant if that has passed. Behind everything asked for earlier. */
  at(at: Instant, run: () => void): void {
    this.atQuietly(at, this.#stirring(run))
  }

  /** For kernels: `at`, without a word about promises. What a kernel calls back says it by its own clock. */
  atQuietly(at: Instant, run: () => void): void {
    this.schedule(new QueuedEvent(run), at)
  }

  /** Promises may go on behind what runs now. */
  stir(): void {
    this.#isStirred = true
  }

  /** Whether promises may go on since this was last asked. */
  takeStirred(): boolean {
    const isStirred = this.#isStirred
    this.#isStirred = false
    return isStirred
  }

  /** Queues an event or moves it; for what must be able to take it back (`cancel`). */
  schedule(event: QueuedEvent, at: Instant): void {
    assert(at !== NEVER, 'what is scheduled happens some day')
    this.#events.push(event, at < this.#now ? this.#now : at)
  }

  /** Takes back an event that has not happened yet. */
  cancel(event: QueuedEvent): void {
    this.#events.remove(event)
  }

  /** The clock of a new incarnation of a node. */
  node(options: NodeClockOptions = {}): NodeClock {
    return new NodeClock(this, options)
  }

  /** When the next step happens; `NEVER` if nothing is left to do. */
  nextAt(): Instant {
    if (this.#roundAt < this.#round.length || this.#soon.length > 0) return this.#now
    return this.#events.peek()?.at ?? NEVER
  }

  /** Runs one call-back, after advancing time to it. False if nothing is left to do. */
  step(): boolean {
    const run = this.#take()
    if (run === undefined) return false
    this.#steps++
    this.#stepsAtInstant++
    assert(this.#stepsAtInstant <= STEPS_PER_INSTANT_MAX, 'time advances: no endless loop within one instant')
    run()
    return true
  }

  /** Runs until nothing is left to do. Of use only where no timer is set again for ever. */
  runUntilIdle(stepsMax: number = STEPS_UNTIL_IDLE_MAX): void {
    for (let count = 0; this.step(); count++) assert(count < stepsMax, 'the world comes to rest')
  }

  /** Runs everything that happens up to and including `at`, and leaves the clock there. */
  runUntil(at: Instant): void {
    while (this.nextAt() <= at) this.step()
    if (at > this.#now) this.#advance(at)
  }

  /** `runUntil`, counted from now. */
  runFor(microseconds: number): void {
    this.runUntil((this.#now + microseconds) as Instant)
  }

  /** Runs until the condition holds (asked before every step); false if it does not by `limit`. */
  runUntilTrue(condition: () => boolean, limit: Instant): boolean {
    while (!condition()) {
      if (this.nextAt() > limit) return false
      this.step()
    }
    return true
  }

  #take(): (() => void) | undefined {
    if (this.#roundAt < this.#round.length) return this.#round[this.#roundAt++]
    const next = this.#events.peek()
    if ((next === undefined || next.at > this.#now) && this.#soon.length > 0) {
      this.#round = this.#soon
      this.#soon = []
      this.#roundAt = 1
      return this.#round[0]
    }
    if (next === undefined) return undefined
    if (next.at > this.#now) this.#advance(next.at)
    this.#events.pop()
    return next.run
  }

  /** Who calls back from outside all nodes may keep promises. */
  #stirring(run: () => void): () => void {
    return () => {
      this.#isStirred = true
      run()
    }
  }

  #advance(to: Instant): void {
    this.#now = to
    this.#stepsAtInstant = 0
  }
}
