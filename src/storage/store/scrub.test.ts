import { describe, expect, it } from 'vitest'
import type { Disk } from '../../runtime/disk.ts'
import { BLOCK_BYTES_MAX } from './limits.ts'
import { INSERT } from './record.ts'
import { SCRUB_SLICE_BYTES_MIN, Scrub } from './scrub.ts'
import type { Table } from './table.ts'
import { tableName } from './table-name.ts'
import { DamageFound, TableWorld, type TestRecord } from './table-testing.conformance.ts'

const SLICE_BYTES = 128 * 1024

/** Records of about so many bytes, and so many of them. */
function records(count: number, valueBytes = 100): TestRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    key: Uint8Array.of(0x68, i >> 16, (i >> 8) & 0xff, i & 0xff),
    kind: INSERT,
    value: new Uint8Array(valueBytes).fill(i),
  }))
}

/** Tables that come and go, and how much of them is read. */
class ScrubWorld extends TableWorld {
  readonly tables: Table[] = []
  readonly scrub = new Scrub(
    () => ({ tables: () => this.tables }),
    damage => {
      throw new DamageFound(damage)
    },
  )
  #readBytes = 0

  constructor() {
    super()
    const open = this.disk.open.bind(this.disk)
    this.disk.open = (...args: Parameters<Disk['open']>) => {
      const file = open(...args)
      const read = file.read.bind(file)
      file.read = (at, into) => {
        const count = read(at, into)
        this.#readBytes += count
        return count
      }
      return file
    }
  }

  add(id: number, content: TestRecord[]): Table {
    const table = this.table(content, id)
    this.tables.push(table)
    return table
  }

  remove(table: Table): void {
    this.tables.splice(this.tables.indexOf(table), 1)
    table.remove()
  }

  /** How many bytes a slice reads. */
  slice(bytesMax = SLICE_BYTES): number {
    this.#readBytes = 0
    this.scrub.slice(bytesMax)
    return this.#readBytes
  }

  /** Until everything was checked once more; returns what each slice read. */
  round(bytesMax = SLICE_BYTES): number[] {
    const before = this.scrub.rounds
    const slices: number[] = []
    while (this.scrub.rounds === before) {
      slices.push(this.slice(bytesMax))
      if (slices.length > 10_000) throw new Error('the round does not end')
    }
    return slices
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0)

describe('a scrub', () => {
  it('reads every byte of every table in a round, and again in the next', () => {
    const world = new ScrubWorld()
    const tables = [1, 2, 7].map(id => world.add(id, records(5_000)))
    const total = sum(tables.map(({ meta }) => meta.fileBytes))
    for (let i = 0; i < 3; i++) {
      const readBytes = sum(world.round())
      expect(readBytes).toBeGreaterThanOrEqual(total)
      // What is read to know that the round is over belongs to the next one.
      expect(readBytes).toBeLessThan(total + 2 * SLICE_BYTES)
    }
  })

  it('finds any byte that rots, within a round, and names its place', () => {
    const world = new ScrubWorld()
    const files = [1, 2].map(id => world.add(id, records(1_000)).meta)
    for (const { id, fileBytes } of files) {
      const file = `store/${tableName(id)}`
      for (let offset = 0; offset < fileBytes; offset += 4_001) {
        world.disk.rot(file, offset)
        const found = damageOf(() => {
          // What the round under way has passed is checked in the next one.
          world.round()
          world.round()
        })
        expect(found.file).toBe(file)
        expect(offset - found.offsetBytes).toBeGreaterThanOrEqual(0)
        expect(offset - found.offsetBytes).toBeLessThan(BLOCK_BYTES_MAX)
        world.disk.rot(file, offset)
      }
    }
  })

  it('never reads more of blocks than its slice in a turn', () => {
    const world = new ScrubWorld()
    const { fileBytes, records: count } = world.add(1, records(20_000)).meta
    for (const bytesMax of [SCRUB_SLICE_BYTES_MIN, 50_000, SLICE_BYTES]) {
      const slices = world.round(bytesMax)
      const larger = slices.filter(readBytes => readBytes > bytesMax)
      // The index and the filter, once at the end, and the slices after it pay for them.
      expect(larger.length).toBeLessThanOrEqual(1)
      expect(sum(larger)).toBeLessThan(bytesMax + 2 * count)
      expect(slices.length * bytesMax).toBeGreaterThan(fileBytes)
    }
  })

  it('pays for records that are larger than its slice', () => {
    const world = new ScrubWorld()
    const { fileBytes } = world.add(1, records(10, 1_000_000)).meta
    const slices = world.round()
    expect(Math.max(...slices)).toBeLessThan(1_000_000 + 2 * SLICE_BYTES)
    expect(slices.length).toBeGreaterThanOrEqual(Math.floor(fileBytes / SLICE_BYTES))
  })

  it('skips what is removed under it, and checks what stays', () => {
    const world = new ScrubWorld()
    const [first, second, third] = [1, 2, 3].map(id => world.add(id, records(5_000)))
    world.slice()
    world.remove(first!)
    expect(world.slice()).toBe(0)
    world.remove(second!)
    const readBytes = sum(world.round())
    expect(readBytes).toBeGreaterThanOrEqual(third!.meta.fileBytes)
    world.remove(third!)
    for (let i = 0; i < 5; i++) expect(world.slice()).toBe(0)
  })

  it('comes back to its old tables however many new ones are made', () => {
    const world = new ScrubWorld()
    for (const id of [1, 2]) world.add(id, records(100))
    let id = 3
    for (let i = 0; i < 6; i++) {
      world.slice()
      world.add(id++, records(10))
      world.add(id++, records(10))
    }
    world.disk.rot(`store/${tableName(1)}`, 100)
    let slices = 0
    const scrubOn = (): void => {
      for (;;) {
        world.slice()
        world.add(id++, records(10))
        world.add(id++, records(10))
        slices++
      }
    }
    expect(damageOf(scrubOn).file).toBe('store/00000001.table')
    expect(slices).toBeLessThan(50)
  })

  it('has nothing to do in an empty store', () => {
    const world = new ScrubWorld()
    expect(world.slice()).toBe(0)
    expect(world.scrub.rounds).toBe(0)
  })

  it('names what the disk does not give back', () => {
    const world = new ScrubWorld()
    world.add(1, records(5_000))
    world.slice()
    world.disk.faults.failNext('read')
    expect(damageOf(() => world.round()).what).toContain('it cannot be read')
  })
})

function damageOf(run: () => void): DamageFound['damage'] {
  try {
    run()
  } catch (error) {
    if (error instanceof DamageFound) return error.damage
    throw error
  }
  throw new Error('no damage was found')
}
