/**
 * Seams: the marked places where the simulator reaches into the product. It looks at what is rare (`probe`), makes
 * what is rare happen (`buggify`, after FoundationDB), and puts back bugs that the field has had (`bug`; the museum).
 *
 * Only a simulated run opens them, and closes them when it ends; a process that serves people never does, and there
 * each is a comparison with undefined. A name stands in the code exactly once. Both are held by `test/tidy`.
 */
import { assert } from './assert.ts'
import type { NodeId } from './ids.ts'
import type { ReplicaWitness } from './replica-witness.ts'

/** Bugs that can be put back, one at a time; `sim/museum` says what each is and where it is known from. */
export const BUGS = [
  'vote-before-durable',
  'vote-for-shorter-log',
  'commit-by-counting',
  'append-answered-before-durable',
  'stale-write-believed',
  'truncation-forgotten',
  'read-before-own-commit',
  'read-without-quorum',
  'read-id-reused',
  'read-before-apply',
  'answered-before-sync-alone',
  'unknown-tried-again',
  'forward-taken-twice',
  'applied-index-apart',
  'checkpoint-ahead',
  'snapshot-over-newer',
  'one-server-changes-overlap',
  'no-pre-vote',
  'disloyal-voters',
  'deaf-leader',
  'rot-truncated',
  'torn-tail-refused',
  'failed-write-believed',
  'rename-not-synced',
  'paxos-promise-forgotten',
  'paxos-own-value',
  'paxos-accepted-before-durable',
  'paxos-alpha-ignored',
  'paxos-chosen-whatever-ballot',
  'paxos-gaps-skipped',
  'paxos-last-told',
  'paxos-promise-before-durable',
  'paxos-read-before-recovery',
  'lease-expiry-believed',
  'lease-keys-survive',
  'lease-renewal-not-replicated',
  'lock-guard-left-out',
  'watch-lost-when-slow',
  'watch-revision-torn',
  'watch-back-after-snapshot',
  'watch-progress-overtakes',
  'watch-resumed-early',
  'compacted-tombstone-gone',
  'alarm-never-lifted',
  'command-before-all-know-it',
  'revoked-permission-heeded',
] as const

/** Situations that are rare, and that a campaign must have met. */
export const PROBES = [
  'client: another node was asked',
  'client: a watch went on with another stream',
  'client: a lock was lost before its turn was known',
  'client: what became of a request is unknown',
  'etcd: nobody waited any longer for a long range',
  'etcd: the members were changed by somebody else meanwhile',
  'etcd: the store was full',
  'group: a checkpoint that had failed was tried again',
  'group: a proposal had no answer in time',
  'group: a proposal was lost with its leader',
  'group: a refused proposal was proposed again',
  'group: readers had to ask again',
  'group: the store was congested',
  'group: too many proposals were waiting',
  'group: too many reads were waiting',
  'kv: a compaction came before an earlier one was swept',
  'kv: a lease was renewed when it was over',
  'kv: a lease that was said to be over was renewed before',
  'log: a batch below an intact one was damaged',
  'log: entries were carried forward',
  'log: the last batch was torn',
  'log: went over to a new segment',
  'peers: a connection took the place of an older one',
  'peers: a connection was silent for too long',
  'peers: bytes came that are no frame',
  'raft: a candidate was not elected in its time',
  'raft: a displaced proposal was surely not done',
  'raft: a follower went to fetch a snapshot',
  'raft: a former leader was told of a newer term',
  'replica: a forwarded proposal was refused',
  'raft: a fresh leader held reads back',
  'raft: a leader committed entries of an earlier term',
  'raft: a leader handed over',
  'raft: a leader heard of no quorum and stepped down',
  'replica: a leader never answered a forwarded read',
  'replica: a leader stepped down with reads under way',
  'replica: a leader was lost with forwarded proposals',
  'raft: a lost link made an election early',
  'raft: a member that had lost everything takes part again',
  'raft: a node in doubt fenced off those who were silent',
  'raft: a node that had doubts lacked what others told',
  'raft: a pre-vote was refused',
  'raft: a proposal was displaced',
  'raft: a slow follower was sent what had left memory',
  'raft: a snapshot could not be had',
  'raft: a vote was refused to a log that lacks something',
  'raft: an append was rejected, and another one tried',
  'raft: entries came while a snapshot was installed',
  'raft: entries of a former leader were cut off',
  'replica: nobody told what became of a forwarded proposal',
  'raft: the log forgot nothing, for a follower that installs a snapshot',
  'roster: a learner was to vote',
  'roster: a member began',
  'roster: a member joined though there was no quorum without it',
  'raft: what follows a snapshot was in the log already',
  'raft: whoever hears a leader refused a candidate',
  'snapshot: a receiver gave up',
  'snapshot: a sender gave up on a receiver',
  'snapshot: a sender had none to give',
  'snapshot: installed',
  'store: a merge was given up, for want of room',
  'store: a merge was given up, since all was replaced',
  'store: tables were merged',
  'watch: a compaction was quicker than a watcher',
  'watch: a response came in parts',
  'watch: a revision was read in several slices',
  'watch: a slow watcher fell behind',
  'watch: a snapshot came while watchers were synced',
  'watch: progress was asked for too early',
  'paxos: a ballot met a higher one',
  'paxos: a former leader was told of a higher ballot',
  'paxos: a gap was filled',
  'paxos: a leader awaited promises for later slots',
  'paxos: a leader had to learn what was chosen',
  'paxos: a leader handed over',
  'paxos: a leader heard of no majority and stepped down',
  'paxos: a leader that left handed over',
  'paxos: a learner asked what was chosen',
  'paxos: a learner had accepted something else',
  'paxos: a learner was told what had left memory',
  'paxos: a lost link made a canvass early',
  'paxos: a member that had forgotten takes part again',
  'paxos: a member took over what others had accepted',
  'paxos: a member went to fetch a snapshot',
  'paxos: a new leader held reads back',
  'paxos: a promise took more than one page',
  'paxos: a proposal was surely not chosen',
  'paxos: a proposer was not promised enough in its time',
  'paxos: a slot was accepted before the one that comes before it',
  'paxos: a snapshot could not be had',
  'paxos: a value was recovered',
  'paxos: acceptances came out of order',
  'paxos: the log forgot nothing, for a member that installs a snapshot',
  'paxos: two proposers competed for promises',
  'paxos: what was open was proposed to somebody again',
  'paxos: who had forgotten spoke for later slots only',
  'paxos: whoever hears a leader refused another',
  'etcd: an alarm was lifted since there was room again',
  'etcd: a command waited until all members know it',
  'kv: a node was older than its cluster',
  'paxos: a member that joined learned the configurations before its own',
  'paxos: a leader waited until those who stay could go on alone',
  'group: a change was answered when those who left were needed no longer',
  'paxos: a member in doubt asked one that it had not known',
  'raft: a member in doubt asked one that it had not known',
] as const

