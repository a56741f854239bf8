/** The follower's rules (Raft figure 2, AppendEntries; §5.3). */
import { assert } from '../../core/assert.ts'
import type { Entry } from '../../core/entry.ts'
import type { Ballot, Index, NodeId } from '../../core/ids.ts'
import { probe } from '../../core/seams.ts'
import type { Append, Commit, Heartbeat } from './message.ts'
import type { RaftState } from './raft-state.ts'

/** False if the sender leads no longer; it is told the newer term, and will step down. */
export function acceptLeader(state: RaftState, from: NodeId, ballot: Ballot): boolean {
  if (ballot < state.ballot) {
    probe('raft: a former leader was told of a newer term')
    // Without an answer, a node with a higher term could never be led again: nobody else would learn of its
    // term, since who hears a leader ignores its requests for votes.
    state.send(from, { type: 'heartbeatResponse', ballot: state.ballot, round: 0 }, 'promise')
    return false
  }
  assert(ballot > state.ballot || !state.leadership, 'there is at most one leader in a term')
  if (ballot > state.ballot || state.stance !== 'follower') state.becomeFollower(ballot, from)
  state.follow(from)
  state.leaderHeardAt = state.now
  state.restartElectionTimer()
  return true
}

export function onAppend(state: RaftState, from: NodeId, append: Append): void {
  if (!acceptLeader(state, from, append.ballot)) return
  learnEpoch(state, append.epoch)
  const { log } = state
  if (state.installing !== undefined && append.entries.length > 0) {
    probe('raft: entries came while a snapshot was installed')
  }
  const { previousIndex, previousBallot, entries } = append
  if (previousIndex < state.commitIndex) return match(state, state.commitIndex)
  if (!log.has(previousIndex, previousBallot)) return reject(state, from, append)
  for (const entry of entries) {
    if (log.has(entry.index, entry.ballot)) continue
    if (entry.index <= log.lastIndex) removeConflict(state, entry.index)
    log.append(entry)
    if (entry.kind === 'configuration') state.configurations.append(entry)
  }
  const last = (previousIndex + entries.length) as Index
  state.commitTo(Math.min(append.commit, last) as Index)
  match(state, last)
}

/** Raft §5.3: "delete the existing entry and all that follow it", and return to the configuration before. */
function removeConflict(state: RaftState, from: Index): void {
  assert(from > state.commitIndex, 'a committed entry is never replaced')
  probe('raft: entries of a former leader were cut off')
  const { log } = state
  for (let index = from; index <= log.lastIndex; index++) keepTrackOf(state, log.entryAt(index as Index)!)
  log.truncateFrom(from)
  state.configurations.truncateFrom(from)
  if (state.matched !== undefined && state.matched >= from) state.matched = (from - 1) as Index
}

/** A proposal of this node, accepted while it led: it may still be committed, from another node's log. */
export function keepTrackOf(state: RaftState, { index, ballot, origin, proposal, kind }: Entry): void {
  if (kind === 'noop' || origin !== state.id || !state.ledBallots.has(ballot)) return
  probe('raft: a proposal was displaced')
  state.displaced.add(index, ballot, proposal)
}

/** Raft §5.3, end: the hint lets the leader skip whole terms instead of single entries. */
function reject(state: RaftState, from: NodeId, { previousIndex, previousBallot }: Append): void {
  const { log, ballot, epoch, promised } = state
  const { incarnation } = promised
  const hintIndex = log.agreementBelow(previousIndex, previousBallot)
  const hintBallot = log.ballotAt(hintIndex) ?? (0 as Ballot)
  state.send(
    from,
    { type: 'appendRejected', ballot, epoch, incarnation, rejected: previousIndex, hintIndex, hintBallot },
    'promise',
  )
}

/** The log equals the leader's up to `index`; the leader is told at the end of the step, once. */
export function match(state: RaftState, index: Index): void {
  if (state.matched === undefined || index > state.matched) state.matched = index
}

export function onHeartbeat(state: RaftState, from: NodeId, heartbeat: Heartbeat): void {
  if (!acceptLeader(state, from, heartbeat.ballot)) return
  learnCommit(state, heartbeat)
  const { ballot } = state
  state.send(from, { type: 'heartbeatResponse', ballot, round: heartbeat.round }, 'promise')
}

export function onCommit(state: RaftState, from: NodeId, message: Commit): void {
  if (message.ballot < state.ballot || !acceptLeader(state, from, message.ballot)) return
  learnCommit(state, message)
}

/** From now on what this node acknowledges says that it was not forgotten since the leader was last asked. */
export function learnEpoch(state: RaftState, epoch: number): void {
  if (epoch > state.epoch) state.epoch = epoch
}

/**
 * The leader sends at most what this log once held; but it may have lost that since, and hold something else there
 * (`inquiries.ts`). By log matching (Raft §5.3), the term tells. A disk that knows of no loss and ends before that is
 * not the one that acknowledged it.
 */
function learnCommit(state: RaftState, { commit, commitBallot }: Commit | Heartbeat): void {
  if (state.log.has(commit, commitBallot)) state.commitTo(commit)
  else if (commit > state.log.lastIndex) state.missing = commit
}
