/** The names of tables' files. Each id has one name, and no other name is that of a table. */
import { assert } from '../../core/assert.ts'

const SUFFIX = '.table'

/** So that names sort as their ids do, for people who look into the directory; a larger id is just longer. */
const DIGITS_MIN = 8

const PATTERN = /^(\d{8,16})\.table$/

/** The file of the table with this id, a whole number from 1 on; within the store's directory. */
export function tableName(id: number): string {
  assert(Number.isSafeInteger(id) && id > 0, 'the id of a table is a whole number from 1 on')
  return String(id).padStart(DIGITS_MIN, '0') + SUFFIX
}

/** The id of the table whose file has this name; undefined if `tableName` makes no such name. */
export function tableIdOf(name: string): number | undefined {
  const digits = PATTERN.exec(name)?.[1]
  if (digits === undefined) return undefined
  const id = Number(digits)
  return Number.isSafeInteger(id) && id > 0 && tableName(id) === name ? id : undefined
}
