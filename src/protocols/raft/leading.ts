/**
 * The leader's rules: replication (Raft §5.3), commitment (§5.4.2), heartbeats and check-quorum (§6, thesis
 * §6.2), and the choice of what each follower is sent.
 */
import { assert } from '../../core/assert.ts'
import { EMPTY } from '../../core/bytes.ts'
import { type Entry, type EntryKind, entryBytes } from '../../core/entry.ts'
import { type Ballot, type Index, NOBODY, type NodeId, type ProposalId } from '../../core/ids.ts'
import { bug, buggify, probe } from '../../core/seams.ts'
import { addMs, type Instant, NEVER } from '../../core/time.ts'
import { members } from './configuration.ts'
import { isQuorum, quorumValue } from './joint-quorum.ts'
import { Leadership } from './leadership.ts'
import type { Append, AppendAccepted, AppendRejected, HeartbeatResponse } from './message.ts'
import { Progress } from './progress.ts'
import type { RaftState } from './raft-state.ts'

/** Raft §5.2 and §8: a new leader begins with a no-op, to learn what is committed. */
export function becomeLeader(state: RaftState): void {
  assert(state.stance === 'candidate', 'only a candidate becomes leader')
  const firstIndex = (state.log.lastIndex + 1) as Index
  const { ballot, now, limits } = state
  const leadership = new Leadership(ballot, firstIndex, state.log.lastTime, now, limits)
  leadership.uncommittedBytes = state.bytesBetween(state.commitIndex, state.log.lastIndex)
  state.stance = 'leader'
  state.votes.clear()
  state.follow(state.id)
  state.leadership = leadership
  state.electionAt = NEVER
  state.firstLedBallot ??= ballot
  state.ledBallots.add(ballot)
  leadership.heartbeatAt = addMs(now, state.heartbeatMs)
  meetMembers(state)
  appendOwn(state, 'noop', EMPTY, NOBODY, 0 as ProposalId)
}

export function appendOwn(
  state: RaftState,
  kind: EntryKind,
  data: Uint8Array,
  origin: NodeId,
  proposal: ProposalId,
): void {
  const leadership = state.leadership!
  const index = (state.log.lastIndex + 1) as Index
  const entry: Entry = {
    index,
    ballot: state.ballot,
    kind,
    time: leadership.timeAt(state.now),
    origin,
    proposal,
    data,
  }
  state.log.append(entry)
  leadership.uncommittedBytes += data.length
  leadership.progress.get(origin)?.awaitCommit(index)
  if (kind === 'configuration') {
    // Raft §6: "a server always uses the latest configuration in its log, regardless of whether it is committed".
    state.configurations.append(entry)
    meetMembers(state)
  }
}

/** Begins to replicate to members that are new. Those who leave are kept until the change is committed. */
function meetMembers(state: RaftState): void {
  const { progress } = state.leadership!
  for (const id of members(state.configuration)) {
    if (id === state.id || progress.has(id)) continue
    progress.set(id, new Progress((state.log.lastIndex + 1) as Index, state.now, state.limits))
  }
}

export function onAppendAccepted(state: RaftState, from: NodeId, answer: AppendAccepted): void {
  const progress = state.leadership?.progress.get(from)
  if (!progress || answer.match > state.log.lastIndex || !progress.isCurrent(answer.epoch)) return
  progress.heardAt = state.now
  progress.isRestarted(answer.incarnation)
  progress.accepted(answer.match)
}

export function onAppendRejected(state: RaftState, from: NodeId, answer: AppendRejected): void {
  const progress = state.leadership?.progress.get(from)
  if (!progress?.isCurrent(answer.epoch)) return
  progress.heardAt = state.now
  // It was started again, and misses what it had acknowledged: its disk has lost that.
  if (progress.isRestarted(answer.incarnation) && answer.rejected <= progress.match) progress.restart(true)
  const agreement = state.log.agreementBelow(answer.hintIndex, answer.hintBallot)
  if (progress.rejected(answer.rejected, agreement))
    probe('raft: an append was rejected, and another one tried')
}

export function onHeartbeatResponse(state: RaftState, from: NodeId, answer: HeartbeatResponse): void {
  const progress = state.leadership?.progress.get(from)
  if (!progress) return
  progress.heardAt = state.now
  if (answer.round > progress.round) progress.round = answer.round
  if (!progress.heartbeatAnswered()) return
  if (progress.next <= state.log.base.index) return offerSnapshot(state, from, progress)
  sendAppend(state, from, progress, [])
}

/** Thesis §6.2: a leader that cannot reach a quorum steps down, so that its clients look for another one. */
export function onHeartbeatTimeout(state: RaftState): void {
  const { progress } = state.leadership!
  const since = state.now - state.electionUs
  const heard = (id: NodeId) => id === state.id || (progress.get(id)?.heardAt ?? -1) >= since
  if (isQuorum(state.configuration, heard) || bug('deaf-leader')) sendHeartbeats(state)
  else {
    probe('raft: a leader heard of no quorum and stepped down')
    state.becomeFollower(state.ballot, NOBODY)
  }
}

/** When the leader has something to say though nothing happens. A leader alone never has. */
export function nextSending({ progress, heartbeatAt, noticesAt }: Leadership): Instant {
  return progress.size === 0 ? NEVER : (Math.min(heartbeatAt, noticesAt) as Instant)
}

/** Also begins, or repeats, the newest read round, and repeats the offers of snapshots. */
export function sendHeartbeats(state: RaftState): void {
  const leadership = state.leadership!
  const { ballot } = leadership
  const round = leadership.reads.newest
  for (const [id, peer] of leadership.progress) {
    const commit = Math.min(peer.match, state.commitIndex) as Index
    state.send(id, { type: 'heartbeat', ballot, commit, commitBallot: termOf(state, commit), round })
    if (commit > peer.commitSent) peer.commitSent = commit
    if (peer.state === 'snapshot') offerSnapshot(state, id, peer)
  }
  leadership.heartbeatAt = addMs(state.now, state.heartbeatMs)
}

