/**
 * Elections (Raft §5.2, §5.4.1), with pre-vote (thesis §9.6), leader stickiness (thesis §4.2.3) and early
 * elections when the link to the leader breaks.
 */
import { type Ballot, NOBODY, type NodeId } from '../../core/ids.ts'
import { bug, probe } from '../../core/seams.ts'
import { addMs, NEVER } from '../../core/time.ts'
import { allVoters } from './configuration.ts'
import { voteResult } from './joint-quorum.ts'
import { becomeLeader } from './leading.ts'
import type { TimeoutNow, VoteRequest, VoteResponse } from './message.ts'
import { isAtLeast } from './promise.ts'
import type { RaftState } from './raft-state.ts'

/**
 * So far at most a candidate's term lies beyond those of a quorum. Whoever asks for more is not granted a pre-vote
 * before its voters have followed. So a fence (`inquiries.ts`) that lies further ahead lies beyond all candidates.
 */
export const TERMS_AHEAD_MAX = 8

/** Nobody was heard to lead for a while. */
export function onElectionTimeout(state: RaftState): void {
  if (!state.mayCampaign) {
    state.follow(NOBODY)
    state.electionAt = NEVER
    return
  }
  if (state.stance === 'candidate') probe('raft: a candidate was not elected in its time')
  if (bug('no-pre-vote')) campaign(state, false)
  else askForPreVotes(state)
}

/**
 * Thesis §9.6: before it raises its term, a node asks whether it could win. So a node which was cut off, or
 * removed, does not come back with a high term and depose a leader that serves everybody else.
 */
function askForPreVotes(state: RaftState): void {
  state.stance = 'preCandidate'
  state.follow(NOBODY)
  state.votes.clear()
  state.votes.set(state.id, true)
  state.restartElectionTimer()
  requestVotes(state, (state.ballot + 1) as Ballot, true, false)
  countVotes(state)
}

/** Raft §5.2: "increments its current term and transitions to candidate state, votes for itself". */
function campaign(state: RaftState, transfer: boolean): void {
  state.becomeFollower((state.ballot + 1) as Ballot, NOBODY)
  state.stance = 'candidate'
  state.promise({ vote: state.id })
  requestVotes(state, state.ballot, false, transfer)
}

/** A vote for oneself is a vote: it counts only once it is durable, and nobody is asked before. */
export function onPromiseDurable(state: RaftState): void {
  if (state.stance !== 'candidate' || state.promiseChanged || state.durableToken < state.promiseToken) return
  if (state.votes.has(state.id)) return
  state.votes.set(state.id, true)
  countVotes(state)
}

export function onVoteRequest(state: RaftState, from: NodeId, request: VoteRequest): void {
  // Thesis §4.2.3: who hears from a leader does not help to depose it, unless the leader itself asks for that.
  if (request.ballot > state.ballot && !request.transfer && isLoyal(state, from)) {
    probe('raft: whoever hears a leader refused a candidate')
    return answer(state, from, request, false)
  }
  if (request.pre) return answer(state, from, request, grantsPreVote(state, from, request))
  if (request.ballot > state.ballot) state.becomeFollower(request.ballot, NOBODY)
  const granted = grantsVote(state, from, request)
  if (granted && state.promised.vote !== from) {
    state.becomeFollower(state.ballot, NOBODY)
    state.promise({ vote: from })
  }
  answer(state, from, request, granted)
}

export function onVoteResponse(state: RaftState, from: NodeId, response: VoteResponse): void {
  if (response.ballot > state.ballot) return state.becomeFollower(response.ballot, NOBODY)
  const asked = response.pre ? state.ballot + 1 : state.ballot
  if (state.stance !== (response.pre ? 'preCandidate' : 'candidate') || response.requested !== asked) return
  // What was granted to an earlier start was granted to its log, of which this one may have forgotten a part.
  if (response.incarnation !== state.promised.incarnation) return
  if (state.votes.has(from)) return
  if (response.pre && !response.granted) probe('raft: a pre-vote was refused')
  state.votes.set(from, response.granted)
  countVotes(state)
}

/** Thesis §3.10: the leader hands over. A pre-vote would fail, since everybody still hears the leader. */
export function onTimeoutNow(state: RaftState, from: NodeId, message: TimeoutNow): void {
  if (message.ballot !== state.ballot || from !== state.leader || !state.mayCampaign) return
  probe('raft: a leader handed over')
  campaign(state, true)
}

