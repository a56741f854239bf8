/** What keeps a node from being a member of the cluster that it was started for, by code. */
import { QuorateError } from '../core/errors.ts'
import { formatNodeId, type NodeId } from '../core/ids.ts'

export const MembershipErrors = {
  /** The node stops, or does not start: it was removed from the cluster. */
  removed: 'QUORATE_MEMBER_REMOVED',
  /** The node was started to join, and the cluster has no member with its peer URLs. */
  notAMember: 'QUORATE_JOIN_NOT_A_MEMBER',
  /** The node was started to join, and nobody told it who it is. */
  joinUnanswered: 'QUORATE_JOIN_UNANSWERED',
  /** `quorate recover`: there is nothing that could go on alone. */
  notRecoverable: 'QUORATE_NOT_RECOVERABLE',
} as const

/** @param by who says so; the member itself, if its own log does. */
export function memberRemoved(id: NodeId, by: NodeId): QuorateError {
  const source = by === id ? 'its own log says so' : `member ${formatNodeId(by)} says so`
  return new QuorateError(
    MembershipErrors.removed,
    `this member, ${formatNodeId(id)}, was removed from the cluster: ${source}`,
    'refused',
    { hint: 'To take part again: empty the data directory, and add the node as a new member.' },
  )
}
