/**
 * From what the disk holds to what the core starts with. What was accepted is as it was, gaps and all. What was known
 * to be chosen when the promise was last written is handed out at once, without anybody's help. The store may be
 * ahead of the log, after an installed snapshot that the log had not heard of when the node crashed: then the log
 * begins at the store's state; what was accepted in slots behind that stays, for it may have been counted.
 */
import { assert } from '../../../core/assert.ts'
import type { Entry } from '../../../core/entry.ts'
import type { Index } from '../../../core/ids.ts'
import { graverDoubt, type LogBase, type RecoveredLog } from '../../../core/log-update.ts'
import type { Random } from '../../../core/prng.ts'
import type { ConsensusOptions } from '../../consensus.ts'
import { beginLife } from '../../replica/incarnation.ts'
import { Configurations } from './configurations.ts'
import { decodeMemory, type Memory, NOTHING_PROMISED, type Promised } from './promise.ts'
import { SlotLog } from './slot-log.ts'

export interface Recovered {
  readonly log: SlotLog
  readonly configurations: Configurations
  readonly promised: Promised
}

/** A damaged last batch may have held the previous start's count. */
const STARTS_IN_DOUBT = 2

export function recover({ recovered, applied, random }: ConsensusOptions): Recovered {
  const memory = recovered.promise ? decodeMemory(recovered.promise) : NOTHING_PROMISED
  const base = baseOf(recovered, applied)
  const entries = recovered.entries.filter(entry => entry.index > base.index)
  // Nothing that the store has applied was anything but chosen, whatever the promise says.
  const known = Math.max(applied.index, memory.chosen, base.index)
  const chosen = gaplessUpTo(base.index, entries, known)
  assert(chosen === known || recovered.doubt !== 'none', 'what is known to be chosen is in the log')
  const log = new SlotLog(base, base.index, entries)
  const configurations = new Configurations(base)
  for (const entry of log.choose(chosen)) configurations.append(entry)
  if (base !== recovered.base) log.issueBase()
  return { log, configurations, promised: promisedBy(memory, recovered, random) }
}

/** The log's own, unless the store is ahead of what the log holds without gaps. */
export function baseOf({ base, entries }: RecoveredLog, applied: LogBase): LogBase {
  if (base === undefined) return applied
  assert(applied.index >= base.index, 'the store holds everything that the log has forgotten')
  return gaplessUpTo(base.index, entries, applied.index) === applied.index ? base : applied
}

/** The highest index, at most `limit`, up to which no entry behind `index` is missing. */
function gaplessUpTo(index: Index, entries: readonly Entry[], limit: number): Index {
  let through = index
  for (const entry of entries) {
    if (entry.index === through + 1 && through < limit) through = entry.index
  }
  return through
}

function promisedBy(memory: Memory, recovered: RecoveredLog, random: Random): Promised {
  const { ballot, floor } = memory
  const doubt = graverDoubt(memory.doubt, recovered.doubt)
  return { ballot, floor, doubt, incarnation: nextIncarnation(recovered, memory, random) }
}

function nextIncarnation({ promise, doubt }: RecoveredLog, before: Memory, random: Random): number {
  if (doubt === 'none') return before.incarnation + 1
  return promise ? before.incarnation + STARTS_IN_DOUBT : beginLife(random)
}
