/**
 * How participants of a three-phase commit decide without their coordinator (Skeen, "Nonblocking Commit Protocols",
 * 1981): whoever has waited for long enough asks all others how they stand, takes those who do not answer for dead,
 * and decides by the rest. If one of them is pre-committed, no living one can have aborted, and all are brought there
 * before any commits; if none is, none can have committed, and all abort.
 *
 * That is right where a time-out proves a death, and wrong where it does not: two halves of a network, each of which
 * takes the other for dead, may decide differently.
 *
 * Who has been down never decides: others may have gone on without it.
 */
import type { NodeId } from '../../core/ids.ts'
import type { Standing } from './message.ts'
import type { Participated } from './participated.ts'
import type { Decision } from './transaction.ts'

export interface Termination {
  /** Others are being brought to where they know that all have voted yes. */
  readonly isMoving: boolean
  readonly answers: Map<NodeId, Standing>
  readonly decision: Decision | undefined
  /** Whom to ask, to move or to tell. */
  readonly tell: readonly NodeId[]
}

/** What comes next, now that nothing more is waited for. */
export function advance(one: Participated, others: readonly NodeId[]): Termination {
  const { termination, isRecovered, phase } = one
  const answers = new Map<NodeId, Standing>()
  if (termination === undefined || isRecovered) {
    return { isMoving: false, answers, decision: undefined, tell: others }
  }
  if (termination.isMoving) return { isMoving: true, answers, decision: 'commit', tell: others }
  const living = others.filter(other => isLiving(termination.answers.get(other)))
  const uncertain = living.filter(other => termination.answers.get(other) === 'uncertain')
  const isPreCommitted = phase === 'preCommitted' || uncertain.length < living.length
  if (!isPreCommitted) return { isMoving: false, answers, decision: 'abort', tell: others }
  return { isMoving: true, answers, decision: undefined, tell: uncertain }
}

function isLiving(standing: Standing | undefined): boolean {
  return standing === 'uncertain' || standing === 'preCommitted'
}
