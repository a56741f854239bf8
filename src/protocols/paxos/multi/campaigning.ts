/**
 * Becoming the distinguished proposer ("Paxos Made Simple" §2.4, §3): first a *canvass*, which asks who would promise
 * and changes nothing; then phase 1 for all open slots at once. Whoever hears a leader grants nothing to others (a
 * lease, for liveness only: nothing is ever believed because of it), so that a node which was cut off does not come
 * back with a high ballot and depose a leader that serves everybody else.
 */
import { type Ballot, type Index, NOBODY, type NodeId } from '../../../core/ids.ts'
import { bug, probe } from '../../../core/seams.ts'
import { addMs, NEVER } from '../../../core/time.ts'
import { lastOfRound, nextBallot, roundOf } from '../ballot.ts'
import { Campaign } from './campaign.ts'
import { isMajority } from './configurations.ts'
import { becomeLeader } from './leading.ts'
import type { Canvass, Canvassed, HandOver, Prepare, PromiseMessage, Rejected } from './message.ts'
import { reportOf } from './report.ts'
import type { PaxosState } from './state.ts'

/**
 * So many rounds at most a proposer's ballot lies beyond those of a majority: whoever is asked for more follows first,
 * and says that it would promise once that is durable. So whoever forgot what it promised knows how much that can have
 * been (`inquiries.ts`). A refusal would cost a leader its office, when the fence of such a one reaches it first.
 */
export const ROUNDS_AHEAD_MAX = 8

/** Nobody was heard to lead for a while. */
export function onElectionTimeout(state: PaxosState): void {
  if (!state.mayCampaign) {
    state.becomeFollower(state.ballot, NOBODY)
    state.electionAt = NEVER
    return
  }
  if (state.stance === 'preparing') probe('paxos: a proposer was not promised enough in its time')
  canvass(state)
}

/** Asks everybody who has a say whether they would promise the next ballot of this node. */
export function canvass(state: PaxosState): void {
  const ballot = ownBallot(state)
  state.becomeFollower(state.ballot, NOBODY)
  state.stance = 'canvassing'
  const campaign = new Campaign(ballot, false)
  state.campaign = campaign
  campaign.answers.set(state.id, true)
  const { incarnation } = state.promised
  const { chosen } = state.log
  for (const id of state.voters) {
    if (id !== state.id) state.send(id, { type: 'canvass', ballot, incarnation, chosen }, 'promise')
  }
  countAnswers(state, campaign)
}

/** "Different proposers choose their numbers from disjoint sets of numbers": the seat sees to it. */
function ownBallot(state: PaxosState): Ballot {
  return nextBallot(Math.max(state.ballot, state.highestSeen) as Ballot, state.seat!)
}

export function onCanvass(state: PaxosState, from: NodeId, asked: Canvass): void {
  const { ballot, incarnation } = asked
  const granted = wouldPromise(state, from, asked)
  if (granted) {
    if (state.stance === 'canvassing') state.becomeFollower(state.ballot, NOBODY)
    if (state.electionAt !== NEVER) state.restartElectionTimer()
  }
  state.send(from, { type: 'canvassed', ballot, incarnation, granted, promised: state.ballot }, 'promise')
}

function wouldPromise(state: PaxosState, from: NodeId, { ballot, chosen }: Canvass): boolean {
  if (isLoyal(state, from)) {
    probe('paxos: whoever hears a leader refused another')
    return false
  }
  if (roundOf(ballot) > roundOf(state.ballot) + ROUNDS_AHEAD_MAX) {
    state.becomeFollower(lastOfRound(roundOf(ballot) - 1), NOBODY)
  }
  if (ballot <= state.ballot) return false
  // It knows no better who has a say; and if it does, it is to learn first what it lacks.
  if (chosen < state.log.chosen && !state.voters.includes(from)) return false
  if (state.mayCampaign && chosen + state.configurations.alpha < state.log.chosen) return false
  return !(state.stance === 'canvassing' && goesFirst(state, from, chosen))
}

/** Of two who ask at the same moment one goes first, unless the other has refused already. */
function goesFirst(state: PaxosState, from: NodeId, chosen: Index): boolean {
  if (state.campaign!.answers.has(from)) return false
  const own = state.log.chosen
  return own > chosen || (own === chosen && state.id > from)
}

function isLoyal(state: PaxosState, from: NodeId): boolean {
  if (state.leadership) return true
  if (state.leader === NOBODY || state.leader === from) return false
  return state.now < state.leaderHeardAt + state.electionUs
}

export function onCanvassed(state: PaxosState, from: NodeId, answer: Canvassed): void {
  state.see(answer.promised)
  const { campaign } = state
  if (state.stance !== 'canvassing' || campaign!.ballot !== answer.ballot) return
  if (answer.incarnation !== state.promised.incarnation || campaign!.answers.has(from)) return
  campaign!.answers.set(from, answer.granted)
  // Who has promised more would grant the next attempt: it need not wait for long.
  if (!answer.granted && answer.promised >= campaign!.ballot) hurry(state, state.heartbeatMs)
  countAnswers(state, campaign!)
}

function countAnswers(state: PaxosState, campaign: Campaign): void {
  const { answers } = campaign
  if (isMajority(state.voters, id => answers.get(id) === true)) return prepare(state, campaign)
  if (isMajority(state.voters, id => answers.get(id) !== false)) return
  state.campaign = undefined
  state.stance = 'follower'
}

/** An attempt begins within so many milliseconds, if none does before. */
function hurry(state: PaxosState, ms: number): void {
  const soon = addMs(state.now, state.random.below(Math.max(1, Math.floor(ms * 1000))) / 1000)
  if (soon < state.electionAt) state.electionAt = soon
}

