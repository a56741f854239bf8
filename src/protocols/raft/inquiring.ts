/** The rules around `inquiries.ts`, which says why they are sound. */
import { type Ballot, NOBODY, type NodeId } from '../../core/ids.ts'
import { probe } from '../../core/seams.ts'
import { addMs } from '../../core/time.ts'
import { Inquiries } from './inquiries.ts'
import type { Inquiry, InquiryResponse } from './message.ts'
import { isAtLeast } from './promise.ts'
import type { RaftState } from './raft-state.ts'

/** So often everybody is asked before those who are silent are given up. */
const ROUNDS_BEFORE_FENCE = 3

export function beginInquiries(state: RaftState): void {
  state.inquiries = new Inquiries(state.id, state.configuration, state.log.end)
  repeatInquiries(state)
  concludeInquiries(state)
}

export function repeatInquiries(state: RaftState): void {
  const inquiries = state.inquiries!
  const patience = inquiries.rounds++ < ROUNDS_BEFORE_FENCE
  if (!patience && !inquiries.isFenced && inquiries.hasEnough()) fence(state)
  inquiries.repeatAt = addMs(state.now, state.heartbeatMs)
  for (const to of inquiries.unanswered()) inquire(state, to)
}

function fence(state: RaftState): void {
  probe('raft: a node in doubt fenced off those who were silent')
  const highest = Math.max(state.inquiries!.highestBallot(), state.ballot)
  state.becomeFollower((highest + 1) as Ballot, NOBODY)
  state.promise({ vote: state.id })
  state.inquiries!.fence(state.ballot)
}

function inquire(state: RaftState, to: NodeId): void {
  const { ballot, promised } = state
  const { incarnation } = promised
  state.send(to, { type: 'inquiry', ballot, incarnation, fence: state.inquiries!.isFenced }, 'promise')
}

/** Everything but inquiries is ignored; but a node that knows nobody now knows whom to ask. */
export function onMessageInDoubt(state: RaftState, from: NodeId): void {
  if (state.inquiries!.knowsNobody) inquire(state, from)
}

/** What is told must not be forgotten by a crash of ours, or the other may wait for it for ever. */
export function onInquiry(state: RaftState, from: NodeId, inquiry: Inquiry): void {
  const { incarnation } = inquiry
  if (inquiry.fence && inquiry.ballot > state.ballot) state.becomeFollower(inquiry.ballot, NOBODY)
  const progress = state.leadership?.progress.get(from)
  if (progress?.isCurrent(incarnation)) progress.restart(true)
  const { index: lastIndex, ballot: lastBallot } = state.log.end
  const { ballot } = state
  const certain = !state.inquiries
  const configuration = state.configurations.dataAt(lastIndex)
  const answer = { ballot, incarnation, certain, lastIndex, lastBallot, configuration }
  state.send(from, { type: 'inquiryResponse', ...answer }, lastIndex)
}

export function onInquiryResponse(state: RaftState, from: NodeId, answer: InquiryResponse): void {
  if (!state.inquiries || answer.incarnation !== state.promised.incarnation) return
  state.inquiries.add(from, answer)
  concludeInquiries(state)
}

function concludeInquiries(state: RaftState): void {
  const inquiries = state.inquiries!
  if (!inquiries.isComplete()) return
  state.inquiries = undefined
  const highest = inquiries.highestBallot()
  if (highest > state.ballot) state.becomeFollower(highest, NOBODY)
  // Whoever the lost vote went to, in this term nobody gets another one.
  const best = inquiries.bestEnd()
  const vote = best === undefined ? state.promised.vote : state.id
  const floor = best === undefined || isAtLeast(state.log.end, best) ? undefined : best
  if (floor !== undefined) probe('raft: a node that had doubts lacked what others told')
  state.promise({ vote, uncertain: false, floor })
  state.restartElectionTimer()
}
