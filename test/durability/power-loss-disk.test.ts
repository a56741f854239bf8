import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { randomFromSeed } from '../../src/core/prng.ts'
import { describeDisk } from '../../src/runtime/disk.conformance.ts'
import type { Disk, DiskCallback, DiskFile } from '../../src/runtime/disk.ts'
import { until } from '../harness/until.ts'
import { Power } from './power.ts'
import { PowerLossDisk } from './power-loss-disk.ts'

const temporaryDirectory = (): string => mkdtempSync(join(tmpdir(), 'quorate-disk-'))

describeDisk('a disk that loses power', () => {
  const directory = temporaryDirectory()
  return {
    disk: new PowerLossDisk(randomFromSeed(1)).boot(new Power()),
    directory,
    until: condition => until('the disk', condition),
    close: () => rmSync(directory, { recursive: true }),
  }
})

const SECTORS = 8
const SECTOR = 512

describe('a power loss', () => {
  let directory: string
  beforeEach(() => {
    directory = temporaryDirectory()
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  const done = (start: (done: DiskCallback) => void): Promise<void> =>
    new Promise((resolve, reject) => start(error => (error === null ? resolve() : reject(error))))
  const write = (file: DiskFile, value: number, sectors = SECTORS): Promise<void> =>
    done(written => file.write(0, [new Uint8Array(sectors * SECTOR).fill(value)], written))
  /** The values of the sectors of a file; undefined if there is none. */
  const sectors = (name: string): number[] | undefined => {
    try {
      const content = readFileSync(join(directory, name))
      return Array.from({ length: content.length / SECTOR }, (_, sector) => content[sector * SECTOR]!)
    } catch {
      return undefined
    }
  }
  /** What is left in many runs of the same deeds. */
  const outcomes = async (deeds: (disk: Disk, machine: PowerLossDisk) => Promise<void>) => {
    const found: (number[] | undefined)[] = []
    for (let seed = 1; seed <= 60; seed++) {
      const machine = new PowerLossDisk(randomFromSeed(seed))
      const power = new Power()
      await deeds(machine.boot(power), machine)
      power.cut()
      await machine.losePower()
      found.push(sectors('file'))
      rmSync(join(directory, 'file'), { force: true })
    }
    return found
  }
  const create = async (disk: Disk): Promise<DiskFile> => {
    const file = disk.open(join(directory, 'file'), 'create')
    await done(synced => disk.syncDirectory(directory, synced))
    return file
  }
  const ones = new Array<number>(SECTORS).fill(1)

  test('spares what was synced, with its name and its size', async () => {
    const found = await outcomes(async disk => {
      const file = await create(disk)
      await write(file, 1)
      await done(synced => file.sync(synced))
    })
    expect(found).toEqual(found.map(() => ones))
  })

  test('spares what was written and synced in one', async () => {
    const found = await outcomes(async disk => {
      const file = await create(disk)
      await done(written => file.writeSynced(0, [new Uint8Array(SECTORS * SECTOR).fill(1)], written))
    })
    expect(found).toEqual(found.map(() => ones))
  })

  test('takes un-synced sectors in every way: all, none, the first, the last, some', async () => {
    const found = await outcomes(async disk => {
      const file = await create(disk)
      await write(file, 1)
      await done(synced => file.sync(synced))
      await write(file, 2)
    })
    const shown = found.map(values => values!.join(''))
    expect(shown).toContain('11111111')
    expect(shown).toContain('22222222')
    expect(shown.some(values => /^2+1+$/.test(values))).toBe(true)
    expect(shown.some(values => /12+.*1/.test(values))).toBe(true)
    expect(new Set(shown).size).toBeGreaterThan(10)
  })

  test('may take a size that was not synced, and a name that was not', async () => {
    const sizes = await outcomes(async disk => {
      const file = await create(disk)
      await write(file, 1)
      await done(synced => file.sync(synced))
      await write(file, 1, 2 * SECTORS)
    })
    expect(new Set(sizes.map(values => values!.length))).toEqual(new Set([SECTORS, 2 * SECTORS]))
    const names = await outcomes(async disk => {
      const file = disk.open(join(directory, 'file'), 'create')
      await write(file, 1)
      await done(synced => file.sync(synced))
    })
    expect(new Set(names.map(values => values?.length))).toEqual(new Set([undefined, SECTORS]))
  })

  test('brings back a removed file whose removal was not synced', async () => {
    const found = await outcomes(async disk => {
      const file = await create(disk)
      await write(file, 1)
      await done(synced => file.sync(synced))
      disk.remove(join(directory, 'file'))
    })
    expect(new Set(found.map(values => values?.join('')))).toEqual(new Set([undefined, ones.join('')]))
  })

  test('takes what a sync lied about', async () => {
    const found = await outcomes(async (disk, machine) => {
      machine.lies = path => path.endsWith('file')
      const file = await create(disk)
      await write(file, 1)
      await done(synced => file.sync(synced))
    })
    expect(found.some(values => values!.length === 0)).toBe(true)
  })

  test('ends the machine: nothing calls back, and nothing can be asked for', async () => {
    const machine = new PowerLossDisk(randomFromSeed(1))
    const power = new Power()
    const disk = machine.boot(power)
    const file = await create(disk)
    let calls = 0
    file.write(0, [new Uint8Array(SECTOR)], () => calls++)
    file.sync(() => calls++)
    power.cut()
    await machine.losePower()
    expect(calls).toBe(0)
    expect(() => file.sync(() => {})).toThrow('the power is off')
    expect(() => disk.list(directory)).toThrow('the power is off')
  })

  test('may strike before and after every step', async () => {
    const machine = new PowerLossDisk(randomFromSeed(1))
    const steps: string[] = []
    machine.onStep = ({ operation, path }) => steps.push(`${operation} ${path.slice(directory.length)}`)
    const disk = machine.boot(new Power())
    const file = await create(disk)
    await write(file, 1)
    await done(synced => file.sync(synced))
    expect(steps).toEqual([
      'open create /file',
      'sync directory ',
      'directory synced ',
      'write /file',
      'written /file',
      'sync /file',
      'synced /file',
    ])
  })
})
