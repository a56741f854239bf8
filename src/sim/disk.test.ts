import { describe, expect, it } from 'vitest'
import { randomFromSeed } from '../core/prng.ts'
import { DiskError, type DiskFile } from '../runtime/disk.ts'
import { SimulatedClock } from './clock.ts'
import { SimulatedDisk } from './disk.ts'

const SECTOR = 512

class Machine {
  readonly clock = new SimulatedClock()
  readonly disk: SimulatedDisk

  constructor(seed: number) {
    this.disk = new SimulatedDisk({ clock: this.clock, random: randomFromSeed(seed) })
    this.disk.makeDirectory('d')
  }

  /** Runs until the operation calls back; the error's kind. */
  run(start: (done: (error: DiskError | null) => void) => void): string {
    let outcome = 'never'
    start(error => {
      outcome = error === null ? 'done' : error.kind
    })
    this.clock.runUntilIdle()
    return outcome
  }

  /** A file of this many sectors of ones, durable by content and name. */
  file(name: string, sectors: number): DiskFile {
    const file = this.disk.open(`d/${name}`, 'create')
    this.run(done => file.writeSynced(0, [new Uint8Array(sectors * SECTOR).fill(1)], done))
    this.run(done => this.disk.syncDirectory('d', done))
    return file
  }

  /** The first byte of every sector, and whether each sector is of one piece. */
  sectors(name: string): number[] {
    const bytes = this.disk.image().get(`d/${name}`)!
    const firsts: number[] = []
    for (let at = 0; at < bytes.length; at += SECTOR) {
      const isWhole = bytes.subarray(at, at + SECTOR).every(byte => byte === bytes[at])
      if (!isWhole) throw new Error('a sector was torn')
      firsts.push(bytes[at]!)
    }
    return firsts
  }
}

const fill = (sectors: number, value: number) => [new Uint8Array(sectors * SECTOR).fill(value)]

/** What became of something in many worlds, as a sorted list of different outcomes. */
function outcomes(inWorld: (machine: Machine) => unknown): string[] {
  const found = new Set<string>()
  for (let seed = 1; seed <= 100; seed++) found.add(JSON.stringify(inWorld(new Machine(seed))))
  return [...found].sort()
}

