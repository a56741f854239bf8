import { expect, test } from 'vitest'
import { FAULT_CLASS_IDS } from '../../src/sim/faults/fault-classes.ts'
import { awaitedProbes } from '../../src/sim/run/bars.ts'
import { type RunLine, Totals } from './totals.ts'

/** A run in which every class had an effect, and every rare situation came about. */
function runOf(seed: number, change: Partial<RunLine> = {}): RunLine {
  return {
    seed,
    digest: '',
    verdict: 'good',
    problems: [],
    isUndecided: false,
    virtualMs: 60_000,
    events: 0,
    operations: 500,
    cpuMs: 500,
    faults: Object.fromEntries(FAULT_CLASS_IDS.map(id => [id, 1])),
    probes: Object.fromEntries(awaitedProbes().map(name => [name, 1])),
    ...change,
  }
}

function totalsOf(seeds: number, change: Partial<RunLine> = {}): Totals {
  const totals = new Totals()
  for (let seed = 1; seed <= seeds; seed++) totals.add(runOf(seed, change))
  return totals
}

test('a campaign in which everything was tried has no shortfall', () => {
  expect(totalsOf(1_000).shortfalls('raft')).toEqual([])
})

test('a class that had too few effects in all of a campaign is told, though every part of it was too small to', () => {
  const { N3: _, ...faults } = runOf(1).faults
  expect(totalsOf(50, { faults }).shortfalls('raft')).toEqual([])
  expect(totalsOf(200, { faults }).shortfalls('raft')).toEqual([
    'N3 late repeats had 0 effects in 200 seeds, where 20 are asked for',
  ])
})

test('so is a situation that never came about, and none of the other protocol', () => {
  const { 'raft: a leader handed over': _, ...probes } = runOf(1).probes
  expect(totalsOf(1_000, { probes }).shortfalls('raft')).toEqual([
    'in 1000 seeds this never came about: raft: a leader handed over',
  ])
  const ofPaxos = Object.fromEntries(awaitedProbes('paxos').map(name => [name, 1]))
  expect(totalsOf(1_000, { probes: ofPaxos }).shortfalls('paxos')).toEqual([])
})
