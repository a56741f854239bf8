import { describe, expect, it } from 'vitest'
import { EMPTY } from '../../core/bytes.ts'
import { crc32c } from '../../core/crc32c.ts'
import { DiskError } from '../../runtime/disk.ts'
import { FoundRecord } from './found-record.ts'
import { keyHash } from './key-hash.ts'
import { BUFFER_BYTES, UNSYNCED_BYTES_MAX, WRITE_BYTES_WAITING_MAX } from './limits.ts'
import { INSERT, OVERWRITE, TOMBSTONE } from './record.ts'
import {
  recordsOf,
  sumOf,
  TableWorld,
  type TestRecord,
  viewOf,
  weightBelow,
} from './table-testing.conformance.ts'
import { TableWriter } from './table-writer.ts'

const PATH = 'store/00000001.table'
const encoder = new TextEncoder()

function insert(key: string | Uint8Array, value: Uint8Array = EMPTY): TestRecord {
  return { key: typeof key === 'string' ? encoder.encode(key) : key, kind: INSERT, value }
}

function filled(length: number, byte: number): Uint8Array {
  return new Uint8Array(length).fill(byte)
}

/** Adds records of about 1 KiB until so many bytes are in the file. */
function addUntil(writer: TableWriter, bytes: number, from = 0): number {
  let added = from
  while (writer.fileBytes < bytes) {
    const record = insert(`key ${1_000_000 + added++}`, filled(1000, added))
    writer.add(viewOf(record), INSERT)
  }
  return added
}

describe('a table that is written', () => {
  it('holds keys of 1.5 MiB and values of 4 MiB between small ones', () => {
    const large = 1.5 * 2 ** 20
    const records: TestRecord[] = [
      insert(EMPTY),
      insert('a', filled(4 * 2 ** 20, 1)),
      insert('b'),
      insert(filled(large, 0x63)),
      insert(filled(large + 1, 0x63), filled(20, 2)),
      { key: filled(large + 2, 0x63), kind: TOMBSTONE, value: EMPTY },
      insert('d', filled(9, 3)),
    ]
    const world = new TableWorld()
    const table = world.table(records)
    const lines = (list: TestRecord[]) => list.map(one => [crc32c(one.key), one.kind, crc32c(one.value)])
    expect(lines(recordsOf(table.read()))).toEqual(lines(records))
    expect(lines(recordsOf(table.scan(undefined, undefined, 'backward')))).toEqual(
      lines(records.toReversed()),
    )
    const found = new FoundRecord()
    for (const { key, value } of records) {
      expect(table.find(key, keyHash(key, key.length), found)).toBe(true)
      expect(crc32c(found.value)).toBe(crc32c(value))
      expect(table.weightBelow(key)).toBe(weightBelow(records, key))
    }
    expect(world.damagesOf(table)).toEqual([])
  })

  it('is known by its totals before and after it is opened', () => {
    const world = new TableWorld()
    const records: TestRecord[] = [
      insert('a', filled(10, 1)),
      { key: encoder.encode('b'), kind: TOMBSTONE, value: EMPTY },
      { key: encoder.encode('c'), kind: OVERWRITE, value: filled(5, 1) },
      insert('d'),
    ]
    const meta = world.write(1, records)
    expect(meta).toEqual({
      id: 1,
      fileBytes: world.disk.image().get(PATH)!.length,
      blocks: 1,
      records: 4,
      tombstones: 1,
      superseding: 2,
      weight: 1,
      putBytes: 3 + 15,
      firstKey: encoder.encode('a'),
      lastKey: encoder.encode('d'),
    })
    expect(world.open().meta).toEqual(meta)
  })

  it('holds a record as the kind it is added as, with the checksum it came with', () => {
    const world = new TableWorld()
    const writer = new TableWriter(world.place, 1)
    const record: TestRecord = { key: encoder.encode('a'), kind: OVERWRITE, value: filled(3, 1) }
    writer.add(viewOf(record), INSERT)
    world.finish(writer)
    const cursor = world.open().read()
    expect(cursor.next()).toBe(true)
    expect([cursor.kind, cursor.sum(0)]).toEqual([INSERT, sumOf(record)])
  })

  it('does not take keys that do not ascend', () => {
    const writer = new TableWriter(new TableWorld().place, 1)
    writer.add(viewOf(insert('b')), INSERT)
    for (const key of ['b', 'a', '']) {
      expect(() => writer.add(viewOf(insert(key)), INSERT)).toThrow('strictly ascend')
    }
  })

  it('is durable when finish calls back', () => {
    const world = new TableWorld()
    const table = world.table([insert('a', filled(100, 1))])
    table.close()
    world.disk.syncDirectory('store', () => {})
    world.clock.runUntilIdle()
    world.disk.crash()
    expect(recordsOf(world.open().read()).length).toBe(1)
  })

  it('is closed without a trace in the cache, and removed with its file', () => {
    const world = new TableWorld()
    const table = world.table([insert('a')])
    const key = encoder.encode('a')
    table.find(key, keyHash(key, 1), new FoundRecord())
    table.remove()
    expect([...world.disk.image().keys()]).toEqual([])
    expect(() => table.find(key, keyHash(key, 1), new FoundRecord())).toThrow('a closed table is not read')
  })
})

