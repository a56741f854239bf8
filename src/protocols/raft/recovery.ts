/**
 * From what the disk holds to what the core starts with. The store may be behind the log: the entries between
 * are committed anew, once a leader says so. It may be ahead of it, after an installed snapshot that the log
 * had not heard of when the node crashed: then the log restarts at the store's state, exactly as it would have.
 */
import { assert } from '../../core/assert.ts'
import type { Entry } from '../../core/entry.ts'
import { type Ballot, NOBODY } from '../../core/ids.ts'
import { graverDoubt, type LogBase, type RecoveredLog } from '../../core/log-update.ts'
import type { Random } from '../../core/prng.ts'
import type { ConsensusOptions } from '../consensus.ts'
import { beginLife } from '../replica/incarnation.ts'
import { ConfigurationHistory } from './membership-change.ts'
import { decodePromise, NOTHING_PROMISED, type Promised } from './promise.ts'
import { RaftLog } from './raft-log.ts'

export interface Recovered {
  readonly log: RaftLog
  readonly configurations: ConfigurationHistory
  readonly promised: Promised
}

/** A damaged last batch may have held the previous start's count. */
const STARTS_IN_DOUBT = 2

export function recover({ recovered, applied, random }: ConsensusOptions): Recovered {
  const base = recovered.base ?? applied
  assert(applied.index >= base.index, 'the store holds everything that the log has forgotten')
  const entries = recovered.entries.filter(entry => entry.index > base.index)
  assertNoGaps(base, entries)
  const log = new RaftLog(base, entries)
  const configurations = new ConfigurationHistory(base)
  if (log.has(applied.index, applied.ballot)) {
    for (const entry of entries) if (entry.kind === 'configuration') configurations.append(entry)
  } else {
    log.reset(applied)
    configurations.reset(applied)
  }
  if (!recovered.base) log.issueBase()
  return { log, configurations, promised: recoverPromise(recovered, log.lastBallot, random) }
}

/** The term may be behind that of an installed snapshot, and behind anything if something was lost. */
function recoverPromise(recovered: RecoveredLog, lastBallot: Ballot, random: Random): Promised {
  const { promise, entries } = recovered
  const before = promise ? decodePromise(promise) : NOTHING_PROMISED
  const doubt = graverDoubt(before.doubt, recovered.doubt)
  const incarnation = nextIncarnation(recovered, before, random)
  const written = entries.at(-1)?.ballot ?? 0
  assert(doubt !== 'none' || written <= before.ballot, 'a term is promised before entries of it are written')
  if (lastBallot <= before.ballot) return { ...before, incarnation, doubt }
  return { ...before, ballot: lastBallot, vote: NOBODY, incarnation, doubt }
}

function nextIncarnation({ promise, doubt }: RecoveredLog, before: Promised, random: Random): number {
  if (doubt === 'none') return before.incarnation + 1
  return promise ? before.incarnation + STARTS_IN_DOUBT : beginLife(random)
}

function assertNoGaps(base: LogBase, entries: readonly Entry[]): void {
  for (let i = 0; i < entries.length; i++) {
    assert(entries[i]!.index === base.index + 1 + i, 'a recovered log has no gaps')
  }
}
