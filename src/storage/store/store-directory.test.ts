import { describe, expect, it } from 'vitest'
import { crc32c } from '../../core/crc32c.ts'
import { QuorateError } from '../../core/errors.ts'
import { type Manifest, NO_MANIFEST } from './manifest.ts'
import { encodeManifest } from './manifest-codec.ts'
import { beginStore, ManifestWorld, SECOND } from './manifest-world.conformance.ts'
import { tableName } from './table-name.ts'

const EMPTY: Manifest = { ...NO_MANIFEST, generation: 1 }

function refusal(world: ManifestWorld): QuorateError {
  const outcome = world.tryToOpen()
  if (outcome instanceof QuorateError) return outcome
  throw new Error('it was opened')
}

describe('the directory of a store', () => {
  it('is made when it is first opened, with an empty manifest that lasts', () => {
    const world = new ManifestWorld(1, false)
    expect(world.open()).toEqual(EMPTY)
    expect(world.names()).toEqual(['manifest'])
    world.crash()
    expect(world.open()).toEqual(EMPTY)
    expect(world.stored()).toEqual(EMPTY)
  })

  it('has its own name made durable, and its names before anything is served', () => {
    const synced = (world: ManifestWorld): string[] => {
      const paths: string[] = []
      world.disk.onStep = ({ operation, path }) => {
        if (operation === 'directory synced') paths.push(path)
      }
      world.open()
      world.disk.onStep = undefined
      return paths
    }
    const world = new ManifestWorld(1, false)
    expect(synced(world).slice(0, 2)).toEqual(['data', 'data/store'])
    expect(synced(world)).toEqual(['data/store'])
  })

  it('is what it was when it is opened again', () => {
    const { world, manifest } = beginStore()
    expect(world.open()).toEqual(manifest)
    world.crash()
    expect(world.open()).toEqual(manifest)
    world.expectTables(manifest)
  })

  it('loses what a crash left, for good, and nothing else', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { world, manifest } = beginStore(seed)
      world.makeTable(SECOND)
      const strangers = ['00000003.table.txt', 'checkpoint.new', 'notes']
      for (const name of ['manifest.new', tableName(77), ...strangers]) {
        world.disk.restore(world.path(name), Uint8Array.of(1))
      }
      const left = ['00000001.table', ...strangers, 'manifest'].toSorted()
      expect(world.open()).toEqual(manifest)
      expect(world.names()).toEqual(left)
      world.crash()
      expect(world.names()).toEqual(left)
      world.expectTables(manifest)
    }
  })

  it('is begun where the first opening left only a manifest on its way', () => {
    const world = new ManifestWorld()
    world.disk.restore(world.path('manifest.new'), encodeManifest(EMPTY, crc32c).subarray(0, 9))
    expect(world.open()).toEqual(EMPTY)
    expect(world.names()).toEqual(['manifest'])
  })
})

