/** Linearizable reads (thesis §6.4), for the leader's own group and for followers. */
import { type Index, NOBODY, type NodeId, type ReadId } from '../../core/ids.ts'
import { bug, probe } from '../../core/seams.ts'
import type { Instant } from '../../core/time.ts'
import type { ReadRound } from '../replica/read-index.ts'
import { quorumValue } from './joint-quorum.ts'
import { sendHeartbeats } from './leading.ts'
import type { ReadRefused, ReadRequest, ReadResponse } from './message.ts'
import type { RaftState } from './raft-state.ts'

export function onRead(state: RaftState, id: ReadId): void {
  if (!state.leadership) state.newReads.push(id)
  else if (!state.leadership.reads.add({ kind: 'local', ids: [id] })) state.outbox.unreadable.push(id)
}

export function onReadRequest(state: RaftState, from: NodeId, { incarnation, sequence }: ReadRequest): void {
  const request = { incarnation, sequence }
  if (state.leadership?.reads.add({ kind: 'forwarded', from, request })) return
  state.send(from, { type: 'readRefused', ballot: state.ballot, ...request })
}

/** A request that reached a former incarnation's leader is answered to nobody: ids are never used again. */
export function onReadResponse(state: RaftState, response: ReadResponse): void {
  if (response.incarnation !== state.promised.incarnation) return
  const ids = state.forwardedReads.answered(response.sequence)
  if (ids.length > 0) state.outbox.serve(ids, response.index)
}

export function onReadRefused(state: RaftState, { incarnation, sequence }: ReadRefused): void {
  if (incarnation !== state.promised.incarnation) return
  state.outbox.unreadable.push(...state.forwardedReads.answered(sequence))
}

/** At the end of a step: everything that was read during it shares one request, or one round. */
export function advanceReads(state: RaftState): void {
  if (state.newReads.length > 0) askTheLeader(state)
  // Thesis §6.4, step 1: a fresh leader does not know what is committed until it has committed something.
  if (!state.leadership || state.leadership.reads.size === 0) return
  if (!state.leadsSurely) probe('raft: a fresh leader held reads back')
  if (!state.leadsSurely && !bug('read-before-own-commit')) return
  confirmRounds(state)
  if (!state.leadership.reads.begin(state.commitIndex)) return
  sendHeartbeats(state)
  confirmRounds(state)
}

function askTheLeader(state: RaftState): void {
  const ids = state.newReads
  state.newReads = []
  if (state.leadership) {
    if (!state.leadership.reads.add({ kind: 'local', ids })) state.outbox.unreadable.push(...ids)
  } else if (state.leader === NOBODY || state.forwardedReads.size >= state.limits.heldReadsMax) {
    state.outbox.unreadable.push(...ids)
  } else {
    const { ballot, leader, promised } = state
    const sequence = state.forwardedReads.begin(ids, (state.now + state.electionUs) as Instant)
    const { incarnation } = promised
    state.send(leader, { type: 'readRequest', ballot, incarnation, sequence }, 'promise')
  }
}

/** Thesis §6.4, step 2: a quorum that answers a round has not elected anybody else before it began. */
function confirmRounds(state: RaftState): void {
  const { reads, progress } = state.leadership!
  if (!reads.underway) return
  const acknowledged = (id: NodeId) => (id === state.id ? reads.newest : (progress.get(id)?.round ?? 0))
  const confirmed = quorumValue(state.configuration, acknowledged)
  const served = bug('read-without-quorum') ? reads.newest : confirmed
  for (const round of reads.confirm(served)) serve(state, round)
}

function serve(state: RaftState, { reads, index }: ReadRound): void {
  for (const read of reads) {
    if (read.kind === 'local') state.outbox.serve(read.ids, index)
    else sendIndex(state, read.from, read.request.incarnation, read.request.sequence, index)
  }
}

function sendIndex(state: RaftState, to: NodeId, incarnation: number, sequence: number, index: Index): void {
  state.leadership!.progress.get(to)?.awaitCommit(index)
  state.send(to, { type: 'readResponse', ballot: state.ballot, incarnation, sequence, index })
}