describe('a simulated power loss', () => {
  it('keeps what was synced', () => {
    const kept = outcomes(machine => {
      const file = machine.file('a', 2)
      machine.run(done => file.write(0, fill(1, 2), done))
      machine.run(done => file.sync(done))
      machine.run(done => file.writeSynced(SECTOR, fill(2, 3), done))
      machine.disk.crash()
      return machine.sectors('a')
    })
    expect(kept).toEqual(['[2,3,3]'])
  })

  it('loses, keeps or tears by sectors what was not', () => {
    const kept = outcomes(machine => {
      const file = machine.file('a', 3)
      machine.run(done => file.write(0, fill(3, 2), done))
      expect(machine.sectors('a')).toEqual([2, 2, 2])
      machine.disk.crash()
      return machine.sectors('a')
    })
    expect(kept.length).toBe(8)
  })

  it('reorders writes that no sync has parted', () => {
    const kept = outcomes(machine => {
      const file = machine.file('a', 2)
      machine.run(done => file.write(0, fill(1, 2), done))
      machine.run(done => file.write(SECTOR, fill(1, 3), done))
      machine.run(done => file.write(0, fill(1, 4), done))
      machine.disk.crash()
      return machine.sectors('a')
    })
    expect(kept).toEqual(['[1,1]', '[1,3]', '[2,1]', '[2,3]', '[4,1]', '[4,3]'])
  })

  it('makes a synced write durable, not the writes before it', () => {
    const kept = outcomes(machine => {
      const file = machine.file('a', 2)
      machine.run(done => file.write(0, fill(1, 2), done))
      machine.run(done => file.writeSynced(SECTOR, fill(1, 3), done))
      machine.disk.crash()
      return machine.sectors('a')
    })
    expect(kept).toEqual(['[1,3]', '[2,3]'])
  })

  it('covers by a sync only what had called back before it was asked for', () => {
    const kept = outcomes(machine => {
      const file = machine.file('a', 2)
      machine.run(done => file.write(0, fill(1, 2), done))
      file.write(SECTOR, fill(1, 3), () => {})
      machine.run(done => file.sync(done))
      machine.disk.crash()
      return machine.sectors('a')
    })
    expect(kept).toEqual(['[2,1]', '[2,3]'])
  })

  it('takes back sizes too', () => {
    const kept = outcomes(machine => {
      const file = machine.file('a', 2)
      machine.run(done => file.write(2 * SECTOR, fill(1, 2), done))
      file.truncate(SECTOR)
      machine.disk.crash()
      return machine.sectors('a')
    })
    expect(kept).toContain('[1]')
    expect(kept).toContain('[1,1]')
    expect(kept).toContain('[1,1,2]')
    expect(kept).toContain('[1,1,0]')
  })

  it('takes back names that were not synced, and none that were', () => {
    const kept = outcomes(machine => {
      machine.file('a', 1)
      machine.file('b', 1)
      machine.disk.open('d/c', 'create')
      machine.disk.rename('d/a', 'd/d')
      machine.disk.remove('d/b')
      machine.disk.crash()
      return machine.disk.list('d')
    })
    expect(kept.length).toBe(8)
    const synced = outcomes(machine => {
      machine.file('a', 1)
      machine.file('b', 1)
      machine.disk.rename('d/a', 'd/d')
      machine.disk.remove('d/b')
      machine.run(done => machine.disk.syncDirectory('d', done))
      machine.disk.crash()
      return machine.disk.list('d')
    })
    expect(synced).toEqual(['["d"]'])
  })

  it('brings back, with a name, the content as it was durable', () => {
    const kept = outcomes(machine => {
      const file = machine.file('a', 1)
      machine.disk.remove('d/a')
      machine.run(done => file.write(0, fill(1, 2), done))
      machine.disk.crash()
      return machine.disk.exists('d/a') ? machine.sectors('a') : 'gone'
    })
    expect(kept).toEqual(['"gone"', '[1]', '[2]'])
  })

  it('ends what was under way: no call-back comes, no file of before writes, locks are free', () => {
    const machine = new Machine(1)
    const file = machine.file('a', 1)
    machine.disk.lock('d')
    let calls = 0
    file.writeSynced(0, fill(1, 2), () => calls++)
    machine.disk.syncDirectory('d', () => calls++)
    machine.disk.crash()
    const after = machine.sectors('a')
    file.writeSynced(0, fill(1, 9), () => calls++)
    machine.clock.runUntilIdle()
    expect(calls).toBe(0)
    expect(machine.sectors('a')).toEqual(after)
    machine.disk.lock('d').release()
  })

  it('is no death of a process: that loses nothing, and makes nothing durable', () => {
    const kept = outcomes(machine => {
      const file = machine.file('a', 1)
      machine.run(done => file.write(0, fill(1, 2), done))
      machine.disk.kill()
      expect(machine.sectors('a')).toEqual([2])
      machine.disk.crash()
      return machine.sectors('a')
    })
    expect(kept).toEqual(['[1]', '[2]'])
  })

  it('is the same for the same seed', () => {
    const life = (seed: number) => {
      const machine = new Machine(seed)
      const file = machine.file('a', 8)
      machine.run(done => file.write(0, fill(8, 2), done))
      machine.disk.crash()
      return `${machine.clock.now()} ${machine.sectors('a')}`
    }
    for (let seed = 1; seed < 20; seed++) expect(life(seed)).toBe(life(seed))
  })
})

