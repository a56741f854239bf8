/**
 * Linearizable reads without a slot: the leader notes up to where it knows what is chosen, and asks a majority of those
 * who vote in the slot behind that whether they have promised nothing higher. Had another proposer got anything chosen
 * behind it before the read arrived, one of them would have. A leader whose slots were open when it began waits until
 * it knows what is chosen in them.
 */
import type { NodeId } from '../../../core/ids.ts'
import { bug, probe } from '../../../core/seams.ts'
import { placeNewReads, serve } from '../../replica/reading.ts'
import { majorityValue } from './configurations.ts'
import { sendBeats } from './leading.ts'
import type { PaxosState } from './state.ts'

/** At the end of a step: everything that was read during it shares one round. */
export function advanceReads(state: PaxosState): void {
  placeNewReads(state)
  const { leadership, log } = state
  if (!leadership || leadership.reads.size === 0) return
  if (log.chosen < leadership.recoveredThrough) {
    probe('paxos: a new leader held reads back')
    if (!bug('paxos-read-before-recovery')) return
  }
  confirmRounds(state)
  if (!leadership.reads.begin(log.chosen)) return
  sendBeats(state)
  confirmRounds(state)
}

/** Each round is confirmed by those who voted in the slot that was open when it began. */
function confirmRounds(state: PaxosState): void {
  const { reads, peers } = state.leadership!
  const answered = (id: NodeId) => (id === state.id ? reads.newest : (peers.get(id)?.round ?? 0))
  for (let oldest = reads.oldest; oldest !== undefined; oldest = reads.oldest) {
    const { voters } = state.configurations.at(oldest.index + 1)
    if (majorityValue(voters, answered) < oldest.round) return
    for (const round of reads.confirm(oldest.round)) {
      serve(state, round, (id, index) => peers.get(id)?.awaitChosen(index))
    }
  }
}
