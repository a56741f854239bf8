import { expect, test } from 'vitest'
import { randomFromSeed } from '../../core/prng.ts'
import { describeFault } from './describe-fault.ts'
import { drawSchedule } from './draw-schedule.ts'
import type { Fault } from './fault.ts'
import { drawSwarm } from './swarm.ts'

test('a fault reads as a sentence of its own', () => {
  const lines: readonly (readonly [Fault, string])[] = [
    [{ kind: 'kill', member: 'a' }, 'kill a'],
    [{ kind: 'losePowerTogether', members: ['a', 'b'] }, 'common power of a b fails'],
    [
      { kind: 'dieAt', member: 'a', operation: 'sync', part: 'log', when: 'after', how: 'losePower' },
      'a loses power after its next "sync" (log)',
    ],
    [{ kind: 'partition', groups: [['a'], ['b', 'c']] }, 'partition a | b c'],
    [{ kind: 'join', groups: [['a'], ['b', 'c']], isOneWay: true }, 'join a > b c'],
    [{ kind: 'clog', from: 'a', to: 'b', delayUs: 0 }, 'unclog a > b'],
    [{ kind: 'narrow', from: 'a', to: 'b', packets: 3 }, 'narrow a > b to 3 packets'],
    [
      { kind: 'strand', to: 'a', breaksUs: 5, arrivesUs: 70 },
      'connections to a break in 5 us, and deliver in 70 us',
    ],
    [{ kind: 'fillDisk', member: 'a', freeBytes: -1 }, 'disk of a has room'],
    [{ kind: 'rot', member: 'a', part: 'log', file: 2, at: 7 }, 'a bit rots on a (log 2 at 7)'],
  ]
  for (const [fault, line] of lines) expect(describeFault(fault)).toBe(line)
})

test('every fault that is drawn fits on a line, and two that differ read differently', () => {
  const read = new Map<string, string>()
  for (let seed = 1; seed <= 100; seed++) {
    const random = randomFromSeed(seed)
    for (const { fault } of drawSchedule(drawSwarm(random), random, 20_000)) {
      const line = describeFault(fault)
      const data = JSON.stringify(fault)
      expect(line).toMatch(/^[ -~]{3,160}$/)
      expect(read.get(line) ?? data).toBe(data)
      read.set(line, data)
    }
  }
  expect(read.size).toBeGreaterThan(1_000)
})