describe('a faulty simulated disk', () => {
  it('fails a sync once; the pages then look clean, and a second sync saves nothing', () => {
    const kept = outcomes(machine => {
      const file = machine.file('a', 1)
      machine.run(done => file.write(0, fill(1, 2), done))
      machine.disk.faults.failNext('sync', 'd/a')
      expect(machine.run(done => file.sync(done))).toBe('io')
      expect(machine.run(done => file.sync(done))).toBe('done')
      expect(machine.sectors('a')).toEqual([2])
      machine.disk.crash()
      return machine.sectors('a')
    })
    expect(kept).toEqual(['[1]', '[2]'])
  })

  it('saves them if they are written again', () => {
    const kept = outcomes(machine => {
      const file = machine.file('a', 1)
      machine.disk.faults.failNext('sync')
      expect(machine.run(done => file.writeSynced(0, fill(1, 2), done))).toBe('io')
      expect(machine.run(done => file.writeSynced(0, fill(1, 2), done))).toBe('done')
      machine.disk.crash()
      return machine.sectors('a')
    })
    expect(kept).toEqual(['[2]'])
  })

  it('fails a write, of which some first part may have arrived', () => {
    const kept = outcomes(machine => {
      const file = machine.file('a', 2)
      machine.disk.faults.failNext('write')
      expect(machine.run(done => file.write(0, fill(2, 2), done))).toBe('io')
      return machine.sectors('a')
    })
    expect(kept).toEqual(['[1,1]', '[2,1]', '[2,2]'])
  })

  it('fails a read, a directory sync, and only for the file that was named', () => {
    const machine = new Machine(1)
    const [a, b] = [machine.file('a', 1), machine.file('b', 1)]
    machine.disk.faults.failNext('read', 'd/b')
    machine.disk.faults.failNext('syncDirectory')
    expect(a.read(0, new Uint8Array(1))).toBe(1)
    expect(() => b.read(0, new Uint8Array(1))).toThrow(DiskError)
    expect(machine.run(done => machine.disk.syncDirectory('d', done))).toBe('io')
    expect(machine.run(done => machine.disk.syncDirectory('d', done))).toBe('done')
  })

  it('is full when it is full, until something is removed; what is there can be overwritten', () => {
    const machine = new Machine(1)
    const a = machine.file('a', 4)
    machine.file('b', 4)
    machine.disk.faults.capacityBytes = 8 * SECTOR
    expect(machine.run(done => a.write(3 * SECTOR, fill(2, 2), done))).toBe('full')
    expect(machine.run(done => a.writeSynced(0, fill(4, 2), done))).toBe('done')
    machine.disk.remove('d/b')
    expect(machine.run(done => a.writeSynced(3 * SECTOR, fill(2, 2), done))).toBe('done')
  })

  it('loses a write or a sector of it, misdirects one, and reports success', () => {
    const machine = new Machine(1)
    const file = machine.file('a', 4)
    const write = (sector: number, sectors: number, value: number) =>
      machine.run(done => file.writeSynced(sector * SECTOR, fill(sectors, value), done))
    machine.disk.faults.loseNextWrite()
    expect(write(0, 1, 2)).toBe('done')
    machine.disk.faults.loseNextWrite('d/a', 1)
    expect(write(1, 3, 3)).toBe('done')
    expect(machine.sectors('a')).toEqual([1, 3, 1, 3])
    machine.disk.faults.misdirectNextWrite(2 * SECTOR)
    expect(write(0, 1, 4)).toBe('done')
    machine.disk.crash()
    expect(machine.sectors('a')).toEqual([1, 3, 4, 3])
  })

  it('misdirects a read, once, within the file', () => {
    const machine = new Machine(1)
    const file = machine.file('a', 2)
    machine.run(done => file.writeSynced(SECTOR, fill(1, 2), done))
    const read = (at: number): number => {
      const into = new Uint8Array(1)
      expect(file.read(at, into)).toBe(1)
      return into[0]!
    }
    machine.disk.faults.misdirectNextRead(SECTOR)
    expect([read(0), read(0)]).toEqual([2, 1])
    machine.disk.faults.misdirectNextRead(SECTOR, 'd/a')
    expect(read(SECTOR)).toBe(1)
  })

  it('says what went wrong when it did, and with which file', () => {
    const machine = new Machine(1)
    const file = machine.file('a', 4)
    const seen: string[] = []
    machine.disk.faults.onEvent = (event, path) => seen.push(`${event} ${path}`)
    machine.disk.faults.failNext('read')
    machine.disk.faults.failNext('sync')
    machine.disk.faults.loseNextWrite()
    machine.disk.faults.misdirectNextRead(SECTOR)
    machine.disk.faults.capacityBytes = 4 * SECTOR
    expect(seen).toEqual([])
    expect(() => file.read(0, new Uint8Array(1))).toThrow(DiskError)
    file.read(0, new Uint8Array(1))
    machine.run(done => file.writeSynced(0, fill(1, 2), done))
    machine.run(done => file.write(3 * SECTOR, fill(2, 2), done))
    const happened = ['failedRead d/a', 'misdirectedRead d/a', 'lostWrite d/a', 'failedSync d/a', 'full d/a']
    expect(seen).toEqual(happened)
  })

  it('says that a write came short only if some of it, and not all, arrived', () => {
    const seen = outcomes(machine => {
      const file = machine.file('a', 2)
      const events: string[] = []
      machine.disk.faults.onEvent = event => events.push(event)
      machine.disk.faults.failNext('write')
      machine.run(done => file.write(0, fill(2, 2), done))
      return [machine.sectors('a').join(), events.join()]
    })
    expect(seen).toEqual([
      '["1,1","failedWrite"]',
      '["2,1","failedWrite,shortWrite"]',
      '["2,2","failedWrite"]',
    ])
  })

  it('is empty once it is wiped, and nothing comes back', () => {
    const kept = outcomes(machine => {
      const file = machine.file('a', 1)
      machine.disk.wipe()
      machine.run(done => file.write(0, fill(1, 2), done))
      machine.disk.crash()
      return [machine.disk.image().size, machine.disk.exists('d'), machine.disk.usedBytes]
    })
    expect(kept).toEqual(['[0,false,0]'])
  })

  it('rots at rest, and under writes that are not durable yet', () => {
    const machine = new Machine(1)
    const file = machine.file('a', 1)
    machine.disk.rot('d/a', 5, 0x80)
    expect(machine.disk.image().get('d/a')![5]).toBe(0x81)
    machine.run(done => file.write(0, fill(1, 0), done))
    machine.disk.rot('d/a', 5)
    machine.disk.crash()
    expect([0x01, 0x80]).toContain(machine.disk.image().get('d/a')![5])
  })

  it('lies about syncing if told to', () => {
    const kept = outcomes(machine => {
      const file = machine.file('a', 1)
      machine.disk.faults.lyingSync = true
      expect(machine.run(done => file.writeSynced(0, fill(1, 2), done))).toBe('done')
      expect(machine.run(done => file.sync(done))).toBe('done')
      machine.disk.crash()
      return machine.sectors('a')
    })
    expect(kept).toEqual(['[1]', '[2]'])
  })

  it('is slow if told to, and well again after healing', () => {
    const machine = new Machine(1)
    const file = machine.file('a', 1)
    machine.disk.faults.extraLatencyUs = 1_000_000
    const before = machine.clock.now()
    machine.run(done => file.sync(done))
    expect(machine.clock.now() - before).toBeGreaterThan(1_000_000)
    machine.disk.faults.failNext('sync')
    machine.disk.faults.loseNextWrite()
    machine.disk.faults.heal()
    expect(machine.run(done => file.writeSynced(0, fill(1, 2), done))).toBe('done')
    expect(machine.sectors('a')).toEqual([2])
  })

  it('lets the power be cut at every step', () => {
    const machine = new Machine(1)
    const steps: string[] = []
    machine.disk.onStep = ({ operation, path }) => steps.push(`${operation} ${path}`)
    const file = machine.file('a', 1)
    file.truncate(0)
    machine.disk.rename('d/a', 'd/b')
    machine.disk.remove('d/b')
    expect(steps).toEqual([
      'open create d/a',
      'writeSynced d/a',
      'written and synced d/a',
      'syncDirectory d',
      'directory synced d',
      'truncate d/a',
      'rename d/b',
      'remove d/b',
    ])
  })
})
