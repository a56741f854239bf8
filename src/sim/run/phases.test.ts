import { describe, expect, test } from 'vitest'
import { addMs } from '../../core/time.ts'
import { Nemesis } from '../faults/nemesis.ts'
import { LOOK_TIMEOUT_MS, STALL_MS_MAX } from './limits.ts'
import { type Agreement, type Load, performPhases } from './phases.ts'
import type { RunResult } from './run-result.ts'
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

/** Long enough for a first leader. */
const SAFETY_MS = 5_000

/** Shorter than it takes to miss a leader that says nothing. */
const MOMENT_MS = 100

interface Course {
  /** How long after the healing the leader outside loses its power. Default: it never does. */
  readonly leaderLastsMs?: number
  /** Whether whoever is cut off is ever seen to serve. Default: once it does. */
  readonly isEverSeen?: boolean
}

/** Of three members the followers are healed; one of them is cut off from the leader, which stays outside. */
async function withALeaderOutside({ leaderLastsMs, isEverSeen = true }: Course): Promise<RunResult> {
  const trial = new Trial({ cluster: { seed: 1, members: 3 }, fragile: [] }, {})
  const { cluster } = trial
  let cutOff = ''
  const calm = (): readonly string[] => {
    const [leader] = cluster.leaders
    const followers = cluster.names.filter(name => name !== leader)
    cutOff = followers[0]!
    cluster.world.network.links.cut(leader!, cutOff)
    if (leaderLastsMs !== undefined) {
      cluster.world.clock.at(addMs(cluster.now(), leaderLastsMs), () => cluster.member(leader!).losePower())
    }
    return followers
  }
  const load: Load = {
    start: () => undefined,
    safetyMsMin: SAFETY_MS,
    unfinished: 0,
    lookouts: () => {
      const clients = new Map(cluster.names.map(name => [name, cluster.client(`of ${name}`, [name])]))
      const put = (name: string): Promise<unknown> =>
        clients.get(name)!.put('key', 'value', { timeoutMs: LOOK_TIMEOUT_MS })
      return async name => {
        const isServed = await put(name).then(
          () => true,
          () => false,
        )
        return isServed && (isEverSeen || name !== cutOff)
      }
    },
    comparers: () => async () => ({ kind: 'agreed' }),
  }
  await performPhases(trial, { calm }, load)
  return trial.judge([])
}

describe('a healed member that is cut off from a leader outside, alone', () => {
  test('need not serve as long as that one leads', async () => {
    expect(await withALeaderOutside({})).toMatchObject({ verdict: 'good' })
  })

  test('has time to be served under the next leader, if that one is gone in the last moment', async () => {
    const result = await withALeaderOutside({ leaderLastsMs: STALL_MS_MAX - MOMENT_MS })
    expect(result).toMatchObject({ verdict: 'good', problems: [] })
  })

  test('must serve in the end, once that one leads no more', async () => {
    const result = await withALeaderOutside({ leaderLastsMs: STALL_MS_MAX - MOMENT_MS, isEverSeen: false })
    expect(result.verdict).toBe('liveness')
    expect(result.problems[0]).toMatch(/nobody was answered; . did not serve/)
    expect(result.virtualMs).toBeGreaterThan(2 * STALL_MS_MAX)
  })
})
