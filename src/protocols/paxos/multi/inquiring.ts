/** The rules around `inquiries.ts`, which says why they are sound. */
import { type Ballot, type Index, NOBODY, type NodeId } from '../../../core/ids.ts'
import { probe } from '../../../core/seams.ts'
import { addMs } from '../../../core/time.ts'
import { lastOfRound, roundOf } from '../ballot.ts'
import { ROUNDS_AHEAD_MAX } from './campaigning.ts'
import { type Conclusion, Inquiries } from './inquiries.ts'
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
  inquiries.rounds++
  inquiries.repeatAt = addMs(state.now, state.heartbeatMs)
  for (const to of inquiries.awaited) inquire(state, to)
}

function inquire(state: PaxosState, to: NodeId): void {
  const { ballot, promised, frontier } = state
  const from = Math.max(frontier, state.inquiries!.pageOf(to)) as Index
  state.send(to, { type: 'inquiry', ballot, incarnation: promised.incarnation, from }, 'promise')
}

/** Everything but inquiries is ignored; but a node that knows nobody now knows whom to ask. */
export function onMessageInDoubt(state: PaxosState, from: NodeId): void {
  if (state.inquiries!.knowsNobody) inquire(state, from)
}

/** What is told must not be forgotten by a crash of ours. */
export function onInquiry(state: PaxosState, from: NodeId, { incarnation, from: page }: Inquiry): void {
  const { log, promised, ballot, configurations } = state
  const isCertain = state.inquiries === undefined
  const last = Math.max(log.last, promised.floor) as Index
  const hasBegun = last > 0 || promised.doubt === 'lost'
  const configuration = configurations.dataAt(log.chosen)
  const report = reportOf(log, page, state.limits.pageBytesMax)
  state.send(
    from,
    { type: 'inquiryAnswer', ballot, incarnation, isCertain, hasBegun, last, configuration, report },
    'log',
  )
}

export function onInquiryAnswer(state: PaxosState, from: NodeId, answer: InquiryAnswer): void {
  const { inquiries, promised } = state
  if (!inquiries || answer.incarnation !== promised.incarnation) return
  inquiries.add(from, answer)
  if (inquiries.doubt !== promised.doubt) {
    state.promise({ doubt: inquiries.doubt })
    for (const to of inquiries.awaited) inquire(state, to)
  } else if (answer.report.next !== 0) {
    inquire(state, from)
  }
  concludes(state)
}

function concludes(state: PaxosState): boolean {
  const inquiries = state.inquiries!
  const conclusion = inquiries.conclusion(state.now >= inquiries.newGroupAt)
  if (conclusion === undefined) return false
  state.inquiries = undefined
  rise(state, inquiries, conclusion)
  state.promise({ doubt: 'none', floor: floorAfter(state, inquiries, conclusion) })
  if (conclusion === 'new') return true
  state.restartElectionTimer()
  if (conclusion === 'everybody') takeOver(state, inquiries)
  else probe('paxos: a member that had forgotten takes part again')
  return true
}

/** Beyond every ballot that this node can have promised, or used. */
function rise(state: PaxosState, inquiries: Inquiries, conclusion: Conclusion): void {
  const highest = Math.max(inquiries.highestBallot(), state.ballot) as Ballot
  // All are here and nobody has promised anything: this is the beginning.
  if (conclusion === 'new' && highest === 0 && inquiries.silent.length === 0) return
  state.becomeFollower(lastOfRound(roundOf(highest) + 2 * ROUNDS_AHEAD_MAX), NOBODY)
}

function floorAfter(state: PaxosState, inquiries: Inquiries, conclusion: Conclusion): Index {
  switch (conclusion) {
    case 'new':
      return state.promised.floor
    case 'certain':
      return inquiries.floor()
    case 'everybody':
      return Math.max(state.promised.floor, inquiries.chosen()) as Index
  }
}

/** What others accepted, as if it had been accepted here: it will be told, and counted by nobody. */
function takeOver(state: PaxosState, inquiries: Inquiries): void {
  const { log } = state
  const { accepted } = inquiries
  for (let index = state.frontier; index <= accepted.last; index++) {
    const entry = accepted.take(index as Index)
    if (entry === undefined || entry.ballot <= (log.ballotAt(index as Index) ?? 0)) continue
    probe('paxos: a member took over what others had accepted')
    log.put(entry)
  }
}
