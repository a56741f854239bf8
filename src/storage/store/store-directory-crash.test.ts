import { describe, expect, it } from 'vitest'
import { NO_MANIFEST } from './manifest.ts'
import { addingTable, beginStore, ManifestWorld, replacingAll, SECOND } from './manifest-world.conformance.ts'
import { tableName } from './table-name.ts'

describe('a power loss while a directory is opened', () => {
  it('leaves a store that can be begun, whenever it comes in the first opening', () => {
    let steps = 0
    for (let isCut = true; isCut; steps++) {
      for (let seed = 1; seed <= 20; seed++) {
        const world = new ManifestWorld(seed, false)
        isCut = world.crashAtStep(steps, () => world.open())
        expect(world.open()).toEqual({ ...NO_MANIFEST, generation: 1 })
      }
    }
    expect(steps).toBeGreaterThan(9)
  })

  it('takes nothing that the surviving manifest names, after a switch that was cut short at any step', () => {
    const outcomes = new Set<number>()
    let switchSteps = 0
    for (let isSwitchCut = true; isSwitchCut; switchSteps++) {
      for (let openSteps = 0, isOpenCut = true; isOpenCut; openSteps++) {
        for (let seed = 1; seed <= 8; seed++) {
          const { world, manifest } = beginStore(seed)
          const writer = world.writer(manifest)
          world.makeTable(SECOND)
          // Only the process dies: the rename may be seen, and be gone after the power loss that follows.
          isSwitchCut = world.crashAtStep(
            switchSteps,
            () => world.change(writer, replacingAll(SECOND)),
            'kill',
          )
          isOpenCut = world.crashAtStep(openSteps, () => world.open())
          const left = world.open()
          world.expectTables(left)
          outcomes.add(left.generation)
          if (left.generation === 2) expect(left).toEqual(manifest)
          else expect(left).toEqual({ generation: 3, ...replacingAll(SECOND)(manifest) })
          expect(world.names()).toEqual([tableName(left.generation - 1), 'manifest'])
        }
      }
    }
    expect(switchSteps).toBeGreaterThan(7)
    expect([...outcomes].toSorted()).toEqual([2, 3])
  })

  it('lets an id that no manifest named be used again', () => {
    for (let step = 0, isCut = true; isCut; step++) {
      for (let seed = 1; seed <= 12; seed++) {
        const { world, manifest } = beginStore(seed)
        world.disk.restore(world.path(tableName(2)), new Uint8Array(SECOND.fileBytes).fill(9))
        const writer = world.writer(world.open())
        world.makeTable(SECOND)
        isCut = world.crashAtStep(step, () => world.change(writer, addingTable(SECOND)))
        const left = world.open()
        world.expectTables(left)
        expect(left.generation === 2 ? left : manifest).toEqual(manifest)
      }
    }
  })

  it('comes again and again, and never leaves a store that is damaged', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const world = new ManifestWorld(seed, false)
      let durable = 0
      for (let round = 0; round < 6; round++) {
        const end = (seed + round) % 3 === 0 ? 'kill' : 'crash'
        world.crashAtStep(
          (seed * 7 + round * 13) % 60,
          () => {
            const opened = world.open()
            expect(opened.generation).toBeGreaterThanOrEqual(durable)
            world.expectTables(opened)
            const writer = world.writer(opened)
            for (let i = 0; i < 3; i++) {
              const old = writer.current
              const table = { id: old.nextTableId, fileBytes: 100 + i }
              world.makeTable(table)
              const change = (seed + i) % 2 === 0 ? addingTable(table) : replacingAll(table)
              expect(world.change(writer, change)).toBeNull()
              durable = writer.current.generation
              if (change(old).keyspaces[0]!.runs.length > 1) continue
              for (const run of old.keyspaces[0]?.runs ?? []) {
                for (const { id } of run) world.disk.remove(world.path(tableName(id)))
              }
            }
          },
          end,
        )
      }
      const left = world.open()
      expect(left.generation).toBeGreaterThanOrEqual(durable)
      world.expectTables(left)
    }
  })
})
