import { describe, expect, it } from 'vitest'
import type { DiskError } from '../../runtime/disk.ts'
import { NO_MANIFEST, tablesOf } from './manifest.ts'
import { readManifest } from './manifest-file.ts'
import {
  addingTable,
  FIRST,
  FOURTH,
  ManifestWorld,
  replacingAll,
  SECOND,
  THIRD,
} from './manifest-world.conformance.ts'
import { tableName } from './table-name.ts'

const ignore = (): void => {}

describe('a manifest writer', () => {
  it('makes one generation after the other, each durable when it calls back', () => {
    for (let generations = 1; generations <= 4; generations++) {
      const world = new ManifestWorld(generations)
      const writer = world.writer()
      expect(writer.current).toBe(NO_MANIFEST)
      for (let id = 1; id <= generations; id++) {
        world.makeTable({ id, fileBytes: 10 * id })
        expect(world.change(writer, addingTable({ id, fileBytes: 10 * id }))).toBeNull()
        expect(writer.current).toMatchObject({ generation: id, nextTableId: id + 1 })
      }
      world.crash()
      expect(world.stored()).toEqual(writer.current)
      world.expectTables(writer.current)
      expect(world.names()).toEqual([
        ...tablesOf(writer.current)
          .map(({ id }) => tableName(id))
          .toSorted(),
        'manifest',
      ])
    }
  })

  it('takes one change at a time, in the order asked for, each upon what stands when its turn comes', () => {
    const world = new ManifestWorld()
    const writer = world.writer()
    const seen: string[] = []
    for (const table of [FIRST, SECOND, THIRD]) {
      writer.change(
        current => {
          seen.push(`change ${table.id} of generation ${current.generation}`)
          return addingTable(table)(current)
        },
        error => {
          seen.push(`done ${table.id}: ${error}`)
          expect(world.stored()).toEqual(writer.current)
          if (table === FIRST) writer.change(addingTable(FOURTH), () => seen.push('done 4'))
        },
      )
    }
    expect(seen).toEqual([])
    world.settle()
    expect(seen).toEqual([
      'change 1 of generation 0',
      'done 1: null',
      'change 2 of generation 1',
      'done 2: null',
      'change 3 of generation 2',
      'done 3: null',
      'done 4',
    ])
    expect(tablesOf(world.stored()!)).toEqual([FOURTH, THIRD, SECOND, FIRST])
  })

  it('begins again from a call-back, once, when nothing waits', () => {
    const world = new ManifestWorld()
    const writer = world.writer()
    let generations = 0
    const again = (error: DiskError | null): void => {
      expect(error).toBeNull()
      if (++generations < 4) writer.change(current => current, again)
    }
    writer.change(current => current, again)
    world.settle()
    expect(generations).toBe(4)
    expect(world.stored()).toMatchObject({ generation: 4 })
  })

  it('refuses to forget an id', () => {
    const world = new ManifestWorld()
    const writer = world.writer()
    world.change(writer, addingTable(SECOND))
    writer.change(() => ({ nextTableId: 2, keyspaces: [] }), ignore)
    expect(() => world.settle()).toThrow('the ids of tables only grow')
  })

  it('calls nobody after it was closed, whenever that is, and is not used any more', () => {
    for (let steps = 0, isDone = false; !isDone; steps++) {
      const world = new ManifestWorld()
      const writer = world.writer()
      let calls = 0
      const called = (): void => {
        calls++
      }
      writer.change(
        current => {
          called()
          return addingTable(FIRST)(current)
        },
        () => {
          isDone = true
          called()
        },
      )
      writer.change(addingTable(SECOND), called)
      for (let i = 0; i < steps; i++) world.step()
      const before = calls
      writer.close()
      world.settle()
      expect(calls).toBe(before)
      expect(() => writer.change(addingTable(THIRD), ignore)).toThrow('a closed store')
      expect(world.stored()?.generation ?? 0).toBeLessThanOrEqual(1)
    }
  })

  it('may be closed by a call-back', () => {
    const world = new ManifestWorld()
    const writer = world.writer()
    const ended: string[] = []
    writer.change(addingTable(FIRST), () => {
      ended.push('first')
      writer.close()
    })
    writer.change(addingTable(SECOND), () => ended.push('second'))
    world.settle()
    expect(ended).toEqual(['first'])
  })
})

describe('a power loss while the manifest is switched', () => {
  it('leaves the old generation or the new one, whole, with every table that it names', () => {
    const outcomes = new Set<number>()
    let steps = 0
    for (let isCut = true; isCut; steps++) {
      for (let seed = 1; seed <= 40; seed++) {
        const world = new ManifestWorld(seed)
        const writer = world.writer()
        world.makeTable(FIRST)
        world.change(writer, addingTable(FIRST))
        const old = writer.current
        // Its name is not durable: that is the writer's affair.
        world.makeTable(SECOND)
        let isDone = false
        isCut = world.crashAtStep(steps, () => {
          isDone = world.change(writer, replacingAll(SECOND)) === null
        })
        const found = world.stored()!
        if (isDone || found.generation !== 1) {
          expect(found).toEqual({ generation: 2, ...replacingAll(SECOND)(old) })
        } else expect(found).toEqual(old)
        world.expectTables(found)
        outcomes.add(found.generation)
      }
    }
    expect(steps).toBeGreaterThan(7)
    expect([...outcomes].toSorted()).toEqual([1, 2])
  })

  it('leaves none or the first, whole, where there was none', () => {
    for (let step = 0, isCut = true; isCut; step++) {
      for (let seed = 1; seed <= 20; seed++) {
        const world = new ManifestWorld(seed)
        const writer = world.writer()
        isCut = world.crashAtStep(step, () => world.change(writer, current => current))
        const found = world.stored()
        if (!isCut || found !== undefined) expect(found).toEqual({ ...NO_MANIFEST, generation: 1 })
      }
    }
  })
})

