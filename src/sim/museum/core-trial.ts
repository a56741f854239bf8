/** Runs bare cores with a bug put back, and says who found it. */
import { randomFromSeed } from '../../core/prng.ts'
import { type BugName, openSeams } from '../../core/seams.ts'
import { synod } from '../../protocols/paxos/index.ts'
import { paxos } from '../../protocols/paxos/multi/index.ts'
import { raft } from '../../protocols/raft/index.ts'
import { BrokenPromise } from '../protocol-referee.ts'
import { RareWays } from '../run/rare-ways.ts'
import { type CoreRunOptions, runCores } from './core-run.ts'
import type { Catch, CoreGround } from './exhibit.ts'

export interface CoreTrialOptions {
  /** Put back. */
  readonly bug?: BugName
  /** Called with every line of the trace. */
  readonly trace?: (line: string) => void
}

type Play = (seed: number, options: CoreRunOptions) => void

const PLAYS: Readonly<Record<CoreGround, Play>> = {
  raft: (seed, options) => runCores(raft, seed, options),
  raftMembers: (seed, options) => runCores(raft, seed, { ...options, changesMembers: true }),
  synod: (seed, options) => runCores(synod, seed, { ...options, decidesOnce: true }),
  paxos: (seed, options) => runCores(paxos, seed, options),
  paxosMembers: (seed, options) => runCores(paxos, seed, { ...options, changesMembers: true }),
}

/** Undefined if nothing was found. */
export function tryCores(
  ground: CoreGround,
  seed: number,
  { bug, trace }: CoreTrialOptions = {},
): Catch | undefined {
  // The rare ways have a stream of their own: what happens to the cores is drawn as if there were none.
  const ways = new RareWays(randomFromSeed(seed).fork())
  const close = openSeams({ ...(bug && { bug }), met() {}, takes: site => ways.takes(site) })
  try {
    PLAYS[ground](seed, { calm: () => ways.takeNone(), ...(trace && { trace }) })
    return undefined
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return { oracle: error instanceof BrokenPromise ? 'referee' : 'assertions', sentence: error.message }
  } finally {
    close()
  }
}
