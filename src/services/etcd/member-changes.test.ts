/** Changes of membership through the API: etcd's checks, in its order and words, and what they come to. */
import { describe, expect, test } from 'vitest'
import { QuorateError } from '../../core/errors.ts'
import type { NodeId } from '../../core/ids.ts'
import { addMs } from '../../core/time.ts'
import { ReplicaErrors } from '../../replication/replica.ts'
import {
  memberOf,
  type RosterMember,
  readRoster,
  UNKNOWN_MEMBER,
  writeRoster,
} from '../../replication/roster/roster.ts'
import type { GrpcStatus } from '../../wire/grpc/status.ts'
import { CONNECTED_FOR_MS } from './limits.ts'
import { EtcdPaths } from './method-paths.ts'
import { FakeCall } from './testing/fake-call.ts'
import { memberAddResponse, memberListResponse, World, type WorldOptions } from './testing/world.ts'

const SELF = 0xa1n
const url = (value: number) => `http://p${value}:2380`

interface Cast {
  /** All others are started. */
  readonly unstarted?: readonly number[]
  readonly learners?: readonly number[]
  /** All others have been in touch for long. */
  readonly unreachable?: readonly number[]
  readonly options?: WorldOptions
}

/** A cluster of members 1 to `count`, and this one, which is asked. */
class Cluster {
  readonly world: World
  readonly unreachable: Set<bigint>

  constructor(count: number, { unstarted = [], learners = [], unreachable = [], options = {} }: Cast = {}) {
    this.unreachable = new Set(unreachable.map(BigInt))
    this.world = new World({
      reachableSince: id =>
        this.unreachable.has(id) ? undefined : addMs(this.world.clock.now(), -CONNECTED_FOR_MS),
      ...options,
    })
    const others = Array.from({ length: count - 1 }, (_, i) => i + 1)
    const member = (id: bigint, value: number): RosterMember => ({
      ...UNKNOWN_MEMBER,
      id: id as NodeId,
      name: unstarted.includes(value) ? '' : `n${value}`,
      peerUrls: [url(value)],
      isLearner: learners.includes(value),
    })
    const members = [...others.map(value => member(BigInt(value), value)), member(SELF, 0)]
    const ids = (isLearner: boolean) => members.filter(one => one.isLearner === isLearner).map(one => one.id)
    this.world.clock.pass(60_000)
    this.world.replica.configuration = {
      membership: { voters: ids(false), learners: ids(true) },
      context: writeRoster({ members, removed: [] }),
      version: 7,
    }
  }

  get roster() {
    return readRoster(this.world.replica.configuration)
  }
}

const failure = ({ status, message }: FakeCall) => ({ status, message })
const failed = (status: GrpcStatus, words: string) => ({ status, message: `etcdserver: ${words}` })
const NOT_STARTED = failed(9, 're-configuration failed due to not enough started members')
const UNHEALTHY = failed(14, 'unhealthy cluster')
const NOT_FOUND = failed(5, 'member not found')
const EXISTS = failed(9, 'Peer URLs already exists')

