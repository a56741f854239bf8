/**
 * Derives and checks passwords, one behind the other, outside of the node's turns: each takes as long as hundreds of
 * puts. Between two it pauses for a part of the time that the first took, so that whoever sends wrong passwords
 * without end leaves some of the thread to the tables of the store.
 */
import { addMs, msBetween } from '../../../core/time.ts'
import type { Clock, Timer } from '../../../runtime/clock.ts'
import type { JobKind, RunningJob, Tell } from '../../../runtime/jobs.ts'
import { REST_SHARE } from './limits.ts'
import { isPassword, type PasswordKey, passwordRecord } from './password-record.ts'

export type PasswordOrder =
  | { readonly kind: 'derive'; readonly id: number; readonly password: Uint8Array; readonly salt: Uint8Array }
  | {
      readonly kind: 'check'
      readonly id: number
      readonly password: Uint8Array
      readonly record: Uint8Array
    }

export type PasswordReport =
  | { readonly kind: 'derived'; readonly id: number; readonly record: Uint8Array }
  | { readonly kind: 'checked'; readonly id: number; readonly isRight: boolean }

/** @param key where the job runs; who starts it in a thread has another copy of it there. */
export function passwordJob(key: PasswordKey): JobKind<null, PasswordOrder, PasswordReport> {
  return { name: 'passwords', begin: ({ clock }, _input, tell) => new PasswordJob(clock, key, tell) }
}

class PasswordJob implements RunningJob<PasswordOrder> {
  readonly #clock: Clock
  readonly #key: PasswordKey
  readonly #tell: Tell<PasswordReport>
  /** Bounded by who sends them (`Passwords`). */
  readonly #orders: PasswordOrder[] = []
  readonly #pause: Timer
  #isResting = false

  constructor(clock: Clock, key: PasswordKey, tell: Tell<PasswordReport>) {
    this.#clock = clock
    this.#key = key
    this.#tell = tell
    this.#pause = clock.timer(() => {
      this.#isResting = false
      this.#next()
    })
  }

  hear(order: PasswordOrder): void {
    this.#orders.push(order)
    this.#next()
  }

  stop(stopped: () => void): void {
    this.#orders.length = 0
    this.#pause.clear()
    stopped()
  }

  #next(): void {
    const order = this.#isResting ? undefined : this.#orders.shift()
    if (order === undefined) return
    const begunAt = this.#clock.now()
    this.#tell(this.#done(order))
    const now = this.#clock.now()
    const restMs = msBetween(begunAt, now) * REST_SHARE
    if (restMs === 0) return this.#next()
    this.#isResting = true
    this.#pause.set(addMs(now, restMs))
  }

  #done(order: PasswordOrder): PasswordReport {
    const { id, password } = order
    if (order.kind === 'derive') {
      return { kind: 'derived', id, record: passwordRecord(password, order.salt, this.#key) }
    }
    return { kind: 'checked', id, isRight: isPassword(order.record, password, this.#key) }
  }
}
