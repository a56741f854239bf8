/** What is known of a bug of the museum, and what should find it. */

/**
 * Where a bug is hunted. `clusters`: whole nodes under everything that is drawn for them. The others: bare cores
 * (`core-run.ts`), of Raft, of Raft whose members come and go, of the Synod, and of Multi-Paxos in the same two ways.
 */
export const GROUNDS = ['clusters', 'raft', 'raftMembers', 'synod', 'paxos', 'paxosMembers'] as const

export type Ground = (typeof GROUNDS)[number]

/** Where a run is one of bare cores. */
export type CoreGround = Exclude<Ground, 'clusters'>

/** What looks on, and says that something is wrong. */
export const ORACLES = [
  'referee',
  'assertions',
  'history',
  'transactions',
  'programs',
  'replicas',
  'halts',
  'liveness',
  'leases',
  'fencing',
  'watches',
  'rights',
  'bounds',
  'demands',
] as const

export type Oracle = (typeof ORACLES)[number]

/** As the museum's page calls them. */
export const ORACLE_WORDS: Readonly<Record<Oracle, string>> = {
  referee: 'referee of bare cores',
  assertions: 'assertion',
  history: 'linearizability of the store',
  transactions: 'cycles of transactions',
  programs: 'totals and counts',
  replicas: 'comparison of replicas',
  halts: 'unexplained halt',
  liveness: 'liveness of a healed majority',
  leases: 'what leases are held to',
  fencing: 'tokens of locks',
  watches: 'promises of watches',
  rights: 'rights of users',
  bounds: 'bounds of queues and memory',
  demands: 'demands of the scenario',
}

/** A bug was found. */
export interface Catch {
  readonly oracle: Oracle
  /** What the oracle said. */
  readonly sentence: string
}

export interface Source {
  readonly text: string
  readonly url?: string
}

export interface Exhibit {
  /** What goes wrong, as a sentence without its full stop. */
  readonly what: string
  readonly source: Source
  readonly ground: Ground
  /** Any of these is right to find it first. */
  readonly oracles: readonly Oracle[]
  /** One that was written to show it, where there is one. */
  readonly scenario?: string
}
