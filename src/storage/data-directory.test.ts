import { describe, expect, it } from 'vitest'
import { crc32c } from '../core/crc32c.ts'
import { QuorateError } from '../core/errors.ts'
import type { NodeId } from '../core/ids.ts'
import { randomFromSeed } from '../core/prng.ts'
import { type Disk, DiskError, type DiskErrorKind } from '../runtime/disk.ts'
import { SimulatedClock } from '../sim/clock.ts'
import { SimulatedDisk } from '../sim/disk.ts'
import { type DataDirectory, openDataDirectory } from './data-directory.ts'
import type { NodeIdentity } from './node-identity.ts'

const OWN: NodeIdentity = {
  clusterId: 2n ** 64n - 1n,
  nodeId: (2n ** 63n) as NodeId,
  name: 'knoten-β',
  consensus: 'paxos',
}
const DIRECTORY = 'var/quorate/node'
const IDENTITY = `${DIRECTORY}/identity`

function begin(seed = 1): { clock: SimulatedClock; disk: SimulatedDisk } {
  const clock = new SimulatedClock()
  return { clock, disk: new SimulatedDisk({ clock, random: randomFromSeed(seed) }) }
}

function open(
  { clock, disk }: { clock: SimulatedClock; disk: Disk },
  identity = OWN,
): DataDirectory | QuorateError {
  const outcomes: (DataDirectory | QuorateError)[] = []
  openDataDirectory({ disk, checksum: crc32c, directory: DIRECTORY, identity }, outcome =>
    outcomes.push(outcome),
  )
  clock.runUntilIdle()
  expect(outcomes.length).toBe(1)
  return outcomes[0]!
}

function opened(world: { clock: SimulatedClock; disk: Disk }, identity?: NodeIdentity): DataDirectory {
  const outcome = open(world, identity)
  if (outcome instanceof QuorateError) throw outcome
  return outcome
}

/** Opens it, and claims it as its owner does once the log is there. */
function claimed(world: { clock: SimulatedClock; disk: Disk }, identity?: NodeIdentity): DataDirectory {
  const directory = opened(world, identity)
  expect(claim(world, directory)).toBe('none')
  return directory
}

function claim({ clock }: { clock: SimulatedClock }, directory: DataDirectory): string {
  const outcomes: (QuorateError | null)[] = []
  directory.claim(error => outcomes.push(error))
  clock.runUntilIdle()
  expect(outcomes.length).toBe(1)
  return outcomes[0]?.code ?? 'none'
}

function refusal(world: { clock: SimulatedClock; disk: Disk }, identity?: NodeIdentity): string {
  const outcome = open(world, identity)
  if (!(outcome instanceof QuorateError)) return 'none'
  expect(outcome.outcome).toBe('refused')
  expect(outcome.hint).toBeTruthy()
  expect(outcome.message).toContain(DIRECTORY)
  return outcome.code
}

/** A disk on which one operation fails. */
function failing(disk: Disk, operation: 'open' | 'makeDirectory' | 'lock', kind: DiskErrorKind): Disk {
  const fail = (path: string): never => {
    throw new DiskError(kind, path, `${kind} at ${path}`)
  }
  return Object.create(
    disk,
    Object.fromEntries(
      (['open', 'list', 'exists', 'makeDirectory', 'rename', 'remove', 'syncDirectory', 'lock'] as const).map(
        name => [name, { value: name === operation ? fail : disk[name].bind(disk) }],
      ),
    ),
  ) as Disk
}

