/** The rules around `inquiries.ts`, which says why they are sound. */
import { type Ballot, type Index, NOBODY, type NodeId } from '../../../core/ids.ts'
import { probe } from '../../../core/seams.ts'
import { addMs } from '../../../core/time.ts'
import { ROUNDS_OF_PATIENCE } from '../../replica/limits.ts'
import { lastOfRound, NO_BALLOT, roundOf } from '../ballot.ts'
import { canvass, ROUNDS_AHEAD_MAX } from './campaigning.ts'
import { Inquiries } from './inquiries.ts'
import { teach } from './learning.ts'
import type { Inquiry, InquiryAnswer } from './message.ts'
import { reportOf } from './report.ts'
import type { PaxosState } from './state.ts'

export function beginInquiries(state: PaxosState): void {
  const { id, promised, configurations, limits } = state
  const newGroupAt = addMs(state.now, limits.newGroupWaitMs)
  state.inquiries = new Inquiries(id, promised.doubt, configurations.newest, newGroupAt)
  repeatInquiries(state)
}

export function repeatInquiries(state: PaxosState): void {
  const inquiries = state.inquiries!
  if (concludes(state)) return
  const isPatient = inquiries.rounds++ < ROUNDS_OF_PATIENCE
  inquiries.repeatAt = addMs(state.now, state.heartbeatMs)
  for (const to of isPatient ? inquiries.awaited : inquiries.others) inquire(state, to)
}

function inquire(state: PaxosState, to: NodeId, page = state.inquiries!.pageOf(to)): void {
  const { promised, frontier } = state
  const ballot = state.inquiries!.fence ?? NO_BALLOT
  const from = Math.max(frontier, page) as Index
  state.send(to, { type: 'inquiry', ballot, incarnation: promised.incarnation, from }, 'promise')
}

/** Everything but inquiries is ignored; but whoever speaks may know of members that came since, and be one. */
export function onMessageInDoubt(state: PaxosState, from: NodeId): void {
  if (state.inquiries!.asks(from)) return
  probe('paxos: a member in doubt asked one that it had not known')
  inquire(state, from)
}

/** What is told must not be forgotten by a crash of ours: also how far it is known what is chosen. */
export function onInquiry(state: PaxosState, from: NodeId, inquiry: Inquiry): void {
  if (inquiry.ballot > state.ballot) heedFence(state, inquiry.ballot)
  const { log, promised, ballot, configurations } = state
  if (state.chosenWritten !== log.chosen) state.promise({})
  const { incarnation } = inquiry
  const isCertain = state.inquiries === undefined
  const hasBegun = log.last > 0 || promised.floor > 0 || promised.doubt === 'lost'
  const configuration = configurations.dataAt(log.chosen)
  const report = reportOf(log, inquiry.from, state.limits.pageBytesMax)
  const told = { isCertain, hasBegun, floor: promised.floor, configuration, report }
  state.send(from, { type: 'inquiryAnswer', ballot, incarnation, ...told }, 'log')
}

/** A leader goes on with a higher ballot of its own, as soon as those who follow it grant that. */
function heedFence(state: PaxosState, fence: Ballot): void {
  const wasLeader = state.leadership !== undefined
  state.becomeFollower(fence, NOBODY)
  if (wasLeader && state.mayCampaign) canvass(state)
}

export function onInquiryAnswer(state: PaxosState, from: NodeId, answer: InquiryAnswer): void {
  const { inquiries, promised } = state
  if (!inquiries || answer.incarnation !== promised.incarnation) return
  inquiries.add(from, answer)
  if (answer.report.chosen > state.log.chosen) teach(state, from, answer.report.chosen, state.now)
  if (inquiries.doubt !== promised.doubt) {
    state.promise({ doubt: inquiries.doubt })
    for (const to of inquiries.awaited) inquire(state, to)
  } else if (answer.report.next !== 0) {
    inquire(state, from, answer.report.next)
  }
  concludes(state)
}

function concludes(state: PaxosState): boolean {
  const inquiries = state.inquiries!
  const conclusion = inquiries.conclusion(state.now >= inquiries.newGroupAt)
  if (conclusion === undefined) return false
  const isBeginning = conclusion === 'new' && inquiries.silent.length === 0 && inquiries.highestBallot() === 0
  if (inquiries.fence === undefined && !isBeginning) {
    raiseFence(state, inquiries)
    // Of those who are silent about a new group nobody asks anything.
    if (conclusion !== 'new' && inquiries.conclusion(false) === undefined) return true
  }
  state.inquiries = undefined
  // Whoever answered may have moved on since it promised the fence, and told what it accepted there.
  const highest = inquiries.highestBallot()
  if (highest > state.ballot) state.becomeFollower(highest, NOBODY)
  const floor = conclusion === 'new' ? state.promised.floor : inquiries.chosen()
  state.promise({ doubt: 'none', floor: Math.max(state.promised.floor, floor) as Index })
  if (conclusion === 'new') return true
  takeOver(state, inquiries)
  state.restartElectionTimer()
  probe('paxos: a member that had forgotten takes part again')
  return true
}

/** Beyond every ballot that this node can have promised, or used. */
function raiseFence(state: PaxosState, inquiries: Inquiries): void {
  const highest = Math.max(inquiries.highestBallot(), state.ballot) as Ballot
  const fence = lastOfRound(roundOf(highest) + 2 * ROUNDS_AHEAD_MAX)
  state.becomeFollower(fence, NOBODY)
  inquiries.raise(fence)
  inquiries.repeatAt = addMs(state.now, state.heartbeatMs)
  for (const to of inquiries.awaited) inquire(state, to)
}

/** What others accepted, as if it had been accepted here: it will be told, and counted by nobody. */
function takeOver(state: PaxosState, { accepted }: Inquiries): void {
  const { log } = state
  for (let index = state.frontier; index <= accepted.last; index++) {
    const entry = accepted.take(index as Index)
    if (entry === undefined || entry.ballot <= (log.ballotAt(index as Index) ?? 0)) continue
    probe('paxos: a member took over what others had accepted')
    log.put(entry)
  }
}
