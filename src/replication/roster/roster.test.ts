import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DecodeError, EMPTY } from '../../core/bytes.ts'
import type { NodeId } from '../../core/ids.ts'
import { MEMBERS_MAX, REMOVED_MAX } from './limits.ts'
import { FIRST_LIFE, memberOf, NO_LIFE, type Roster, readRoster, writeRoster } from './roster.ts'
import {
  addMember,
  beginMember,
  moveMember,
  promoteMember,
  publishMember,
  type RosterChange,
  removeMember,
} from './roster-change.ts'

const id = (value: number) => BigInt(value) as NodeId
const newcomer = (value: number, isLearner = false) => ({
  id: id(value),
  peerUrls: [`http://p${value}:2380`],
  isLearner,
  isToVote: false,
})

/** What the group has when it has done what was asked. */
function after(change: RosterChange): Roster {
  if (change.kind !== 'change') throw new Error(JSON.stringify(change))
  const { membership, basis } = change.change
  return readRoster({ membership, context: change.context, version: basis + 1 })
}

function start(count = 3): Roster {
  let roster: Roster = { version: 0, members: [], removed: [] }
  for (let i = 1; i <= count; i++) roster = after(addMember(roster, newcomer(i), 1))
  return roster
}

describe('a roster', () => {
  const url = fc.webUrl()
  const details = fc.record({
    name: fc.string({ maxLength: 20 }),
    peerUrls: fc.array(url, { maxLength: 3 }),
    clientUrls: fc.array(url, { maxLength: 3 }),
    isToVote: fc.boolean(),
    life: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  })

  test('is read from a configuration as it was written into it', () => {
    const ids = fc.uniqueArray(fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(
        ids,
        fc.array(details, { minLength: 6, maxLength: 6 }),
        fc.nat(6),
        (some, about, voting) => {
          const sorted = (some as NodeId[]).toSorted((a, b) => (a < b ? -1 : 1))
          const voters = sorted.slice(0, Math.max(1, voting))
          const learners = sorted.slice(voters.length)
          const members = sorted.map((one, i) => ({
            ...about[i]!,
            id: one,
            isLearner: learners.includes(one),
          }))
          const context = writeRoster({ members, removed: [id(7)] })
          const read = readRoster({ membership: { voters, learners }, context, version: 5 })
          expect(read).toEqual({ version: 5, members, removed: [7n] })
        },
      ),
    )
  })

  test('of a configuration without a context has ids alone, and nobody in it is new', () => {
    const { members } = readRoster({
      membership: { voters: [id(1)], learners: [] },
      context: EMPTY,
      version: 0,
    })
    expect(members).toMatchObject([{ id: 1n, name: '', peerUrls: [], life: FIRST_LIFE, isLearner: false }])
  })

  test('made up by anybody is refused with a DecodeError, or understood', () => {
    const membership = { voters: [id(1)], learners: [] }
    const whole = writeRoster(start())
    const noise = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 80 }),
      fc.tuple(fc.nat(whole.length - 1), fc.nat(255)).map(([at, byte]) => whole.with(at, byte)),
      fc.nat(whole.length - 1).map(end => whole.slice(0, Math.max(1, end))),
    )
    fc.assert(
      fc.property(noise, context => {
        try {
          readRoster({ membership, context, version: 0 })
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  test('remembers a bounded number of those who were removed, the newest', () => {
    const removed = Array.from({ length: REMOVED_MAX + 5 }, (_, i) => id(i + 1))
    const context = writeRoster({ members: [], removed })
    const read = readRoster({ membership: { voters: [], learners: [] }, context, version: 0 })
    expect(read.removed).toEqual(removed.slice(5))
  })
})

describe('a change of the roster', () => {
  test('names the version that it was made from', () => {
    const change = addMember({ ...start(), version: 41 }, newcomer(4), 1)
    expect(change).toMatchObject({ kind: 'change', change: { basis: 41 } })
  })

  test('adds a voter or a learner that has neither a name nor a life', () => {
    const roster = after(addMember(start(), newcomer(4, true), 1))
    expect(memberOf(roster, id(4))).toMatchObject({ name: '', isLearner: true, life: NO_LIFE })
    expect(roster.members.filter(({ isLearner }) => !isLearner)).toHaveLength(3)
  })

  test.each([
    ['an id that is there', newcomer(1), 'memberExists'],
    ['a URL of another', { ...newcomer(9), peerUrls: ['http://x:1', 'http://p2:2380'] }, 'urlTaken'],
    ['one learner too many', newcomer(9, true), 'tooManyLearners'],
    [
      'more text than a member may bring',
      { ...newcomer(9), peerUrls: ['http://x'.padEnd(5_000, 'x')] },
      'tooLarge',
    ],
  ])('adds no member with %s', (_what, member, reason) => {
    const roster = after(addMember(start(), newcomer(5, true), 1))
    expect(addMember(roster, member, 1)).toEqual({ kind: 'impossible', reason })
  })

  test('adds no more members than a group may have', () => {
    expect(addMember(start(MEMBERS_MAX), newcomer(999), 1)).toMatchObject({ reason: 'tooLarge' })
  })

  test('removes a member for good: its id is never added or changed again', () => {
    const roster = after(removeMember(start(), id(2)))
    expect(roster.members.map(member => member.id)).toEqual([1n, 3n])
    const gone = { kind: 'impossible', reason: 'memberRemoved' }
    expect(addMember(roster, newcomer(2), 1)).toEqual(gone)
    expect(removeMember(roster, id(2))).toEqual(gone)
    expect(promoteMember(roster, id(2))).toEqual(gone)
    expect(beginMember(roster, id(2), 5n)).toEqual(gone)
  })

  test('of a member that there never was is impossible', () => {
    const reasons = [removeMember, promoteMember].map(change => change(start(), id(9)))
    expect(reasons).toEqual(Array(2).fill({ kind: 'impossible', reason: 'memberNotFound' }))
    expect(moveMember(start(), id(9), ['http://x:1'])).toMatchObject({ reason: 'memberNotFound' })
  })

  test('makes a voter of a learner, and of nobody else', () => {
    const wish = { ...newcomer(4, true), isToVote: true }
    const roster = after(promoteMember(after(addMember(start(), wish, 1)), id(4)))
    expect(memberOf(roster, id(4))).toMatchObject({ isLearner: false, isToVote: false })
    expect(promoteMember(roster, id(4))).toMatchObject({ reason: 'notLearner' })
  })

  test('moves a member to URLs of its own or of nobody', () => {
    expect(moveMember(start(), id(1), ['http://p2:2380'])).toMatchObject({ reason: 'urlTaken' })
    const moved = after(moveMember(start(), id(1), ['http://p1:2380', 'http://new:2380']))
    expect(memberOf(moved, id(1))?.peerUrls).toEqual(['http://p1:2380', 'http://new:2380'])
  })

  test('publishes what a member says of itself, once, and leaves its peer URLs to who set them', () => {
    const about = { name: 'one', peerUrls: ['http://wrong:1'], clientUrls: ['http://c1:2379'] }
    const roster = after(publishMember(start(), id(1), about))
    expect(memberOf(roster, id(1))).toMatchObject({ ...about, peerUrls: ['http://p1:2380'] })
    expect(publishMember(roster, id(1), about)).toEqual({ kind: 'nothing' })
    const unknown = readRoster({ membership: { voters: [id(1)], learners: [] }, context: EMPTY, version: 0 })
    expect(memberOf(after(publishMember(unknown, id(1), about)), id(1))).toMatchObject(about)
  })

  test('lets a member that was added begin on one directory, and on no other', () => {
    const added = after(addMember(start(), newcomer(4), 1))
    const begun = after(beginMember(added, id(4), 77n))
    expect(memberOf(begun, id(4))?.life).toBe(77n)
    expect(beginMember(begun, id(4), 78n)).toEqual({ kind: 'nothing' })
  })
})
