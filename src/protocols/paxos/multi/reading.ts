/**
 * Linearizable reads without a slot: the leader notes up to where it knows what is chosen, and asks a majority of those
 * who vote in the slot behind that whether they have promised nothing higher. Had another proposer got anything chosen
 * behind it before the read arrived, one of them would have. A leader whose slots were open when it began waits until
 * it knows what is chosen in them.
 */
import { type Index, NOBODY, type NodeId, type ReadId } from '../../../core/ids.ts'
import { bug, probe } from '../../../core/seams.ts'
import type { Instant } from '../../../core/time.ts'
import type { ReadRound } from '../../replica/read-index.ts'
import { majorityValue } from './configurations.ts'
import { sendBeats } from './leading.ts'
import type { ReadRefused, ReadRequest, ReadResponse } from './message.ts'
import type { PaxosState } from './state.ts'

export function onRead(state: PaxosState, id: ReadId): void {
  if (!state.leadership) state.newReads.push(id)
  else if (!state.leadership.reads.add({ kind: 'local', ids: [id] })) state.outbox.unreadable.push(id)
}

export function onReadRequest(state: PaxosState, from: NodeId, { incarnation, sequence }: ReadRequest): void {
  const request = { incarnation, sequence }
  if (state.leadership?.reads.add({ kind: 'forwarded', from, request })) return
  state.send(from, { type: 'readRefused', ballot: state.ballot, ...request })
}

/** What an earlier start asked is answered to nobody: ids are never used again. */
export function onReadResponse(state: PaxosState, response: ReadResponse): void {
  if (response.incarnation !== state.promised.incarnation) return
  const ids = state.forwardedReads.answered(response.sequence)
  if (ids.length > 0) state.outbox.serve(ids, response.index)
}

export function onReadRefused(state: PaxosState, { incarnation, sequence }: ReadRefused): void {
  if (incarnation !== state.promised.incarnation) return
  state.outbox.unreadable.push(...state.forwardedReads.answered(sequence))
}

/** At the end of a step: everything that was read during it shares one request, or one round. */
export function advanceReads(state: PaxosState): void {
  if (state.newReads.length > 0) askTheLeader(state)
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

function askTheLeader(state: PaxosState): void {
  const ids = state.newReads
  state.newReads = []
  const { leader, leadership, forwardedReads, outbox, ballot } = state
  if (leadership) {
    if (!leadership.reads.add({ kind: 'local', ids })) outbox.unreadable.push(...ids)
  } else if (leader === NOBODY || forwardedReads.size >= state.limits.heldReadsMax) {
    outbox.unreadable.push(...ids)
  } else {
    const { incarnation } = state.promised
    const sequence = forwardedReads.begin(ids, (state.now + state.electionUs) as Instant)
    state.send(leader, { type: 'readRequest', ballot, incarnation, sequence }, 'promise')
  }
}

/** Each round is confirmed by those who voted in the slot that was open when it began. */
function confirmRounds(state: PaxosState): void {
  const { reads, peers } = state.leadership!
  const answered = (id: NodeId) => (id === state.id ? reads.newest : (peers.get(id)?.round ?? 0))
  for (let oldest = reads.oldest; oldest !== undefined; oldest = reads.oldest) {
    const { voters } = state.configurations.at(oldest.index + 1)
    if (majorityValue(voters, answered) < oldest.round) return
    for (const round of reads.confirm(oldest.round)) serve(state, round)
  }
}

function serve(state: PaxosState, { reads, index }: ReadRound): void {
  for (const read of reads) {
    if (read.kind === 'local') state.outbox.serve(read.ids, index)
    else sendIndex(state, read.from, read.request.incarnation, read.request.sequence, index)
  }
}

function sendIndex(state: PaxosState, to: NodeId, incarnation: number, sequence: number, index: Index): void {
  state.leadership!.peers.get(to)?.awaitChosen(index)
  state.send(to, { type: 'readResponse', ballot: state.ballot, incarnation, sequence, index })
}