describe('a table writer', () => {
  it('is congested while much waits for the disk, and says once when it no longer is', () => {
    const world = new TableWorld()
    const writer = new TableWriter(world.place, 1)
    const some = addUntil(writer, WRITE_BYTES_WAITING_MAX - BUFFER_BYTES)
    expect(writer.isCongested).toBe(false)
    const added = addUntil(writer, WRITE_BYTES_WAITING_MAX + 2 * BUFFER_BYTES, some)
    expect(writer.isCongested).toBe(true)
    let relieved = 0
    writer.whenRelieved(() => {
      relieved++
      expect(writer.isCongested).toBe(false)
    })
    expect(relieved).toBe(0)
    world.clock.runUntilIdle()
    expect(relieved).toBe(1)
    // Not congested: all the same, never within the call.
    writer.whenRelieved(() => relieved++)
    expect(relieved).toBe(1)
    world.clock.runUntilIdle()
    expect(relieved).toBe(2)
    world.finish(writer)
    expect(recordsOf(world.open().read()).length).toBe(added)
  })

  it('reports a disk that fails, and leaves no file', () => {
    for (const fail of [
      (world: TableWorld) => world.disk.faults.failNext('write'),
      (world: TableWorld) => world.disk.faults.failNext('sync'),
      (world: TableWorld) => {
        world.disk.faults.capacityBytes = BUFFER_BYTES
      },
    ]) {
      const world = new TableWorld()
      const writer = new TableWriter(world.place, 1)
      fail(world)
      const added = addUntil(writer, 2 * BUFFER_BYTES)
      let relieved = false
      writer.whenRelieved(() => {
        relieved = true
      })
      world.clock.runUntilIdle()
      expect(relieved).toBe(true)
      addUntil(writer, 8 * BUFFER_BYTES, added)
      expect(world.finish(writer)).toBeInstanceOf(DiskError)
      expect([...world.disk.image().keys()]).toEqual([])
      let isGone = false
      writer.abort(() => {
        isGone = true
      })
      expect(isGone).toBe(true)
    }
  })

  it('syncs a long table as it grows', () => {
    const world = new TableWorld()
    const writer = new TableWriter(world.place, 1)
    world.disk.syncDirectory('store', () => {})
    let added = 0
    for (let bytes = 0; bytes <= 3 * UNSYNCED_BYTES_MAX; bytes += BUFFER_BYTES) {
      added = addUntil(writer, bytes, added)
      world.clock.runUntilIdle()
    }
    world.disk.crash()
    expect(world.disk.image().get(PATH)!.length).toBeGreaterThanOrEqual(2 * UNSYNCED_BYTES_MAX)
  })

  it('reports a sync on the way that failed, and makes no table', () => {
    const world = new TableWorld()
    const writer = new TableWriter(world.place, 1)
    let added = addUntil(writer, UNSYNCED_BYTES_MAX - BUFFER_BYTES)
    world.clock.runUntilIdle()
    world.disk.faults.failNext('sync')
    added = addUntil(writer, UNSYNCED_BYTES_MAX + BUFFER_BYTES, added)
    world.clock.runUntilIdle()
    expect(writer.error).toBeInstanceOf(DiskError)
    addUntil(writer, UNSYNCED_BYTES_MAX + 2 * BUFFER_BYTES, added)
    expect(world.finish(writer)).toBeInstanceOf(DiskError)
    expect([...world.disk.image().keys()]).toEqual([])
  })

  it('reports that its file exists, and leaves that one alone', () => {
    const world = new TableWorld()
    world.disk.restore(PATH, filled(5, 1))
    const writer = new TableWriter(world.place, 1)
    writer.add(viewOf(insert('a')), INSERT)
    expect(world.finish(writer)).toMatchObject({ kind: 'exists' })
    writer.abort(() => {})
    expect(world.disk.image().get(PATH)).toEqual(filled(5, 1))
  })

  it('that is aborted removes its file and calls nobody, however far it was', () => {
    for (let steps = 0; steps < 12; steps++) {
      const world = new TableWorld()
      const writer = new TableWriter(world.place, 1)
      addUntil(writer, 3 * BUFFER_BYTES)
      let isMade = false
      writer.finish(() => {
        isMade = true
      })
      for (let step = 0; step < steps; step++) world.clock.step()
      if (isMade) return expect(steps).toBeGreaterThan(3)
      let left: string[] | undefined
      writer.abort(() => {
        left = [...world.disk.image().keys()]
      })
      world.clock.runUntilIdle()
      expect(isMade).toBe(false)
      expect(left).toEqual([])
    }
  })

  it('whose bytes the disk loses in silence makes a table that is found to be damaged', () => {
    const world = new TableWorld()
    const writer = new TableWriter(world.place, 1)
    world.disk.faults.loseNextWrite(undefined, 3)
    addUntil(writer, 2 * BUFFER_BYTES)
    world.finish(writer)
    expect(world.damagesOf(world.open())[0]).toMatchObject({ what: 'the checksum of a block is wrong' })
  })
})

