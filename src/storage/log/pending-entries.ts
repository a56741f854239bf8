/** Entries of updates that are not durable yet: newer than what the disk holds. */
import type { Entry } from '../../core/entry.ts'
import type { LogUpdate } from '../../core/log-update.ts'

/** The entry as of the last of these updates; null if one forgets it; undefined if none says anything of it. */
export function newestPending(
  updates: readonly { readonly update: LogUpdate }[],
  index: number,
): Entry | null | undefined {
  for (let i = updates.length - 1; i >= 0; i--) {
    const { writes, truncateFrom, base } = updates[i]!.update
    if (base !== undefined && index <= base.index) return null
    const entry = writes?.findLast(write => write.index === index)
    if (entry !== undefined) return entry
    if (truncateFrom !== undefined && index >= truncateFrom) return null
  }
  return undefined
}
