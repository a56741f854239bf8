import { describe, expect, test } from 'vitest'
import { PROBES, type ProbeName } from '../../core/seams.ts'
import { FAULT_CLASS_IDS, type FaultClassId } from '../faults/fault-classes.ts'
import { FaultCounts } from '../faults/fault-counts.ts'
import { awaitedProbes, shortfallOfRun, shortfallsOf } from './bars.ts'
import type { RunResult } from './run-result.ts'

function runOf(
  change: Partial<RunResult> = {},
  classes: readonly FaultClassId[] = ['N1', 'P1', 'D1'],
): RunResult {
  return {
    seed: 7,
    digest: '',
    verdict: 'good',
    problems: [],
    virtualMs: 60_000,
    events: 0,
    operations: 500,
    isUndecided: false,
    faults: countsOf(classes, 1),
    probes: new Map(),
    ...change,
  }
}

function countsOf(classes: readonly FaultClassId[], times: number): FaultCounts {
  const counts = new FaultCounts()
  for (const id of classes) counts.add(id, times)
  return counts
}

function probesMet(times: number): Map<ProbeName, number> {
  return new Map(PROBES.map(name => [name, times]))
}

describe('a run', () => {
  test('that took its time, checked enough and went wrong in three ways shows something', () => {
    expect(shortfallOfRun(runOf())).toBeUndefined()
  })

  test.each([
    ['is over too soon', runOf({ virtualMs: 59_999 }), 'it took 59999 virtual milliseconds'],
    ['asked too little', runOf({ operations: 499 }), 'it checked 499 operations'],
    ['was too calm', runOf({}, ['N1', 'P1']), '2 classes of faults had an effect'],
  ])('that %s shows too little', (_, run, why) => {
    expect(shortfallOfRun(run)).toBe(`seed 7 shows too little: ${why}`)
  })
})

describe('a campaign', () => {
  test('in which every class had an effect in a tenth of the seeds is whole', () => {
    const faults = countsOf(FAULT_CLASS_IDS, 1_000)
    expect(shortfallsOf({ seeds: 10_000, faults, probes: probesMet(1) })).toEqual([])
  })

  test('names the classes that were too rare', () => {
    const faults = countsOf(FAULT_CLASS_IDS, 1_000)
    const rare = countsOf(
      FAULT_CLASS_IDS.filter(id => id !== 'D9'),
      1_000,
    )
    rare.add('D9', 999)
    expect(shortfallsOf({ seeds: 10_000, faults, probes: probesMet(1) })).toEqual([])
    expect(shortfallsOf({ seeds: 10_000, faults: rare, probes: probesMet(1) })).toEqual([
      'D9 lost write had 999 effects in 10000 seeds, where 1000 are asked for',
    ])
  })

  test('names the rare situations that never came about', () => {
    const probes = probesMet(1).set(PROBES[0], 0)
    expect(shortfallsOf({ seeds: 1_000, faults: countsOf(FAULT_CLASS_IDS, 100), probes })).toEqual([
      `in 1000 seeds this never came about: ${PROBES[0]}`,
    ])
  })

  test.each([
    ['raft', 'paxos'],
    ['paxos', 'raft'],
  ] as const)('of %s waits for what it can meet, and for nothing that only %s brings about', (own, other) => {
    const awaited = awaitedProbes(own)
    expect(awaited).toContain(`${own}: a leader handed over`)
    expect(awaited).toContain('log: the last batch was torn')
    expect(awaited.filter(name => name.startsWith(`${other}: `))).toEqual([])
  })

  test('between them the protocols wait for everything', () => {
    const awaited = new Set([...awaitedProbes(), ...awaitedProbes('paxos')])
    expect(PROBES.filter(name => !awaited.has(name))).toEqual([])
  })

  test('of members that run nothing else is one of Raft', () => {
    expect(awaitedProbes()).toEqual(awaitedProbes('raft'))
  })

  test('that is small may miss either by chance', () => {
    expect(shortfallsOf({ seeds: 199, faults: new FaultCounts(), probes: probesMet(0) })).toEqual([])
  })
})
