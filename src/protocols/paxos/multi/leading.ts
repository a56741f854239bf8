/**
 * The distinguished proposer: phase 2, without phase 1, for as long as nobody promises a higher ballot ("Paxos Made
 * Simple" §3). First what the promises bind it to, slot by slot, and no-ops in the gaps between; then what it is
 * asked to propose, in several slots at a time, whose acceptances may come in any order. And the choice of what each
 * member is sent.
 */
import { assert } from '../../../core/assert.ts'
import { EMPTY } from '../../../core/bytes.ts'
import { type Entry, type EntryKind, entryBytes } from '../../../core/entry.ts'
import { type Index, NOBODY, type NodeId, type ProposalId } from '../../../core/ids.ts'
import { bug, buggify, probe } from '../../../core/seams.ts'
import { addMs, NEVER } from '../../../core/time.ts'
import type { Campaign } from './campaign.ts'
import { askForPromises } from './campaigning.ts'
import { firstSlotOf } from './configuration.ts'
import { isMajority } from './configurations.ts'
import { Leadership } from './leadership.ts'
import { learnChosen, teach } from './learning.ts'
import type { Accept, Accepted, BeatAnswer } from './message.ts'
import { Peer } from './peer.ts'
import { mayDecideMembership, mustWaitForChange, takeChange } from './reconfiguring.ts'
import type { PaxosState } from './state.ts'

/** Phase 1 is done: nothing is known to be chosen behind `campaign.chosen` by anybody who promised. */
export function becomeLeader(state: PaxosState, campaign: Campaign): void {
  assert(state.stance === 'preparing', 'only who was promised enough becomes leader')
  const { ballot, now, limits, log } = state
  const leadership = new Leadership(campaign, log, now, limits)
  state.stance = 'leader'
  state.follow(state.id)
  state.leadership = leadership
  state.electionAt = NEVER
  state.firstLedBallot ??= ballot
  state.heard = { ballot, chosen: 0 as Index }
  meetMembers(state)
  const { teacher, chosen } = campaign
  if (chosen > log.chosen && teacher !== undefined) {
    probe('paxos: a leader had to learn what was chosen')
    leadership.lagsSince = now
    teach(state, teacher, chosen, now)
  }
}

/** Begins to speak to members that are new. Those who leave are kept until they know it. */
export function meetMembers(state: PaxosState): void {
  const { peers } = state.leadership!
  for (const id of state.members) {
    if (id !== state.id && !peers.has(id)) peers.set(id, new Peer(state.log.chosen, state.now, state.limits))
  }
}

/** The leader's turn at the end of a step, before anything is written. */
export function lead(state: PaxosState): void {
  countAcceptances(state)
  if (!state.leadership) return
  propose(state)
}

// --- What is chosen ---------------------------------------------------------------------------------------------

/** A value is chosen once a majority of those who vote in its slot has accepted it in one ballot. */
function countAcceptances(state: PaxosState): void {
  const { log, configurations } = state
  const leadership = state.leadership!
  const { peers, accepted, ballot } = leadership
  let through = log.chosen
  for (;;) {
    const next = (through + 1) as Index
    if (log.ballotAt(next) !== ballot) break
    const has = (id: NodeId) =>
      id === state.id ? accepted.has(next) : peers.get(id)?.accepted.has(next) === true
    // What is chosen in a slot may decide who votes further on: one configuration at a time.
    if (!isMajority(configurations.at(next).voters, has)) break
    through = next
    if (log.at(next)!.kind === 'configuration') chooseThrough(state, through)
  }
  chooseThrough(state, through)
}

function chooseThrough(state: PaxosState, through: Index): void {
  const { chosen } = state.log
  if (through <= chosen) return
  const before = state.configurations.newest
  learnChosen(state, through)
  const last = firstSlotOf(state.configurations.newest) - 1
  // Those who vote behind it say at once, not with the next beat, that they know.
  if (chosen < last && last <= through) sendBeats(state)
  if (state.configurations.newest === before) return
  meetMembers(state)
  askForPromises(state, state.leadership!.campaign)
}

export function onAccepted(state: PaxosState, from: NodeId, { ballot, runs }: Accepted): void {
  const leadership = state.leadership
  const peer = leadership?.ballot === ballot ? leadership.peers.get(from) : undefined
  if (peer === undefined) return
  peer.heardAt = state.now
  for (const { first, last } of runs) {
    if (last < leadership!.nextSlot) peer.acceptedRun(first, last)
  }
  if (peer.accepted.hasGaps) probe('paxos: acceptances came out of order')
}

