/** The rules around `inquiries.ts`, which says why they are sound. */
import { NOBODY, type NodeId } from '../../core/ids.ts'
import { addMs } from '../../core/time.ts'
import { Inquiries } from './inquiries.ts'
import type { Inquiry, InquiryResponse } from './message.ts'
import { isAtLeast } from './promise.ts'
import type { RaftState } from './raft-state.ts'

export function beginInquiries(state: RaftState): void {
  state.inquiries = new Inquiries()
  repeatInquiries(state)
  concludeInquiries(state)
}

export function repeatInquiries(state: RaftState): void {
  for (const id of state.inquiries!.unanswered(state.configuration, state.id)) inquire(state, id)
  state.inquiries!.repeatAt = addMs(state.now, state.heartbeatMs)
}

/** Also asked of a leader which believes that this node has what it has lost. */
export function inquire(state: RaftState, to: NodeId): void {
  const { ballot, promised } = state
  state.send(to, { type: 'inquiry', ballot, incarnation: promised.incarnation }, 'promise')
}

/** What is told must not be forgotten by a crash of ours, or the other may wait for it for ever. */
export function onInquiry(state: RaftState, from: NodeId, { incarnation }: Inquiry): void {
  state.leadership?.progress.get(from)?.restart(true)
  const { index: lastIndex, ballot: lastBallot } = state.log.end
  const { ballot } = state
  const certain = !state.inquiries
  state.send(
    from,
    { type: 'inquiryResponse', ballot, incarnation, certain, lastIndex, lastBallot },
    lastIndex,
  )
}

export function onInquiryResponse(state: RaftState, from: NodeId, answer: InquiryResponse): void {
  if (!state.inquiries || answer.incarnation !== state.promised.incarnation) return
  state.inquiries.add(from, answer)
  concludeInquiries(state)
}

function concludeInquiries(state: RaftState): void {
  const inquiries = state.inquiries!
  if (!inquiries.isComplete(state.configuration, state.id)) return
  state.inquiries = undefined
  const highest = inquiries.highestBallot()
  if (highest > state.ballot) state.becomeFollower(highest, NOBODY)
  // Whoever the lost vote went to, in this term nobody gets another one.
  const best = inquiries.bestEnd()
  const vote = best === undefined ? state.promised.vote : state.id
  const floor = best === undefined || isAtLeast(state.log.end, best) ? undefined : best
  state.promise({ vote, uncertain: false, floor })
  state.restartElectionTimer()
}
