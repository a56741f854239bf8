/** `--auto-compaction-mode` and `--auto-compaction-retention`, in etcd's notation. */
import type { Retention } from '../services/etcd/auto-compaction.ts'
import { parseGoDuration } from './go-duration.ts'
import { WHOLE_NUMBER } from './whole-number.ts'

const HOUR_MS = 3_600_000

/**
 * A whole number is hours, or revisions; in the periodic mode a duration such as `5m` will do, too. Undefined: nothing
 * is compacted. Null: it is neither.
 */
export function parseRetention(mode: Retention['mode'], text: string): Retention | undefined | null {
  const number = WHOLE_NUMBER.test(text) && !text.startsWith('-') ? Number(text) : undefined
  if (mode === 'revision') {
    if (number === undefined) return null
    return number === 0 ? undefined : { mode, revisions: number }
  }
  const ms = number === undefined ? parseGoDuration(text) : number * HOUR_MS
  if (ms === null) return null
  return ms === 0 ? undefined : { mode, ms }
}
