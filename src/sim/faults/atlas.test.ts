import { expect, test } from 'vitest'
import { Atlas } from './atlas.ts'
import type { Fault } from './fault.ts'

const MEMBERS = ['a', 'b', 'c']

const place = { part: 'log', file: 0, at: 0 } as const

const destroying = (member: string): Fault[] => [
  { kind: 'rot', member, ...place },
  { kind: 'cutFile', member, ...place },
  { kind: 'loseWrite', member, part: 'log' },
  { kind: 'misdirectWrite', member, part: 'tables' },
  { kind: 'loseDisk', member },
  { kind: 'failDisk', member, operation: 'sync', part: 'log' },
  { kind: 'failDisk', member, operation: 'syncDirectory', part: 'any' },
  { kind: 'misdirectRead', member, part: 'tables' },
]

const harmless = (member: string): Fault[] => [
  { kind: 'kill', member },
  { kind: 'losePower', member },
  { kind: 'fillDisk', member, freeBytes: 0 },
  { kind: 'slowDisk', member, extraUs: 1 },
  { kind: 'failDisk', member, operation: 'read', part: 'any' },
  { kind: 'failDisk', member, operation: 'write', part: 'log' },
]

test('what destroys is permitted on fragile members alone, everything else everywhere', () => {
  const atlas = new Atlas(MEMBERS, ['b'])
  for (const member of MEMBERS) {
    for (const fault of destroying(member)) {
      expect(atlas.permits(fault), JSON.stringify(fault)).toBe(member === 'b')
    }
    for (const fault of harmless(member)) expect(atlas.permits(fault), JSON.stringify(fault)).toBe(true)
  }
})

test('nothing is destroyed before a majority of the others has begun with the group', () => {
  const begun = new Set<string>(['a', 'b'])
  const atlas = new Atlas(MEMBERS, ['b'], name => begun.has(name))
  for (const fault of destroying('b')) expect(atlas.permits(fault), JSON.stringify(fault)).toBe(false)
  for (const fault of harmless('b')) expect(atlas.permits(fault), JSON.stringify(fault)).toBe(true)
  begun.add('c')
  for (const fault of destroying('b')) expect(atlas.permits(fault), JSON.stringify(fault)).toBe(true)
  const even = new Atlas(['a', 'b', 'c', 'd'], ['b'], name => name !== 'd')
  for (const fault of destroying('b')) expect(even.permits(fault), JSON.stringify(fault)).toBe(false)
})

test('while a member has yet to fetch what it may have promised, no other disk is destroyed, and it can serve', () => {
  const behind = new Set(['c'])
  const atlas = new Atlas(MEMBERS, ['b'], undefined, undefined, name => behind.has(name))
  for (const fault of destroying('b')) expect(atlas.permits(fault), JSON.stringify(fault)).toBe(false)
  atlas.damaged('b', 'lostDisk', '')
  expect(atlas.able).toEqual(['a', 'c'])
  expect(atlas.hasQuorum).toBe(true)
  expect(atlas.mayStart('b')).toBe(true)
  behind.clear()
  for (const fault of destroying('b')) expect(atlas.permits(fault), JSON.stringify(fault)).toBe(true)
})

test('nobody reads the wrong part of a log, which could look like its end', () => {
  const atlas = new Atlas(MEMBERS, ['b'])
  for (const part of ['log', 'any'] as const) {
    expect(atlas.permits({ kind: 'misdirectRead', member: 'b', part })).toBe(false)
  }
})

test('a majority is never fragile', () => {
  expect(() => new Atlas(MEMBERS, ['a', 'b'])).toThrow('a majority keeps')
  expect(() => new Atlas(['a'], ['a'])).toThrow('a majority keeps')
  expect(() => new Atlas(MEMBERS, ['d'])).toThrow('are members')
  expect(() => new Atlas(['a', 'b', 'c', 'd'], ['a', 'b'])).toThrow('a majority keeps')
})

test('whoever has no disk any more may start once those who hold nothing are no quorum with it', () => {
  const begun = new Set<string>()
  const atlas = new Atlas(MEMBERS, ['b'], name => begun.has(name))
  atlas.damaged('b', 'lostDisk', '')
  begun.add('a').add('b')
  expect(MEMBERS.map(name => atlas.mayStart(name))).toEqual([true, false, true])
  begun.add('c')
  expect(atlas.mayStart('b')).toBe(true)
})

test('whose log lost a write is emptied before it starts; whose table lost one is not', () => {
  for (const damage of ['lostWrite', 'misdirectedWrite'] as const) {
    const table = new Atlas(MEMBERS, ['b'])
    table.damaged('b', damage, 'data/store/00000001.table')
    expect(table.mustBeEmptied('b')).toBe(false)
    // Also where it was begun anew in its second place.
    for (const directory of ['log', 'log.2']) {
      const log = new Atlas(MEMBERS, ['b'])
      log.damaged('b', damage, `data/${directory}/00000001.log`)
      expect(log.mustBeEmptied('b')).toBe(true)
      log.damaged('b', 'lostDisk', '')
      expect(log.mustBeEmptied('b')).toBe(false)
    }
  }
})

test('a member whose syncs fail comes back every time, and is no longer sound', () => {
  const atlas = new Atlas(MEMBERS, ['b'])
  for (let i = 0; i < 5; i++) atlas.damaged('b', 'failedSync', 'data/log/00000001.log')
  expect([atlas.mayStart('b'), atlas.isSound('b')]).toEqual([true, false])
})

test('those are sound whose disks nothing happened to', () => {
  const atlas = new Atlas(MEMBERS, ['b'])
  expect(atlas.sound).toEqual(MEMBERS)
  atlas.damaged('b', 'failedSync', '')
  expect(atlas.sound).toEqual(['a', 'c'])
})

test('a disk on which something was destroyed shows it; one that lost a write, or failed to sync, may not', () => {
  for (const damage of ['rot', 'cutFile', 'misdirectedRead', 'lostDisk'] as const) {
    const atlas = new Atlas(MEMBERS, ['b'])
    atlas.damaged('b', damage, 'data/log/00000001.log')
    expect(
      MEMBERS.map(name => atlas.conditionOf(name)),
      damage,
    ).toEqual(['sound', 'telling', 'sound'])
  }
  for (const damage of ['lostWrite', 'misdirectedWrite', 'failedSync'] as const) {
    const atlas = new Atlas(MEMBERS, ['b'])
    atlas.damaged('b', damage, 'data/log/00000001.log')
    atlas.damaged('b', 'rot', 'data/log/00000001.log')
    expect(atlas.conditionOf('b'), damage).toBe('silent')
    // Nothing is left of it to be taken for whole.
    atlas.damaged('b', 'lostDisk', '')
    expect(atlas.conditionOf('b'), damage).toBe('telling')
  }
})
