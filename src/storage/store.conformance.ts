/**
 * What every `Store` promises, as tests, on the simulated disk. Its parts: content (here), durability, installations,
 * a bad disk, and a model that random operations are compared with.
 */
import { beforeEach, describe, expect, it } from 'vitest'
import type { Store } from '../runtime/store.ts'
import { describeBadDisk } from './store-bad-disk.conformance.ts'
import { describeDurability } from './store-durability.conformance.ts'
import { describeInstallations } from './store-installations.conformance.ts'
import { describeModel } from './store-model.conformance.ts'
import { bytes, bytesOf, isAbout, type Pairs, pairs, putAll, range, text } from './store-pairs.conformance.ts'
import { type OpenStore, StoreWorld } from './store-world.conformance.ts'

export function describeStore(name: string, open: OpenStore): void {
  describe(`${name} as a Store`, () => {
    describeContent(open)
    describeBatches(open)
    describePins(open)
  })
  describeDurability(name, open)
  describeInstallations(name, open)
  describeBadDisk(name, open)
  describeModel(name, open)
}

/** Keys that are easy to get wrong: empty, zeros, 0xff, prefixes of each other. */
const AWKWARD: Pairs = [
  ['', 'empty'],
  ['\x00', 'zero'],
  ['\x00\x00', ''],
  ['\x00\xff', '1'],
  ['a', '2'],
  ['a\x00', '3'],
  ['a\x00\x00b', '4'],
  ['aa', '5'],
  ['ab', ''],
  ['b', '6'],
  ['\x7f', '7'],
  ['\x80', '8'],
  ['\xff', '9'],
  ['\xff\x00', '10'],
  ['\xff\xff', '11'],
]

const numbered = (count: number, step = 1): [string, string][] =>
  Array.from({ length: count }, (_, i) => [`key ${String(i * step).padStart(7, '0')}`, `value ${i}`])

