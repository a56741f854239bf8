/** A cluster is at the version of its oldest member, and what is newer waits. */
import { expect, test } from 'vitest'
import type { NodeId } from '../../core/ids.ts'
import { FIRST_CLUSTER_VERSION, NODE_VERSION } from '../../core/node-version.ts'
import { clusterVersion } from '../../machines/kv/cluster-version.ts'
import { AlarmAction, AlarmType } from '../../wire/etcd/alarm.ts'
import { DowngradeAction } from '../../wire/etcd/downgrade.ts'
import { VERSION_LOOK_MS } from './limits.ts'
import { FakeReplica } from './testing/fake-replica.ts'
import { HandClock } from './testing/hand-clock.ts'
import { downgradeResponse, statusResponse, World } from './testing/world.ts'

const OTHER = 0xb2n as NodeId
const LEARNER = 0xc3n as NodeId

/** Three members of which this one leads, in a cluster of the first version. */
function rolling(versions: ReadonlyMap<NodeId, number>): World {
  const clock = new HandClock()
  const replica = new FakeReplica(clock, FIRST_CLUSTER_VERSION)
  const membership = { voters: [0xa1n as NodeId, OTHER], learners: [LEARNER] }
  replica.configuration = { ...replica.configuration, membership }
  return new World({ clock, replica, versionOf: id => versions.get(id) })
}

const versionOf = (world: World): number => clusterVersion(world.replica.view)

test('it rises once all understand the later one, learners too, and not before', () => {
  const versions = new Map([[OTHER, NODE_VERSION - 1]])
  const world = rolling(versions)
  const look = (): number => {
    world.clock.pass(VERSION_LOOK_MS)
    return versionOf(world)
  }
  expect(look()).toBe(FIRST_CLUSTER_VERSION)
  versions.set(OTHER, NODE_VERSION)
  expect(look()).toBe(FIRST_CLUSTER_VERSION)
  versions.set(LEARNER, NODE_VERSION + 1)
  expect(look()).toBe(NODE_VERSION)
})

test('until then alarms and downgrades are refused, because others would not understand them', () => {
  const world = rolling(new Map())
  const notCapable = { status: 9, message: 'etcdserver: not capable' }
  expect(world.alarm(AlarmAction.activate, 1n, AlarmType.noSpace)).toMatchObject(notCapable)
  expect(world.downgrade(DowngradeAction.cancel)).toMatchObject(notCapable)
  expect(world.alarm(AlarmAction.get).status).toBe(0)
})

test('who does not lead raises nothing', () => {
  const clock = new HandClock()
  const replica = new FakeReplica(clock, FIRST_CLUSTER_VERSION)
  replica.fakeStatus = { role: 'follower' }
  const world = new World({ clock, replica })
  clock.pass(10 * VERSION_LOOK_MS)
  expect(versionOf(world)).toBe(FIRST_CLUSTER_VERSION)
  replica.fakeStatus = { role: 'leader' }
  for (const changed of replica.roleListeners) changed()
  expect(versionOf(world)).toBe(NODE_VERSION)
})

test('a downgrade goes to one minor version below, and is announced until it is called off', () => {
  const world = new World()
  const { validate, enable, cancel } = DowngradeAction
  const failure = (action: number, version: string) => world.downgrade(action, version).message
  for (const version of ['', 'x', '3', '3.5.x', '03.5.0']) {
    expect(failure(validate, version)).toBe('etcdserver: wrong downgrade target version format')
  }
  for (const version of ['3.6.0', '3.4.0', '2.5.0']) {
    expect(failure(enable, version)).toBe('etcdserver: invalid downgrade target version')
  }
  expect(failure(cancel, '')).toBe('etcdserver: no inflight downgrade job')
  for (const version of ['3.5.0', '3.5', '3.5.9']) {
    expect(downgradeResponse(world.downgrade(validate, version)).version).toBe('3.6.0')
  }
  expect(statusResponse(world.status()).downgradeInfo).toBeUndefined()
  expect(downgradeResponse(world.downgrade(enable, '3.5.9')).version).toBe('3.6.0')
  expect(statusResponse(world.status()).downgradeInfo).toEqual({ enabled: true, targetVersion: '3.5.0' })
  expect(failure(enable, '3.5.0')).toBe('etcdserver: cluster has a downgrade job in progress')
  expect(world.downgrade(cancel).status).toBe(0)
  expect(statusResponse(world.status()).downgradeInfo).toBeUndefined()
})