/** Places where the code may take its rare way on purpose; each is right in every run. */
export const SITES = [
  'raft: a load brings one entry',
  'etcd: a short range is read in slices',
  'group: a checkpoint is made early',
  'group: proposals are made one by one',
  'group: what is committed is applied a turn later',
  'kv: a sweep looks at one version at a time',
  'log: goes over to a new segment early',
  'peers: a connection is closed for no reason',
  'replica: a forward brings one proposal',
  'raft: a snapshot is offered though there are entries',
  'raft: an append brings one entry',
  'replica: an election waits no longer than it must',
  'replica: one message with entries is on its way at a time',
  'raft: the news of a commit waits for nothing',
  'raft: what is committed is handed out one by one',
  'snapshot: a chunk brings one pair',
  'snapshot: one chunk is asked for at a time',
  'raft: entries leave memory early',
  'watch: a stream takes nothing for a turn',
  'watch: a walk reads one change at a time',
  'paxos: a load brings one entry',
  'paxos: a message brings one proposal',
  'paxos: a proposal is passed over at first',
  'paxos: a snapshot is offered though there are entries',
  'paxos: entries leave memory early',
  'paxos: the news of what is chosen waits for nothing',
  'paxos: what is chosen is handed out one by one',
  'snapshot: a request is refused',
  'store: a merge begins late',
  'etcd: a proposal stands in line though there is room',
  'store: a table is synced after a write',
  'watch: a response is sent in parts though it is short',
  'paxos: a page of a report brings one entry',
] as const

export type BugName = (typeof BUGS)[number]
export type ProbeName = (typeof PROBES)[number]
export type SiteName = (typeof SITES)[number]

/** What a simulated run does at the seams. */
export interface Seams {
  readonly bug?: BugName
  /** The situation has come about. */
  met(probe: ProbeName): void
  /** Whether the code takes its rare way here, this time. */
  takes(site: SiteName): boolean
  /** Of a replica that begins now. */
  witness?(replica: NodeId): ReplicaWitness
}

let open: Seams | undefined

/** Whether this bug is put back. What stands behind it is wrong. */
export function bug(name: BugName): boolean {
  return open?.bug === name
}

/** This situation has come about. */
export function probe(name: ProbeName): void {
  open?.met(name)
}

/** Whether to take the rare way. What stands behind it is right, and seldom needed. */
export function buggify(site: SiteName): boolean {
  return open?.takes(site) ?? false
}

/** Whom a replica that begins now has to tell everything; mostly nobody. */
export function witnessOf(replica: NodeId): ReplicaWitness | undefined {
  return open?.witness?.(replica)
}

/** Whether somebody looks on: then invariants are checked after every step, whatever that costs. */
export function isWatched(): boolean {
  return open !== undefined
}

/** Until the call of what it gives. One run at a time: the process has one set of seams. */
export function openSeams(seams: Seams): () => void {
  assert(open === undefined, 'one simulated run at a time in a process')
  open = seams
  return () => {
    open = undefined
  }
}
