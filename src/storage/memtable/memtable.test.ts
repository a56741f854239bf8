import { describe, expect, it } from 'vitest'
import { compareBytes } from '../../core/bytes.ts'
import { type Random, randomFromSeed } from '../../core/prng.ts'
import { keyHash } from '../store/key-hash.ts'
import { INSERT, OVERWRITE, type RecordKind, TOMBSTONE, weightOf } from '../store/record.ts'
import { recordSum } from '../store/record-checksum.ts'
import type { SourceCursor } from '../store/record-cursor.ts'
import { bytes, text } from '../store-pairs.conformance.ts'
import { DELETED, Memtable, type MemtableView, RECORD_SHARE_BYTES } from './memtable.ts'

const NONE = new Uint8Array(0)
const KEY = bytes('key')
const VALUE = bytes('value')

function never(): boolean {
  throw new Error('asked for what is known')
}

/** A memtable with one record of the kind. */
function holding(kind: RecordKind): Memtable {
  const memtable = new Memtable()
  if (kind === TOMBSTONE) memtable.delete(KEY, 'present')
  else memtable.put(KEY, VALUE, kind === INSERT ? 'absent' : 'present')
  expect(memtable.kindOf(KEY)).toBe(kind)
  return memtable
}

/** The current record: `key kind value`. */
function described(cursor: SourceCursor): string {
  const { keyBytes, keyLength, kind, valueBytes, valueAt, valueLength } = cursor
  const value = valueBytes.subarray(valueAt, valueAt + valueLength)
  return `${text(keyBytes.subarray(0, keyLength))} ${kind} ${text(value)}`
}

function all(view: MemtableView): string[] {
  const found: string[] = []
  for (const cursor = view.scan(NONE, undefined, 'forward'); cursor.next(); ) found.push(described(cursor))
  return found
}

