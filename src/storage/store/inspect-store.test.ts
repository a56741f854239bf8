import { describe, expect, it } from 'vitest'
import { crc32c } from '../../core/crc32c.ts'
import { QuorateError } from '../../core/errors.ts'
import type { Store, StoreDamage } from '../../runtime/store.ts'
import { SimulatedClock } from '../../sim/clock.ts'
import { bytes } from '../store-pairs.conformance.ts'
import { StoreWorld } from '../store-world.conformance.ts'
import { InspectedStore, inspectStore } from './inspect-store.ts'
import { type StoreStats, storeStats } from './inspect-store-stats.ts'
import { StoreVerification } from './inspect-store-verification.ts'
import { encodeManifest } from './manifest-codec.ts'
import { openStore } from './open-store.ts'
import { tableName } from './table-name.ts'

const halt = (reason: Error): never => {
  throw reason
}

/** A store of which nothing is merged, that is closed when it is looked at. */
class InspectedWorld extends StoreWorld {
  constructor() {
    super((options, opened) => openStore({ ...options, halt }, opened))
  }

  /** Writes and makes durable, as one run of each keyspace. */
  write(change: (batch: ReturnType<Store['batch']>) => void): void {
    const store = this.open()
    const batch = store.batch()
    change(batch)
    batch.commit()
    expect(this.checkpoint(store)).toBeNull()
    store.close()
    this.settle()
  }

  look(): InspectedStore | StoreDamage | QuorateError {
    const before = this.digest()
    const { disk, directory } = this
    const found = inspectStore({ disk, directory, clock: new SimulatedClock(), checksum: crc32c })
    expect(this.digest()).toEqual(before)
    return found
  }

  /** Every file, with the checksum of its content. */
  digest(): string[] {
    return [...this.disk.image()].map(([path, content]) => `${path} ${content.length} ${crc32c(content)}`)
  }

  get store(): InspectedStore {
    const found = this.look()
    if (found instanceof InspectedStore) return found
    throw found instanceof Error ? found : new Error(found.what)
  }

  stats(): StoreStats {
    const found = storeStats(this.store)
    if ('what' in found) throw new Error(found.what)
    return found
  }

  verify(sliceBytes = 10_000): StoreDamage[] {
    const damages: StoreDamage[] = []
    const verification = new StoreVerification(this.store, damage => damages.push(damage))
    let done = 0
    while (verification.nextSlice(sliceBytes)) {
      expect(verification.bytesDone).toBeGreaterThanOrEqual(done)
      expect(verification.bytesDone).toBeLessThanOrEqual(verification.bytes)
      done = verification.bytesDone
    }
    expect(verification.bytesDone).toBe(verification.bytes)
    return damages
  }

  path(name: string): string {
    return `${this.directory}/${name}`
  }

  tables(): string[] {
    return this.disk.list(this.directory).filter(name => name.endsWith('.table'))
  }

  rotMiddle(name: string): number {
    const offset = Math.floor(this.disk.image().get(this.path(name))!.length / 2)
    this.disk.rot(this.path(name), offset)
    return offset
  }
}

const key = (letter: string, number: number): Uint8Array =>
  bytes(`${letter}${String(number).padStart(6, '0')}`)

/** Two keyspaces, one of them in two runs, and the empty key. */
function filled(): InspectedWorld {
  const world = new InspectedWorld()
  world.write(batch => {
    for (let i = 0; i < 1_000; i++) {
      batch.put(key('h', i), bytes('old'))
      batch.put(key('r', i), bytes('a value that is a little longer'))
    }
    batch.put(bytes(''), bytes('empty'))
  })
  world.write(batch => {
    for (let i = 0; i < 1_000; i += 10) batch.put(key('h', i), bytes('newer'))
    for (let i = 5; i < 1_000; i += 10) batch.delete(key('h', i))
    for (let i = 1_000; i < 1_300; i++) batch.put(key('r', i), bytes('more'))
  })
  return world
}

