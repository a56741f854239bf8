/** What came of a run. */
import type { ProbeName } from '../../core/seams.ts'
import type { FaultCounts } from '../faults/fault-counts.ts'

/**
 * `crash`: something threw that must not. `liveness`: a healed core did not answer, or replicas did not come together.
 * `correctness`: an answer was wrong, or replicas differ. `exhausted`: it was broken off, and nothing is known.
 */
export const VERDICTS = ['good', 'crash', 'liveness', 'correctness', 'exhausted'] as const

export type Verdict = (typeof VERDICTS)[number]

export interface RunResult {
  readonly seed: number
  /** Over everything that happened, in its order. */
  readonly digest: string
  readonly verdict: Verdict
  /** For people, the worst first; none if all is good. */
  readonly problems: readonly string[]
  readonly virtualMs: number
  /** Call-backs that ran. */
  readonly events: number
  /** Requests in the history, each checked. */
  readonly operations: number
  /** The history allowed so many orders that the search was given up: neither proved nor refuted. */
  readonly isUndecided: boolean
  readonly faults: FaultCounts
  /** How often each rare situation came about; those that did. */
  readonly probes: ReadonlyMap<ProbeName, number>
}
