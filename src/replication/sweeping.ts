/** Lets the state machine do its housekeeping, a slice a turn, and tells whoever waits when nothing is left to do. */
import type { Clock } from '../runtime/clock.ts'
import type { StateMachine } from '../runtime/state-machine.ts'
import type { Store } from '../runtime/store.ts'

export interface SweepingHost {
  /** True while the store takes nothing; `begin` is called again when it does. */
  mustWait(): boolean
  /** Something was written to the store. */
  written(): void
}

export class Sweeping<Result> {
  readonly #clock: Clock
  readonly #machine: StateMachine<Result>
  readonly #store: Store
  readonly #host: SweepingHost
  #waiters: (() => void)[] = []
  #isScheduled = false
  #isStopped = false

  constructor(clock: Clock, machine: StateMachine<Result>, store: Store, host: SweepingHost) {
    this.#clock = clock
    this.#machine = machine
    this.#store = store
    this.#host = host
  }

  /** Goes on in the next turn, if there is anything to do. */
  begin(): void {
    if (this.#isScheduled || !this.#machine.mustSweep) return
    this.#isScheduled = true
    this.#clock.nextTurn(() => {
      this.#isScheduled = false
      if (!this.#isStopped) this.#sweep()
    })
  }

  /** Calls back when nothing is left to do. */
  ended(done: () => void): void {
    if (this.#machine.mustSweep) this.#waiters.push(done)
    else done()
  }

  stop(): void {
    this.#isStopped = true
  }

  #sweep(): void {
    if (this.#host.mustWait()) return
    const batch = this.#store.batch()
    const more = this.#machine.sweep(batch)
    batch.commit()
    this.#host.written()
    if (more) return this.begin()
    const waiters = this.#waiters
    this.#waiters = []
    for (const done of waiters) done()
  }
}