describe('a data directory', () => {
  it('is made with its parts, and found again', () => {
    const world = begin()
    const first = claimed(world)
    expect(first.isNew).toBe(true)
    expect(first.identity).toEqual(OWN)
    expect(world.disk.exists(first.logDirectory)).toBe(true)
    expect(world.disk.exists(first.storeDirectory)).toBe(true)
    expect([first.logDirectory, first.storeDirectory]).toEqual([`${DIRECTORY}/log`, `${DIRECTORY}/store`])
    first.release()
    const again = opened(world)
    expect(again.isNew).toBe(false)
    expect(again.identity).toEqual(OWN)
  })

  it('keeps the name with which it was made', () => {
    const world = begin()
    claimed(world).release()
    expect(opened(world, { ...OWN, name: 'renamed' }).identity.name).toBe('knoten-β')
  })

  it('is durable when it is claimed', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const world = begin(seed)
      claimed(world)
      world.disk.crash()
      expect(opened(world).isNew).toBe(false)
      world.disk.crash()
      expect(opened(world).identity).toEqual(OWN)
    }
  })

  it('is nobody’s until it is claimed, whatever log was made in it', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const world = begin(seed)
      const log = `${opened(world, { ...OWN, nodeId: 7n as NodeId }).logDirectory}/00000001.log`
      world.disk.restore(log, Uint8Array.of(1))
      world.disk.crash()
      expect(claimed(world).isNew).toBe(true)
      world.disk.crash()
      expect(opened(world)).toMatchObject({ identity: OWN, isNew: false })
      expect(world.disk.exists(log)).toBe(true)
    }
  })

  it('is refused if there is a store in it that nobody can have made', () => {
    const world = begin()
    opened(world).release()
    world.disk.restore(`${DIRECTORY}/store/checkpoint`, Uint8Array.of(1))
    expect(refusal(world)).toBe('QUORATE_DATA_DIR_DAMAGED')
  })

  it('can be opened whenever the power failed while it was made', () => {
    for (let step = 0, isCut = true; isCut; step++) {
      for (let seed = 1; seed <= 5; seed++) {
        const world = begin(seed)
        let left = step
        isCut = false
        world.disk.onStep = () => {
          if (left-- !== 0) return
          isCut = true
          throw new Error('power cut')
        }
        try {
          claimed(world)
        } catch {}
        world.disk.onStep = undefined
        world.disk.crash()
        const again = claimed(world)
        expect(again.identity).toEqual(OWN)
        again.release()
        expect(opened(world).isNew).toBe(false)
      }
    }
  })

  it('has one user at a time', () => {
    const world = begin()
    const first = opened(world)
    expect(refusal(world)).toBe('QUORATE_DATA_DIR_LOCKED')
    first.release()
    opened(world)
  })

  it('is refused to another node, to another cluster, and free again afterwards', () => {
    const world = begin()
    claimed(world).release()
    const node = { ...OWN, nodeId: 7n as NodeId }
    expect(refusal(world, node)).toBe('QUORATE_DATA_DIR_FOREIGN_NODE')
    expect(refusal(world, { ...OWN, clusterId: 7n })).toBe('QUORATE_DATA_DIR_FOREIGN_CLUSTER')
    expect(refusal(world, { ...node, clusterId: 7n })).toBe('QUORATE_DATA_DIR_FOREIGN_CLUSTER')
    expect(refusal(world, { ...OWN, consensus: 'raft' })).toBe('QUORATE_DATA_DIR_OTHER_CONSENSUS')
    opened(world)
  })

  it('is refused if a newer version wrote it', () => {
    const world = begin()
    claimed(world).release()
    const content = world.disk.image().get(IDENTITY)!
    // A newer format may go on as it likes, between the version and the checksum at the end.
    const newer = Uint8Array.from([...content.subarray(0, -4), 1, 2, 3, 0, 0, 0, 0])
    newer[8] = 4
    new DataView(newer.buffer).setUint32(newer.length - 4, crc32c(newer.subarray(0, -4)), true)
    world.disk.restore(IDENTITY, newer)
    expect(refusal(world)).toBe('QUORATE_DATA_DIR_VERSION')
  })

  it('is understood if a version before wrote it: then it is of Raft', () => {
    const world = begin()
    claimed(world).release()
    const content = world.disk.image().get(IDENTITY)!
    const nameBytes = 1 + 'paxos'.length
    for (const [version, behind] of [[1, nameBytes + 2] as const, [2, nameBytes] as const]) {
      const older = Uint8Array.from([...content.subarray(0, -4 - behind), 0, 0, 0, 0])
      older[8] = version
      new DataView(older.buffer).setUint32(older.length - 4, crc32c(older.subarray(0, -4)), true)
      world.disk.restore(IDENTITY, older)
      expect(refusal(world)).toBe('QUORATE_DATA_DIR_OTHER_CONSENSUS')
      const raft = { ...OWN, consensus: 'raft' }
      const directory = open(world, raft)
      expect(directory).toMatchObject({ identity: raft, logDirectory: `${DIRECTORY}/log` })
      if ('release' in directory) directory.release()
    }
  })

  it('is refused if any byte of its identity is not what was written', () => {
    const world = begin()
    claimed(world).release()
    const content = world.disk.image().get(IDENTITY)!
    for (let offset = 0; offset < content.length; offset++) {
      world.disk.rot(IDENTITY, offset, 1 << (offset % 8))
      expect(refusal(world), `byte ${offset}`).toBe('QUORATE_DATA_DIR_DAMAGED')
      world.disk.restore(IDENTITY, content)
    }
    for (let length = 0; length < content.length; length++) {
      world.disk.restore(IDENTITY, content.subarray(0, length))
      expect(refusal(world), `${length} bytes`).toBe('QUORATE_DATA_DIR_DAMAGED')
    }
    world.disk.restore(IDENTITY, new Uint8Array(100_000))
    expect(refusal(world)).toBe('QUORATE_DATA_DIR_DAMAGED')
    world.disk.restore(IDENTITY, Uint8Array.from([...content, 0]))
    expect(refusal(world)).toBe('QUORATE_DATA_DIR_DAMAGED')
  })

  it('is refused if it lost its identity and not its data', () => {
    for (const file of ['log/1', 'store/checkpoint']) {
      const world = begin()
      claimed(world).release()
      world.disk.restore(`${DIRECTORY}/${file}`, Uint8Array.of(1))
      world.disk.remove(IDENTITY)
      expect(refusal(world)).toBe('QUORATE_DATA_DIR_DAMAGED')
    }
  })

  it.each([
    ['makeDirectory', 'readOnly', 'QUORATE_DATA_DIR_READ_ONLY'],
    ['makeDirectory', 'full', 'QUORATE_DATA_DIR_DISK_FULL'],
    ['makeDirectory', 'exists', 'QUORATE_DATA_DIR_UNREADABLE'],
    ['lock', 'denied', 'QUORATE_DATA_DIR_UNREADABLE'],
    ['lock', 'locked', 'QUORATE_DATA_DIR_LOCKED'],
    ['open', 'io', 'QUORATE_DATA_DIR_UNREADABLE'],
    ['open', 'denied', 'QUORATE_DATA_DIR_UNREADABLE'],
  ] as const)('says it when %s fails with %s', (operation, kind, code) => {
    const { clock, disk } = begin()
    expect(refusal({ clock, disk: failing(disk, operation, kind) })).toBe(code)
    expect(claimed({ clock, disk }).isNew).toBe(true)
    disk.kill()
    expect(refusal({ clock, disk: failing(disk, operation, kind) })).toBe(code)
    opened({ clock, disk })
  })

  it('says it when the disk is full or broken, and leaves nothing behind', () => {
    const world = begin()
    world.disk.faults.capacityBytes = 10
    expect(refusal(world)).toBe('QUORATE_DATA_DIR_DISK_FULL')
    expect([...world.disk.image().keys()]).toEqual([])
    world.disk.faults.heal()
    for (const operation of ['write', 'sync'] as const) {
      world.disk.faults.failNext(operation)
      expect(refusal(world)).toBe('QUORATE_DATA_DIR_UNREADABLE')
      expect([...world.disk.image().keys()]).toEqual([])
    }
    expect(opened(world).isNew).toBe(true)
  })

  it('is refused if its name cannot be made durable', () => {
    const world = begin()
    world.disk.faults.failNext('syncDirectory')
    expect(refusal(world)).toBe('QUORATE_DATA_DIR_UNREADABLE')
    world.disk.faults.failNext('syncDirectory')
    expect(refusal(world)).toBe('QUORATE_DATA_DIR_UNREADABLE')
    const directory = opened(world)
    world.disk.faults.failNext('syncDirectory')
    expect(claim(world, directory)).toBe('QUORATE_DATA_DIR_UNREADABLE')
    directory.release()
    world.disk.faults.failNext('syncDirectory')
    expect(refusal(world)).toBe('QUORATE_DATA_DIR_UNREADABLE')
    expect(opened(world)).toMatchObject({ identity: OWN, isNew: false })
  })
})
