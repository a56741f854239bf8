/** The rules around `inquiries.ts`, which says why they are sound. */
import { type Ballot, NOBODY, type NodeId } from '../../core/ids.ts'
import { probe } from '../../core/seams.ts'
import { addMs } from '../../core/time.ts'
import { ROUNDS_OF_PATIENCE } from '../replica/limits.ts'
import { TERMS_AHEAD_MAX } from './elections.ts'
import { Inquiries } from './inquiries.ts'
import type { Inquiry, InquiryResponse } from './message.ts'
import { isAtLeast, type LogPosition } from './promise.ts'
import type { RaftState } from './raft-state.ts'

const NO_FLOOR = { index: 0, ballot: 0 } as LogPosition

export function beginInquiries(state: RaftState): void {
  const { id, promised, configuration, log, limits } = state
  const newGroupAt = addMs(state.now, limits.newGroupWaitMs)
  state.inquiries = new Inquiries(id, promised.doubt, configuration, log.end, newGroupAt)
  repeatInquiries(state)
  if (state.inquiries.isComplete()) concludeInquiries(state)
}

export function repeatInquiries(state: RaftState): void {
  const inquiries = state.inquiries!
  if (state.now >= inquiries.newGroupAt && inquiries.mayBegin()) return concludeInquiries(state)
  const isPatient = inquiries.rounds++ < ROUNDS_OF_PATIENCE
  if (!isPatient && !inquiries.isFenced && inquiries.doubt !== 'new' && inquiries.hasEnough()) fence(state)
  inquiries.repeatAt = addMs(state.now, state.heartbeatMs)
  for (const to of isPatient ? inquiries.awaited : inquiries.others) inquire(state, to)
}

function fence(state: RaftState): void {
  probe('raft: a node in doubt fenced off those who were silent')
  const highest = Math.max(state.inquiries!.highestBallot(), state.ballot)
  state.becomeFollower((highest + TERMS_AHEAD_MAX + 1) as Ballot, NOBODY)
  state.promise({ vote: state.id })
  state.inquiries!.fence(state.ballot)
}

function inquire(state: RaftState, to: NodeId): void {
  const { ballot, promised } = state
  const { incarnation } = promised
  state.send(to, { type: 'inquiry', ballot, incarnation, fence: state.inquiries!.isFenced }, 'promise')
}

/** Everything but inquiries is ignored; but whoever speaks may know of members that came since, and be one. */
export function onMessageInDoubt(state: RaftState, from: NodeId): void {
  if (state.inquiries!.asks(from)) return
  probe('raft: a member in doubt asked one that it had not known')
  inquire(state, from)
}

/** What is told must not be forgotten by a crash of ours, or the other may wait for it for ever. */
export function onInquiry(
  state: RaftState,
  from: NodeId,
  { ballot: asked, incarnation, fence }: Inquiry,
): void {
  if (fence && asked > state.ballot) state.becomeFollower(asked, NOBODY)
  const { leadership, ballot, promised } = state
  if (leadership) leadership.progress.get(from)?.doubted(++leadership.epoch)
  const { index: lastIndex, ballot: lastBallot } = state.log.end
  const { doubt, floor = NO_FLOOR } = promised
  const begun = lastIndex > 0 || floor.index > 0 || doubt === 'lost'
  const configuration = state.configurations.dataAt(lastIndex)
  const end = { lastIndex, lastBallot, floor, configuration }
  const certain = !state.inquiries
  state.send(from, { type: 'inquiryResponse', ballot, incarnation, certain, begun, ...end }, lastIndex)
}

export function onInquiryResponse(state: RaftState, from: NodeId, answer: InquiryResponse): void {
  const { inquiries, promised } = state
  if (!inquiries || answer.incarnation !== promised.incarnation) return
  inquiries.add(from, answer)
  if (inquiries.doubt !== promised.doubt) {
    state.promise({ doubt: inquiries.doubt })
    for (const to of inquiries.awaited) inquire(state, to)
  }
  if (inquiries.isComplete()) concludeInquiries(state)
}

function concludeInquiries(state: RaftState): void {
  const inquiries = state.inquiries!
  state.inquiries = undefined
  const best = inquiries.bestEnd()
  const floor = best === undefined || isAtLeast(state.log.end, best) ? undefined : best
  if (floor !== undefined) probe('raft: a node that had doubts lacked what others told')
  if (inquiries.doubt === 'lost') probe('raft: a member that had lost everything takes part again')
  const highest = inquiries.highestBallot()
  // Nobody waits for the first leader of a new group longer than if nothing had been asked.
  if (highest > state.ballot) state.becomeFollower(highest, NOBODY)
  else if (inquiries.doubt !== 'new') state.restartElectionTimer()
  // Whoever the lost vote went to, in this term nobody gets another one.
  const vote = best === undefined ? state.promised.vote : state.id
  state.promise({ vote, doubt: 'none', floor })
}