describe('a manifest on a bad disk', () => {
  const faults: [string, (world: ManifestWorld) => void][] = [
    ...[0, 1, 40].map((room): [string, (world: ManifestWorld) => void] => [
      `on which ${room} bytes are left`,
      world => {
        world.disk.faults.capacityBytes = world.usedBytes + room
      },
    ]),
    ...(['write', 'sync', 'syncDirectory'] as const).map(
      (operation): [string, (world: ManifestWorld) => void] => [
        `on which a ${operation} fails`,
        world => world.disk.faults.failNext(operation),
      ],
    ),
    ...['open create', 'remove', 'rename'].map((operation): [string, (world: ManifestWorld) => void] => [
      `that refuses an operation (${operation})`,
      world => world.refuseNext(operation),
    ]),
  ]

  it.each(faults)(
    '%s, before the switch, stays what it was, and can be changed when that is over',
    (_, arm) => {
      const world = new ManifestWorld()
      const writer = world.writer()
      world.makeTable(FIRST)
      world.change(writer, addingTable(FIRST))
      const old = writer.current
      world.makeTable(SECOND)
      arm(world)
      expect(world.change(writer, addingTable(SECOND))?.kind).toMatch(/^(io|full)$/)
      expect(writer.current).toBe(old)
      expect(world.stored()).toEqual(old)
      expect(world.names()).toEqual(['00000001.table', '00000002.table', 'manifest'])
      world.disk.faults.heal()
      expect(world.change(writer, addingTable(SECOND))).toBeNull()
      world.crash()
      expect(world.stored()).toEqual(writer.current)
      expect(writer.current.generation).toBe(2)
      world.expectTables(writer.current)
    },
  )

  it('lets those who wait have their turn after a change that failed', () => {
    const world = new ManifestWorld()
    const writer = world.writer()
    const ended: (string | undefined)[] = []
    world.disk.faults.failNext('sync')
    writer.change(addingTable(FIRST), error => ended.push(error?.kind))
    writer.change(addingTable(SECOND), error => ended.push(error?.kind))
    world.settle()
    expect(ended).toEqual(['io', undefined])
    expect(tablesOf(world.stored()!)).toEqual([SECOND])
  })

  it('can be changed though what the last attempt left could not be removed', () => {
    const world = new ManifestWorld()
    const writer = world.writer()
    world.disk.faults.failNext('write')
    world.beforeNext('open create', () => world.refuseNext('remove'))
    expect(world.change(writer, addingTable(FIRST))?.kind).toBe('io')
    expect(world.names()).toEqual(['manifest.new'])
    expect(world.change(writer, addingTable(FIRST))).toBeNull()
    expect(world.names()).toEqual(['manifest'])
  })

  it('changes no more when nobody knows which generation a power loss would leave', () => {
    const found = new Set<number>()
    for (let seed = 1; seed <= 30; seed++) {
      const world = new ManifestWorld(seed)
      const writer = world.writer()
      world.makeTable(FIRST)
      world.change(writer, addingTable(FIRST))
      world.makeTable(SECOND)
      const old = writer.current
      const errors: (DiskError | null)[] = []
      const refuse = (error: DiskError | null): void => {
        expect(writer.isRefusing).toBe(true)
        errors.push(error)
      }
      writer.change(replacingAll(SECOND), refuse)
      writer.change(addingTable(THIRD), refuse)
      world.beforeNext('rename', () => world.disk.faults.failNext('syncDirectory'))
      world.settle()
      writer.change(addingTable(FOURTH), refuse)
      world.settle()
      expect(errors.map(error => error?.kind)).toEqual(['io', 'io', 'io'])
      expect(new Set(errors).size).toBe(1)
      expect(writer.current).toBe(old)
      world.crash()
      const left = world.stored()!
      world.expectTables(left)
      found.add(left.generation)
    }
    expect([...found].toSorted()).toEqual([1, 2])
  })
})

describe('the file of a manifest', () => {
  it('that is longer than any manifest is not read', () => {
    const world = new ManifestWorld()
    world.disk.restore(world.path('manifest'), new Uint8Array(32 * 1024 * 1024))
    world.disk.faults.failNext('read')
    expect(readManifest(world.place)).toEqual({
      kind: 'damage',
      damage: { file: 'data/store/manifest', offsetBytes: 0, what: 'the file is longer than any manifest' },
    })
  })
})
