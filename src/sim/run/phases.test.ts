import { expect, test } from 'vitest'
import { Nemesis } from '../faults/nemesis.ts'
import { type Agreement, type Load, performPhases } from './phases.ts'
import { Trial } from './trial.ts'

interface Setting {
  /** Members whose disks are lost. */
  readonly emptied?: readonly string[]
  /** Those who cannot tell whether they lost what they wrote last, and so must not vote. */
  readonly inDoubt?: readonly string[]
  /** What the members are compared to be. */
  readonly found: Agreement
}

/** Is a load that asks nothing told to conclude? */
async function perform({
  emptied = [],
  inDoubt = [],
  found,
}: Setting): Promise<{ concluded: boolean; verdict: string }> {
  const trial = new Trial({ cluster: { seed: 1 }, fragile: [] }, {})
  for (const name of emptied) trial.atlas.damaged(name, 'lostDisk', '')
  for (const name of inDoubt)
    Object.defineProperty(trial.cluster.member(name), 'doubt', { get: () => 'tail' })
  let concluded = false
  const load: Load = {
    safetyMsMin: 0,
    unfinished: 0,
    start: () => {},
    lookouts: () => () => Promise.resolve(true),
    comparers: () => () => Promise.resolve(found),
    conclude: () => {
      concluded = true
      return Promise.resolve()
    },
  }
  await performPhases(trial, new Nemesis(trial.cluster, [], trial.counts, trial.atlas), load)
  return { concluded, verdict: trial.problems.verdict }
}

const AGREED: Agreement = { kind: 'agreed' }
const APART: Agreement = { kind: 'apart', why: 'c does not answer' }

test('what is owed on a healed cluster is asked of one that is healed and of one mind', async () => {
  expect(await perform({ found: AGREED })).toEqual({ concluded: true, verdict: 'good' })
  expect(await perform({ found: AGREED, emptied: ['a'] })).toEqual({ concluded: true, verdict: 'good' })
})

test('nothing is asked of a cluster that has lost its quorum for good', async () => {
  const lost = await perform({ found: AGREED, emptied: ['a', 'b'] })
  expect(lost).toEqual({ concluded: false, verdict: 'good' })
})

test('nothing more is asked of a cluster that is not of one mind, be there a reason or not', async () => {
  expect(await perform({ found: APART })).toEqual({ concluded: false, verdict: 'liveness' })
  expect(await perform({ found: APART, inDoubt: ['a', 'b'] })).toEqual({ concluded: false, verdict: 'good' })
})