function describeContent(open: OpenStore): void {
  let store: Store
  beforeEach(() => {
    store = new StoreWorld(open).open()
  })

  it('is empty at first', () => {
    expect(store.get(bytes(''))).toBeUndefined()
    expect(pairs(store)).toEqual([])
    expect(pairs(store, '', undefined, 'backward')).toEqual([])
    expect(store.count(range())).toBe(0)
    expect(store.count(range('a', 'b'))).toBe(0)
    expect(store.sizeBytes()).toBe(0)
    expect(store.verify()).toEqual([])
    expect([store.checkpointDue, store.isCongested]).toEqual([false, false])
  })

  it('gives back what was put, under the very key only', () => {
    putAll(store, AWKWARD)
    for (const [key, value] of AWKWARD) expect(text(store.get(bytes(key))!)).toBe(value)
    for (const key of ['\x00\x00\x00', '\x01', 'a\x01', 'aaa', 'ac', '\xfe', '\xff\xff\x00']) {
      expect(store.get(bytes(key))).toBeUndefined()
    }
  })

  it('scans and counts every range, in both directions, ordered as unsigned bytes', () => {
    putAll(store, AWKWARD.toReversed())
    const bounds = [...AWKWARD.map(([key]) => key), '\x01', 'a\x00\x00', 'aaa', 'zz', '\xff\xff\xff']
    for (const from of bounds) {
      for (const to of [...bounds, undefined]) {
        const expected = AWKWARD.filter(([key]) => key >= from && (to === undefined || key < to))
        expect(pairs(store, from, to)).toEqual(expected)
        expect(pairs(store, from, to, 'backward')).toEqual(expected.toReversed())
        expect(store.count(range(from, to))).toBe(expected.length)
      }
    }
  })

  it('holds nothing in a range that ends before it begins', () => {
    putAll(store, AWKWARD)
    for (const [from, to] of [
      ['b', 'a'],
      ['a', 'a'],
      ['', ''],
      ['\xff\xff\xff', '\x00'],
    ]) {
      expect(pairs(store, from, to)).toEqual([])
      expect(pairs(store, from, to, 'backward')).toEqual([])
      expect(store.count(range(from, to))).toBe(0)
    }
  })

  it('scans and counts across many pages', () => {
    const all = numbered(20_000)
    putAll(store, all)
    expect(pairs(store)).toEqual(all)
    expect(pairs(store, '', undefined, 'backward')).toEqual(all.toReversed())
    for (let i = 0; i < 200; i++) {
      const from = (i * 7919) % all.length
      const to = Math.min(all.length - 1, from + i * 5)
      const [low, high] = [all[from]![0], all[to]![0]]
      expect(store.count(range(low, high))).toBe(to - from)
      expect(store.count(range(`${low}\x00`, `${high}\x00`))).toBe(to - from)
      expect(pairs(store, low, high, 'backward')).toEqual(all.slice(from, to).toReversed())
    }
  })

  it('takes keys in any order', () => {
    const all = numbered(3000)
    for (const order of [all, all.toReversed(), all.toSorted(([a], [b]) => hash(a) - hash(b))]) {
      store = new StoreWorld(open).open()
      for (const pair of order) putAll(store, [pair])
      expect(pairs(store)).toEqual(all)
      expect(store.count(range())).toBe(all.length)
    }
  })

  it('replaces values, with shorter and longer ones', () => {
    putAll(store, numbered(500))
    for (const length of [0, 1, 300, 2, 5000, 10, 100_000, 0, 7]) {
      putAll(
        store,
        numbered(500).map(([key]) => [key, 'x'.repeat(length / 50)]),
      )
      putAll(store, [['key 0000250', 'y'.repeat(length)]])
      expect(store.get(bytes('key 0000250'))!.length).toBe(length)
      expect(store.get(bytes('key 0000251'))!.length).toBe(Math.floor(length / 50))
      expect(store.count(range())).toBe(500)
    }
  })

  it('deletes, and does not mind what is not there', () => {
    putAll(store, numbered(5000))
    const batch = store.batch()
    for (const [i, [key]] of numbered(5000).entries()) if (i % 7 !== 3) batch.delete(bytes(key))
    batch.delete(bytes('key'))
    batch.delete(bytes(''))
    batch.commit()
    const left = numbered(5000).filter((_, i) => i % 7 === 3)
    expect(pairs(store)).toEqual(left)
    expect(pairs(store, '', undefined, 'backward')).toEqual(left.toReversed())
    expect(store.count(range())).toBe(left.length)
  })

  it('can be emptied in any order, and filled again', () => {
    for (const order of [1, 3, 4999, 2500 * 3 + 1]) {
      putAll(store, numbered(5000))
      const batch = store.batch()
      for (let i = 0; i < 5000; i++) batch.delete(bytes(`key ${pad(i * order)}`))
      batch.commit()
      expect(pairs(store)).toEqual([])
      expect(isAbout(store.sizeBytes(), 0)).toBe(true)
    }
  })

  it('knows about how many bytes it holds', () => {
    const expectAbout = (): void => {
      const actual = bytesOf(pairs(store))
      expect(isAbout(store.sizeBytes(), actual), `${store.sizeBytes()} for ${actual}`).toBe(true)
    }
    putAll(store, numbered(5000))
    expectAbout()
    putAll(
      store,
      numbered(1500, 2).map(([key]) => [key, 'a value that is longer than what was there']),
    )
    expectAbout()
    const batch = store.batch()
    for (const [key] of numbered(1600, 3)) batch.delete(bytes(key))
    batch.delete(bytes('not there'))
    batch.commit()
    expectAbout()
  })

  it('takes the word of who knows whether a key is there, also within a batch', () => {
    const batch = store.batch()
    batch.put(bytes('a'), bytes('1'), 'absent')
    batch.put(bytes('a'), bytes('2'), 'present')
    batch.delete(bytes('a'), 'present')
    batch.delete(bytes('a'), 'absent')
    expect(batch.count(range())).toBe(0)
    batch.put(bytes('a'), bytes('3'), 'absent')
    batch.put(bytes('b'), bytes('4'))
    batch.put(bytes('b'), bytes('5'), 'present')
    batch.commit()
    expect(store.count(range())).toBe(2)
    expect(pairs(store)).toEqual([
      ['a', '3'],
      ['b', '5'],
    ])
  })

  it('lets nobody wait for a relief who does not find it congested', () => {
    expect(() => store.whenRelieved(() => {})).toThrow()
  })

  it('holds large keys and large values', () => {
    const large = (character: string): string => character.repeat(1_572_864)
    const all: Pairs = [
      ['a', large('1')],
      [large('k'), 'x'],
      [`${large('k')}k`, large('2')],
      [`${large('k')}kk`, ''],
      [`${large('k')}l`, 'y'],
      ['z', 'z'],
    ]
    putAll(store, all.toReversed())
    expect(pairs(store)).toEqual(all)
    expect(pairs(store, large('k'), `${large('k')}l`, 'backward')).toEqual(all.slice(1, 4).toReversed())
    expect(store.count(range(`${large('k')}k`))).toBe(4)
    const batch = store.batch()
    batch.delete(bytes(`${large('k')}k`))
    batch.delete(bytes('a'))
    batch.put(bytes(large('k')), bytes('small'))
    batch.commit()
    expect(pairs(store)).toEqual([[large('k'), 'small'], ...all.slice(3)])
  })

  it('keeps many keys that differ only far behind', () => {
    const all = Array.from({ length: 300 }, (_, i): [string, string] => [
      `${'p'.repeat(2000)}${pad(i)}`,
      pad(i),
    ])
    for (const pair of all.toSorted(([a], [b]) => hash(a) - hash(b))) putAll(store, [pair])
    expect(pairs(store)).toEqual(all)
    expect(store.count(range(all[100]![0], all[200]![0]))).toBe(100)
  })

  it('hands out values that stay what they were', () => {
    putAll(store, numbered(200))
    const cursor = store.scan(range())
    const kept: { key: Uint8Array; value: Uint8Array }[] = []
    while (cursor.next()) kept.push({ key: cursor.key, value: cursor.value })
    for (let round = 0; round < 30; round++) {
      putAll(
        store,
        numbered(200).map(([key]) => [key, `round ${round}`]),
      )
    }
    const batch = store.batch()
    for (const [key] of numbered(200)) batch.delete(bytes(key))
    batch.commit()
    putAll(store, numbered(1000, 3))
    expect(kept.map(({ key, value }) => [text(key), text(value)])).toEqual(numbered(200))
  })

  it('ends a cursor with the next write', () => {
    putAll(store, AWKWARD)
    const cursor = store.scan(range())
    expect(cursor.next()).toBe(true)
    putAll(store, [['new', '']])
    expect(() => cursor.next()).toThrow('ends with the next write')
  })
}