/**
 * The connection to the leader broke: its process has probably died. That ends this node's loyalty, so that
 * it grants others who noticed the same, and it asks for pre-votes itself, after a moment that keeps two
 * followers from asking at once. If the leader lives, those who still hear it refuse, and nothing happened.
 */
export function onLeaderLinkLost(state: RaftState): void {
  state.follow(NOBODY)
  if (!state.mayCampaign) return
  const jitterUs = Math.min(state.limits.linkLostJitterMs * 1000, state.electionUs / 4)
  const soon = addMs(state.now, state.random.below(Math.max(1, Math.floor(jitterUs))) / 1000)
  if (soon >= state.electionAt) return
  probe('raft: a lost link made an election early')
  state.electionAt = soon
}

function isLoyal(state: RaftState, from: NodeId): boolean {
  if (bug('disloyal-voters')) return false
  if (state.leadership) return true
  if (state.leader === NOBODY || state.leader === from) return false
  return state.now < state.leaderHeardAt + state.electionUs
}

function grantsPreVote(state: RaftState, from: NodeId, request: VoteRequest): boolean {
  if (request.ballot > state.ballot + TERMS_AHEAD_MAX) {
    // The sender's own term; with it, this node grants the next attempt.
    state.becomeFollower((request.ballot - 1) as Ballot, NOBODY)
    return false
  }
  if (request.ballot <= state.ballot || !isUpToDate(state, request)) return false
  if (state.stance === 'preCandidate') {
    if (goesFirst(state, from, request)) return false
    state.stance = 'follower'
    state.votes.clear()
  }
  if (state.stance === 'follower' && state.electionAt !== NEVER) state.restartElectionTimer()
  return true
}

/**
 * Two nodes that ask for pre-votes at the same moment would grant each other's and then split the votes. One
 * of them goes first, unless it has been refused by the other already.
 */
function goesFirst(state: RaftState, from: NodeId, request: VoteRequest): boolean {
  if (state.votes.has(from)) return false
  const ours = state.log.end
  const equal = ours.ballot === request.lastBallot && ours.index === request.lastIndex
  return equal && state.id > from
}

/** Raft figure 2, RequestVote: at most one vote per term, and only for a log that lacks nothing. */
function grantsVote(state: RaftState, from: NodeId, request: VoteRequest): boolean {
  if (request.ballot < state.ballot) return false
  if (!isUpToDate(state, request)) {
    probe('raft: a vote was refused to a log that lacks something')
    return false
  }
  const { vote } = state.promised
  return vote === from || (vote === NOBODY && state.leader === NOBODY)
}

/** Raft §5.4.1; of a node that has lost entries, what it may have held counts too (`inquiries.ts`). */
function isUpToDate(state: RaftState, request: VoteRequest): boolean {
  const { floor } = state.promised
  const theirs = { ballot: request.lastBallot, index: request.lastIndex }
  if (!isAtLeast(theirs, state.log.end) && !bug('vote-for-shorter-log')) return false
  return !floor || isAtLeast(theirs, floor)
}

function answer(state: RaftState, to: NodeId, request: VoteRequest, granted: boolean): void {
  const { ballot: requested, incarnation, pre } = request
  const gate = bug('vote-before-durable') ? 'none' : 'promise'
  const { ballot } = state
  state.send(to, { type: 'voteResponse', ballot, requested, incarnation, pre, granted }, gate)
}

function requestVotes(state: RaftState, ballot: Ballot, pre: boolean, transfer: boolean): void {
  const { index: lastIndex, ballot: lastBallot } = state.log.end
  const { incarnation } = state.promised
  const request: VoteRequest = {
    type: 'voteRequest',
    ballot,
    incarnation,
    pre,
    transfer,
    lastIndex,
    lastBallot,
  }
  for (const id of allVoters(state.configuration)) {
    if (id === state.id) continue
    state.send(id, request, pre ? 'none' : 'promise')
  }
}

function countVotes(state: RaftState): void {
  const result = voteResult(state.configuration, state.votes)
  if (result === 'won') {
    if (state.stance === 'preCandidate') campaign(state, false)
    else becomeLeader(state)
  } else if (result === 'lost') {
    state.stance = 'follower'
    state.votes.clear()
  }
}