function codeOf(found: unknown): string | undefined {
  return found instanceof QuorateError ? found.code : undefined
}

describe('the numbers of a store', () => {
  it('add up to the keys that were put, without those that were deleted', () => {
    const { generation, keyspaces, totals } = filled().stats()
    expect(generation).toBeGreaterThanOrEqual(3)
    expect(keyspaces.map(({ keyspace, keys }) => [keyspace, keys])).toEqual([
      [-1, 1],
      [0x68, 900],
      [0x72, 1_300],
    ])
    expect(totals.keys).toBe(2_201)
    expect(totals.tables).toBe(5)
  })

  it('tell what was superseded, and what it weighs', () => {
    const world = filled()
    const { keyspaces, totals } = world.stats()
    expect(keyspaces[1]).toMatchObject({
      runs: 2,
      tables: 2,
      records: 1_200,
      tombstones: 100,
      superseding: 200,
      putBytes: 1_000 * (7 + 3) + 100 * (7 + 5),
    })
    // What is written in key order sinks into the run that there is.
    expect(keyspaces[2]).toMatchObject({ runs: 1, tables: 2, tombstones: 0, superseding: 0 })
    const files = world.tables().map(name => world.disk.image().get(world.path(name))!.length)
    expect(totals.fileBytes).toBe(files.reduce((sum, length) => sum + length, 0))
  })

  it('are none of an empty store', () => {
    const world = new InspectedWorld()
    world.open().close()
    expect(world.stats()).toMatchObject({ keyspaces: [], totals: { keys: 0, tables: 0, fileBytes: 0 } })
    expect(world.verify()).toEqual([])
  })

  it('are not given of a store with a table that is damaged around its blocks', () => {
    const world = filled()
    const [first] = world.tables()
    world.disk.rot(world.path(first!), world.disk.image().get(world.path(first!))!.length - 1)
    expect(storeStats(world.store)).toMatchObject({ file: world.path(first!) })
  })
})