describe('MemberAdd', () => {
  test('adds a voter with an id of its own, and answers with it and with all', () => {
    const { world } = new Cluster(3)
    const { header, member, members } = memberAddResponse(world.memberAdd({ peerUrls: [url(9)] }))
    expect(member).toMatchObject({ name: '', peerUrls: [url(9)], clientUrls: [], isLearner: false })
    expect(members).toHaveLength(4)
    expect(members).toContainEqual(member)
    // As etcd has it, revision 0: membership is not part of the store.
    expect(header).toEqual({ clusterId: 0xc1n, memberId: SELF, raftTerm: 5, revision: 0 })
    expect(world.replica.barriers).toBe(1)
  })

  test('adds a learner, which may be to vote later', () => {
    const cluster = new Cluster(3)
    const { member } = memberAddResponse(
      cluster.world.memberAdd({ peerUrls: [url(9)], isLearner: true, isToVote: true }),
    )
    expect(memberOf(cluster.roster, member.id as NodeId)).toMatchObject({ isLearner: true, isToVote: true })
  })

  test.each([
    [],
    ['p:2380'],
    ['http://p'],
    ['http://p:0'],
    ['http://p:65536'],
    ['http://p:2380/'],
    ['ftp://p:2380'],
    ['http://p:2380', 'nonsense'],
    ['http://a b:1'],
  ])('refuses peer URLs such as %s', (...peerUrls) => {
    const call = new Cluster(3).world.memberAdd({ peerUrls })
    expect(failure(call)).toEqual(failed(3, 'given member URLs are invalid'))
  })

  test('takes a URL with an address of IP version 6', () => {
    expect(new Cluster(3).world.memberAdd({ peerUrls: ['http://[::1]:2380'] }).status).toBe(0)
  })

  test('takes a URL of a member that speaks TLS', () => {
    expect(new Cluster(3).world.memberAdd({ peerUrls: ['https://p:2380'] }).status).toBe(0)
  })

  test('refuses a URL of another member', () => {
    expect(failure(new Cluster(3).world.memberAdd({ peerUrls: [url(1)] }))).toEqual(EXISTS)
  })

  test('refuses a second learner, and with another limit a third', () => {
    const tooMany = failed(9, 'too many learner members in cluster')
    const request = { peerUrls: [url(9)], isLearner: true }
    expect(failure(new Cluster(4, { learners: [3] }).world.memberAdd(request))).toEqual(tooMany)
    const two = { options: { learnersMax: 2 } }
    expect(new Cluster(4, { learners: [3], ...two }).world.memberAdd(request).status).toBe(0)
    expect(failure(new Cluster(5, { learners: [3, 4], ...two }).world.memberAdd(request))).toEqual(tooMany)
  })

  test.each([
    [1, [], true],
    [2, [], true],
    [2, [1], false],
    [3, [], true],
    // A quorum of four is three.
    [3, [1], false],
    [4, [1], true],
    [4, [1, 2], false],
  ])('of a voter to %i, of whom %j have not started: %s', (count, unstarted, isAdded) => {
    const call = new Cluster(count, { unstarted }).world.memberAdd({ peerUrls: [url(9)] })
    if (isAdded) expect(call.status).toBe(0)
    else expect(failure(call)).toEqual(NOT_STARTED)
    const learner = new Cluster(count, { unstarted }).world.memberAdd({ peerUrls: [url(9)], isLearner: true })
    expect(learner.status).toBe(0)
  })

  test('refuses while a voter has not been in touch for five seconds, and not because of a learner', () => {
    expect(failure(new Cluster(3, { unreachable: [2] }).world.memberAdd({ peerUrls: [url(9)] }))).toEqual(
      UNHEALTHY,
    )
    const learner = new Cluster(4, { learners: [3], unreachable: [3] })
    expect(learner.world.memberAdd({ peerUrls: [url(9)] }).status).toBe(0)
    const options: WorldOptions = {
      reachableSince: () => addMs(0 as never, 60_001 - CONNECTED_FOR_MS),
    }
    expect(failure(new Cluster(3, { options }).world.memberAdd({ peerUrls: [url(9)] }))).toEqual(UNHEALTHY)
  })

  test('without the strict checks takes a voter in any state', () => {
    const options = { isReconfigStrict: false }
    const cluster = new Cluster(3, { unstarted: [1, 2], unreachable: [1, 2], options })
    expect(cluster.world.memberAdd({ peerUrls: [url(9)] }).status).toBe(0)
  })
})

