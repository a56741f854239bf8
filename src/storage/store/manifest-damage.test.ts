import { describe, expect, it } from 'vitest'
import { findManifestDamages } from './manifest-damage.ts'
import { addingTable, beginStore, replacingAll, SECOND, THIRD } from './manifest-world.conformance.ts'
import { tableName } from './table-name.ts'

describe('a store that is open', () => {
  it('has nothing wrong with its directory while its manifest is switched', () => {
    const { world, manifest } = beginStore()
    const writer = world.writer(manifest)
    world.makeTable(SECOND)
    let steps = 0
    const look = (): void => {
      steps++
      // It takes steps itself.
      world.disk.onStep = undefined
      expect(findManifestDamages(world.place, writer.current)).toEqual([])
      world.disk.onStep = look
    }
    world.disk.onStep = look
    expect(world.change(writer, replacingAll(SECOND))).toBeNull()
    look()
    expect(steps).toBeGreaterThan(8)
  })

  it('finds what is missing, cut off, damaged or older', () => {
    const { world } = beginStore()
    const older = world.disk.image().get(world.path('manifest'))!
    const writer = world.writer(world.open())
    for (const table of [SECOND, THIRD]) {
      world.makeTable(table)
      world.change(writer, addingTable(table))
    }
    const whats = (): string[] =>
      findManifestDamages(world.place, writer.current).map(({ file, what }) => `${file}: ${what}`)
    world.disk.remove(world.path(tableName(1)))
    world.disk.restore(world.path(tableName(3)), new Uint8Array(5))
    const tables = [
      'data/store/00000003.table: the file has 5 bytes instead of 800',
      'data/store/00000001.table: the file is missing',
    ]
    expect(whats()).toEqual(tables)
    world.disk.restore(world.path('manifest'), older)
    expect(whats()).toEqual(['data/store/manifest: the file is of generation 2 instead of 4', ...tables])
    world.disk.rot(world.path('manifest'), 30)
    expect(whats()).toEqual(['data/store/manifest: the checksum is wrong', ...tables])
    world.disk.remove(world.path('manifest'))
    expect(whats()).toEqual(['data/store/manifest: the file is missing', ...tables])
  })
})
