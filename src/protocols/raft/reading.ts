/** Linearizable reads (thesis §6.4): when the leader knows enough, and when a round is confirmed. */
import type { NodeId } from '../../core/ids.ts'
import { bug, probe } from '../../core/seams.ts'
import { placeNewReads, serve } from '../replica/reading.ts'
import { quorumValue } from './joint-quorum.ts'
import { sendHeartbeats } from './leading.ts'
import type { RaftState } from './raft-state.ts'

/** At the end of a step: everything that was read during it shares one round. */
export function advanceReads(state: RaftState): void {
  placeNewReads(state)
  // Thesis §6.4, step 1: a fresh leader does not know what is committed until it has committed something.
  if (!state.leadership || state.leadership.reads.size === 0) return
  if (!state.leadsSurely) probe('raft: a fresh leader held reads back')
  if (!state.leadsSurely && !bug('read-before-own-commit')) return
  confirmRounds(state)
  if (!state.leadership.reads.begin(state.commitIndex)) return
  sendHeartbeats(state)
  confirmRounds(state)
}

/** Thesis §6.4, step 2: a quorum that answers a round has not elected anybody else before it began. */
function confirmRounds(state: RaftState): void {
  const { reads, progress } = state.leadership!
  if (!reads.underway) return
  const acknowledged = (id: NodeId) => (id === state.id ? reads.newest : (progress.get(id)?.round ?? 0))
  const confirmed = quorumValue(state.configuration, acknowledged)
  const served = bug('read-without-quorum') ? reads.newest : confirmed
  for (const round of reads.confirm(served)) {
    serve(state, round, (id, index) => progress.get(id)?.awaitCommit(index))
  }
}
