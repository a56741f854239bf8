/**
 * Linearizable reads without log entries, as far as every protocol has them: who asks whom, and who is answered. Which
 * rounds are confirmed is the protocol's own rule.
 */
import { type Index, NOBODY, type NodeId, type ReadId } from '../../core/ids.ts'
import { probe } from '../../core/seams.ts'
import type { Instant } from '../../core/time.ts'
import type { ReadRound } from './read-index.ts'
import type { ReadRefused, ReadRequest, ReadResponse } from './request.ts'
import type { ReplicaState } from './state.ts'

export function onRead(state: ReplicaState, id: ReadId): void {
  if (!state.leadership) state.newReads.push(id)
  else if (!state.leadership.reads.add({ kind: 'local', ids: [id] })) state.outbox.unreadable.push(id)
}

export function onReadRequest(
  state: ReplicaState,
  from: NodeId,
  { incarnation, sequence }: ReadRequest,
): void {
  const request = { incarnation, sequence }
  if (state.leadership?.reads.add({ kind: 'forwarded', from, request })) return
  state.send(from, { type: 'readRefused', ballot: state.ballot, ...request })
}

/** What a former incarnation asked is answered to nobody: ids are never used again. */
export function onReadResponse(state: ReplicaState, response: ReadResponse): void {
  if (response.incarnation !== state.promised.incarnation) return
  const ids = state.forwardedReads.answered(response.sequence)
  if (ids.length > 0) state.outbox.serve(ids, response.index)
}

export function onReadRefused(state: ReplicaState, { incarnation, sequence }: ReadRefused): void {
  if (incarnation !== state.promised.incarnation) return
  state.outbox.unreadable.push(...state.forwardedReads.answered(sequence))
}

/** At the end of a step: everything that was read during it shares one request, or the leader's next round. */
export function placeNewReads(state: ReplicaState): void {
  if (state.newReads.length === 0) return
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

/** @param awaits told of everybody who waits to hear that this index is committed */
export function serve(
  state: ReplicaState,
  { reads, index }: ReadRound,
  awaits: (id: NodeId, index: Index) => void,
): void {
  const { ballot } = state
  for (const read of reads) {
    if (read.kind === 'local') {
      state.outbox.serve(read.ids, index)
      continue
    }
    awaits(read.from, index)
    state.send(read.from, { type: 'readResponse', ballot, ...read.request, index })
  }
}

/** Of whoever leads no longer: nobody will confirm these. */
export function abandonReads(state: ReplicaState): void {
  const { leadership, outbox, ballot } = state
  if (leadership!.reads.size > 0) probe('replica: a leader stepped down with reads under way')
  for (const read of leadership!.reads.abandon()) {
    if (read.kind === 'local') outbox.unreadable.push(...read.ids)
    else state.send(read.from, { type: 'readRefused', ballot, ...read.request })
  }
}
