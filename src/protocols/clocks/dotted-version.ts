/**
 * Dotted version vectors (Preguiça, Baquero, Almeida, Fonte and Gonçalves, 2010): a version is one event, its *dot*,
 * and the events that its writer had read, its *past*.
 *
 * Why not a vector alone: when two clients read the same version and both write through one server, the server's
 * counter goes up twice, and the second write's vector seems to know the first. The dot stands apart from the past, so
 * that the two remain what they are: concurrent. Comparing takes one look-up, whatever the size of the vectors.
 */
import type { CausalOrder } from './causal-order.ts'
import { compareDots, type Dot, type VectorClock } from './vector-clock.ts'

export interface DottedVersion {
  readonly dot: Dot
  /** Never includes the dot. */
  readonly past: VectorClock
}

/** How `a` stands to `b`: `before` if the writer of `b` had read `a`. */
export function compareVersions(a: DottedVersion, b: DottedVersion): CausalOrder {
  if (compareDots(a.dot, b.dot) === 0) return 'equal'
  if (a.past.includes(b.dot)) return 'after'
  return b.past.includes(a.dot) ? 'before' : 'concurrent'
}