/** What this node wrote as an acceptor has become durable: now it counts. */
export function acceptedHere(state: PaxosState, slots: readonly Index[]): void {
  const { leadership, log } = state
  if (!leadership) return
  for (const index of slots) {
    if (index <= log.chosen || log.ballotAt(index) === leadership.ballot)
      leadership.accepted.add(index, index)
  }
}

// --- What is proposed -------------------------------------------------------------------------------------------

/** As many slots as may be open: beyond, nobody could know who has a say in them. */
function propose(state: PaxosState): void {
  const leadership = state.leadership!
  const { log, configurations } = state
  if (leadership.nextSlot <= log.chosen) leadership.nextSlot = state.frontier
  leadership.keepTime(log, state.now)
  while (leadership.nextSlot <= log.chosen + configurations.alpha) {
    const slot = leadership.nextSlot
    const membership = configurations.at(slot)
    const isPrepared = leadership.isPrepared(slot, membership, has => isMajority(membership.voters, has))
    if (!isPrepared) return probe('paxos: a leader awaited promises for later slots')
    if (mustWaitForChange(state, slot)) return
    if (!proposeIn(state, leadership, slot)) return
  }
}

/**
 * P2c: the value that the promises bind it to, if there is one; otherwise any. False if there is nothing to propose.
 */
function proposeIn(state: PaxosState, leadership: Leadership, slot: Index): boolean {
  const { log } = state
  const { recovered } = leadership.campaign
  const binding = recovered.take(slot)
  if (binding !== undefined) {
    probe('paxos: a value was recovered')
    // What was born in another ballot ends the run.
    leadership.isOpen = false
    issue(state, { ...binding, ballot: state.ballot })
    return true
  }
  if (slot <= recovered.last) {
    probe('paxos: a gap was filled')
    if (bug('paxos-gaps-skipped')) leadership.nextSlot = (slot + 1) as Index
    else issueNew(state, 'noop', EMPTY, NOBODY, 0 as ProposalId)
    return true
  }
  // What others proposed must be known to be chosen before anything is proposed behind it: from there on time runs.
  if (!leadership.isOpen && log.chosen + 1 < slot) return false
  if (takeFromQueue(state, leadership)) return true
  if (slot > fillThrough(state)) return false
  issueNew(state, 'noop', EMPTY, NOBODY, 0 as ProposalId)
  return true
}

function takeFromQueue(state: PaxosState, leadership: Leadership): boolean {
  const [waiting] = leadership.queue
  if (waiting === undefined) return false
  if (waiting.change !== undefined) {
    if (!mayDecideMembership(state)) return false
    leadership.queue.shift()
    takeChange(state, waiting)
    return true
  }
  leadership.queue.shift()
  leadership.queueBytes -= waiting.data.length
  issueNew(state, waiting.kind, waiting.data, waiting.origin, waiting.id)
  if (waiting.forward !== undefined) waiting.forward.isBegun = true
  return true
}

/** No-ops carry the log into where a new configuration is in force, so that it need not wait for proposals. */
function fillThrough({ configurations }: PaxosState): number {
  return firstSlotOf(configurations.newest)
}

/** Proposes in the next slot something that was never proposed before. */
export function issueNew(
  state: PaxosState,
  kind: EntryKind,
  data: Uint8Array,
  origin: NodeId,
  proposal: ProposalId,
): void {
  const leadership = state.leadership!
  const index = leadership.nextSlot
  const opens = !leadership.isOpen && index > leadership.campaign.recovered.last ? true : undefined
  if (opens) leadership.isOpen = true
  const time = leadership.timeAt(state.now)
  if (origin === state.id) state.issued.set(index, proposal)
  leadership.peers.get(origin)?.awaitChosen(index)
  const { ballot } = state
  issue(state, { index, ballot, kind, time, origin, proposal, born: ballot, opens, data })
}

/** Phase 2a. The proposer is an acceptor too: what it proposes it accepts. */
function issue(state: PaxosState, entry: Entry): void {
  const leadership = state.leadership!
  assert(entry.index === leadership.nextSlot, 'one proposal in a slot and a ballot')
  state.log.put(entry)
  leadership.nextSlot = (entry.index + 1) as Index
  if (entry.kind === 'configuration') leadership.changesAt = entry.index
}

// --- What is sent -----------------------------------------------------------------------------------------------