describe('MemberRemove', () => {
  test('removes a member for good, and answers with those who are left', () => {
    const cluster = new Cluster(3)
    const { members } = memberListResponse(cluster.world.memberRemove(1n))
    expect(members.map(({ id }) => id)).toEqual([2n, SELF])
    expect(cluster.roster.removed).toEqual([1n])
    expect(failure(cluster.world.memberRemove(1n))).toEqual(NOT_FOUND)
  })

  test('of who never was a member is refused', () => {
    expect(failure(new Cluster(3).world.memberRemove(99n))).toEqual(NOT_FOUND)
  })

  test('of the only member is refused', () => {
    expect(failure(new Cluster(1).world.memberRemove(SELF))).toEqual(NOT_STARTED)
  })

  test.each([
    // Of a member that is down; of one that is up while another is down, and the rest would be no majority.
    [3, [1], 1, true],
    [3, [1], 2, false],
    [5, [1], 2, true],
    [5, [1, 2], 3, false],
    [2, [], 1, true],
    [3, [], 1, true],
  ])('of %i members, %j out of reach, of member %i: %s', (count, unreachable, gone, isRemoved) => {
    const call = new Cluster(count, { unreachable }).world.memberRemove(BigInt(gone))
    if (isRemoved) expect(call.status).toBe(0)
    else expect(failure(call)).toEqual(UNHEALTHY)
  })

  test('is refused if those who are left have not started, and a learner may always go', () => {
    expect(failure(new Cluster(3, { unstarted: [1] }).world.memberRemove(2n))).toEqual(NOT_STARTED)
    const cluster = new Cluster(4, { learners: [3], unstarted: [1, 2], unreachable: [1, 2] })
    expect(cluster.world.memberRemove(3n).status).toBe(0)
  })
})

describe('MemberUpdate', () => {
  test('gives a member other peer URLs, whoever is out of reach', () => {
    const cluster = new Cluster(3, { unreachable: [1, 2] })
    const { members } = memberListResponse(cluster.world.memberUpdate(1n, [url(8), url(9)]))
    expect(members[0]).toMatchObject({ id: 1n, name: 'n1', peerUrls: [url(8), url(9)] })
  })

  test('refuses what is no URL, a URL of another, and who is no member', () => {
    const { world } = new Cluster(3)
    expect(failure(world.memberUpdate(1n, ['nonsense']))).toEqual(failed(3, 'given member URLs are invalid'))
    expect(failure(world.memberUpdate(1n, [url(2)]))).toEqual(EXISTS)
    expect(failure(world.memberUpdate(99n, [url(9)]))).toEqual(NOT_FOUND)
    expect(world.memberUpdate(1n, [url(1)]).status).toBe(0)
  })
})

describe('MemberPromote', () => {
  test('lets a learner vote', () => {
    const cluster = new Cluster(4, { learners: [3] })
    const { members } = memberListResponse(cluster.world.memberPromote(3n))
    expect(members.find(({ id }) => id === 3n)).toMatchObject({ isLearner: false })
    expect(cluster.world.replica.configuration.membership.voters).toContain(3n)
  })

  test('refuses who is no learner, and who is no member', () => {
    const { world } = new Cluster(3)
    expect(failure(world.memberPromote(1n))).toEqual(failed(9, 'can only promote a learner member'))
    expect(failure(world.memberPromote(99n))).toEqual(NOT_FOUND)
  })

  test('refuses a learner that the leader calls behind', () => {
    const { world } = new Cluster(4, { learners: [3] })
    world.replica.reconfigure = (_change, _context, _deadline, done) => {
      const error = new QuorateError(ReplicaErrors.learnerBehind, 'behind', 'refused')
      done({ kind: 'failed', error })
    }
    const words = 'can only promote a learner member which is in sync with leader'
    expect(failure(world.memberPromote(3n))).toEqual(failed(9, words))
  })

  test.each([
    [[1], true],
    [[1, 2], false],
  ])('of a third voter beside %j that have not started: %s', (unstarted, isPromoted) => {
    const call = new Cluster(4, { learners: [3], unstarted }).world.memberPromote(3n)
    if (isPromoted) expect(call.status).toBe(0)
    else expect(failure(call)).toEqual(NOT_STARTED)
  })
})

