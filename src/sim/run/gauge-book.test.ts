import { expect, test } from 'vitest'
import type { Instant } from '../../core/time.ts'
import { GaugeBook } from './gauge-book.ts'

const at = (time: number): Instant => time as Instant

test('queues that were never beyond their limits are in order', () => {
  const book = new GaugeBook()
  for (const value of [0, 3, 4, 1]) book.add(at(value), 'a', [{ name: 'reads', value, max: 4 }])
  expect(book.violations).toEqual([])
})

test('the highest that was seen is held to the limit, of each member and each gauge', () => {
  const book = new GaugeBook()
  for (const value of [2, 7, 3]) {
    book.add(at(value), 'a', [{ name: 'reads', value, max: 4 }])
    book.add(at(value), 'b', [{ name: 'proposals', value, max: 7 }])
  }
  expect(book.violations.map(({ sentence }) => sentence)).toEqual(['reads of a held 7, its limit is 4'])
})

test('what counts nothing is found, too', () => {
  const book = new GaugeBook()
  book.add(at(1), 'a', [{ name: 'reads', value: 1, max: 4 }])
  book.add(at(2), 'a', [{ name: 'reads', value: Number.NaN, max: 4 }])
  book.add(at(3), 'a', [{ name: 'reads', value: 2, max: 4 }])
  expect(book.violations.map(({ name }) => name)).toEqual(['notACount'])
})

test('what still waits though nobody asks was forgotten, however little it is', () => {
  const book = new GaugeBook()
  for (const [time, value] of [3, 0, 2].entries()) {
    book.addAtRest(at(time), 'a', [
      { name: 'reads', value, max: 4, empties: true },
      { name: 'proposals', value: value + 1, max: 4, empties: true },
      { name: 'bytes in memory', value: 1, max: 4 },
    ])
    book.addAtRest(at(time), 'b', [{ name: 'proposals', value, max: 4, empties: true }])
  }
  expect(book.violations.map(({ sentence }) => sentence)).toEqual([
    'proposals of a never held less than 1, though nobody asked',
  ])
})

test('all has come to an end once each was seen empty, not all of them at once', () => {
  const book = new GaugeBook()
  const look = (reads: number, proposals: number): boolean => {
    book.addAtRest(at(1), 'a', [
      { name: 'reads', value: reads, max: 4, empties: true },
      { name: 'proposals', value: proposals, max: 4, empties: true },
      { name: 'bytes in memory', value: 1, max: 4 },
    ])
    return book.hasEmptied
  }
  expect([look(1, 0), look(2, 3), look(0, 2)]).toEqual([false, false, true])
})
