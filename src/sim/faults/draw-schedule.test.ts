import { expect, test } from 'vitest'
import { randomFromSeed } from '../../core/prng.ts'
import { drawSchedule, OCCURRENCES } from './draw-schedule.ts'
import type { Fault, ScheduledFault } from './fault.ts'
import { FAULT_CLASS_IDS, FAULT_CLASSES, type FaultClassId } from './fault-classes.ts'
import { describeSwarm, drawSwarm, type Swarm } from './swarm.ts'

const DURATION_MS = 45_000
const SEEDS = Array.from({ length: 500 }, (_, i) => i + 1)

const SWARMS = new Map(SEEDS.map(seed => [seed, drawOf(seed)]))

function drawOf(seed: number): Swarm {
  return drawSwarm(randomFromSeed(seed), { changesMembers: true })
}

function swarmOf(seed: number): Swarm {
  return SWARMS.get(seed)!
}

function scheduleOf(seed: number): ScheduledFault[] {
  return drawSchedule(swarmOf(seed), randomFromSeed(seed), DURATION_MS)
}

test('the same seed gives the same swarm and the same schedule', () => {
  for (const seed of SEEDS.slice(0, 50)) {
    expect(drawOf(seed)).toEqual(swarmOf(seed))
    expect(scheduleOf(seed)).toEqual(scheduleOf(seed))
  }
})

test('swarm and schedule survive being saved as text', () => {
  for (const seed of SEEDS.slice(0, 50)) {
    const run = { swarm: swarmOf(seed), schedule: scheduleOf(seed) }
    expect(JSON.parse(JSON.stringify(run))).toEqual(run)
  }
})

test('everything that is drawn is a whole number', () => {
  const numbers: number[] = []
  for (const seed of SEEDS.slice(0, 100)) {
    JSON.stringify({ swarm: swarmOf(seed), schedule: scheduleOf(seed) }, (_, value) => {
      if (typeof value === 'number') numbers.push(value)
      return value
    })
  }
  expect(numbers.filter(each => !Number.isSafeInteger(each))).toEqual([])
})

test('each class that can be drawn is active in at least a tenth of the runs', () => {
  const rare = FAULT_CLASS_IDS.filter(id => {
    const { standing } = FAULT_CLASSES[id]
    if (id === 'B2' || (standing !== 'scheduled' && standing !== 'setting')) return false
    const runs = SEEDS.filter(seed => swarmOf(seed).active.some(active => active.id === id))
    return runs.length < SEEDS.length / 10
  })
  expect(rare).toEqual([])
})

test('every class that is scheduled has a drawer, and no other', () => {
  const scheduled = FAULT_CLASS_IDS.filter(id => FAULT_CLASSES[id].standing === 'scheduled')
  expect(Object.keys(OCCURRENCES).toSorted()).toEqual([...scheduled].toSorted())
})

test('every active class begins in every run, and in time', () => {
  for (const seed of SEEDS.slice(0, 100)) {
    const swarm = swarmOf(seed)
    for (const active of swarm.active.filter(({ id }) => OCCURRENCES[id] !== undefined)) {
      const only = drawSchedule({ ...swarm, active: [active] }, randomFromSeed(seed), DURATION_MS)
      expect(only[0]!.atMs).toBeLessThan((DURATION_MS * 3) / 4)
    }
  }
})

test('one class more changes nothing in the others', () => {
  for (const seed of SEEDS.slice(0, 50)) {
    const swarm = swarmOf(seed)
    const whole = drawSchedule(swarm, randomFromSeed(seed), DURATION_MS)
    const parts = swarm.active.map(active =>
      drawSchedule({ ...swarm, active: [active] }, randomFromSeed(seed), DURATION_MS),
    )
    expect(whole).toEqual(parts.flat().sort((a, b) => a.atMs - b.atMs))
  }
})

test('what lasts has an end, and what goes down is started again unless its disk is lost', () => {
  for (const seed of SEEDS.slice(0, 100)) {
    const schedule = scheduleOf(seed)
    for (const { atMs, fault } of schedule) {
      const isEnded = endsOf(fault).every(isEnd =>
        schedule.some(later => later.atMs >= atMs && isEnd(later.fault)),
      )
      expect(isEnded, `${JSON.stringify(fault)} at ${atMs} of seed ${seed}`).toBe(true)
    }
  }
})

/** What ends each part of a fault. */
function endsOf(fault: Fault): ((later: Fault) => boolean)[] {
  switch (fault.kind) {
    case 'kill':
    case 'losePower':
      return [later => later.kind === 'start' && later.member === fault.member]
    case 'losePowerTogether':
      return fault.members.map(member => (later: Fault) => later.kind === 'start' && later.member === member)
    case 'pause':
      return [later => later.kind === 'resume' && later.member === fault.member]
    case 'cut':
      return [later => later.kind === 'heal' && later.from === fault.from && later.to === fault.to]
    case 'partition':
      return [later => later.kind === 'join' && later.groups === fault.groups]
    case 'clog':
      return [
        later =>
          later.kind === 'clog' && later.delayUs === 0 && later.from === fault.from && later.to === fault.to,
      ]
    case 'narrow':
      return [later => later.kind === 'narrow' && later.packets === 0 && later.to === fault.to]
    case 'slowDisk':
      return [later => later.kind === 'slowDisk' && later.extraUs === 0 && later.member === fault.member]
    case 'fillDisk':
      return [later => later.kind === 'fillDisk' && later.freeBytes === -1 && later.member === fault.member]
    default:
      return []
  }
}

test('only fragile members, and only a minority, are hurt in what they promised', () => {
  const hurting: readonly FaultClassId[] = ['P5', 'D4', 'D7', 'D8', 'D9', 'D13']
  for (const seed of SEEDS.slice(0, 100)) {
    const swarm = swarmOf(seed)
    expect(swarm.fragile.length * 2).toBeLessThan(swarm.members.length)
    for (const id of hurting.filter(each => swarm.active.some(active => active.id === each))) {
      const active = [{ id, everyMs: 1_000 }]
      const victims = drawSchedule({ ...swarm, active }, randomFromSeed(seed), DURATION_MS).map(
        ({ fault }) => 'member' in fault && fault.member,
      )
      expect(swarm.fragile).toEqual(expect.arrayContaining([...new Set(victims)]))
    }
  }
})

test('clusters have one, three or five members, mostly three', () => {
  const sizes = SEEDS.map(seed => swarmOf(seed).members.length)
  const share = (size: number): number => sizes.filter(each => each === size).length / SEEDS.length
  expect(new Set(sizes)).toEqual(new Set([1, 3, 5]))
  expect(share(3)).toBeGreaterThan(0.5)
  expect(share(1)).toBeGreaterThan(0.05)
})

test('a run can be read before it starts', () => {
  const lines = describeSwarm(swarmOf(4))
  expect(lines[0]).toMatch(/^members: a( [b-e])*; /)
  expect(lines[1]).toMatch(/^faults: /)
  expect(lines.every(line => !line.includes('object') && !line.includes('undefined'))).toBe(true)
})
