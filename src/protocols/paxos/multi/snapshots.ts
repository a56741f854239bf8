/**
 * Where the log and the store meet: what the log may forget, what is told to those who have to learn it, and what a
 * member does that lacks more than any log still holds.
 */
import { assert } from '../../../core/assert.ts'
import { ballotBehind, type Entry } from '../../../core/entry.ts'
import { type Index, NOBODY, type NodeId } from '../../../core/ids.ts'
import type { LogBase } from '../../../core/log-update.ts'
import { buggify, probe } from '../../../core/seams.ts'
import { NEVER } from '../../../core/time.ts'
import { noteLearned } from './leading.ts'
import { hearChosen } from './learning.ts'
import type { Learn, SnapshotOffer } from './message.ts'
import type { PaxosState } from './state.ts'

/** Anybody who knows may be asked, whoever leads. */
export function onLearn(state: PaxosState, to: NodeId, { from }: Learn): void {
  const { log, limits, ballot } = state
  if (from > log.chosen) return
  if (from <= log.base.index || buggify('paxos: a snapshot is offered though there are entries')) {
    return offerSnapshot(state, to)
  }
  if (from < log.windowFirst) return requestLoad(state, to, from)
  const entries = log.slice(from, state.frontier, limits.pageBytesMax, limits.acceptEntriesMax)
  state.send(to, { type: 'learned', ballot, entries })
}

/** One load at a time; whoever comes too early asks again. */
function requestLoad(state: PaxosState, to: NodeId, from: Index): void {
  if (state.loading !== undefined) return
  state.loading = { from, to }
  const bytesMax = buggify('paxos: a load brings one entry') ? 1 : state.limits.pageBytesMax
  state.outbox.others.push({ kind: 'load', from, to: state.log.windowFirst, bytesMax })
}

export function onLoaded(state: PaxosState, from: Index, entries: readonly Entry[]): void {
  const { loading, ballot } = state
  if (loading?.from !== from) return
  state.loading = undefined
  if (entries.length === 0) return offerSnapshot(state, loading.to)
  probe('paxos: a learner was told what had left memory')
  state.send(loading.to, { type: 'learned', ballot, entries })
}

/** It begins where memory does, so that what follows it need not be loaded. */
function offerSnapshot(state: PaxosState, to: NodeId): void {
  const index = (state.log.windowFirst - 1) as Index
  const peer = state.leadership?.peers.get(to)
  if (peer !== undefined) peer.offered = index
  state.send(to, { type: 'snapshotOffer', ballot: state.ballot, index })
}

export function onSnapshotOffer(state: PaxosState, from: NodeId, { index }: SnapshotOffer): void {
  if (index <= state.log.chosen || state.installing !== undefined) return
  probe('paxos: a member went to fetch a snapshot')
  state.installing = index
  state.outbox.others.push({ kind: 'installSnapshot', from, index })
}

/**
 * The store holds exactly the state at `base`. Nothing was handed out as committed in the meantime, so that the
 * store cannot have gone back. What was accepted in later slots stays.
 */
export function onInstalled(state: PaxosState, base: LogBase): void {
  assert(base.index > state.applying.emitted, 'a snapshot is newer than what was applied')
  const { log, configurations } = state
  resumeAfterInstalling(state)
  answerUnseen(state, base.index)
  if (base.index <= log.chosen) {
    log.rebase(base)
    configurations.rebase(base.index)
  } else {
    log.reset(base)
    configurations.reset(base)
  }
  state.applying.reset(base.index)
  state.checkpoint = undefined
  if (state.lesson !== undefined && state.lesson.through <= log.chosen) state.lesson = undefined
  noteLearned(state)
  const { heard, leader, leadership, ballot } = state
  if (leader !== NOBODY && !leadership && heard.ballot === ballot)
    hearChosen(state, leader, ballot, heard.chosen)
}

/** Proposals of ours which the snapshot may or may not contain. */
function answerUnseen(state: PaxosState, through: Index): void {
  for (const [index, id] of state.issued) {
    if (index > through) continue
    state.issued.delete(index)
    state.outbox.unknown.push(id)
  }
  state.forwards.abandon()
}

export function onInstallFailed(state: PaxosState, index: Index): void {
  probe('paxos: a snapshot could not be had')
  if (state.installing !== index) return
  const { lesson } = state
  if (lesson !== undefined) lesson.askedInTurn ??= lesson.teacher
  resumeAfterInstalling(state)
}

function resumeAfterInstalling(state: PaxosState): void {
  state.installing = undefined
  if (state.lesson !== undefined) state.lesson.askAt = state.now
  if (state.electionAt === NEVER && !state.leadership) state.restartElectionTimer()
}

export function onCheckpointed(state: PaxosState, base: LogBase): void {
  assert(base.index <= state.applying.emitted, 'the store holds only what was committed')
  state.checkpoint = base
  forgetEntries(state)
}

/**
 * What the store holds durably the log may forget, but for `catchUpEntries` which spare slow members a snapshot. While
 * one of them installs a snapshot the log waits for it, within reason.
 */
function forgetEntries(state: PaxosState): void {
  const { log, checkpoint, configurations } = state
  if (!checkpoint || checkpoint.index <= log.base.index) return
  const isHeld = checkpoint.index - log.base.index < state.limits.snapshotHoldEntriesMax
  if (isHeld && isInstallingSomewhere(state)) {
    return probe('paxos: the log forgot nothing, for a member that installs a snapshot')
  }
  const wanted = Math.max(checkpoint.index - state.catchUpEntries, log.windowFirst)
  const index = Math.min(checkpoint.index, wanted) as Index
  const entry = log.at(index)
  const { time } = entry ?? checkpoint
  const ballot = entry === undefined ? checkpoint.ballot : ballotBehind(entry)
  log.rebase({ index, ballot, time, configuration: configurations.dataAt(index) })
  configurations.rebase(index)
}

function isInstallingSomewhere({ leadership, now, electionUs }: PaxosState): boolean {
  if (!leadership) return false
  for (const { offered, heardAt } of leadership.peers.values()) {
    if (offered > 0 && heardAt >= now - electionUs) return true
  }
  return false
}
