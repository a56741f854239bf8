/**
 * Every error of etcd's catalogue, provoked through a client of somebody else (grpc-js) over a real connection, on a
 * node whose replica is in the state that it takes. One that no row provokes fails the test.
 */
import { afterEach, expect, test } from 'vitest'
import { QuorateError } from '../../src/core/errors.ts'
import type { NodeId } from '../../src/core/ids.ts'
import { addMs } from '../../src/core/time.ts'
import { ReplicaErrors } from '../../src/replication/replica.ts'
import { type RosterMember, UNKNOWN_MEMBER, writeRoster } from '../../src/replication/roster/roster.ts'
import { EtcdErrors } from '../../src/services/etcd/errors.ts'
import { CONNECTED_FOR_MS } from '../../src/services/etcd/limits.ts'
import { World, type WorldOptions } from '../../src/services/etcd/testing/world.ts'
import { type Answer, base64, EtcdCalls, type Json } from '../harness/etcd-calls.ts'
import { listenGrpc, type SocketServer } from './grpc-socket-server.ts'

const key = base64('k')
const value = base64('v')
const SELF = 0xa1n

/** A node in this process that a client of somebody else is connected with. */
class Stage {
  readonly world: World
  readonly calls: EtcdCalls
  readonly #server: SocketServer
  readonly #turns: NodeJS.Timeout

  private constructor(world: World, server: SocketServer) {
    this.world = world
    this.#server = server
    this.calls = new EtcdCalls(`http://127.0.0.1:${server.port}`)
    // What the service does in a later turn.
    this.#turns = setInterval(() => world.clock.settle(), 1)
  }

  static async set(options: WorldOptions): Promise<Stage> {
    const world = new World({
      reachableSince: () => addMs(world.clock.now(), -CONNECTED_FOR_MS),
      ...options,
    })
    world.clock.pass(60_000)
    world.clock.settle()
    return new Stage(world, await listenGrpc({ methods: world.methods }))
  }