describe('a change of membership', () => {
  test('is made anew if somebody else changed the members meanwhile, with the same id', () => {
    const { world } = new Cluster(3)
    const { replica } = world
    let isFirst = true
    const made = replica.reconfigure.bind(replica)
    replica.reconfigure = (change, context, deadline, done) => {
      if (isFirst) replica.configuration = { ...replica.configuration, version: 8 }
      isFirst = false
      made(change, context, deadline, done)
    }
    expect(memberAddResponse(world.memberAdd({ peerUrls: [url(9)] })).members).toHaveLength(4)
    expect(replica.configuration.version).toBe(9)
    expect(replica.barriers).toBe(2)
  })

  test('whose outcome is unknown says so, and is not tried again', () => {
    const { world } = new Cluster(3)
    let asked = 0
    world.replica.reconfigure = (_change, _context, _deadline, done) => {
      asked++
      done({ kind: 'failed', error: new QuorateError(ReplicaErrors.outcomeUnknown, 'lost', 'unknown') })
    }
    const words = 'request timed out, possibly due to previous leader failure'
    expect(failure(world.memberAdd({ peerUrls: [url(9)] }))).toEqual(failed(14, words))
    expect(asked).toBe(1)
  })

  test('is not begun where the barrier is refused, or when the caller has gone', () => {
    const { world } = new Cluster(3)
    world.replica.holds = true
    const call = world.memberAdd({ peerUrls: [url(9)] })
    const gone = world.memberAdd({ peerUrls: [url(8)] }, new FakeCall(EtcdPaths.memberAdd))
    gone.cancel()
    const [first, second] = world.replica.reads
    first!.done(new QuorateError(ReplicaErrors.noLeader, 'no leader', 'refused'))
    second!.done(null)
    expect(failure(call)).toEqual(failed(14, 'no leader'))
    expect(world.replica.configuration.version).toBe(7)
  })

  test('cannot be asked of a learner', () => {
    const { world } = new Cluster(3)
    world.replica.fakeStatus = { role: 'learner' }
    expect(failure(world.memberRemove(1n))).toEqual(failed(9, 'rpc not supported for learner'))
  })
})

describe('MoveLeader', () => {
  const leading = () => {
    const cluster = new Cluster(3, { learners: [2] })
    const membership = { voters: [1n, SELF] as NodeId[], learners: [2n] as NodeId[] }
    cluster.world.replica.fakeStatus = { role: 'leader', leader: SELF as NodeId, membership }
    return cluster.world
  }

  test('is answered once the other one leads', () => {
    const world = leading()
    const call = world.moveLeader(1n)
    expect(world.replica.transfers).toEqual([1n])
    world.replica.fakeStatus = { role: 'follower', leader: 0n as NodeId }
    for (const changed of world.replica.roleListeners) changed()
    expect(call.ended).toBe(false)
    world.replica.fakeStatus = { role: 'follower', leader: 1n as NodeId }
    for (const changed of world.replica.roleListeners) changed()
    expect(call.status).toBe(0)
    expect(world.replica.roleListeners.size).toBe(0)
  })

  test('to the leader itself changes nothing', () => {
    const world = leading()
    expect(world.moveLeader(SELF).status).toBe(0)
    expect(world.replica.transfers).toEqual([])
  })

  test('is refused by who does not lead, and to who cannot', () => {
    const world = leading()
    const bad = failed(9, 'bad leader transferee')
    expect(failure(world.moveLeader(2n))).toEqual(bad)
    expect(failure(world.moveLeader(99n))).toEqual(bad)
    world.replica.fakeStatus = { ...world.replica.fakeStatus, role: 'follower' }
    expect(failure(world.moveLeader(1n))).toEqual(failed(9, 'not leader'))
  })
})
