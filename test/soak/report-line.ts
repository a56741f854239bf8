/** A line that a part of a campaign prints. */
import type { RunLine } from './totals.ts'

/**
 * What it tells: a run, something else that is worth a note, or nothing, since it is no whole line. A process that is
 * killed leaves its last line torn.
 */
export type Told = { readonly run: RunLine } | 'a note' | 'torn'

export function tellOf(line: string): Told {
  let said: unknown
  try {
    said = JSON.parse(line)
  } catch {
    return 'torn'
  }
  if (typeof said !== 'object' || said === null) return 'torn'
  return 'digest' in said ? { run: said as RunLine } : 'a note'
}
