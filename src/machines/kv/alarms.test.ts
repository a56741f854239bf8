/** Alarms in the state: what they refuse, on every replica alike, and who lifts them. */
import { describe, expect, test } from 'vitest'
import { deleteOf, grant, put, putOf, txnOf } from '../../../test/harness/kv-operations.ts'
import { KvReplica } from '../../../test/harness/kv-replica.ts'
import { type Alarm, AlarmKind, readAlarms } from './alarms.ts'
import { ALARMS_MAX } from './limits.ts'
import type { KvCommand, KvResult } from './types.ts'

const { noSpace, corrupt } = AlarmKind

const raise = (kind: AlarmKind, member = 1n, isByHand = false): KvCommand => ({
  kind: 'alarm',
  alarm: { action: 'raise', member, kind, isByHand },
})
const lift = (kind: AlarmKind, member = 1n, isByHand = false): KvCommand => ({
  kind: 'alarm',
  alarm: { action: 'lift', member, kind, isByHand },
})
const alarmOf = (result: KvResult): Alarm | undefined =>
  result.kind === 'alarm' ? result.alarm.alarm : undefined
const del = (key: string) => ({ kind: 'deleteRange', deleteRange: deleteOf(key) }) as const
const verdict = (result: KvResult): string => (result.kind === 'refused' ? result.reason : 'done')
const putting = { kind: 'put', put: putOf('k') } as const

describe('while a member has no space', () => {
  const commands: readonly (readonly [string, KvCommand, string])[] = [
    ['a put', put('k', 'v'), 'noSpace'],
    ['a lease', grant(7n), 'noSpace'],
    ['a transaction with a put where its condition holds', txnOf([], [putting]), 'noSpace'],
    ['one with a put in the other branch', txnOf([], [], [putting]), 'noSpace'],
    ['one with a put in a transaction of its own', txnOf([], [txnOf([], [], [putting])]), 'noSpace'],
    ['one without', txnOf([], [del('k')]), 'done'],
    ['a deletion', del('k'), 'done'],
    ['a compaction', { kind: 'compact', compact: { revision: 1 } }, 'done'],
    ['a keep-alive', { kind: 'leaseRenew', leaseRenew: { ids: [1n] } }, 'done'],
    ['the end of a lease', { kind: 'leaseRevoke', leaseRevoke: { id: 1n } }, 'done'],
  ]

  test.each(commands)('%s', (_, command, expected) => {
    const replica = new KvReplica()
    replica.applyAll([grant(1n), put('a', '1'), raise(noSpace)])
    expect(verdict(replica.apply(command))).toBe(expected)
  })

  test('what is refused uses up no revision', () => {
    const replica = new KvReplica()
    replica.applyAll([raise(noSpace), put('a', '1'), lift(noSpace)])
    const result = replica.apply(put('a', '2'))
    expect(result).toMatchObject({ kind: 'put', put: { revision: 2 } })
  })
})

test('in a corrupt cluster nothing is changed, and leases live on', () => {
  const replica = new KvReplica()
  replica.applyAll([grant(1n), raise(corrupt)])
  const changes: KvCommand[] = [
    put('a', '1'),
    del('a'),
    txnOf([], []),
    grant(2n),
    { kind: 'compact', compact: { revision: 1 } },
    { kind: 'leaseRevoke', leaseRevoke: { id: 1n } },
    { kind: 'leaseExpire', leaseExpire: { ids: [1n] } },
  ]
  expect(replica.applyAll(changes).map(verdict)).toEqual(changes.map(() => 'corrupt'))
  expect(verdict(replica.apply({ kind: 'leaseRenew', leaseRenew: { ids: [1n] } }))).toBe('done')
})

describe('an alarm', () => {
  test('is on from the entry that raises it to the one that lifts it', () => {
    const replica = new KvReplica()
    const commands = [put('a', ''), raise(noSpace), put('a', ''), lift(noSpace), put('a', '')]
    expect(replica.applyAll(commands).map(verdict)).toEqual(['done', 'done', 'noSpace', 'done', 'done'])
  })

  test('survives a restart', () => {
    const replica = new KvReplica()
    replica.apply(raise(noSpace))
    replica.restart()
    expect(verdict(replica.apply(put('a', '1')))).toBe('noSpace')
    replica.apply(lift(noSpace))
    replica.restart()
    expect(verdict(replica.apply(put('a', '1')))).toBe('done')
  })

  test('of one member is not lifted by another’s, nor by one of the other kind', () => {
    const replica = new KvReplica()
    replica.applyAll([raise(noSpace, 1n), raise(noSpace, 2n), raise(corrupt, 2n)])
    expect(alarmOf(replica.apply(lift(noSpace, 3n)))).toBeUndefined()
    replica.apply(lift(noSpace, 1n))
    expect(readAlarms(replica.store)).toEqual([
      { member: 2n, kind: noSpace, isByHand: false },
      { member: 2n, kind: corrupt, isByHand: false },
    ])
  })

  test('that was raised twice is lifted once', () => {
    const replica = new KvReplica()
    replica.applyAll([raise(noSpace), raise(noSpace), lift(noSpace)])
    expect(readAlarms(replica.store)).toEqual([])
  })

  test('that was raised by hand is lifted by hand', () => {
    const replica = new KvReplica()
    replica.apply(raise(noSpace, 1n, true))
    replica.apply(lift(noSpace, 1n, false))
    expect(readAlarms(replica.store)).toHaveLength(1)
    expect(alarmOf(replica.apply(lift(noSpace, 1n, true)))).toMatchObject({ member: 1n })
    expect(readAlarms(replica.store)).toEqual([])
  })

  test('is not raised for members without number', () => {
    const replica = new KvReplica()
    for (let member = 0; member < ALARMS_MAX + 5; member++) replica.apply(raise(noSpace, BigInt(member)))
    expect(readAlarms(replica.store)).toHaveLength(ALARMS_MAX)
  })
})
