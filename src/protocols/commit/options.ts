/** What a node of atomic commitment is given. */
import type { NodeId } from '../../core/ids.ts'

/**
 * - `two-phase`: safe always; blocks while the coordinator and all who know the decision are down.
 * - `three-phase`: never blocks while one participant stays up; safe only where nothing is late (see DESIGN.md).
 * - `replicated`: safe always, and blocks only while the register does (a majority of its nodes is down).
 */
export type Flavour = 'two-phase' | 'three-phase' | 'replicated'

export interface CommitOptions {
  readonly id: NodeId
  readonly flavour: Flavour
  /** How long a coordinator waits for answers. More than a message there, a write and a message back ever take. */
  readonly timeoutMs: number
}

/** A participant that has heard nothing for so many time-outs asks: the coordinator has had time to go on twice. */
export const PATIENCE_TIMEOUTS = 4