describe('the verification of a store', () => {
  it('finds nothing where nothing is damaged, in slices of any size', () => {
    const world = filled()
    for (const sliceBytes of [1, 10_000, 1e9]) expect(world.verify(sliceBytes)).toEqual([])
  })

  it('finds any byte of any file that changes, in a block that begins before it', () => {
    const world = filled()
    for (const name of world.tables()) {
      const path = world.path(name)
      const size = world.disk.image().get(path)!.length
      for (let offset = 0; offset < size; offset += Math.ceil(size / 12)) {
        world.disk.rot(path, offset)
        const damages = world.verify()
        expect(damages.length).toBeGreaterThan(0)
        expect(damages.every(({ file, offsetBytes }) => file === path && offsetBytes <= offset)).toBe(true)
        world.disk.rot(path, offset)
      }
    }
  })

  it('names every table that is damaged, missing, cut off, too long or not to be read', () => {
    const world = filled()
    const [rotten, missing, short, long, unreadable] = world.tables() as [
      string,
      string,
      string,
      string,
      string,
    ]
    const content = (name: string): Uint8Array => world.disk.image().get(world.path(name))!
    const size = content(short).length
    const offset = world.rotMiddle(rotten)
    world.disk.remove(world.path(missing))
    world.disk.restore(world.path(short), content(short).slice(0, 100))
    world.disk.restore(world.path(long), Uint8Array.from([...content(long), 0]))
    world.disk.faults.failNext('read', world.path(unreadable))
    const damages = new Map(world.verify().map(damage => [damage.file, damage]))
    expect(damages.size).toBe(5)
    expect(damages.get(world.path(rotten))!.offsetBytes).toBeLessThanOrEqual(offset)
    expect(damages.get(world.path(missing))).toMatchObject({ offsetBytes: 0, what: 'the file is missing' })
    expect(damages.get(world.path(short))).toMatchObject({
      offsetBytes: 100,
      what: `the file has 100 bytes instead of ${size}`,
    })
    expect(damages.get(world.path(long))!.what).toContain('bytes instead of')
    expect(damages.get(world.path(unreadable))!.what).toContain('it cannot be read')
  })

  it('names both of two damaged blocks of a table', () => {
    const world = filled()
    const largest = world.tables().toSorted((a, b) => sizeOf(world, b) - sizeOf(world, a))[0]!
    world.disk.rot(world.path(largest), 100)
    world.disk.rot(world.path(largest), 20_000)
    const offsets = world.verify().map(({ offsetBytes }) => offsetBytes)
    expect(offsets.length).toBe(2)
    expect(offsets[0]).toBeLessThanOrEqual(100)
    expect(offsets[1]).toBeGreaterThan(100)
  })

  it('names a table that stands in the wrong place of the manifest', () => {
    const world = filled()
    const { manifest } = world.store
    const place = (keyspaces: typeof manifest.keyspaces): string[] => {
      world.disk.restore(world.path('manifest'), encodeManifest({ ...manifest, keyspaces }, crc32c))
      return world.verify().map(({ what }) => what)
    }
    const [empty, heads, revisions] = manifest.keyspaces
    expect(place([empty!, { keyspace: 0x69, runs: heads!.runs }, revisions!])).toEqual([
      'its keys are not of the keyspace that the manifest names it in',
      'its keys are not of the keyspace that the manifest names it in',
    ])
    const reversed = [revisions!.runs[0]!.toReversed()]
    expect(place([empty!, heads!, { keyspace: 0x72, runs: reversed }])).toEqual([
      'its keys are not behind those of the table before it in its run',
    ])
  })

  it('notes what is in the directory besides, as no damage', () => {
    const world = filled()
    for (const name of ['manifest.new', tableName(999), 'notes.txt']) {
      world.disk.restore(world.path(name), Uint8Array.of(1))
    }
    expect(world.store.strays).toEqual([
      { name: tableName(999), isLeftover: true },
      { name: 'manifest.new', isLeftover: true },
      { name: 'notes.txt', isLeftover: false },
    ])
    expect(world.verify()).toEqual([])
  })
})

describe('a directory that is looked at', () => {
  it('has no store in it: QUORATE_STORE_MISSING', () => {
    const world = new InspectedWorld()
    expect(codeOf(world.look())).toBe('QUORATE_STORE_MISSING')
    world.disk.restore(world.path('manifest.new'), Uint8Array.of(1))
    expect(codeOf(world.look())).toBe('QUORATE_STORE_MISSING')
  })

  it('has a store of an earlier version, or of a newer one: QUORATE_STORE_FORMAT', () => {
    const world = filled()
    const newer = world.disk.image().get(world.path('manifest'))!.slice()
    newer[8] = 9
    new DataView(newer.buffer).setUint32(newer.length - 4, crc32c(newer.subarray(0, -4)), true)
    world.disk.restore(world.path('manifest'), newer)
    expect(codeOf(world.look())).toBe('QUORATE_STORE_FORMAT')
    world.disk.restore(world.path('checkpoint'), Uint8Array.of(1))
    expect(codeOf(world.look())).toBe('QUORATE_STORE_FORMAT')
  })

  it('has a manifest that is damaged, or lost: that is the damage', () => {
    const world = filled()
    world.rotMiddle('manifest')
    expect(world.look()).toMatchObject({ file: world.path('manifest') })
    world.disk.remove(world.path('manifest'))
    expect(world.look()).toMatchObject({ what: 'the file is missing, but there are tables' })
  })

  it('is on a disk that fails: QUORATE_STORE_OPEN_FAILED', () => {
    const world = filled()
    world.disk.faults.failNext('read')
    expect(codeOf(world.look())).toBe('QUORATE_STORE_OPEN_FAILED')
  })
})

function sizeOf(world: InspectedWorld, name: string): number {
  return world.disk.image().get(world.path(name))!.length
}
