/**
 * Reading: memtables, newest first, and below them what is on disk. The newest record of a key says whether it exists;
 * the weights of all layers together say how many keys there are.
 */
import { compareBytes } from '../../core/bytes.ts'
import type { Direction, KeyRange } from '../../runtime/store.ts'
import { DELETED, type MemtableView } from '../memtable/memtable.ts'
import { FoundRecord } from './found-record.ts'
import { keyHash } from './key-hash.ts'
import { MergingCursor } from './merging-cursor.ts'
import { TOMBSTONE } from './record.ts'
import type { RecordCursor } from './record-cursor.ts'
import type { Version } from './version.ts'

export interface Layers {
  /** Newest first. */
  readonly memory: readonly MemtableView[]
  readonly version: Version
}

/** Read and forgotten within one call. */
const found = new FoundRecord()

export function getFrom({ memory, version }: Layers, key: Uint8Array): Uint8Array | undefined {
  for (const layer of memory) {
    const value = layer.get(key)
    if (value !== undefined) return value === DELETED ? undefined : value
  }
  if (!version.find(key, keyHash(key, key.length), found)) return undefined
  return found.kind === TOMBSTONE ? undefined : found.value
}

/** Whether the key exists; costs less than reading it only where memory knows. */
export function hasKey({ memory, version }: Layers, key: Uint8Array): boolean {
  for (const layer of memory) {
    const kind = layer.kindOf(key)
    if (kind !== undefined) return kind !== TOMBSTONE
  }
  return version.find(key, keyHash(key, key.length), found) && found.kind !== TOMBSTONE
}

/** How many keys the range holds: so much work as looking up two keys in each run. */
export function countIn(layers: Layers, { from, to }: KeyRange): number {
  if (to !== undefined && compareBytes(from, to) >= 0) return 0
  const end = to === undefined ? weightOfAll(layers) : weightBelow(layers, to)
  return end - (from.length === 0 ? 0 : weightBelow(layers, from))
}

/** Records of the range, tombstones included. */
export function recordsIn(
  { memory, version }: Layers,
  { from, to }: KeyRange,
  direction: Direction,
): RecordCursor {
  const isEmpty = to !== undefined && compareBytes(from, to) >= 0
  if (isEmpty) return new MergingCursor([], direction)
  const cursors: RecordCursor[] = memory.map(layer => layer.scan(from, to, direction))
  cursors.push(...version.sources(from, to, direction))
  return new MergingCursor(cursors, direction)
}

function weightOfAll({ memory, version }: Layers): number {
  let weight = version.weight
  for (const layer of memory) weight += layer.weight
  return weight
}

function weightBelow({ memory, version }: Layers, key: Uint8Array): number {
  let weight = version.weightBelow(key)
  for (const layer of memory) weight += layer.weightBelow(key)
  return weight
}