function describeBatches(open: OpenStore): void {
  let store: Store
  beforeEach(() => {
    store = new StoreWorld(open).open()
    putAll(store, [
      ['a', '1'],
      ['c', '3'],
      ['e', '5'],
    ])
  })

  it('shows a batch its own writes', () => {
    const batch = store.batch()
    batch.put(bytes('b'), bytes('2'))
    batch.put(bytes('c'), bytes('33'))
    batch.delete(bytes('e'))
    expect(text(batch.get(bytes('b'))!)).toBe('2')
    expect(batch.get(bytes('e'))).toBeUndefined()
    expect(batch.count(range('b'))).toBe(2)
    const expected = [
      ['a', '1'],
      ['b', '2'],
      ['c', '33'],
    ]
    expect(pairs(batch)).toEqual(expected)
    batch.put(bytes('e'), bytes('again'))
    expect(pairs(batch, '', undefined, 'backward')).toEqual([['e', 'again'], ...expected.toReversed()])
    batch.commit()
    expect(pairs(store)).toEqual([...expected, ['e', 'again']])
  })

  it('shows nobody a batch that is not committed', () => {
    const pin = store.pin()
    const batch = store.batch()
    batch.put(bytes('b'), bytes('2'))
    batch.delete(bytes('a'))
    expect(pairs(pin).map(([key]) => key)).toEqual(['a', 'c', 'e'])
    // Who reads the store itself meanwhile sees all of the state before, or is stopped: never a part.
    let seen: string[] = ['a', 'c', 'e']
    try {
      seen = pairs(store).map(([key]) => key)
    } catch {}
    expect(seen).toEqual(['a', 'c', 'e'])
    batch.commit()
    expect(pairs(store).map(([key]) => key)).toEqual(['b', 'c', 'e'])
    pin.release()
  })

  it('has one batch at a time, committed once', () => {
    const batch = store.batch()
    expect(() => store.batch()).toThrow()
    batch.commit()
    expect(() => batch.commit()).toThrow()
    expect(() => batch.put(bytes('x'), bytes(''))).toThrow()
    store.batch().commit()
  })
}