describe('a directory that is refused, and left as it is', () => {
  /** Opens it, with leftovers in it that must stay. */
  const refused = (world: ManifestWorld): QuorateError => {
    for (const name of ['manifest.new', tableName(77)]) {
      world.disk.restore(world.path(name), Uint8Array.of(1))
    }
    const before = world.disk.image()
    const error = refusal(world)
    expect(world.disk.image()).toEqual(before)
    return error
  }

  it('has any byte of its manifest changed, or another length', () => {
    const { world } = beginStore()
    const path = world.path('manifest')
    const content = world.disk.image().get(path)!
    for (let offset = 0; offset < content.length; offset++) {
      world.disk.rot(path, offset, 1 << (offset % 8))
      const { code, message } = refused(world)
      expect(code).toBe('QUORATE_STORE_DAMAGED')
      expect(message).toContain(path)
      world.disk.restore(path, content)
    }
    for (const bad of [new Uint8Array(0), content.subarray(0, 20), Uint8Array.from([...content, 0])]) {
      world.disk.restore(path, bad)
      expect(refused(world).code).toBe('QUORATE_STORE_DAMAGED')
    }
  })

  it('lacks a table that its manifest names', () => {
    const { world } = beginStore()
    world.disk.remove(world.path(tableName(1)))
    const { code, message } = refused(world)
    expect(code).toBe('QUORATE_STORE_DAMAGED')
    expect(message).toContain('data/store/00000001.table at offset 0: the file is missing')
  })

  it('has a table of another size', () => {
    const { world } = beginStore()
    for (const size of [0, 599, 601]) {
      world.disk.restore(world.path(tableName(1)), new Uint8Array(size))
      const { code, message } = refused(world)
      expect(code).toBe('QUORATE_STORE_DAMAGED')
      expect(message).toContain(
        `00000001.table at offset ${Math.min(size, 600)}: the file has ${size} bytes instead of 600`,
      )
    }
  })

  it('has tables and no manifest: it was lost, for the first opening made one', () => {
    const { world } = beginStore()
    world.disk.remove(world.path('manifest'))
    const { code, message } = refused(world)
    expect(code).toBe('QUORATE_STORE_DAMAGED')
    expect(message).toContain('data/store/manifest at offset 0: the file is missing, but there are tables')
  })

  it('was written by a newer version', () => {
    const { world } = beginStore()
    const path = world.path('manifest')
    const newer = world.disk.image().get(path)!.slice()
    newer[8] = 9
    const view = new DataView(newer.buffer)
    view.setUint32(newer.length - 4, crc32c(newer.subarray(0, newer.length - 4)), true)
    world.disk.restore(path, newer)
    const { code, message } = refused(world)
    expect(code).toBe('QUORATE_STORE_FORMAT')
    expect(message).toContain('data/store/manifest is of format version 9')
  })

  it('holds the checkpoint of an earlier version, with or without a manifest beside it', () => {
    for (const world of [new ManifestWorld(), beginStore().world]) {
      world.disk.restore(world.path('checkpoint'), Uint8Array.of(1))
      const { code, message } = refused(world)
      expect(code).toBe('QUORATE_STORE_FORMAT')
      expect(message).toContain('data/store/checkpoint is a store of an earlier version')
    }
  })
})

describe('a directory on a bad disk', () => {
  /** What may go wrong while a store with leftovers is opened, and while a new one is. */
  const failures: [string, (world: ManifestWorld) => void][] = [
    ...(['syncDirectory', 'read', 'write', 'sync'] as const).map(
      (operation): [string, (world: ManifestWorld) => void] => [
        operation,
        world => world.disk.faults.failNext(operation),
      ],
    ),
    ...['open read', 'open create', 'remove', 'rename'].map(
      (operation): [string, (world: ManifestWorld) => void] => [
        operation,
        world => world.refuseNext(operation),
      ],
    ),
    [
      'the second syncDirectory',
      world => world.beforeNext('directory synced', () => world.disk.faults.failNext('syncDirectory')),
    ],
    [
      'the syncDirectory after the switch',
      world => world.beforeNext('rename', () => world.disk.faults.failNext('syncDirectory')),
    ],
    [
      'room',
      world => {
        world.disk.faults.capacityBytes = world.usedBytes + 10
      },
    ],
  ]

  const outcomes = (make: () => ManifestWorld): [string, string][] =>
    failures.map(([name, arm]) => {
      const world = make()
      arm(world)
      const outcome = world.tryToOpen()
      world.disk.onStep = undefined
      world.disk.faults.heal()
      const again = world.open()
      world.crash()
      expect(world.open()).toEqual(again)
      world.expectTables(again)
      return [name, outcome instanceof QuorateError ? outcome.code : 'opened']
    })

  it('says so when a store cannot be opened, and opens it when that is over', () => {
    const found = outcomes(() => {
      const { world } = beginStore()
      world.makeTable(SECOND)
      return world
    })
    expect(
      found.filter(([, outcome]) => outcome === 'QUORATE_STORE_OPEN_FAILED').map(([name]) => name),
    ).toEqual(['syncDirectory', 'read', 'open read', 'remove', 'the second syncDirectory'])
    expect(
      found.every(([, outcome]) => outcome === 'opened' || outcome === 'QUORATE_STORE_OPEN_FAILED'),
    ).toBe(true)
  })

  it('says so when a store cannot be begun, and begins it when that is over', () => {
    const found = outcomes(() => new ManifestWorld(1, false))
    expect(found.filter(([, outcome]) => outcome === 'opened').map(([name]) => name)).toEqual([
      'read',
      'open read',
    ])
    expect(
      found.every(([, outcome]) => outcome === 'opened' || outcome === 'QUORATE_STORE_OPEN_FAILED'),
    ).toBe(true)
  })
})