describe('a memtable', () => {
  it('takes a put for an insert if the key does not exist below, and for an overwrite if it does', () => {
    const memtable = new Memtable()
    expect(memtable.put(bytes('a'), VALUE, 'absent')).toBe(true)
    expect(memtable.put(bytes('b'), VALUE, 'present')).toBe(false)
    expect(memtable.put(bytes('c'), VALUE, () => false)).toBe(true)
    expect(memtable.put(bytes('d'), VALUE, () => true)).toBe(false)
    expect(all(memtable)).toEqual(['a 2 value', 'b 1 value', 'c 2 value', 'd 1 value'])
    expect(memtable.weight).toBe(2)
  })

  it('keeps the kind of a record that is put again, but a tombstone becomes an overwrite', () => {
    for (const [before, after] of [
      [INSERT, INSERT],
      [OVERWRITE, OVERWRITE],
      [TOMBSTONE, OVERWRITE],
    ] as const) {
      const memtable = holding(before)
      expect(memtable.put(KEY, bytes('other'), never)).toBe(before === TOMBSTONE)
      expect(all(memtable)).toEqual([`key ${after} other`])
      expect(memtable.weight).toBe(weightOf(after))
    }
  })

  it('forgets an insert that is deleted, and remembers that a key below was', () => {
    const inserted = holding(INSERT)
    expect(inserted.delete(KEY, never)).toBe(true)
    expect(inserted.records).toBe(0)
    expect(inserted.get(KEY)).toBeUndefined()
    const overwritten = holding(OVERWRITE)
    expect(overwritten.delete(KEY, never)).toBe(true)
    expect(all(overwritten)).toEqual(['key 0 '])
    expect(overwritten.get(KEY)).toBe(DELETED)
    expect(overwritten.weight).toBe(-1)
  })

  it('deletes nothing twice, nor what exists nowhere, and then its cursors go on', () => {
    const memtable = holding(TOMBSTONE)
    const cursor = memtable.scan(NONE, undefined, 'forward')
    expect(memtable.delete(KEY, never)).toBe(false)
    expect(memtable.delete(bytes('other'), 'absent')).toBe(false)
    expect(memtable.delete(bytes('other'), () => false)).toBe(false)
    expect(cursor.next()).toBe(true)
    expect(all(memtable)).toEqual(['key 0 '])
  })

  it('writes nothing if the look below fails', () => {
    const memtable = holding(INSERT)
    const pin = memtable.pin()
    const { version, bytes: held } = memtable
    expect(() => memtable.put(bytes('other'), VALUE, never)).toThrow('asked')
    expect(() => memtable.delete(bytes('other'), never)).toThrow('asked')
    expect([memtable.version, memtable.bytes, memtable.records]).toEqual([version, held, 1])
    expect(memtable.faults()).toEqual([])
    pin.release()
  })

  it('believes no word about a key of which it knows better', () => {
    expect(() => holding(INSERT).put(KEY, VALUE, 'absent')).toThrow('a writer knows')
    expect(() => holding(TOMBSTONE).put(KEY, VALUE, 'present')).toThrow('a writer knows')
    expect(() => holding(OVERWRITE).delete(KEY, 'absent')).toThrow('a writer knows')
    expect(() => holding(TOMBSTONE).delete(KEY, 'present')).toThrow('a writer knows')
  })

  it('counts keys, values and a share for each record', () => {
    const memtable = holding(OVERWRITE)
    expect(memtable.bytes).toBe(8 + RECORD_SHARE_BYTES)
    memtable.put(KEY, bytes('longer value'), never)
    expect(memtable.bytes).toBe(15 + RECORD_SHARE_BYTES)
    memtable.delete(KEY, never)
    expect(memtable.bytes).toBe(3 + RECORD_SHARE_BYTES)
    memtable.put(bytes('other'), VALUE, 'absent')
    memtable.delete(bytes('other'), never)
    expect(memtable.bytes).toBe(3 + RECORD_SHARE_BYTES)
  })

  it('holds keys and values of any size, in records of every kind', () => {
    const memtable = new Memtable()
    const sizes = [0, 1, 31, 33, 500, 1023, 1024, 1025, 70_000]
    const key = (size: number, mark: number): Uint8Array => new Uint8Array(size + 1).fill(mark)
    for (const [i, size] of sizes.entries()) {
      memtable.put(
        key(size, i),
        new Uint8Array(sizes.at(-1 - i)!).fill(i),
        i % 2 === 0 ? 'present' : 'absent',
      )
      memtable.put(key(size, i + 100), VALUE, 'present')
      memtable.delete(key(size, i + 100), never)
    }
    expect(memtable.faults()).toEqual([])
    expect(memtable.weight).toBe(4 - sizes.length)
    const cursor = memtable.scan(NONE, undefined, 'forward')
    for (const [i, size] of sizes.entries()) {
      expect(cursor.next()).toBe(true)
      expect(cursor.kind).toBe(i % 2 === 0 ? OVERWRITE : INSERT)
      expect(compareBytes(cursor.keyBytes.subarray(0, cursor.keyLength), key(size, i))).toBe(0)
      expect(cursor.valueLength).toBe(sizes.at(-1 - i)!)
      expect(cursor.valueBytes[cursor.valueAt]).toBe(
        cursor.valueLength === 0 ? cursor.valueBytes[cursor.valueAt] : i,
      )
    }
    for (const [i, size] of sizes.entries()) {
      expect(cursor.next()).toBe(true)
      expect([cursor.kind, cursor.valueLength]).toEqual([TOMBSTONE, 0])
      expect(compareBytes(cursor.keyBytes.subarray(0, cursor.keyLength), key(size, i + 100))).toBe(0)
    }
    expect([cursor.next(), cursor.next()]).toEqual([false, false])
  })

  it('computes the checksum that a record keeps from here on', () => {
    for (const key of [KEY, new Uint8Array(40).fill(7), new Uint8Array(2000).fill(7)]) {
      const memtable = new Memtable()
      memtable.put(key, VALUE, 'absent')
      const cursor = memtable.scan(NONE, undefined, 'backward')
      cursor.next()
      const hash = keyHash(key, key.length)
      expect(cursor.sum(hash)).toBe(recordSum(hash, VALUE, 0, VALUE.length))
    }
  })

  it('ends a cursor with the next write, but not one of a pin', () => {
    const memtable = holding(INSERT)
    const pin = memtable.pin()
    const [live, pinned] = [memtable, pin].map(view => view.scan(NONE, undefined, 'forward'))
    memtable.put(KEY, bytes('other'), never)
    expect(() => live!.next()).toThrow('a cursor ends with the next write')
    expect(pinned!.next()).toBe(true)
    expect(described(pinned!)).toBe('key 2 value')
    pin.release()
    expect(() => pinned!.next()).toThrow('a cursor ends')
    expect(() => pin.get(KEY)).toThrow('not read after its release')
    expect(() => pin.release()).toThrow('released once')
  })

  it('is not written to once it is frozen, and its cursors stay until it ends', () => {
    const memtable = holding(INSERT)
    const pin = memtable.pin()
    const cursor = memtable.scan(NONE, undefined, 'forward')
    memtable.freeze()
    expect(() => memtable.put(KEY, VALUE, never)).toThrow('frozen')
    expect(() => memtable.delete(KEY, never)).toThrow('frozen')
    expect(cursor.next()).toBe(true)
    memtable.end()
    expect(() => cursor.next()).toThrow('a cursor ends')
    expect(all(pin)).toEqual(['key 2 value'])
  })

  it('gives back pages whose records are gone, not those whose records weigh nothing', () => {
    const memtable = new Memtable()
    const key = (i: number): Uint8Array => Uint8Array.of(i >>> 8, i)
    for (let i = 0; i < 5000; i++) memtable.put(key(i), VALUE, i % 2 === 0 ? 'present' : 'absent')
    for (let i = 0; i < 5000; i += 4) memtable.delete(key(i), 'present')
    expect(memtable.weight).toBe(1250)
    for (let i = 1; i < 5000; i += 2) memtable.delete(key(i), 'present')
    expect(memtable.faults()).toEqual([])
    expect([memtable.records, memtable.weight]).toEqual([2500, -1250])
    expect(memtable.weightBelow(key(2000))).toBe(-500)
  })
})

