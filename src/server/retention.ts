/** `--auto-compaction-mode` and `--auto-compaction-retention`, in etcd's notation. */
import type { Retention } from '../services/etcd/auto-compaction.ts'
import { parseGoDuration } from './go-duration.ts'
import { WHOLE_NUMBER } from './whole-number.ts'

const HOUR_MS = 3_600_000

/** History of a longer time is no history of a time: ten years. A member notes a revision every six minutes of it. */
const PERIODIC_HOURS_MAX = 87_600

/** What each mode takes. */
export const RETENTION_WORDS: Readonly<Record<Retention['mode'], string>> = {
  periodic: `hours, or a duration such as 5m, of at most ${PERIODIC_HOURS_MAX} hours`,
  revision: `a number of revisions, of at most ${Number.MAX_SAFE_INTEGER}`,
}

/**
 * A whole number is hours, or revisions; in the periodic mode a duration such as `5m` will do, too. Undefined: nothing
 * is compacted. Null: it is neither, or beyond `RETENTION_WORDS`.
 */
export function parseRetention(mode: Retention['mode'], text: string): Retention | undefined | null {
  const number = WHOLE_NUMBER.test(text) && !text.startsWith('-') ? Number(text) : undefined
  if (mode === 'revision') {
    if (number === undefined || number > Number.MAX_SAFE_INTEGER) return null
    return number === 0 ? undefined : { mode, revisions: number }
  }
  const ms = number === undefined ? parseGoDuration(text) : number * HOUR_MS
  if (ms === null || ms > PERIODIC_HOURS_MAX * HOUR_MS) return null
  return ms === 0 ? undefined : { mode, ms }
}
