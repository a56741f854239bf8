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
] as const

/** Situations that are rare, and that a campaign must have met. */
export const PROBES = ['raft: a leader committed entries of an earlier term'] as const

/** Places where the code may take its rare way on purpose; each is right in every run. */
export const SITES = ['raft: a load brings one entry'] as const

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
