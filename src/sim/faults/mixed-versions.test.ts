/** Members of which some run an older program: whoever does may go forward and back, until all have gone forward. */
import { expect, test } from 'vitest'
import { NODE_VERSION } from '../../core/node-version.ts'
import { SimulatedCluster } from '../cluster/simulated-cluster.ts'
import { Atlas } from './atlas.ts'
import type { ScheduledFault } from './fault.ts'
import { FaultCounts } from './fault-counts.ts'
import { Nemesis } from './nemesis.ts'

const OLDER = NODE_VERSION - 1
const install = (atMs: number, member: string, version: number): ScheduledFault => ({
  atMs,
  fault: { kind: 'install', member, version },
  faultClass: 'P7',
})

function begin(schedule: readonly ScheduledFault[]) {
  const cluster = new SimulatedCluster({ seed: 3, members: 3, older: ['a', 'b', 'c'] })
  const counts = new FaultCounts()
  const nemesis = new Nemesis(cluster, schedule, counts, new Atlas(cluster.names, []))
  cluster.start()
  const serves = async (name: string): Promise<boolean> => {
    let answer: unknown
    cluster
      .client(`client of ${name}`, [name])
      .put('key', name, { timeoutMs: 20_000 })
      .then(
        given => {
          answer = given
        },
        () => {},
      )
    return cluster.until(() => answer !== undefined, 20_000)
  }
  return { cluster, counts, nemesis, serves }
}

test('as long as one is older, another may go back', async () => {
  const there = [install(5_000, 'a', NODE_VERSION), install(10_000, 'b', NODE_VERSION)]
  const { cluster, counts, nemesis, serves } = begin([...there, install(15_000, 'a', OLDER)])
  await cluster.runFor(20_000)
  expect(await serves('a')).toBe(true)
  expect(cluster.member('a').version).toBe(OLDER)
  expect(nemesis.halts).toEqual([])
  expect(counts.of('P7')).toBe(3)
})

test('once all have gone forward, whoever goes back stops itself, and is given the newer program again', async () => {
  const there = ['a', 'b', 'c'].map((name, i) => install(5_000 * (i + 1), name, NODE_VERSION))
  const { cluster, counts, nemesis, serves } = begin([...there, install(25_000, 'a', OLDER)])
  await cluster.runFor(45_000)
  expect(nemesis.halts).toMatchObject([
    { member: 'a', reason: { code: 'QUORATE_NODE_TOO_OLD' }, isExplained: true },
  ])
  expect(cluster.member('a').version).toBe(NODE_VERSION)
  expect(await serves('a')).toBe(true)
  expect(counts.of('P7')).toBe(4)
})

test('a program that is there already changes nothing', async () => {
  const { cluster, counts } = begin([install(1_000, 'a', OLDER)])
  await cluster.runFor(2_000)
  expect(counts.of('P7')).toBe(0)
})
