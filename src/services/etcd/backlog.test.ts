/** More is asked for than can be done: what is taken is served in time, and the rest is refused at once. */
import { expect, test } from 'vitest'
import { QuorateError } from '../../core/errors.ts'
import type { NodeId } from '../../core/ids.ts'
import { encodeCommand } from '../../machines/kv/command-codec.ts'
import { ReplicaErrors } from '../../replication/replica.ts'
import { BACKLOG_PROPOSALS_MIN, BACKLOG_WAIT_MS_MAX, PROPOSALS_UNDERWAY_MAX } from './limits.ts'
import { EtcdPaths } from './method-paths.ts'
import { FakeCall } from './testing/fake-call.ts'
import { text, World } from './testing/world.ts'

const tooMany = { status: 8, message: 'etcdserver: too many requests' }
const GREEDY = {}

function put(world: World, connection: object = GREEDY): FakeCall {
  const call = new FakeCall(EtcdPaths.put)
  call.connection = connection
  return world.put({ key: text('k') }, call)
}

/** Of one connection. */
function waiting(count: number): World {
  const world = new World()
  world.replica.holds = true
  for (let i = 0; i < count; i++) put(world)
  return world
}

test('many that wait are no reason to refuse, as long as they do not wait long', () => {
  const world = waiting(PROPOSALS_UNDERWAY_MAX + 1)
  world.clock.pass(BACKLOG_WAIT_MS_MAX)
  expect(put(world).ended).toBe(false)
})

test('when the oldest of many has waited too long, whoever has more in line is refused at once', () => {
  const world = waiting(PROPOSALS_UNDERWAY_MAX + 1)
  world.clock.pass(BACKLOG_WAIT_MS_MAX + 1)
  const { proposed } = world.replica
  expect(put(world)).toMatchObject(tooMany)
  expect(world.replica.proposed).toBe(proposed)
})

test('but not who asks for little: it is no fault of its own', () => {
  const world = waiting(PROPOSALS_UNDERWAY_MAX + 1)
  world.clock.pass(BACKLOG_WAIT_MS_MAX + 1)
  expect(put(world, {}).ended).toBe(false)
})

test('and taken again once the oldest is answered', () => {
  const world = waiting(1)
  world.clock.pass(BACKLOG_WAIT_MS_MAX + 1)
  for (let i = 0; i <= PROPOSALS_UNDERWAY_MAX; i++) put(world)
  expect(put(world)).toMatchObject(tooMany)
  const [oldest] = world.replica.proposals
  const result = world.replica.apply(encodeCommand({ kind: 'compact', compact: { revision: 1 } }))
  oldest!.done({ kind: 'done', result })
  expect(put(world).ended).toBe(false)
})

test('few that wait long are taken more of: there may be no leader', () => {
  const world = waiting(BACKLOG_PROPOSALS_MIN - 1)
  world.clock.pass(BACKLOG_WAIT_MS_MAX * 2)
  expect(put(world).ended).toBe(false)
})

test('without a leader nobody is refused for want of time', () => {
  const world = waiting(PROPOSALS_UNDERWAY_MAX + 1)
  world.replica.fakeStatus = { leader: 0n as NodeId, role: 'follower' }
  world.clock.pass(BACKLOG_WAIT_MS_MAX + 1)
  world.clock.settle()
  expect(put(world).ended).toBe(false)
})

test('a call that was cancelled in line gives its turn to the next', () => {
  const world = waiting(PROPOSALS_UNDERWAY_MAX)
  const [gone, next] = [put(world), put(world)]
  gone.cancel()
  const refused = { kind: 'failed', error: new QuorateError(ReplicaErrors.noLeader, 'nobody leads') } as const
  while (world.replica.proposals.length > 0) world.replica.proposals.shift()!.done(refused)
  expect(next.ended).toBe(true)
  const underway = world.service.gauges().find(({ name }) => name === 'etcd: proposals under way')!
  expect(underway.value).toBe(0)
})
