/** Changes of membership under way (Raft §6; thesis §4.1-4.3). */
import { assert } from '../../core/assert.ts'
import { NOBODY, type NodeId, type ProposalId } from '../../core/ids.ts'
import { bug } from '../../core/seams.ts'
import type { Objection } from '../consensus.ts'
import type { Change } from '../replica/request.ts'
import { type Configuration, encodeConfiguration, isJoint, isVoter, members } from './configuration.ts'
import { appendOwn } from './leading.ts'
import { leaveJoint, planChange } from './membership-change.ts'
import type { RaftState } from './raft-state.ts'

/** So much of the leader's log a learner must hold before it may vote (in tenths; etcd's `readyPercent`). */
const IN_SYNC_TENTHS = 9

/**
 * Begins a change, or says what there is against it. One change at a time: the one before must be committed. And
 * the leader must have committed an entry of its own term, or it might build on a configuration which nobody else
 * will ever see (Ongaro, raft-dev, July 2015).
 */
export function reconfigure(
  state: RaftState,
  { membership, basis }: Change,
  context: Uint8Array,
  origin: NodeId,
  id: ProposalId,
): Objection | undefined {
  const { configuration } = state
  const isHasty = bug('one-server-changes-overlap')
  if ((!state.leadsSurely && !isHasty) || state.leadership!.transfer || !state.isSettled) return 'busy'
  assert(!isJoint(configuration), 'a joint configuration is left in the step in which it is committed')
  if (basis !== undefined && basis !== configuration.version) return 'outdated'
  const next = planChange(configuration, membership, context)
  if (!next) return 'invalid'
  if (!arePromotedInSync(state, next)) return 'behind'
  appendOwn(state, 'configuration', encodeConfiguration(isHasty ? leaveJoint(next) : next), origin, id)
  return undefined
}

/** Thesis §4.2.1: a server that has yet to catch up, and counts, is one failure that the group cannot afford. */
function arePromotedInSync(state: RaftState, next: Configuration): boolean {
  const { progress } = state.leadership!
  const promoted = state.configuration.learners.filter(id => next.voters.includes(id))
  return promoted.every(id => {
    const match = progress.get(id)?.match ?? 0
    return match * 10 >= state.log.durableIndex * IN_SYNC_TENTHS
  })
}

/** Once C_old,new is committed neither can decide alone any more, and the leader moves on to C_new (Raft §6). */
export function leaveJointWhenCommitted(state: RaftState): void {
  if (!isJoint(state.configuration) || !state.isSettled || !state.leadsSurely) return
  const next = encodeConfiguration(leaveJoint(state.configuration))
  appendOwn(state, 'configuration', next, NOBODY, 0 as ProposalId)
}

/**
 * Once a configuration is committed, those who left it are told so, or they would ask for votes for ever; then,
 * or when they have been silent for as long as an election takes, they hear no more. A leader that is not in it
 * steps down (Raft §6), not without naming a successor, so that nobody has to wait for a timeout.
 */
export function releaseTheDeparted(state: RaftState): void {
  const { leadership, configuration } = state
  if (!leadership || leadership.released === configuration || !state.isSettled) return
  const { progress } = leadership
  const staying = members(configuration)
  let isWaiting = false
  for (const [id, departed] of progress) {
    if (staying.includes(id)) continue
    const isSilent = departed.heardAt + state.electionUs <= state.now
    if (isSilent || departed.commitSent >= state.configurations.currentIndex) progress.delete(id)
    else isWaiting = true
  }
  if (!isVoter(configuration, state.id)) stepAside(state)
  else if (!isWaiting) leadership.released = configuration
}

function stepAside(state: RaftState): void {
  const { progress } = state.leadership!
  let successor: NodeId = NOBODY
  let best = -1
  for (const id of state.configuration.voters) {
    const { match } = progress.get(id)!
    if (match <= best) continue
    successor = id
    best = match
  }
  state.send(successor, { type: 'timeoutNow', ballot: state.ballot })
  state.becomeFollower(state.ballot, NOBODY)
}
