import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareBytes, EMPTY } from '../../core/bytes.ts'
import type { Direction } from '../../runtime/store.ts'
import { MergingCursor } from './merging-cursor.ts'
import { INSERT, OVERWRITE, type RecordKind, TOMBSTONE, weightOf } from './record.ts'
import type { RecordCursor, SourceCursor } from './record-cursor.ts'

interface Sample {
  readonly key: string
  readonly kind: RecordKind
  readonly value: string
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Over samples in key order; key and value stand in buffers that are used again, as those of tables do. */
class SampleCursor implements SourceCursor {
  readonly keyBytes = new Uint8Array(16)
  readonly valueBytes = new Uint8Array(16)
  readonly valueAt = 3
  keyLength = 0
  valueLength = 0
  kind: RecordKind = TOMBSTONE
  readonly #samples: Sample[]

  constructor(samples: readonly Sample[], direction: Direction = 'forward') {
    this.#samples = samples.toSorted((a, b) => compareBytes(bytes(a.key), bytes(b.key)))
    if (direction === 'backward') this.#samples.reverse()
  }

  get record(): this {
    return this
  }

  sum(hash: number): number {
    return this.valueLength + hash
  }

  next(): boolean {
    const sample = this.#samples.shift()
    if (sample === undefined) return false
    const key = bytes(sample.key)
    const value = bytes(sample.value)
    this.keyBytes.fill(0xee).set(key)
    this.keyLength = key.length
    this.valueBytes.fill(0xee).set(value, this.valueAt)
    this.valueLength = value.length
    this.kind = sample.kind
    return true
  }
}

function textOf(from: Uint8Array, at: number, length: number): string {
  return new TextDecoder().decode(from.subarray(at, at + length))
}

function collected(cursor: RecordCursor): Sample[] {
  const samples: Sample[] = []
  while (cursor.next()) {
    const { keyBytes, keyLength, valueBytes, valueAt, valueLength } = cursor.record
    const key = textOf(keyBytes, 0, keyLength)
    const value = textOf(valueBytes, valueAt, valueLength)
    expect(cursor.record.sum(1)).toBe(valueLength + 1)
    samples.push({ key, kind: cursor.kind, value })
  }
  expect(cursor.next()).toBe(false)
  return samples
}

function merged(sources: readonly (readonly Sample[])[], direction: Direction = 'forward'): Sample[] {
  const cursors = sources.map(samples => new SampleCursor(samples, direction))
  return collected(new MergingCursor(cursors, direction))
}

const put = (key: string, value: string, kind: RecordKind = INSERT): Sample => ({ key, kind, value })
const tombstone = (key: string): Sample => ({ key, kind: TOMBSTONE, value: '' })

describe('a merge of records', () => {
  test('is nothing of nothing', () => {
    expect(merged([])).toEqual([])
    expect(merged([[], []])).toEqual([])
  })

  test('has every key once, in order, in both directions', () => {
    const sources = [[put('b', '2'), put('e', '5')], [put('a', '1')], [put('c', '3'), put('d', '4')]]
    const expected = ['a', 'b', 'c', 'd', 'e']
    expect(merged(sources).map(({ key }) => key)).toEqual(expected)
    expect(merged(sources, 'backward').map(({ key }) => key)).toEqual(expected.toReversed())
  })

  test('takes the newest value, and says what became of the key in all sources together', () => {
    const sources = [[put('k', 'new', OVERWRITE)], [put('k', 'middle', OVERWRITE)], [put('k', 'old')]]
    expect(merged(sources)).toEqual([put('k', 'new', INSERT)])
    expect(merged(sources.slice(0, 2))).toEqual([put('k', 'new', OVERWRITE)])
  })

  test('forgets a key that was made and deleted within it', () => {
    expect(merged([[tombstone('k')], [put('k', '1')]])).toEqual([])
    expect(merged([[tombstone('k')], [put('k', '2', OVERWRITE)], [put('k', '1')], [put('z', '')]])).toEqual([
      put('z', ''),
    ])
  })

  test('keeps a tombstone of a key that is older than all of it', () => {
    expect(merged([[tombstone('k')], [put('k', '1', OVERWRITE)]])).toEqual([tombstone('k')])
    expect(merged([[tombstone('k')], [put('k', '2')], [tombstone('k')]])).toEqual([tombstone('k')])
  })

  test('makes an overwrite of a key that was deleted and made again', () => {
    expect(merged([[put('k', '2')], [tombstone('k')]])).toEqual([put('k', '2', OVERWRITE)])
  })

  test('does not believe in records that do not follow from each other', () => {
    expect(() => merged([[put('k', '2')], [put('k', '1')]])).toThrow('follow from each other')
    expect(() => merged([[tombstone('k')], [tombstone('k')]])).toThrow('follow from each other')
  })

  test('of any history, cut into sources anywhere, is the state; and of a part of it has the same weights', () => {
    const write = fc.record({ key: fc.integer({ min: 0, max: 12 }), isPut: fc.boolean() })
    const source = fc.array(write, { maxLength: 20 })
    fc.assert(
      fc.property(fc.array(source, { maxLength: 6 }), fc.nat(6), fc.boolean(), (batches, cut, isBackward) => {
        const state = new Map<string, string>()
        const sources = batches.map((batch, i) => sourceOf(batch, `${i}`, state)).toReversed()
        const direction = isBackward ? 'backward' : 'forward'
        const all = merged(sources, direction)
        const sorted = [...state].toSorted(([a], [b]) => (a < b ? -1 : 1))
        expect(isBackward ? all.toReversed() : all).toEqual(sorted.map(([key, value]) => put(key, value)))
        // A merge of the newest few, and then of that with the rest, is the same.
        const newest = merged(sources.slice(0, cut))
        expect(merged([newest, ...sources.slice(cut)], direction)).toEqual(all)
        expect(weight(newest)).toBe(weight(sources.slice(0, cut).flat()))
      }),
      { numRuns: 2000 },
    )
  })
})

function weight(samples: readonly Sample[]): number {
  return samples.reduce((sum, { kind }) => sum + weightOf(kind), 0)
}

/** What a memtable would hold after these writes, on top of the state, which they change. */
function sourceOf(
  batch: readonly { key: number; isPut: boolean }[],
  value: string,
  state: Map<string, string>,
): Sample[] {
  const before = new Set(state.keys())
  const touched = new Set<string>()
  for (const { key: number, isPut } of batch) {
    const key = `k${number}`
    touched.add(key)
    if (isPut) state.set(key, value)
    else state.delete(key)
  }
  const samples: Sample[] = []
  for (const key of touched) {
    if (state.has(key)) samples.push(put(key, value, before.has(key) ? OVERWRITE : INSERT))
    else if (before.has(key)) samples.push(tombstone(key))
  }
  return samples
}

test('an empty key is a key', () => {
  expect(EMPTY.length).toBe(0)
  expect(merged([[put('', 'x', OVERWRITE)], [put('', 'y'), put('a', 'z')]])).toEqual([
    put('', 'x'),
    put('a', 'z'),
  ])
})
