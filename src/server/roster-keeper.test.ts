import { describe, expect, test } from 'vitest'
import { EMPTY } from '../core/bytes.ts'
import { QuorateError } from '../core/errors.ts'
import { NOBODY, type NodeId } from '../core/ids.ts'
import { addMs } from '../core/time.ts'
import type { GroupConfiguration } from '../protocols/consensus.ts'
import type { Replica, ReplicaStatus } from '../replication/replica.ts'
import {
  type Roster,
  type RosterMember,
  readRoster,
  UNKNOWN_MEMBER,
  writeRoster,
} from '../replication/roster/roster.ts'
import { silentLogger } from '../runtime/logger.ts'
import { SimulatedClock } from '../sim/clock.ts'
import { DEPARTED_MS, ROSTER_RETRY_MS } from './limits.ts'
import { memberRemoved } from './membership-errors.ts'
import { RosterKeeper } from './roster-keeper.ts'

const id = (value: number) => BigInt(value) as NodeId
const about = { name: 'n1', peerUrls: ['http://p1:1'], clientUrls: ['http://c1:1'] }

const member = (value: number, details: Partial<RosterMember> = {}): RosterMember => ({
  ...UNKNOWN_MEMBER,
  id: id(value),
  isLearner: false,
  name: `n${value}`,
  peerUrls: [`http://p${value}:1`],
  clientUrls: value === 1 ? about.clientUrls : [],
  ...details,
})

function configuration(
  version: number,
  members: readonly RosterMember[],
  removed: number[] = [],
): GroupConfiguration {
  const ids = (isLearner: boolean) => members.filter(one => one.isLearner === isLearner).map(one => one.id)
  const context = writeRoster({ members, removed: removed.map(id) })
  return { membership: { voters: ids(false), learners: ids(true) }, context, version }
}

type Asked = Parameters<Replica<unknown>['reconfigure']>

/** The keeper of node 1, whose group answers when the test says so. */
class Desk {
  readonly world = new SimulatedClock()
  readonly clock = this.world.node()
  readonly addresses = new Map<NodeId, string>()
  readonly asked: Asked[] = []
  removals = 0
  status: Partial<ReplicaStatus> = { role: 'follower', leader: id(2) }
  readonly keeper: RosterKeeper

  constructor(first: GroupConfiguration, knownUrls: ReadonlyMap<NodeId, readonly string[]> = new Map()) {
    this.keeper = new RosterKeeper({
      id: id(1),
      about,
      first,
      knownUrls,
      peers: {
        set: (peer, [first]) => this.addresses.set(peer, first ? `${first.host}:${first.port}` : 'unknown'),
        remove: peer => this.addresses.delete(peer),
      },
      clock: this.clock,
      log: silentLogger,
      removed: () => this.removals++,
    })
  }

  serve(): this {
    this.keeper.serve({
      reconfigure: (...asked) => this.asked.push(asked),
      status: () => this.status as ReplicaStatus,
    })
    return this
  }

  pass(ms: number): void {
    this.world.runUntil(addMs(this.clock.now(), ms))
  }

  /** Who would be members, by what was asked for last. */
  get wished(): Roster {
    const [change, context] = this.asked.at(-1)!
    return readRoster({ membership: change.membership, context, version: change.basis + 1 })
  }

  /** The group does what it was asked for last. */
  grant(): void {
    const [change, context, , done] = this.asked.at(-1)!
    this.keeper.settled({ membership: change.membership, context, version: change.basis + 1 })
    done({ kind: 'done', result: undefined })
  }
}

const three = [member(1), member(2), member(3)]

test('who leaves with a change that is not committed yet is let in by a node that knows no address of it', () => {
  const desk = new Desk(configuration(0, [member(1)]))
  desk.keeper.inForce([id(1), id(2)], configuration(3, [member(1)], [2]))
  expect(desk.addresses.get(id(2))).toBe('unknown')
})

test('whose address is known is dialled there, also while it leaves', () => {
  const desk = new Desk(configuration(2, [member(1), member(2)]))
  desk.keeper.inForce([id(1), id(2)], configuration(3, [member(1)], [2]))
  expect(desk.addresses.get(id(2))).toBe('p2:1')
})

