/**
 * What a record of the store says about its key. Besides the value, or its absence, it says how it changed the
 * number of keys there are: by `weightOf`. The weights of all records of one key, in the memtable and in all
 * runs, add up to 1 if the key exists and to 0 if not. So a range is counted by adding weights, which
 * every structure here knows of its ranges; and a tombstone that meets the record that made its key vanishes
 * with it, wherever they meet.
 */
import { assert } from '../../core/assert.ts'

/** The key existed and is deleted. */
export const TOMBSTONE = 0
/** The key existed and has a new value. */
export const OVERWRITE = 1
/** The key did not exist, and does. */
export const INSERT = 2

export type RecordKind = typeof TOMBSTONE | typeof OVERWRITE | typeof INSERT

/** By how much a record of this kind changes the number of keys: -1, 0 or 1. */
export function weightOf(kind: RecordKind): number {
  return kind - 1
}

/** Two records of one key as one, or `undefined`: the key did not exist before them and does not after. */
export function combine(newer: RecordKind, older: RecordKind): RecordKind | undefined {
  // After a tombstone the key does not exist, after anything else it does: only then can it be changed.
  assert((newer === INSERT) === (older === TOMBSTONE), 'the records of a key follow from each other')
  const weight = weightOf(newer) + weightOf(older)
  if (newer === TOMBSTONE) return weight === 0 ? undefined : TOMBSTONE
  return weight === 1 ? INSERT : OVERWRITE
}
