/**
 * Majorities, simple and joint (Raft §6: agreement needs separate majorities of the old and the new
 * configuration). Pure arithmetic over a configuration; a configuration without voters agrees on nothing.
 */
import type { NodeId } from '../../core/ids.ts'
import type { Configuration } from './configuration.ts'

export type VoteResult = 'won' | 'lost' | 'pending'

export function majority(size: number): number {
  return Math.floor(size / 2) + 1
}

/** The greatest value that a quorum has reached: a commit index, a read round, an instant. */
export function quorumValue(configuration: Configuration, reached: (id: NodeId) => number): number {
  const { voters, outgoing } = configuration
  const incoming = majorityValue(voters, reached)
  return outgoing.length === 0 ? incoming : Math.min(incoming, majorityValue(outgoing, reached))
}

/** Whether those for whom `has` is true make up a quorum. */
export function isQuorum(configuration: Configuration, has: (id: NodeId) => boolean): boolean {
  return quorumValue(configuration, id => (has(id) ? 1 : 0)) === 1
}

/** Lost as soon as those who have not refused can no longer make a quorum. */
export function voteResult(configuration: Configuration, votes: ReadonlyMap<NodeId, boolean>): VoteResult {
  if (isQuorum(configuration, id => votes.get(id) === true)) return 'won'
  return isQuorum(configuration, id => votes.get(id) !== false) ? 'pending' : 'lost'
}

function majorityValue(voters: readonly NodeId[], reached: (id: NodeId) => number): number {
  const count = voters.length
  if (count === 0) return 0
  if (count === 1) return reached(voters[0]!)
  const values = new Array<number>(count)
  for (let known = 0; known < count; known++) {
    const value = reached(voters[known]!)
    let at = known
    for (; at > 0 && values[at - 1]! < value; at--) values[at] = values[at - 1]!
    values[at] = value
  }
  return values[majority(count) - 1]!
}
