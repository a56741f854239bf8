import { expect, test } from 'vitest'
import { randomFromSeed } from '../core/prng.ts'
import type { DiskFile } from '../runtime/disk.ts'
import { SimulatedClock } from './clock.ts'
import { SimulatedDisk } from './disk.ts'
import type { DiskFaultEvent } from './disk-faults.ts'

const SECTOR = 512

/** What a loss of power is said to have done, and what is then there: the first byte of each sector. */
function crash(
  seed: number,
  write: (file: DiskFile) => void,
): { events: DiskFaultEvent[]; sectors: number[] } {
  const clock = new SimulatedClock()
  const disk = new SimulatedDisk({ clock, random: randomFromSeed(seed) })
  disk.makeDirectory('d')
  const file = disk.open('d/file', 'create')
  file.writeSynced(0, [new Uint8Array(8 * SECTOR)], () => {})
  disk.syncDirectory('d', () => {})
  clock.runUntilIdle()
  write(file)
  const events: DiskFaultEvent[] = []
  disk.faults.onEvent = event => events.push(event)
  disk.crash()
  const bytes = disk.image().get('d/file')!
  return { events, sectors: Array.from({ length: 8 }, (_, i) => bytes[i * SECTOR]!) }
}

const SEEDS = Array.from({ length: 200 }, (_, i) => i + 1)

test('a loss of power that takes nothing reports nothing', () => {
  for (const seed of SEEDS) expect(crash(seed, () => {}).events).toEqual([])
})

test('what is said to have happened to one write is what can be read of it', () => {
  const seen = new Set<string>()
  for (const seed of SEEDS) {
    const { events, sectors } = crash(seed, file =>
      file.write(0, [new Uint8Array(8 * SECTOR).fill(1)], () => {}),
    )
    const survivors = sectors.filter(value => value === 1).length
    const isPrefix = sectors.join('').match(/^1*0*$/) !== null
    expect(events.includes('unsyncedLost')).toBe(survivors < 8)
    expect(events.includes('torn')).toBe(survivors > 0 && survivors < 8)
    expect(events.includes('reordered')).toBe(!isPrefix)
    seen.add(events.join())
  }
  expect(seen).toEqual(new Set(['', 'unsyncedLost', 'unsyncedLost,torn', 'unsyncedLost,torn,reordered']))
})

test('of two writes, the later one may survive the earlier one, and that is said', () => {
  const reordered = SEEDS.map(seed =>
    crash(seed, file => {
      file.write(4 * SECTOR, [new Uint8Array(SECTOR).fill(1)], () => {})
      file.write(0, [new Uint8Array(SECTOR).fill(2)], () => {})
    }),
  ).filter(({ events }) => events.includes('reordered'))
  expect(reordered.length).toBeGreaterThan(0)
  for (const { sectors } of reordered) expect([sectors[0], sectors[4]]).toEqual([2, 0])
})