/** Phase 1a. The number is durable here before anyone hears of it: so it is used once ("Paxos Made Simple" §2.5). */
function prepare(state: PaxosState, campaign: Campaign): void {
  const { ballot } = campaign
  state.becomeFollower(ballot, NOBODY)
  state.stance = 'preparing'
  state.campaign = campaign
  askForPromises(state, campaign)
}

/** Of all who have a say in an open slot and have not said everything yet. */
export function askForPromises(state: PaxosState, campaign: Campaign): void {
  for (const id of state.members) {
    if (id !== state.id && campaign.of(id)?.next !== 0) askForPage(state, campaign, id)
  }
}

function askForPage(state: PaxosState, campaign: Campaign, to: NodeId): void {
  const { ballot, isTransfer } = campaign
  const from = Math.max(state.frontier, campaign.of(to)?.next ?? 0) as Index
  const { incarnation } = state.promised
  state.send(to, { type: 'prepare', ballot, incarnation, from, isTransfer }, 'promise')
}

/** Phase 1b: a promise for all slots at once, with what was accepted in them. It is durable before it is given. */
export function onPrepare(state: PaxosState, from: NodeId, request: Prepare): void {
  const { ballot, incarnation, isTransfer } = request
  state.see(ballot)
  if (ballot < state.ballot) return reject(state, from, ballot)
  if (ballot > state.ballot) {
    if (!isTransfer && isLoyal(state, from)) return reject(state, from, ballot)
    if (state.stance === 'preparing') probe('paxos: two proposers competed for promises')
    state.becomeFollower(ballot, NOBODY)
  }
  const report = reportOf(state.log, request.from, state.limits.pageBytesMax)
  if (report.next !== 0) probe('paxos: a promise took more than one page')
  const floor = openFloor(state)
  if (floor > 0) probe('paxos: who had forgotten spoke for later slots only')
  const gate = bug('paxos-promise-before-durable') ? 'none' : 'log'
  state.send(from, { type: 'promise', ballot, incarnation, floor, report }, gate)
}

/** What is known to be chosen need not be remembered. */
export function openFloor({ promised, log }: PaxosState): Index {
  return promised.floor > log.chosen ? promised.floor : (0 as Index)
}

/**
 * "It is probably a good idea to abandon a proposal if some proposer has begun trying to issue a higher-numbered
 * one."
 */
export function reject(state: PaxosState, to: NodeId, ballot: Ballot): void {
  const isHeard = isLoyal(state, to)
  state.send(to, { type: 'rejected', ballot, promised: state.ballot, isLoyal: isHeard }, 'promise')
}

/**
 * Somebody has promised more than this node's ballot. If that one follows another leader, this node does too, as soon
 * as it hears it. Otherwise a higher ballot of its own will do: its followers grant it that, and what is open is
 * proposed anew.
 */
export function onRejected(state: PaxosState, { ballot, promised, isLoyal: isHeard }: Rejected): void {
  state.see(promised)
  if (ballot !== state.ballot || (state.stance !== 'leader' && state.stance !== 'preparing')) return
  probe('paxos: a ballot met a higher one')
  const wasLeader = state.stance === 'leader'
  if (isHeard) return state.becomeFollower(state.ballot, NOBODY)
  if (promised <= ballot) return
  state.becomeFollower(state.ballot, NOBODY)
  if (wasLeader && state.mayCampaign) canvass(state)
  else hurry(state, 2 * state.heartbeatMs)
}

/** A promise of one's own is a promise: it counts only once it is durable. */
export function onPromiseDurable(state: PaxosState): void {
  const { campaign } = state
  if (state.stance !== 'preparing' || state.promiseChanged || state.durableToken < state.promiseToken) return
  if (campaign!.of(state.id) !== undefined) return
  campaign!.add(state.id, openFloor(state), reportOf(state.log, state.frontier, Number.POSITIVE_INFINITY))
  countPromises(state, campaign!)
}

export function onPromise(state: PaxosState, from: NodeId, message: PromiseMessage): void {
  const campaign = state.leadership?.campaign ?? state.campaign
  const { ballot, incarnation, floor, report } = message
  if (campaign?.ballot !== ballot || ballot !== state.ballot || state.stance === 'canvassing') return
  if (incarnation !== state.promised.incarnation || campaign.of(from)?.next === 0) return
  campaign.add(from, floor, report)
  if (report.next !== 0) return askForPage(state, campaign, from)
  if (state.stance === 'preparing') countPromises(state, campaign)
}

/** The leader begins with the first slot of which nobody who promised knows that it is decided. */
function countPromises(state: PaxosState, campaign: Campaign): void {
  const first = Math.max(campaign.chosen, state.log.chosen) + 1
  if (!isMajority(state.voters, id => campaign.speaksFor(id, first))) return
  if (campaign.of(state.id) === undefined) return
  state.campaign = undefined
  becomeLeader(state, campaign)
}

/** The leader hands over: what it asks for needs no canvass, for nobody else is to be refused. */
export function onHandOver(state: PaxosState, from: NodeId, { ballot }: HandOver): void {
  if (ballot !== state.ballot || from !== state.leader || !state.mayCampaign) return
  probe('paxos: a leader handed over')
  prepare(state, new Campaign(ownBallot(state), true))
}

/**
 * The connection to the leader broke: its process has probably died. That ends this node's loyalty, so that it grants
 * others who noticed the same, and it canvasses itself, after a moment that keeps two from asking at once. If the
 * leader lives, those who still hear it refuse, and nothing happened.
 */
export function onLeaderLinkLost(state: PaxosState): void {
  state.follow(NOBODY)
  if (!state.mayCampaign) return
  probe('paxos: a lost link made a canvass early')
  hurry(state, Math.min(state.limits.linkLostJitterMs, state.electionUs / 4000))
}