  async strike(): Promise<void> {
    clearInterval(this.#turns)
    this.calls.close()
    await this.#server.close()
  }

  ask(rpc: string, request: Json = {}, metadata: Record<string, string> = {}): Promise<Answer> {
    return this.calls.ask(`etcdserverpb.${rpc}`, request, { metadata })
  }

  /** Members 1 to `count` beside this one. */
  cast(count: number, more: (value: number) => { name?: string; isLearner?: boolean } = () => ({})): void {
    const others = Array.from({ length: count }, (_, i) => i + 1)
    const member = (id: bigint, value: number): RosterMember => ({
      ...UNKNOWN_MEMBER,
      id: id as NodeId,
      name: more(value).name ?? `n${value}`,
      peerUrls: [`http://p${value}:2380`],
      isLearner: more(value).isLearner ?? false,
    })
    const members = [...others.map(value => member(BigInt(value), value)), member(SELF, 0)]
    const ids = (isLearner: boolean) => members.filter(one => one.isLearner === isLearner).map(one => one.id)
    this.world.replica.configuration = {
      membership: { voters: ids(false), learners: ids(true) },
      context: writeRoster({ members, removed: [] }),
      version: 7,
    }
  }

  /** What becomes of the next proposal, after so long. */
  async failing(error: QuorateError, begun: Promise<Answer>, afterMs = 0): Promise<Answer> {
    const { replica, clock } = this.world
    while (replica.proposals.length === 0) await new Promise(resolve => setImmediate(resolve))
    clock.pass(afterMs)
    replica.proposals.shift()!.done({ kind: 'failed', error })
    return begun
  }
}

type Provoke = (stage: Stage) => Promise<Answer>
interface Row {
  readonly provoke?: Provoke
  readonly options?: WorldOptions
  /** Why nobody is ever told, or where else it is provoked. */
  readonly otherwise?: string
}

const row = (provoke: Provoke, options: WorldOptions = {}): Row => ({ provoke, options })
const otherwise = (reason: string): Row => ({ otherwise: reason })

const put = (stage: Stage, more: Json = {}): Promise<Answer> => stage.ask('KV/Put', { key, value, ...more })
const add = (stage: Stage, more: Json = {}): Promise<Answer> =>
  stage.ask('Cluster/MemberAdd', { peerURLs: ['http://new:2380'], ...more })
const refusal = (code: string): QuorateError => new QuorateError(code, code, 'refused')
const doubt = (code: string): QuorateError => new QuorateError(code, code, 'unknown')

const LOCAL_TO_CLIENTS =
  'a client says it of itself: whoever cancels, or runs out of time, hears no more from a server'
const NOT_SAID = 'no situation of ours: kept because clients know it'

const AS_A_USER = 'test/interop/auth.test.ts: it takes passwords'

const user = (stage: Stage, name: string): Promise<Answer> =>
  stage.ask('Auth/UserAdd', { name, options: { no_password: true } })

async function enable(stage: Stage): Promise<void> {
  await user(stage, 'root')
  await stage.ask('Auth/RoleAdd', { name: 'root' })
  await stage.ask('Auth/UserGrantRole', { user: 'root', role: 'root' })
  await stage.ask('Auth/AuthEnable')
}

/** Of the Auth service. */
const AUTH_ROWS: Readonly<Record<string, Row>> = {
  userEmpty: row(stage => stage.ask('Auth/UserAdd', { options: { no_password: true } })),
  userExists: row(async stage => {
    await user(stage, 'u')
    return user(stage, 'u')
  }),
  userNotFound: row(stage => stage.ask('Auth/UserGet', { name: 'u' })),
  roleEmpty: row(stage => stage.ask('Auth/RoleAdd')),
  roleExists: row(async stage => {
    await stage.ask('Auth/RoleAdd', { name: 'r' })
    return stage.ask('Auth/RoleAdd', { name: 'r' })
  }),
  roleNotFound: row(stage => stage.ask('Auth/RoleGet', { role: 'r' })),
  roleNotGranted: row(async stage => {
    await user(stage, 'u')
    await stage.ask('Auth/RoleAdd', { name: 'r' })
    return stage.ask('Auth/UserRevokeRole', { name: 'u', role: 'r' })
  }),
  permissionNotGiven: row(async stage => {
    await stage.ask('Auth/RoleAdd', { name: 'r' })
    return stage.ask('Auth/RoleGrantPermission', { name: 'r' })
  }),
  permissionNotGranted: row(async stage => {
    await stage.ask('Auth/RoleAdd', { name: 'r' })
    return stage.ask('Auth/RoleRevokePermission', { role: 'r', key })
  }),
  rootUserMissing: row(stage => stage.ask('Auth/AuthEnable')),
  rootRoleMissing: row(async stage => {
    await user(stage, 'root')
    return stage.ask('Auth/AuthEnable')
  }),
  authenticationNotEnabled: row(stage => stage.ask('Auth/Authenticate', { name: 'u', password: 'x' })),
  authTokenInvalid: row(async stage => {
    await enable(stage)
    return stage.ask('KV/Range', { key }, { token: 'of nobody' })
  }),
  authenticationFailed: row(async stage => {
    await enable(stage)
    return stage.ask('Auth/Authenticate', { name: 'nobody', password: 'x' })
  }),
}

const ROWS: Readonly<Record<string, Row>> = {
  watchCancelled: otherwise(LOCAL_TO_CLIENTS),
  requestCancelled: otherwise(LOCAL_TO_CLIENTS),
  deadlineExceeded: otherwise(LOCAL_TO_CLIENTS),
  clusterIdMismatch: otherwise(NOT_SAID),
  clusterVersionMissing: otherwise(NOT_SAID),
  leaderChanged: otherwise(NOT_SAID),
  timedOutConnectionLost: otherwise(NOT_SAID),
  timedOutApply: otherwise(NOT_SAID),

  keyNotProvided: row(stage => stage.ask('KV/Range')),
  keyNotFound: row(stage => stage.ask('KV/Put', { key, ignore_value: true })),
  valueProvided: row(stage => put(stage, { ignore_value: true })),
  leaseProvided: row(stage => put(stage, { lease: '7', ignore_lease: true })),
  tooManyOperations: row(stage =>
    stage.ask('KV/Txn', { success: Array.from({ length: 129 }, () => ({ request_range: { key } })) }),
  ),
  duplicateKey: row(stage =>
    stage.ask('KV/Txn', { success: [{ request_put: { key } }, { request_put: { key } }] }),
  ),
  invalidClientApiVersion: otherwise('src/services/etcd/methods.test.ts: this client sends no such bytes'),
  invalidSortOption: row(stage => stage.ask('KV/Range', { key, sort_order: 9 })),
  requestTooLarge: row(stage => put(stage, { value: base64('v'.repeat(1_600_000)) })),
  noSpace: row(stage => {
    stage.world.replica.fakeSizeBytes = 3 * 1024 ** 3
    return put(stage)
  }),
  corruptCluster: row(async stage => {
    await stage.ask('Maintenance/Alarm', { action: 'ACTIVATE', memberID: String(SELF), alarm: 'CORRUPT' })
    return put(stage)
  }),
  compacted: row(async stage => {
    await put(stage)
    await put(stage)
    await stage.ask('KV/Compact', { revision: 3 })
    return stage.ask('KV/Range', { key, revision: 2 })
  }),
  futureRevision: row(stage => stage.ask('KV/Range', { key, revision: 100 })),

  leaseNotFound: row(stage => stage.ask('Lease/LeaseRevoke', { ID: '7' })),
  leaseExists: row(async stage => {
    await stage.ask('Lease/LeaseGrant', { ID: '7', TTL: '100' })
    return stage.ask('Lease/LeaseGrant', { ID: '7', TTL: '100' })
  }),
  leaseTtlTooLarge: row(stage => stage.ask('Lease/LeaseGrant', { TTL: '9000000001' })),

  memberUrlsInvalid: row(stage => add(stage, { peerURLs: ['nonsense'] })),
  memberNotFound: row(stage => {
    stage.cast(3)
    return stage.ask('Cluster/MemberRemove', { ID: '99' })
  }),
  memberExists: otherwise(NOT_SAID),
  peerUrlsExist: row(stage => {
    stage.cast(2)
    return add(stage, { peerURLs: ['http://p1:2380'] })
  }),
  notEnoughStartedMembers: row(stage => {
    stage.cast(2, value => (value === 0 ? {} : { name: '' }))
    return add(stage)
  }),
  unhealthyCluster: row(
    stage => {
      stage.cast(2)
      return add(stage)
    },
    { reachableSince: () => undefined },
  ),
  memberNotLearner: row(stage => {
    stage.cast(2)
    return stage.ask('Cluster/MemberPromote', { ID: '1' })
  }),
  learnerNotReady: row(stage => {
    stage.cast(2, value => ({ isLearner: value === 1 }))
    stage.world.replica.reconfigure = (_change, _context, _deadline, done) =>
      done({ kind: 'failed', error: refusal(ReplicaErrors.learnerBehind) })
    return stage.ask('Cluster/MemberPromote', { ID: '1' })
  }),
  tooManyLearners: row(stage => {
    stage.cast(2, value => ({ isLearner: value === 1 }))
    return add(stage, { isLearner: true })
  }),

  notLeader: row(stage => {
    stage.world.replica.fakeStatus = { role: 'follower', leader: 1n as NodeId }
    return stage.ask('Maintenance/MoveLeader', { targetID: '1' })
  }),
  badTransferee: row(stage => stage.ask('Maintenance/MoveLeader', { targetID: '99' })),
  notForLearner: row(stage => {
    stage.world.replica.fakeStatus = { role: 'learner' }
    return put(stage)
  }),
  noLeader: row(stage => {
    stage.world.replica.fakeStatus = { role: 'follower', leader: 0n as NodeId }
    return stage.ask('KV/Range', { key }, { hasleader: 'true' })
  }),
  tooManyRequests: row(stage => {
    stage.world.replica.holds = true
    return stage.failing(refusal(ReplicaErrors.overloaded), put(stage))
  }),
  serverStopped: row(stage => {
    stage.world.replica.holds = true
    return stage.failing(refusal(ReplicaErrors.stopping), put(stage))
  }),
  timedOut: row(stage => {
    stage.world.replica.holds = true
    return stage.failing(doubt(ReplicaErrors.timeout), put(stage), 20_000)
  }),
  timedOutLeaderFailed: row(stage => {
    stage.world.replica.holds = true
    return stage.failing(doubt(ReplicaErrors.timeout), put(stage))
  }),

  permissionDenied: otherwise(AS_A_USER),
  invalidAuthManagement: otherwise(AS_A_USER),
  authRevisionOld: otherwise(AS_A_USER),

  notCapable: otherwise(
    'src/services/etcd/version-keeper.test.ts: of a cluster some of whose members are older',
  ),
  noDowngrade: row(stage => stage.ask('Maintenance/Downgrade', { action: 'CANCEL' })),
  downgradeInProgress: row(async stage => {
    await stage.ask('Maintenance/Downgrade', { action: 'ENABLE', version: '3.5.0' })
    return stage.ask('Maintenance/Downgrade', { action: 'VALIDATE', version: '3.5.0' })
  }),
  downgradeVersionFormat: row(stage => stage.ask('Maintenance/Downgrade', { version: 'soon' })),
  downgradeVersionInvalid: row(stage => stage.ask('Maintenance/Downgrade', { version: '9.9.9' })),
}

let stage: Stage | undefined
afterEach(async () => {
  await stage?.strike()
  stage = undefined
})

const ALL_ROWS = { ...ROWS, ...AUTH_ROWS }

test.each(Object.entries(ALL_ROWS).filter(([, { provoke }]) => provoke !== undefined))(
  '%s',
  async (name, { provoke, options = {} }) => {
    stage = await Stage.set(options)
    const { code, message } = await provoke!(stage)
    const { status, message: words } = EtcdErrors[name as keyof typeof EtcdErrors]
    expect({ code, message }).toEqual({ code: status, message: words })
  },
)

test('no error of the catalogue is left out, and whatever is not provoked has a reason', () => {
  expect(Object.keys(ALL_ROWS).toSorted()).toEqual(Object.keys(EtcdErrors).toSorted())
  for (const { provoke, otherwise: reason } of Object.values(ALL_ROWS)) {
    expect(provoke === undefined).toBe(reason !== undefined)
  }
})
