/** Runs bare cores with a bug put back, and says who found it. */
import { type BugName, openSeams, type Seams } from '../../core/seams.ts'
import { synod } from '../../protocols/paxos/index.ts'
import { raft } from '../../protocols/raft/index.ts'
import { BrokenPromise } from '../protocol-referee.ts'
import { runCores } from './core-run.ts'
import type { Catch, CoreGround } from './exhibit.ts'

const PLAYS: Readonly<Record<CoreGround, (seed: number) => void>> = {
  raft: seed => runCores(raft, seed),
  raftMembers: seed => runCores(raft, seed, { changesMembers: true }),
  synod: seed => runCores(synod, seed, { decidesOnce: true }),
}

/** Undefined if nothing was found. */
export function tryCores(ground: CoreGround, seed: number, bug?: BugName): Catch | undefined {
  const seams: Seams = { ...(bug !== undefined && { bug }), met() {}, takes: () => false }
  const close = openSeams(seams)
  try {
    PLAYS[ground](seed)
    return undefined
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return { oracle: error instanceof BrokenPromise ? 'referee' : 'assertions', sentence: error.message }
  } finally {
    close()
  }
}