describe('a scan', () => {
  it('goes on where it was when its block has left the cache meanwhile', () => {
    const world = new TableWorld(2 ** 13)
    const records = Array.from({ length: 2000 }, (_, i) => insert(`key ${10_000 + i}`, filled(i % 50, i)))
    const table = world.table(records)
    const forward = table.scan(undefined, undefined, 'forward')
    const backward = table.scan(undefined, undefined, 'backward')
    for (let i = 0; i < records.length; i++) {
      expect(forward.next() && backward.next()).toBe(true)
      // What `forward` speaks of stays as it is while `backward` has taken the only frame.
      for (const [cursor, record] of [
        [forward, records[i]!],
        [backward, records.at(-1 - i)!],
      ] as const) {
        const { keyBytes, keyLength, valueBytes, valueAt, valueLength } = cursor
        expect(crc32c(keyBytes.subarray(0, keyLength))).toBe(crc32c(record.key))
        expect(crc32c(valueBytes.subarray(valueAt, valueAt + valueLength))).toBe(crc32c(record.value))
      }
    }
    expect(forward.next() || backward.next() || forward.next()).toBe(false)
  })
})

describe('a verification', () => {
  it('can be taken in slices, and ends when the table is closed', () => {
    const world = new TableWorld()
    const records = Array.from({ length: 5000 }, (_, i) => insert(`key ${10_000 + i}`, filled(10, i)))
    const table = world.table(records)
    world.disk.rot(PATH, 20_000)
    const damages: number[] = []
    const verification = table.verification(({ offsetBytes }) => damages.push(offsetBytes))
    let slices = 1
    while (verification.nextSlice(20_000)) slices++
    expect(slices).toBeGreaterThan(3)
    expect(damages.length).toBe(1)
    const other = table.verification(() => expect.unreachable())
    expect(other.nextSlice(1)).toBe(true)
    table.close()
    expect(other.nextSlice(1)).toBe(false)
  })
})
