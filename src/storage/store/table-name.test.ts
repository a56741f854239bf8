import fc from 'fast-check'
import { expect, it } from 'vitest'
import { tableIdOf, tableName } from './table-name.ts'

it('every id has a name that leads back to it', () => {
  expect(tableName(1)).toBe('00000001.table')
  expect(tableName(123_456_789)).toBe('123456789.table')
  fc.assert(
    fc.property(fc.maxSafeNat().filter(Boolean), id => {
      expect(tableIdOf(tableName(id))).toBe(id)
    }),
  )
})

it('names sort as their ids do', () => {
  const ids = [1, 9, 10, 99_999, 100_000, 99_999_999]
  expect(ids.map(tableName).toSorted()).toEqual(ids.map(tableName))
})

it('no other name is that of a table', () => {
  for (const name of [
    '',
    'manifest',
    'manifest.new',
    '.table',
    '1.table',
    '00000000.table',
    '000000001.table',
    '0000000a.table',
    '-0000001.table',
    ' 00000001.table',
    '00000001.table.new',
    '00000001.TABLE',
    '00000001xtable',
    '00000001.table\n',
    '9007199254740992.table',
    '9999999999999999.table',
    '00000000000000001.table',
  ]) {
    expect(tableIdOf(name), name).toBeUndefined()
  }
})

it('what is no id has no name', () => {
  for (const id of [0, -1, 1.5, Number.NaN, 2 ** 53]) expect(() => tableName(id)).toThrow()
})