test('those of a change that was replayed and says nothing any more are not let in', () => {
  const desk = new Desk(configuration(3, [member(1)], [2]))
  desk.keeper.inForce([id(1), id(2)], configuration(2, [member(1), member(2)]))
  expect(desk.addresses.has(id(2))).toBe(false)
})

describe('the keeper of the roster', () => {
  test('dials all others, where the roster says, or where they were known to be before there was one', () => {
    const desk = new Desk(configuration(4, three))
    expect([...desk.addresses]).toEqual([
      [2n, 'p2:1'],
      [3n, 'p3:1'],
    ])
    const plain = { membership: { voters: [id(1), id(2)], learners: [] }, context: EMPTY, version: 0 }
    const old = new Desk(plain, new Map([[id(2), ['http://old:7']]]))
    expect([...old.addresses]).toEqual([[2n, 'old:7']])
  })

  test('dials whom a configuration names that is not committed yet, and where a member has moved', () => {
    const desk = new Desk(configuration(4, three))
    const moved = [member(1), member(2, { peerUrls: ['http://elsewhere:9'] }), member(3), member(4)]
    desk.keeper.inForce([1, 2, 3, 4].map(id), configuration(5, moved))
    expect(desk.addresses.get(id(2))).toBe('elsewhere:9')
    expect(desk.addresses.get(id(4))).toBe('p4:1')
  })

  test('goes back to the address before, if the configuration that moved a member was cut off', () => {
    const desk = new Desk(configuration(4, three))
    const moved = [member(1), member(2, { peerUrls: ['http://elsewhere:9'] }), member(3)]
    desk.keeper.inForce([1, 2, 3].map(id), configuration(5, moved))
    desk.keeper.inForce([1, 2, 3].map(id), configuration(4, three))
    expect(desk.addresses.get(id(2))).toBe('p2:1')
  })

  test('forgets who left once that is committed, after a while in which the leader tells them', () => {
    const desk = new Desk(configuration(4, three))
    desk.keeper.inForce([1, 2, 3].map(id), configuration(5, three.slice(0, 2), [3]))
    desk.pass(2 * DEPARTED_MS)
    expect(desk.addresses.has(id(3))).toBe(true)
    desk.keeper.inForce([1, 2].map(id), configuration(5, three.slice(0, 2), [3]))
    desk.keeper.settled(configuration(5, three.slice(0, 2), [3]))
    desk.pass(DEPARTED_MS - 1)
    expect(desk.addresses.has(id(3))).toBe(true)
    desk.pass(2)
    expect(desk.addresses.has(id(3))).toBe(false)
    expect(desk.keeper.wasRemoved(id(3))).toBe(true)
    const joint = new Desk(configuration(4, three))
    joint.keeper.inForce([1, 2, 3].map(id), configuration(5, three.slice(0, 2), [3]))
    joint.keeper.settled(configuration(5, three.slice(0, 2), [3]))
    joint.pass(2 * DEPARTED_MS)
    expect(joint.addresses.has(id(3))).toBe(true)
    expect(desk.keeper.wasRemoved(id(2))).toBe(false)
  })

  test('keeps those who left, and itself, for as long as the others may not be able to go on without them', () => {
    for (const gone of [1, 3]) {
      const desk = new Desk(configuration(4, three)).serve()
      const rest = three.filter(one => one.id !== id(gone))
      const left = configuration(5, rest, [gone])
      desk.keeper.inForce([1, 2, 3].map(id), left)
      desk.keeper.settled({ ...left, leaving: [id(gone)] })
      desk.pass(2 * DEPARTED_MS)
      expect([desk.removals, desk.keeper.wasRemoved(id(gone))]).toEqual([0, false])
      expect(desk.addresses.has(id(3))).toBe(true)
      desk.keeper.inForce(
        rest.map(one => one.id),
        left,
      )
      desk.keeper.settled(left)
      desk.pass(DEPARTED_MS + 1)
      expect([desk.removals, desk.keeper.wasRemoved(id(gone))]).toEqual([gone === 1 ? 1 : 0, true])
      expect(desk.addresses.has(id(3))).toBe(gone === 1)
    }
  })

  test('passes over the configurations from before its own that a member which joined is sent', () => {
    const desk = new Desk(configuration(7, three, [9])).serve()
    const before = configuration(3, [member(2), member(9, { peerUrls: ['http://old:1'] })])
    desk.keeper.inForce([2, 9].map(id), before)
    desk.keeper.settled(before)
    desk.pass(2 * DEPARTED_MS)
    expect(desk.removals).toBe(0)
    expect(desk.addresses.has(id(9))).toBe(false)
    expect(desk.keeper.roster.version).toBe(7)
  })

  test('tells its node once that it was removed, and asks for nothing any more', () => {
    const desk = new Desk(configuration(4, three)).serve()
    desk.keeper.settled(configuration(5, three.slice(1), [1]))
    expect(desk.removals).toBe(0)
    desk.pass(DEPARTED_MS + 1)
    desk.keeper.settled(configuration(6, three.slice(1), [1]))
    desk.pass(DEPARTED_MS + 1)
    expect(desk.removals).toBe(1)
    expect(desk.asked).toEqual([])
    expect(memberRemoved(id(1), id(2))).toMatchObject({ code: 'QUORATE_MEMBER_REMOVED', outcome: 'refused' })
  })

  test('publishes name and client URLs when there is a leader, and nothing once they are known', () => {
    const desk = new Desk(configuration(4, [member(1, { name: '', clientUrls: [] }), member(2)]))
    desk.status = { role: 'follower', leader: NOBODY }
    desk.serve()
    expect(desk.asked).toEqual([])
    desk.status = { role: 'follower', leader: id(2) }
    desk.keeper.look()
    desk.keeper.look()
    expect(desk.asked).toHaveLength(1)
    expect(desk.wished).toMatchObject({ version: 5, members: [{ ...about }, { name: 'n2' }] })
    desk.grant()
    desk.pass(10 * ROSTER_RETRY_MS)
    expect(desk.asked).toHaveLength(1)
  })

  test('publishes again from the newest roster, if somebody else was first', () => {
    const desk = new Desk(configuration(4, [member(1, { name: '' }), member(2, { name: '' })])).serve()
    const [, , , done] = desk.asked[0]!
    desk.keeper.settled(configuration(5, [member(1, { name: '' }), member(2)]))
    done({ kind: 'failed', error: new QuorateError('QUORATE_CONFIGURATION_OUTDATED', 'late', 'refused') })
    expect(desk.asked).toHaveLength(1)
    desk.pass(ROSTER_RETRY_MS + 1)
    expect(desk.asked).toHaveLength(2)
    expect(desk.wished).toMatchObject({ version: 6, members: [{ name: 'n1' }, { name: 'n2' }] })
  })

  test('of the leader asks for the vote of a learner that was to have it and has started, until it has it', () => {
    const learner = { isLearner: true, isToVote: true }
    const desk = new Desk(configuration(4, [...three, member(4, { ...learner, name: '' })]))
    desk.status = { role: 'leader', leader: id(1) }
    desk.serve()
    expect(desk.asked).toEqual([])
    desk.keeper.settled(configuration(5, [...three, member(4, learner)]))
    expect(desk.wished.members[3]).toMatchObject({ isLearner: false, isToVote: false })
    const [, , , done] = desk.asked[0]!
    done({ kind: 'failed', error: new QuorateError('QUORATE_LEARNER_BEHIND', 'behind', 'refused') })
    desk.pass(ROSTER_RETRY_MS + 1)
    expect(desk.asked).toHaveLength(2)
    desk.grant()
    desk.pass(10 * ROSTER_RETRY_MS)
    expect(desk.asked).toHaveLength(2)
  })

  test('of a follower leaves that to the leader', () => {
    const learner = { isLearner: true, isToVote: true }
    const desk = new Desk(configuration(4, [...three, member(4, learner)])).serve()
    desk.pass(10 * ROSTER_RETRY_MS)
    expect(desk.asked).toEqual([])
  })
})
