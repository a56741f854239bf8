/** A disk that outlives its processes, and promises that do, too. */
import { describe, expect, test } from 'vitest'
import type { Disk } from '../runtime/disk.ts'
import { SimulatedDisk } from './disk.ts'
import { ProcessDisk } from './process-disk.ts'
import { SuddenDeath } from './sudden-death.ts'
import { World } from './world.ts'

function machine() {
  const world = new World({ seed: 1 })
  const disk = new SimulatedDisk({ clock: world.clock, random: world.random.fork() })
  disk.makeDirectory('d')
  const starts = (): Disk => new ProcessDisk(disk, world.start('a').clock)
  const dies = (): void => {
    world.crash('a')
    disk.kill()
  }
  return { disk, starts, dies }
}

describe('a dead process', () => {
  const calls: Readonly<Record<keyof Disk, (disk: Disk) => unknown>> = {
    open: disk => disk.open('d/new', 'create'),
    list: disk => disk.list('d'),
    exists: disk => disk.exists('d'),
    makeDirectory: disk => disk.makeDirectory('e'),
    rename: disk => disk.rename('d/file', 'd/moved'),
    remove: disk => disk.remove('d/file'),
    removeLater: disk => disk.removeLater('d/file'),
    syncDirectory: disk => disk.syncDirectory('d', () => {}),
    lock: disk => disk.lock('d'),
  }

  test.each(Object.entries(calls))('comes to its end when it asks the disk to %s', (_, call) => {
    const { disk, starts, dies } = machine()
    disk.restore('d/file', new Uint8Array(1))
    const before = starts()
    dies()
    expect(() => call(before)).toThrow(SuddenDeath)
    expect(() => call(starts())).not.toThrow()
  })

  test('leaves the lock to the next one', () => {
    const { starts, dies } = machine()
    const before = starts()
    before.lock('d')
    dies()
    const next = starts()
    expect(() => before.lock('d')).toThrow(SuddenDeath)
    next.lock('d')
    expect(() => next.lock('d')).toThrow('d is locked')
  })
})