/** One pass at the end of a step: whatever there is for each member, as far as its window allows. */
export function speak(state: PaxosState): void {
  const leadership = state.leadership!
  const { chosen } = state.log
  const { chosenNoticeMs } = state.limits
  const isHasty = chosenNoticeMs === 0 || buggify('paxos: the news of what is chosen waits for nothing')
  const isDue = isHasty || state.now >= leadership.noticesAt
  const shared = new Map<Index, Accept>()
  let isBehind = false
  leadership.accepted.cover(chosen)
  for (const [id, peer] of leadership.peers) {
    peer.cover(chosen)
    if (sendProposals(state, id, peer, shared) || chosen <= peer.chosenSent) continue
    if (isDue || peer.awaitsNotice) {
      peer.chosenSent = chosen
      state.send(id, { type: 'chosen', ballot: state.ballot, chosen })
    } else isBehind = true
  }
  if (!isBehind) leadership.noticesAt = NEVER
  else if (leadership.noticesAt === NEVER) leadership.noticesAt = addMs(state.now, chosenNoticeMs)
}

/** True if something was sent. */
function sendProposals(state: PaxosState, to: NodeId, peer: Peer, shared: Map<Index, Accept>): boolean {
  const { nextSlot } = state.leadership!
  let isSent = false
  while (peer.maySend && peer.sent + 1 < nextSlot) {
    const from = (peer.sent + 1) as Index
    const message = shared.get(from) ?? gather(state, from)
    shared.set(from, message)
    const { entries } = message
    const last = entries.at(-1)?.index ?? ((nextSlot - 1) as Index)
    peer.sentThrough(
      last,
      entries.reduce((sum, entry) => sum + entryBytes(entry), 0),
    )
    if (entries.length === 0) continue
    state.send(to, message)
    peer.chosenSent = message.chosen
    isSent = true
  }
  return isSent
}

/** Proposals of this ballot from this slot on, as many as fit in a message. */
function gather(state: PaxosState, from: Index): Accept {
  const { ballot, log, limits } = state
  const { nextSlot } = state.leadership!
  const countMax = buggify('paxos: a message brings one proposal') ? 1 : limits.acceptEntriesMax
  // As if it had been lost with a connection: it is sent again when it is missed.
  const passedOver = buggify('paxos: a proposal is passed over at first') ? from : undefined
  const entries: Entry[] = []
  let bytes = 0
  for (let index = from; index < nextSlot && entries.length < countMax; index++) {
    const entry = log.at(index as Index)
    if (entry?.ballot !== ballot || index === passedOver) continue
    bytes += entryBytes(entry)
    if (bytes > limits.acceptBytesMax && entries.length > 0) break
    entries.push(entry)
  }
  return { type: 'accept', ballot, chosen: log.chosen, entries }
}

export function onBeatTimeout(state: PaxosState): void {
  const { peers, lagsSince, campaign } = state.leadership!
  const since = state.now - state.electionUs
  const isHeard = (id: NodeId) => id === state.id || (peers.get(id)?.heardAt ?? -1) >= since
  if (!isMajority(state.voters, isHeard)) {
    probe('paxos: a leader heard of no majority and stepped down')
    return state.becomeFollower(state.ballot, NOBODY)
  }
  // Whoever knew more has fallen silent: another attempt finds out from others what was accepted.
  if (lagsSince <= since) return state.becomeFollower(state.ballot, NOBODY)
  askForPromises(state, campaign)
  sendBeats(state)
}

/** Also begins, or repeats, the newest round of reads. */
export function sendBeats(state: PaxosState): void {
  const leadership = state.leadership!
  const { ballot } = state
  const { chosen } = state.log
  for (const [id, peer] of leadership.peers) {
    state.send(id, { type: 'beat', ballot, chosen, round: leadership.reads.newest })
    peer.chosenSent = Math.max(peer.chosenSent, chosen) as Index
  }
  leadership.beatAt = addMs(state.now, state.heartbeatMs)
}

export function onBeatAnswer(state: PaxosState, from: NodeId, answer: BeatAnswer): void {
  const leadership = state.leadership
  const peer = leadership?.ballot === answer.ballot ? leadership.peers.get(from) : undefined
  if (peer === undefined) return
  peer.heardAt = state.now
  if (answer.round > peer.round) peer.round = answer.round
  peer.knowsChosen(answer.chosen)
  if (!peer.isStalled()) return
  probe('paxos: what was open was proposed to somebody again')
  peer.restart(state.log.chosen)
}

/** The leader has learned something that it did not know to be chosen; perhaps all of it. */
export function noteLearned({ leadership, lesson, now }: PaxosState): void {
  if (leadership && leadership.lagsSince !== NEVER) leadership.lagsSince = lesson === undefined ? NEVER : now
}
