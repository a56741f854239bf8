/**
 * Proposals that are under way, and how long the oldest of them has been. When a cluster is asked for more than it can
 * do, a queue without a bound in time serves everybody too late: work is done for callers that have given up. So once
 * the oldest of many has waited too long, new ones are refused; who is served is then served in time.
 */
import { type Instant, msBetween } from '../../core/time.ts'
import { BACKLOG_PROPOSALS_MIN, BACKLOG_WAIT_MS_MAX } from './limits.ts'

interface Waiting {
  readonly since: Instant
}

export class Backlog {
  /** In the order of their coming. */
  readonly #waiting = new Set<Waiting>()

  /** Whether one that comes now would only wait in vain. Few that wait long wait for something else: a leader. */
  isTooLong(now: Instant): boolean {
    if (this.#waiting.size < BACKLOG_PROPOSALS_MIN) return false
    const [oldest] = this.#waiting
    return oldest !== undefined && msBetween(oldest.since, now) > BACKLOG_WAIT_MS_MAX
  }

  /** One more; to be called once it is answered. */
  add(now: Instant): () => void {
    const waiting = { since: now }
    this.#waiting.add(waiting)
    return () => this.#waiting.delete(waiting)
  }
}