/** What a memtable should hold, and what lies below it. */
interface Model {
  readonly below: Set<number>
  readonly records: Map<number, { kind: RecordKind; value: number }>
}

const KEYS = 3000

/** Some are kept by reference. */
const NAMES = Array.from({ length: KEYS + 1 }, (_, i) => {
  const name = `/registry/${i.toString().padStart(5, '0')}`
  return i % 97 === 0 ? name.padEnd(1100, '.') : name
})
const NUMBERED = NAMES.map(bytes)

function numbered(i: number): Uint8Array {
  return NUMBERED[i]!
}

function valued(value: number): Uint8Array {
  return bytes(`${value}`.repeat(value % 50))
}

/** Puts or deletes as the rules say, by a model of its own. */
function writeRandomly(
  memtable: Memtable,
  { below, records }: Model,
  random: Random,
  deletePercent: number,
): void {
  const i = random.below(KEYS)
  const old = records.get(i)
  const existed = old === undefined ? below.has(i) : old.kind !== TOMBSTONE
  const look = old === undefined ? () => below.has(i) : never
  const known = random.chance(1, 2) ? look : existed ? 'present' : 'absent'
  if (random.chance(deletePercent, 100)) {
    if (memtable.delete(numbered(i), known) !== existed) throw new Error(`delete ${i}`)
    if (!existed) return
    if (below.has(i)) records.set(i, { kind: TOMBSTONE, value: 0 })
    else records.delete(i)
  } else {
    const value = random.below(100_000)
    if (memtable.put(numbered(i), valued(value), known) === existed) throw new Error(`put ${i}`)
    records.set(i, { kind: below.has(i) ? OVERWRITE : INSERT, value })
  }
}

/** Reads everything in every way. */
function checkAgainst(view: MemtableView, records: Model['records'], random: Random): void {
  const sorted = [...records].sort(([a], [b]) => a - b)
  const [a, b] = [random.below(KEYS), random.below(KEYS)]
  const [from, to] = [Math.min(a, b), random.chance(1, 4) ? KEYS : Math.max(a, b)]
  const expected = sorted.filter(([i]) => i >= from && i < to)
  const end = to === KEYS ? undefined : numbered(to)
  for (const direction of ['forward', 'backward'] as const) {
    const cursor = view.scan(numbered(from), end, direction)
    for (const [i, { kind, value }] of direction === 'forward' ? expected : expected.toReversed()) {
      const wanted = `${NAMES[i]} ${kind} ${kind === TOMBSTONE ? '' : text(valued(value))}`
      if (!cursor.next() || described(cursor) !== wanted) throw new Error(`scan ${i}`)
    }
    expect(cursor.next()).toBe(false)
  }
  const weight = (part: typeof sorted): number => part.reduce((sum, [, { kind }]) => sum + weightOf(kind), 0)
  expect([view.records, view.weight]).toEqual([sorted.length, weight(sorted)])
  for (const i of [0, from, to, KEYS]) {
    expect(view.weightBelow(numbered(i))).toBe(weight(sorted.filter(([other]) => other < i)))
  }
  for (let i = random.below(7); i < KEYS; i += 7) {
    const record = records.get(i)
    if (view.kindOf(numbered(i)) !== record?.kind) throw new Error(`kind of ${i}`)
    const value = view.get(numbered(i))
    if (record === undefined || record.kind === TOMBSTONE) expect(value).toBe(record && DELETED)
    else expect(text(value as Uint8Array)).toBe(text(valued(record.value)))
  }
}

describe('a memtable under any workload', () => {
  it.each([1, 2, 3, 4])('is a map of records, and so is every pin of it (seed %i)', seed => {
    const random = randomFromSeed(seed)
    const memtable = new Memtable()
    const model: Model = { below: new Set(), records: new Map() }
    for (let i = 0; i < KEYS; i++) if (random.chance(seed, 5)) model.below.add(i)
    const pins: { pin: MemtableView & { release(): void }; records: Model['records'] }[] = []
    for (let round = 0; round < 20; round++) {
      const deletePercent = random.below(100)
      for (let write = 0; write < 500; write++) writeRandomly(memtable, model, random, deletePercent)
      if (random.chance(1, 2)) pins.push({ pin: memtable.pin(), records: new Map(model.records) })
      expect(memtable.faults()).toEqual([])
      checkAgainst(memtable, model.records, random)
      if (pins.length <= 3) continue
      const [{ pin, records }] = pins.splice(random.below(pins.length), 1) as [(typeof pins)[0]]
      checkAgainst(pin, records, random)
      pin.release()
    }
  })
})
