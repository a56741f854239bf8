import { describe, expect, it } from 'vitest'
import { concatBytes, EMPTY } from '../../core/bytes.ts'
import { crc32c } from '../../core/crc32c.ts'
import type { StoreDamage } from '../../runtime/store.ts'
import { blockSeed, writeU32 } from './block-format.ts'
import { FoundRecord } from './found-record.ts'
import { keyHash } from './key-hash.ts'
import { BLOCK_BYTES_MAX } from './limits.ts'
import { INSERT, OVERWRITE, TOMBSTONE } from './record.ts'
import type { SourceCursor } from './record-cursor.ts'
import { Table } from './table.ts'
import { TABLE_HEADER_BYTES, TABLE_TAIL_BYTES } from './table-format.ts'
import { DamageFound, recordsOf, TableWorld, type TestRecord } from './table-testing.conformance.ts'

const PATH = 'store/00000001.table'
const encoder = new TextEncoder()

/** Two full blocks and a lone one. */
const RECORDS: readonly TestRecord[] = [
  ...Array.from({ length: 11 }, (_, i): TestRecord => {
    const kind = ([INSERT, OVERWRITE, TOMBSTONE] as const)[i % 3]!
    const value = kind === TOMBSTONE ? EMPTY : new Uint8Array(Math.floor(BLOCK_BYTES_MAX / 5.5) + i).fill(i)
    return { key: encoder.encode(`key ${10 + i}`), kind, value }
  }),
  { key: encoder.encode('lone'), kind: INSERT, value: new Uint8Array(BLOCK_BYTES_MAX + 100).fill(9) },
]

function begin(): { world: TableWorld; content: Uint8Array } {
  const world = new TableWorld()
  expect(world.table(RECORDS).meta.blocks).toBe(3)
  return { world, content: world.disk.image().get(PATH)! }
}

/** As `begin`, of a few hundred bytes. */
function beginSmall(): { world: TableWorld; content: Uint8Array } {
  const world = new TableWorld()
  const records = RECORDS.slice(0, 11).map(record => ({ ...record, value: record.value.subarray(0, 9) }))
  world.table(records)
  return { world, content: world.disk.image().get(PATH)! }
}

/** What `open` refuses the file with, or what `verify` says of it. */
function damagesOf(world: TableWorld): StoreDamage[] {
  const table = Table.open(world.place, world.cache, 1)
  if (!(table instanceof Table)) return [table]
  const damages = world.damagesOf(table)
  table.close()
  return damages
}

/** Every answer is right, or is refused. */
function expectNothingWrong(world: TableWorld): void {
  const table = Table.open(world.place, world.cache, 1)
  if (!(table instanceof Table)) return
  const found = new FoundRecord()
  for (const { key, kind, value } of RECORDS) {
    answered(() => {
      expect(table.find(key, keyHash(key, key.length), found)).toBe(true)
      expect([found.kind, crc32c(found.value)]).toEqual([kind, crc32c(value)])
    })
  }
  for (const open of [
    () => table.read(),
    () => table.scan(undefined, undefined, 'forward'),
    () => table.scan(undefined, undefined, 'backward'),
  ]) {
    answered(() => expect(recordsOf(open()).length).toBe(RECORDS.length))
  }
  answered(() => expect(table.weightBelow(encoder.encode('z'))).toBe(table.meta.weight))
  table.close()
}

function answered(ask: () => void): void {
  try {
    ask()
  } catch (error) {
    if (!(error instanceof DamageFound)) throw error
    expect(error.damage.file).toBe(PATH)
  }
}

