/**
 * The first batch of every segment: each group's promise and base, and the few live entries that would
 * otherwise hold an old segment for the sake of a group that hardly writes. With it, segments can be forgotten
 * from the front: what a segment starts with does not depend on any before it, except for entries.
 */
import type { ByteWriter } from '../../core/bytes.ts'
import { probe } from '../../core/seams.ts'
import type { BatchReader } from './batch-reader.ts'
import type { EntryIndex } from './entry-index.ts'
import type { LogState } from './log-state.ts'
import { writeCarried, writeDoubtRaised } from './record.ts'

/**
 * Writes the records. Live entries before the segment `closing` are copied, the groups with the fewest bytes
 * there first, until `bytesMax` are.
 */
export function writeCarry(
  to: ByteWriter,
  state: LogState,
  reader: BatchReader,
  closing: number,
  bytesMax: number,
): void {
  const copied = chooseCopied(state, closing, bytesMax)
  if (state.doubt !== 'none') writeDoubtRaised(to, state.doubt)
  for (const [id, group] of state.groups) {
    const { promise, base, doubt, entries } = group
    const copies = copied.has(entries) ? olderEntries(entries, closing, reader) : []
    if (copies.length > 0) probe('log: entries were carried forward')
    writeCarried(to, id, { promise, base, doubt }, copies)
  }
}

function chooseCopied(state: LogState, closing: number, bytesMax: number): Set<EntryIndex> {
  const candidates: { readonly entries: EntryIndex; readonly bytes: number }[] = []
  for (const { entries } of state.groups.values()) {
    const bytes = olderBytes(entries, closing)
    if (bytes > 0) candidates.push({ entries, bytes })
  }
  candidates.sort((a, b) => a.bytes - b.bytes)
  const chosen = new Set<EntryIndex>()
  let total = 0
  for (const { entries, bytes } of candidates) {
    total += bytes
    if (total > bytesMax) break
    chosen.add(entries)
  }
  return chosen
}

function olderBytes(entries: EntryIndex, closing: number): number {
  let bytes = 0
  for (let slot = entries.firstSlot; slot < entries.endSlot; slot++) {
    if (entries.segmentAt(slot) < closing) bytes += entries.lengthAt(slot)
  }
  return bytes
}

function olderEntries(entries: EntryIndex, closing: number, reader: BatchReader): Uint8Array[] {
  const copies: Uint8Array[] = []
  for (let slot = entries.firstSlot; slot < entries.endSlot; slot++) {
    if (entries.segmentAt(slot) < closing) copies.push(reader.encodedEntry(entries, slot))
  }
  return copies
}