/**
 * Raft §5.4.2: "only log entries from the leader's current term are committed by counting replicas"; those
 * before are committed with them. The leader counts itself like everybody else: by what is durable.
 */
export function advanceCommit(state: RaftState): void {
  const { progress } = state.leadership!
  const match = (id: NodeId) => (id === state.id ? state.log.durableIndex : (progress.get(id)?.match ?? 0))
  const index = quorumValue(state.configuration, match) as Index
  if (index <= state.commitIndex) return
  if (state.log.ballotAt(index) !== state.ballot && !bug('commit-by-counting')) return
  if (state.log.ballotAt(state.commitIndex) !== state.ballot) {
    probe('raft: a leader committed entries of an earlier term')
  }
  state.commitTo(index)
}

/**
 * One pass at the end of a step: whatever there is for each follower, as far as its window allows. What is
 * committed travels with the next append; alone it is sent at once only to a follower whose callers wait for
 * it, and otherwise after a moment. While one client writes after the other, that saves two of five messages
 * for each write, and the work of those who receive them.
 */
export function replicate(state: RaftState): void {
  const leadership = state.leadership!
  const shared: SharedAppend = { message: undefined }
  const { commitNoticeMs } = state.limits
  const isHasty = commitNoticeMs === 0 || buggify('raft: the news of a commit waits for nothing')
  const noticesDue = isHasty || state.now >= leadership.noticesAt || state.hasNewsOfMembership
  let isBehind = false
  for (const [id, progress] of leadership.progress) {
    if (sendEntries(state, id, progress, shared)) continue
    const commit = Math.min(progress.match, state.commitIndex) as Index
    if (commit <= progress.commitSent) continue
    if (noticesDue || progress.awaitsCommit) sendCommit(state, id, progress, commit)
    else isBehind = true
  }
  if (!isBehind) leadership.noticesAt = NEVER
  else if (leadership.noticesAt === NEVER) {
    leadership.noticesAt = addMs(state.now, commitNoticeMs)
  }
}

/** Followers that are equally far are sent the same object, which need be encoded only once. */
interface SharedAppend {
  message: Append | undefined
}

/** True if something was sent. */
function sendEntries(state: RaftState, id: NodeId, progress: Progress, shared: SharedAppend): boolean {
  const { log, limits } = state
  let sent = false
  while (progress.maySend && (progress.next <= log.lastIndex || progress.state === 'probe')) {
    if (progress.next <= log.base.index || buggify('raft: a snapshot is offered though there are entries')) {
      offerSnapshot(state, id, progress)
      return true
    }
    if (progress.next < log.windowFirst) break // `requestLoad` fetches it
    if (shared.message && shared.message.previousIndex === progress.next - 1) {
      resendAppend(state, id, progress, shared.message)
    } else {
      const end = (log.lastIndex + 1) as Index
      const { appendBytesMax } = limits
      const appendEntriesMax = buggify('raft: an append brings one entry') ? 1 : limits.appendEntriesMax
      const entries =
        progress.next < end ? log.slice(progress.next, end, appendBytesMax, appendEntriesMax) : []
      shared.message = sendAppend(state, id, progress, entries)
    }
    sent = true
  }
  return sent
}

/** Sends the entries that follow what the follower is believed to have. */
export function sendAppend(state: RaftState, to: NodeId, progress: Progress, entries: Entry[]): Append {
  const previousIndex = (progress.next - 1) as Index
  const previousBallot = state.log.ballotAt(previousIndex)
  assert(previousBallot !== undefined, 'appends follow an entry whose term is known')
  const commit = state.commitIndex
  const { ballot } = state
  const { epoch } = state.leadership!
  const append: Append = { type: 'append', ballot, epoch, previousIndex, previousBallot, commit, entries }
  resendAppend(state, to, progress, append)
  return append
}

function resendAppend(state: RaftState, to: NodeId, progress: Progress, append: Append): void {
  state.send(to, append)
  const last = append.entries.at(-1)
  const covered = Math.min(append.commit, last?.index ?? append.previousIndex) as Index
  if (covered > progress.commitSent) progress.commitSent = covered
  if (last || progress.state === 'probe') progress.sent(last?.index ?? append.previousIndex, bytesOf(append))
}

function sendCommit(state: RaftState, to: NodeId, progress: Progress, commit: Index): void {
  progress.commitSent = commit
  state.send(to, { type: 'commit', ballot: state.ballot, commit, commitBallot: termOf(state, commit) })
}

/** Of an entry that the log has forgotten nobody needs to be told: zero, which is no entry's term. */
function termOf(state: RaftState, index: Index): Ballot {
  return state.log.ballotAt(index) ?? (0 as Ballot)
}

/**
 * Raft §7: what the log no longer holds is fetched from the leader's store, by way of the group. The offer
 * begins where memory does, so that what follows it need not be loaded; and it stays the same until it is
 * answered, or an answer to the first of many would never do.
 */
export function offerSnapshot(state: RaftState, to: NodeId, progress: Progress): void {
  const { log, configurations } = state
  const base = progress.offered ?? log.windowBase(configurations.dataAt((log.windowFirst - 1) as Index))
  progress.offer(base)
  const { ballot } = state
  state.send(to, { type: 'snapshotOffer', ballot, epoch: state.leadership!.epoch, base })
}

function bytesOf(append: Append): number {
  let bytes = 0
  for (const entry of append.entries) bytes += entryBytes(entry)
  return bytes
}