describe('a table that is not what was written', () => {
  it('is named with its file and a place not behind the byte that changed, whichever it is', () => {
    for (const { begun, step } of [
      { begun: beginSmall(), step: 1 },
      { begun: begin(), step: 29 },
    ]) {
      const { world, content } = begun
      for (let at = 0; at < content.length; at += step) {
        world.disk.rot(PATH, at, 1 << (at % 8))
        const damages = damagesOf(world)
        expect(damages.length, `byte ${at}`).toBeGreaterThan(0)
        for (const { file, offsetBytes } of damages) {
          expect(file).toBe(PATH)
          expect(offsetBytes, `byte ${at}`).toBeLessThanOrEqual(at)
        }
        world.disk.rot(PATH, at, 1 << (at % 8))
      }
      expect(damagesOf(world)).toEqual([])
    }
  })

  it('gives no wrong answer', () => {
    const { world, content } = begin()
    for (let at = 0; at < content.length; at += 97) {
      world.disk.rot(PATH, at, 1 << (at % 8))
      expectNothingWrong(world)
      world.disk.rot(PATH, at, 1 << (at % 8))
    }
  })

  it('is refused when it was cut short or has grown', () => {
    const { world, content } = begin()
    for (const length of [0, 1, TABLE_HEADER_BYTES, TABLE_HEADER_BYTES + 1, 9000, content.length - 1]) {
      world.disk.restore(PATH, content.slice(0, length))
      expect(Table.open(world.place, world.cache, 1)).toMatchObject({ file: PATH })
    }
    for (const more of [new Uint8Array(1), new Uint8Array(4096), content.slice(-TABLE_TAIL_BYTES)]) {
      world.disk.restore(PATH, concatBytes([content, more]))
      expect(Table.open(world.place, world.cache, 1)).toMatchObject({ file: PATH })
    }
  })

  it('is refused when it is the file of another table', () => {
    const { world, content } = begin()
    world.disk.restore('store/00000002.table', content)
    expect(Table.open(world.place, world.cache, 2)).toEqual({
      file: 'store/00000002.table',
      offsetBytes: 0,
      what: 'it is the file of table 1',
    })
  })

  it('is noticed when a block is that of another table, at the same place', () => {
    const { world, content } = begin()
    world.table(RECORDS, 2)
    const other = world.disk.image().get('store/00000002.table')!
    const mixed = content.slice()
    mixed.set(other.subarray(TABLE_HEADER_BYTES, TABLE_HEADER_BYTES + 9000), TABLE_HEADER_BYTES)
    world.disk.restore(PATH, mixed)
    expect(damagesOf(world)[0]).toEqual({
      file: PATH,
      offsetBytes: TABLE_HEADER_BYTES,
      what: 'the checksum of a block is wrong',
    })
    expectNothingWrong(world)
  })

  it('is noticed when a block checks out and still makes no sense', () => {
    const { world, content } = begin()
    const seedOfTable = new DataView(content.buffer).getUint32(TABLE_HEADER_BYTES - 4, true)
    const length = world.open().meta.blocks > 1 ? blockLength(content) : 0
    const whats = new Set<string>()
    for (let at = 4; at < 120; at++) {
      for (const value of [0, 1, 0x40, 0xff]) {
        const forged = content.slice()
        forged[TABLE_HEADER_BYTES + at] = value
        const block = forged.subarray(TABLE_HEADER_BYTES, TABLE_HEADER_BYTES + length)
        writeU32(block, 0, crc32c(block.subarray(4), blockSeed(seedOfTable, TABLE_HEADER_BYTES)))
        world.disk.restore(PATH, forged)
        for (const { what } of damagesOf(world)) whats.add(what)
        const table = world.open()
        answered(() => walk(table.read()))
        answered(() => walk(table.scan(undefined, undefined, 'backward')))
        answered(() => void table.weightBelow(encoder.encode('key 12')))
        for (const { key } of RECORDS) {
          answered(() => void table.find(key, keyHash(key, key.length), new FoundRecord()))
        }
        table.close()
      }
    }
    expect(whats).toContain('a block contradicts itself')
    expect(whats).toContain('the checksum of a record is wrong')
  })

  it('stops the reader when the disk does not give a block', () => {
    const { world } = begin()
    const table = world.open()
    world.disk.faults.failNext('read')
    const { key } = RECORDS[0]!
    expect(() => table.find(key, keyHash(key, key.length), new FoundRecord())).toThrow(DamageFound)
    expect(table.find(key, keyHash(key, key.length), new FoundRecord())).toBe(true)
    world.disk.faults.failNext('read')
    expect(world.damagesOf(table)[0]!.what).toContain('cannot be read')
  })
})

function walk(cursor: SourceCursor): void {
  while (cursor.next()) expect(cursor.keyLength).toBeLessThan(10_000)
}

/** The first block ends where its last slot says. */
function blockLength(content: Uint8Array): number {
  const view = new DataView(content.buffer, TABLE_HEADER_BYTES)
  return view.getUint16(8 + 2 * view.getUint16(4, true), true)
}
