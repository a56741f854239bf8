/**
 * Where the log and the store meet: what the log may forget, what a slow follower needs back from the disk,
 * and what a follower does when the leader's log begins behind its own end (Raft §7).
 */
import { assert } from '../../core/assert.ts'
import type { Entry } from '../../core/entry.ts'
import { type Index, NOBODY, type NodeId } from '../../core/ids.ts'
import type { LogBase } from '../../core/log-update.ts'
import { buggify, probe } from '../../core/seams.ts'
import { nextInTurn } from '../replica/in-turn.ts'
import { decodeConfiguration, members } from './configuration.ts'
import { acceptLeader, keepTrackOf, learnEpoch, match } from './following.ts'
import { offerSnapshot, sendAppend } from './leading.ts'
import type { SnapshotOffer } from './message.ts'
import type { RaftState } from './raft-state.ts'

export function onSnapshotOffer(state: RaftState, from: NodeId, offer: SnapshotOffer): void {
  const { ballot, epoch, base } = offer
  if (!acceptLeader(state, from, ballot)) return
  learnEpoch(state, epoch)
  if (state.log.has(base.index, base.ballot)) state.commitTo(base.index)
  if (base.index <= state.commitIndex) return match(state, state.commitIndex)
  if (state.installing !== undefined) return
  probe('raft: a follower went to fetch a snapshot')
  state.installing = base.index
  const source = whomToAsk(state, from, base)
  state.snapshotAskedOf = source
  state.outbox.others.push({ kind: 'installSnapshot', from: source, index: base.index })
}

/**
 * What was applied is committed, so anybody's store will do. The leader's surely holds enough, but the path from there
 * may be too bad for a whole snapshot: where one could not be had, the next member is asked. The offer names them, for
 * whoever was away may not know those who came meanwhile.
 */
function whomToAsk({ id, snapshotAskedOf }: RaftState, leader: NodeId, base: LogBase): NodeId {
  if (snapshotAskedOf === undefined) return leader
  return nextInTurn(snapshotAskedOf, leader, members(decodeConfiguration(base.configuration)), id)
}

/**
 * The store holds exactly the state at `base`. Nothing was handed out as committed in the meantime, so that
 * the store cannot have gone back (see `emitCommitted`).
 */
export function onInstalled(state: RaftState, base: LogBase): void {
  assert(base.index > state.applying.emitted, 'a snapshot is newer than what was applied')
  state.installing = undefined
  state.snapshotAskedOf = undefined
  answerUnseen(state, base.index)
  if (state.log.has(base.index, base.ballot)) {
    probe('raft: what follows a snapshot was in the log already')
    state.log.rebase(base)
    state.configurations.rebase(base.index)
  } else {
    state.log.reset(base)
    state.configurations.reset(base)
  }
  state.commitTo(base.index)
  state.applying.reset(base.index)
  state.checkpoint = undefined
  // The sender may have been ahead of the offer, in a term that nobody has told us of yet.
  if (state.log.lastBallot > state.ballot) state.becomeFollower(state.log.lastBallot, NOBODY)
  if (!state.leadership && state.leader !== NOBODY) match(state, base.index)
}

/** Proposals of ours which the snapshot may or may not contain. */
function answerUnseen(state: RaftState, through: Index): void {
  const { log, displaced, outbox } = state
  for (let index = state.applying.emitted + 1; index <= log.lastIndex; index++) {
    keepTrackOf(state, log.entryAt(index as Index)!)
  }
  outbox.unknown.push(...displaced.unknownUpTo(through))
  state.forwards.abandon()
}

export function onInstallFailed(state: RaftState, index: Index): void {
  probe('raft: a snapshot could not be had')
  if (state.installing === index) state.installing = undefined
}

export function onCheckpointed(state: RaftState, base: LogBase): void {
  assert(base.index <= state.applying.emitted, 'the store holds only what was committed')
  state.checkpoint = base
  forgetEntries(state)
}

/**
 * Raft §7: what the store holds durably the log may forget, but for `catchUpEntries` which spare slow
 * followers a snapshot. While one of them installs a snapshot the log waits for it, within reason.
 */
function forgetEntries(state: RaftState): void {
  const { log, checkpoint } = state
  if (!checkpoint || checkpoint.index <= log.base.index) return
  const held = checkpoint.index - log.base.index < state.limits.snapshotHoldEntriesMax
  if (held && isInstallingSomewhere(state)) {
    return probe('raft: the log forgot nothing, for a follower that installs a snapshot')
  }
  const wanted = Math.max(checkpoint.index - state.catchUpEntries, log.windowFirst)
  const index = Math.min(checkpoint.index, wanted) as Index
  const ballot = log.ballotAt(index)
  assert(ballot !== undefined, 'a checkpoint lies within the log')
  const time = log.entryAt(index)?.time ?? checkpoint.time
  log.rebase({ index, ballot, time, configuration: state.configurations.dataAt(index) })
  state.configurations.rebase(index)
}

function isInstallingSomewhere(state: RaftState): boolean {
  if (!state.leadership) return false
  for (const { state: follows, heardAt } of state.leadership.progress.values()) {
    if (follows === 'snapshot' && heardAt >= state.now - state.electionUs) return true
  }
  return false
}

/** The slowest follower whose next entries have left memory is served first; others may catch up with it. */
export function requestLoad(state: RaftState): void {
  const { leadership, log, limits } = state
  if (!leadership || state.loading !== undefined) return
  let from = log.windowFirst
  for (const progress of leadership.progress.values()) {
    if (progress.maySend && progress.next < from && progress.next > log.base.index) from = progress.next
  }
  if (from === log.windowFirst) return
  state.loading = from
  const bytesMax = buggify('raft: a load brings one entry') ? 1 : limits.appendBytesMax
  state.outbox.others.push({ kind: 'load', from, to: log.windowFirst, bytesMax })
}

export function onLoaded(state: RaftState, from: Index, entries: readonly Entry[]): void {
  if (state.loading !== from) return
  state.loading = undefined
  const { leadership, log } = state
  if (!leadership) return
  for (const [id, progress] of leadership.progress) {
    if (progress.next !== from || !progress.maySend || from >= log.windowFirst) continue
    if (entries.length === 0 || from <= log.base.index) offerSnapshot(state, id, progress)
    else {
      probe('raft: a slow follower was sent what had left memory')
      sendAppend(state, id, progress, [...entries])
    }
  }
}
