/**
 * Learning what is chosen ("Paxos Made Simple" §2.3, §3). The leader counts acceptances and says up to where
 * everything is chosen. Whoever accepted its proposals in these slots knows the values: of a ballot and a slot there
 * is one proposal. Whoever accepted something of another ballot there, or nothing, cannot know, and asks.
 */
import { assert } from '../../../core/assert.ts'
import type { Entry } from '../../../core/entry.ts'
import type { Ballot, Index, NodeId } from '../../../core/ids.ts'
import { bug, probe } from '../../../core/seams.ts'
import { addMs, type Instant, NEVER } from '../../../core/time.ts'
import { nextInTurn } from '../../replica/in-turn.ts'
import { heedLeader } from './accepting.ts'
import { firstSlotOf } from './configuration.ts'
import { noteLearned } from './leading.ts'
import { timeAfter } from './log-time.ts'
import type { Beat, Chosen, Learned } from './message.ts'
import type { SlotLog } from './slot-log.ts'
import type { Lesson, PaxosState } from './state.ts'

export function onBeat(state: PaxosState, from: NodeId, { ballot, chosen, round }: Beat): void {
  if (!heedLeader(state, from, ballot)) return
  hearChosen(state, from, ballot, chosen)
  const known = state.log.chosen
  state.send(from, { type: 'beatAnswer', ballot, round, chosen: known }, 'promise')
}

export function onChosen(state: PaxosState, from: NodeId, { ballot, chosen }: Chosen): void {
  if (ballot < state.ballot || !heedLeader(state, from, ballot)) return
  hearChosen(state, from, ballot, chosen)
}

/** The leader of this ballot says that everything up to `chosen` is. */
export function hearChosen(state: PaxosState, from: NodeId, ballot: Ballot, chosen: Index): void {
  const { heard } = state
  if (heard.ballot !== ballot || heard.chosen < chosen) state.heard = { ballot, chosen }
  const { log } = state
  let through = log.chosen
  while (through < state.heard.chosen && isProposalOf(state, (through + 1) as Index, ballot)) through++
  learnChosen(state, through as Index)
  if (log.chosen >= state.heard.chosen) return
  // Proposals may be under way, and slower than the news of them. What lies too far back for that is asked for at once.
  const isFar = state.heard.chosen - log.chosen > state.configurations.alpha
  teach(state, from, state.heard.chosen, isFar ? state.now : addMs(state.now, state.heartbeatMs))
}

/** Whether what was accepted in this slot is what the leader of this ballot proposed there. */
function isProposalOf({ log }: PaxosState, index: Index, ballot: Ballot): boolean {
  const accepted = log.ballotAt(index)
  return bug('paxos-chosen-whatever-ballot') ? accepted !== undefined : accepted === ballot
}

/** What stands in the slots up to here is chosen, for ever. */
export function learnChosen(state: PaxosState, through: Index): void {
  const before = state.log.chosen
  if (through <= before) return
  for (const entry of state.log.choose(through)) state.configurations.append(entry)
  const last = firstSlotOf(state.configurations.newest) - 1
  // Those who leave may go by it (`reconfiguring.ts`).
  if (before < last && last <= through) state.promise({})
  const { lesson } = state
  if (lesson !== undefined && lesson.through <= state.log.chosen) state.lesson = undefined
}

/** From whom to learn what is chosen up to here; an attempt under way is not hastened. */
export function teach(state: PaxosState, teacher: NodeId, through: Index, askAt: Instant): void {
  const { lesson } = state
  const isNew = lesson === undefined || lesson.teacher !== teacher
  const askedInTurn = lesson?.askedInTurn
  state.lesson = { teacher, through, askAt: isNew ? askAt : lesson.askAt, askedInTurn }
}

export function lessonDeadline({ lesson, installing }: PaxosState): Instant {
  return lesson === undefined || installing !== undefined ? NEVER : lesson.askAt
}

/** Asks for what is chosen and not known here, again and again until it is known. */
export function keepLearning(state: PaxosState): void {
  const { lesson, now } = state
  if (lesson === undefined || now < lessonDeadline(state)) return
  probe('paxos: a learner asked what was chosen')
  lesson.askAt = addMs(now, 2 * state.heartbeatMs)
  const to = whomToAsk(state, lesson)
  state.send(to, { type: 'learn', ballot: state.ballot, from: state.frontier }, 'promise')
}

/** Anybody may know it; the teacher surely does, but the path from there may be too bad for a snapshot. */
function whomToAsk({ members, id }: PaxosState, lesson: Lesson): NodeId {
  const { teacher, askedInTurn } = lesson
  if (askedInTurn === undefined) return teacher
  // Of those who came while this member was away it knows none, and of those who left not that they did.
  lesson.askedInTurn = nextInTurn(askedInTurn, teacher, members, id)
  return lesson.askedInTurn
}

export function onLearned(state: PaxosState, from: NodeId, { entries }: Learned): void {
  const { log } = state
  const before = log.chosen
  for (const entry of entries) {
    if (entry.index !== log.chosen + 1) continue
    const accepted = log.at(entry.index)
    const isHeld = accepted !== undefined && isSameValue(log, accepted, entry)
    if (accepted !== undefined && !isHeld) probe('paxos: a learner had accepted something else')
    if (!isHeld) log.put(entry)
    learnChosen(state, entry.index)
  }
  if (log.chosen > before) noteLearned(state)
  // One page after the other.
  const { lesson } = state
  if (log.chosen > before && lesson !== undefined && from === (lesson.askedInTurn ?? lesson.teacher))
    lesson.askAt = state.now
  const { heard } = state
  if (state.leader === from && heard.ballot === state.ballot)
    hearChosen(state, from, heard.ballot, heard.chosen)
}

/**
 * Whether both would be handed out as the same in the slot that is next. Values are told apart by who proposed them; a
 * no-op was proposed by nobody, and two leaders may have proposed one there, each at a time of its own.
 */
function isSameValue(log: SlotLog, a: Entry, b: Entry): boolean {
  const isSame = a.kind === b.kind && a.origin === b.origin && a.proposal === b.proposal
  assert(!isSame || a.data.length === b.data.length, 'a proposal id names one command')
  if (!isSame) return false
  const [one, other] = [timeAfter(log.time, a), timeAfter(log.time, b)]
  return one.time === other.time && one.run === other.run
}
