/** A majority is lost for good, and one member goes on with what it has. */
import { expect, test } from 'vitest'
import type { Token } from '../../../core/ids.ts'
import { utf8Bytes, utf8Text } from '../../../core/utf8.ts'
import { membership, node } from '../../raft/testing/cluster.ts'
import { decodeConfiguration } from './configuration.ts'
import { standAlone } from './stand-alone.ts'
import { Cluster, touches } from './testing/cluster.ts'

const ALPHA = 8

/** As `quorate recover` does it, and started again. */
function goOnAlone(cluster: Cluster, id: number): void {
  const one = cluster.of(id)
  const alone = () => utf8Bytes('alone')
  const { update } = standAlone(one.disk.recovered(), one.applied, node(id), alone)
  one.disk.pending.length = 0
  one.disk.pending.push({ token: 0 as Token, update })
  one.disk.syncOne()
  cluster.restart(id)
  cluster.elect(id)
}

/** Node 2 has accepted a and c, and nothing in the slot between; of none of these it knows that they are chosen. */
function survivor(): Cluster {
  const cluster = new Cluster([1, 2, 3], { alpha: ALPHA })
  cluster.elect(1)
  for (const value of ['a', 'b', 'c']) cluster.propose(1, value)
  cluster.take(({ message }) => message.type === 'accept' && message.entries[0]?.index === 2)
  cluster.settle(envelope => touches(3)(envelope) || envelope.message.type === 'accepted')
  cluster.crash(1)
  cluster.crash(3)
  return cluster
}

const commands = (cluster: Cluster, id: number): string[] =>
  cluster
    .of(id)
    .history.filter(({ kind }) => kind === 'command')
    .map(({ index, data }) => `${index} ${utf8Text(data)}`)

test('what it has accepted is taken for chosen, no-ops for what it has not, and it leads alone', () => {
  const cluster = survivor()
  goOnAlone(cluster, 2)
  expect(cluster.of(2).core.status()).toMatchObject({ role: 'leader', membership: membership([2]) })
  cluster.propose(2, 'd')
  expect(commands(cluster, 2)).toEqual(['1 a', '3 c', `${3 + 2 + ALPHA} d`])
})

test('the cluster knows itself by what its operator was told', () => {
  const cluster = survivor()
  goOnAlone(cluster, 2)
  const changes = cluster.of(2).history.filter(({ kind }) => kind === 'configuration')
  expect(changes.map(({ index }) => index)).toEqual([4])
  expect(decodeConfiguration(changes[0]!.data)).toMatchObject({
    voters: [node(2)],
    before: { voters: [1, 2, 3].map(node) },
    version: 1,
    context: utf8Bytes('alone'),
  })
})

test('a change of the members that is not in force yet comes into force before', () => {
  const cluster = new Cluster([1, 2, 3], { alpha: ALPHA })
  cluster.elect(1)
  cluster.reconfigure(1, [1, 2, 3, 4])
  cluster.settle(({ message }) => message.type === 'accepted')
  const held = cluster.of(2).disk.recovered().entries
  expect(held.map(({ kind }) => kind)).toEqual(['configuration'])
  for (const id of [1, 3, 4]) cluster.crash(id)
  goOnAlone(cluster, 2)
  const changes = cluster.of(2).history.filter(({ kind }) => kind === 'configuration')
  expect(changes.map(({ index }) => index)).toEqual([1, 1 + ALPHA])
  cluster.propose(2, 'a')
  expect(commands(cluster, 2)).toEqual([`${2 + 2 * ALPHA} a`])
})

test('its ballots are higher than any that it knew of', () => {
  const cluster = survivor()
  const before = cluster.of(2).core.status().ballot
  goOnAlone(cluster, 2)
  expect(cluster.of(2).core.status().ballot).toBeGreaterThan(before)
})
