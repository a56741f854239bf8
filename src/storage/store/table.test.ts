import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareBytes, EMPTY } from '../../core/bytes.ts'
import { crc32c } from '../../core/crc32c.ts'
import type { Direction } from '../../runtime/store.ts'
import { FoundRecord } from './found-record.ts'
import { keyHash } from './key-hash.ts'
import { BLOCK_BYTES_MAX } from './limits.ts'
import { INSERT, OVERWRITE, type RecordKind, TOMBSTONE } from './record.ts'
import type { Table } from './table.ts'
import { recordsOf, TableWorld, type TestRecord, weightBelow } from './table-testing.conformance.ts'

function record(key: Uint8Array | string, kind: RecordKind, value: Uint8Array | string = ''): TestRecord {
  return { key: bytes(key), kind, value: kind === TOMBSTONE ? EMPTY : bytes(value) }
}

function bytes(of: Uint8Array | string): Uint8Array {
  return typeof of === 'string' ? Uint8Array.from(of, character => character.charCodeAt(0)) : of
}

function find(table: Table, key: Uint8Array): TestRecord | undefined {
  const found = new FoundRecord()
  const hash = keyHash(key, key.length)
  if (!table.find(key, hash, found)) return undefined
  expect(table.mayHold(hash)).toBe(true)
  return { key, kind: found.kind, value: found.value.length === 0 ? EMPTY : found.value.slice() }
}

function within(
  records: readonly TestRecord[],
  from: Uint8Array | undefined,
  to: Uint8Array | undefined,
  direction: Direction,
): TestRecord[] {
  const inside = records.filter(
    ({ key }) =>
      (from === undefined || compareBytes(from, key) <= 0) && (to === undefined || compareBytes(key, to) < 0),
  )
  return direction === 'forward' ? inside : inside.reverse()
}

/** Short keys of few letters: many are beginnings of each other. Some records are lone. */
const anyKey = fc
  .tuple(
    fc.constantFrom('', 'shared/by/many/', '\xff\xff'),
    fc.array(fc.constantFrom(0, 1, 97, 255), { maxLength: 6 }),
  )
  .map(([prefix, rest]) => Uint8Array.from([...bytes(prefix), ...rest]))

const anyValue = fc
  .oneof(
    { weight: 20, arbitrary: fc.nat({ max: 40 }) },
    { weight: 4, arbitrary: fc.integer({ min: 500, max: 4000 }) },
    { weight: 1, arbitrary: fc.integer({ min: BLOCK_BYTES_MAX - 60, max: BLOCK_BYTES_MAX + 60 }) },
  )
  .map(length => new Uint8Array(length).fill(length))

const anyRecords = fc
  .uniqueArray(fc.tuple(anyKey, fc.constantFrom<RecordKind>(TOMBSTONE, OVERWRITE, INSERT), anyValue), {
    minLength: 1,
    maxLength: 300,
    size: 'max',
    selector: ([key]) => String(key),
  })
  .map(list =>
    list.map(([key, kind, value]) => record(key, kind, value)).sort((a, b) => compareBytes(a.key, b.key)),
  )

/** One line for each record: comparing large arrays byte by byte would take the test minutes. */
function lines(records: readonly TestRecord[]): string {
  return records
    .map(({ key, kind, value }) => `${String.fromCharCode(...key)} ${kind} ${value.length} ${crc32c(value)}`)
    .join('\n')
}

function line(record: TestRecord | undefined): string {
  return record === undefined ? 'none' : lines([record])
}

describe('a table', () => {
  it('answers every question as a sorted list of its records would', () => {
    const bound = fc.option(anyKey, { nil: undefined })
    fc.assert(
      fc.property(
        anyRecords,
        fc.array(fc.tuple(bound, bound), { minLength: 8, maxLength: 8 }),
        fc.constantFrom(1, 3, 64),
        (records, ranges, frames) => {
          const world = new TableWorld(frames * BLOCK_BYTES_MAX)
          const table = world.table(records)
          expect(lines(recordsOf(table.read()))).toBe(lines(records))
          for (const one of records) expect(line(find(table, one.key))).toBe(line(one))
          for (const [from, to] of ranges) {
            for (const direction of ['forward', 'backward'] as const) {
              const scanned = recordsOf(table.scan(from, to, direction))
              expect(lines(scanned)).toBe(lines(within(records, from, to, direction)))
            }
            const key = from ?? to ?? EMPTY
            expect(table.weightBelow(key)).toBe(weightBelow(records, key))
            const expected = records.find(one => compareBytes(one.key, key) === 0)
            expect(line(find(table, key))).toBe(line(expected))
          }
          expect(world.damagesOf(table)).toEqual([])
        },
      ),
      { numRuns: 60, seed: 1 },
    )
  })
})