function describePins(open: OpenStore): void {
  let store: Store
  beforeEach(() => {
    store = new StoreWorld(open).open()
  })

  it('pins what was there, whatever is written later', () => {
    putAll(store, numbered(2000))
    const pin = store.pin()
    const batch = store.batch()
    for (let i = 0; i < 2000; i++) {
      if (i % 3 === 0) batch.delete(bytes(`key ${pad(i)}`))
      else batch.put(bytes(`key ${pad(i)} and more`), bytes(pad(i)))
    }
    batch.commit()
    expect(pairs(pin)).toEqual(numbered(2000))
    expect(pairs(pin, 'key 0000100', 'key 0000110', 'backward').length).toBe(10)
    expect(pin.count(range('key 0000100', 'key 0000200'))).toBe(100)
    expect(text(pin.get(bytes('key 0000300'))!)).toBe('value 300')
    expect(store.get(bytes('key 0000300'))).toBeUndefined()
    pin.release()
    expect(() => pin.get(bytes(''))).toThrow()
  })

  it('holds many pins, released in any order', () => {
    const pins: { pin: ReturnType<Store['pin']>; expected: [string, string][] }[] = []
    for (let round = 0; round < 60; round++) {
      putAll(
        store,
        numbered(50, 1 + (round % 5)).map(([key]) => [key, `round ${round}`]),
      )
      const batch = store.batch()
      batch.delete(bytes(`key ${pad(round)}`))
      batch.commit()
      pins.push({ pin: store.pin(), expected: pairs(store) })
      if (round % 4 === 3) {
        const [gone] = pins.splice((round * 7) % pins.length, 1)
        gone!.pin.release()
      }
      for (const { pin, expected } of pins) expect(pairs(pin)).toEqual(expected)
    }
    for (const { pin } of pins) pin.release()
  })

  it('lets a cursor of a pin go on while the store is written to', () => {
    putAll(store, numbered(1000))
    const pin = store.pin()
    const cursor = pin.scan(range())
    for (const [key, value] of numbered(1000)) {
      expect(cursor.next()).toBe(true)
      expect([text(cursor.key), text(cursor.value)]).toEqual([key, value])
      putAll(store, [[key, 'changed']])
    }
    expect(cursor.next()).toBe(false)
    pin.release()
    expect(() => cursor.next()).toThrow()
  })
}

function pad(n: number): string {
  return String(n % 5000).padStart(7, '0')
}

function hash(key: string): number {
  let state = 7
  for (let i = 0; i < key.length; i++) state = Math.imul(state ^ key.charCodeAt(i), 0x01000193)
  return state >>> 0
}
