/**
 * Streams that require a leader (`hasleader`) end when there was none for three election timeouts: their clients then
 * turn to a member that can be reached by the others. One look serves all; nobody looks while nobody asks.
 */
import { addMs } from '../../core/time.ts'
import type { Clock, Timer } from '../../runtime/clock.ts'
import type { GrpcCall } from '../../wire/grpc/call.ts'
import { LEADERLESS_LOOKS_MAX } from './limits.ts'

export class LeaderMonitor {
  readonly #clock: Clock
  readonly #hasLeader: () => boolean
  readonly #intervalMs: number
  readonly #timer: Timer
  readonly #calls = new Map<GrpcCall, () => void>()
  #leaderlessLooks = 0

  /** @param intervalMs between looks: the election timeout */
  constructor(clock: Clock, hasLeader: () => boolean, intervalMs: number) {
    this.#clock = clock
    this.#hasLeader = hasLeader
    this.#intervalMs = intervalMs
    this.#timer = clock.timer(() => this.#look())
  }

  /** Calls back when there has been no leader for too long, unless the call is over by then. */
  whenLost(call: GrpcCall, lost: () => void): void {
    if (this.#calls.size === 0) {
      this.#leaderlessLooks = 0
      this.#lookLater()
    }
    this.#calls.set(call, lost)
  }

  #look(): void {
    for (const call of this.#calls.keys()) if (call.ended) this.#calls.delete(call)
    this.#leaderlessLooks = this.#hasLeader() ? 0 : this.#leaderlessLooks + 1
    if (this.#leaderlessLooks >= LEADERLESS_LOOKS_MAX) {
      const lost = [...this.#calls.values()]
      this.#calls.clear()
      for (const tell of lost) tell()
    }
    if (this.#calls.size > 0) this.#lookLater()
  }

  #lookLater(): void {
    this.#timer.set(addMs(this.#clock.now(), this.#intervalMs))
  }
}
