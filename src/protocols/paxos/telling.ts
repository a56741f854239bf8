/**
 * Who may not have heard what was chosen. Messages get lost, so whoever knows tells the others until they
 * confirm it, ever more slowly.
 */
import type { NodeId } from '../../core/ids.ts'
import { addMs, type Instant, NEVER } from '../../core/time.ts'
import { TELL_DOUBLINGS_MAX } from './limits.ts'

export class Telling {
  readonly #intervalMs: number
  readonly #unconfirmed: Set<NodeId>
  #rounds = 0
  #at = NEVER

  constructor(others: readonly NodeId[], intervalMs: number) {
    this.#unconfirmed = new Set(others)
    this.#intervalMs = intervalMs
  }

  /** There is something to tell, first in an interval's time: most will have heard by then. */
  start(now: Instant): void {
    this.#schedule(now)
  }

  /** This one knows. */
  confirmed(by: NodeId): void {
    this.#unconfirmed.delete(by)
    if (this.#unconfirmed.size === 0) this.#at = NEVER
  }

  /** Whom to tell now, if it is time. */
  due(now: Instant): readonly NodeId[] {
    if (now < this.#at) return []
    this.#rounds = Math.min(this.#rounds + 1, TELL_DOUBLINGS_MAX)
    this.#schedule(now)
    return [...this.#unconfirmed]
  }

  deadline(): Instant {
    return this.#at
  }

  #schedule(now: Instant): void {
    this.#at = this.#unconfirmed.size === 0 ? NEVER : addMs(now, this.#intervalMs * 2 ** this.#rounds)
  }
}
