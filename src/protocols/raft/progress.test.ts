import { describe, expect, test } from 'vitest'
import { EMPTY } from '../../core/bytes.ts'
import type { Ballot, Index } from '../../core/ids.ts'
import type { ClusterTime, Instant } from '../../core/time.ts'
import { RAFT_LIMITS } from './limits.ts'
import { Progress } from './progress.ts'

const at = (index: number) => index as Index
const base = (index: number) => ({
  index: at(index),
  ballot: 1 as Ballot,
  time: 0 as ClusterTime,
  configuration: EMPTY,
})
const fresh = (next = 5) =>
  new Progress(at(next), 0 as Instant, { ...RAFT_LIMITS, inflightMessagesMax: 2, inflightBytesMax: 100 })

describe('a follower’s progress', () => {
  test('is probed with one append at a time', () => {
    const one = fresh()
    expect(one.maySend).toBe(true)
    one.sent(at(6), 10)
    expect(one.maySend).toBe(false)
    expect(one.next).toBe(5)
    one.accepted(at(6))
    expect(one).toMatchObject({ state: 'replicate', match: 6, next: 7, maySend: true })
  })

  test('is a pipeline bounded in messages and in bytes', () => {
    const one = fresh()
    one.accepted(at(4))
    one.sent(at(5), 10)
    one.sent(at(6), 10)
    expect(one).toMatchObject({ maySend: false, next: 7 })
    one.accepted(at(5))
    expect(one.maySend).toBe(true)
    one.sent(at(7), 95)
    expect(one.maySend).toBe(false)
    one.accepted(at(6))
    expect(one.maySend).toBe(true)
  })

  test('backs up on a rejection, never below what was confirmed', () => {
    const one = fresh(10)
    expect(one.rejected(at(9), at(3))).toBe(true)
    expect(one).toMatchObject({ state: 'probe', next: 4 })
    one.accepted(at(5))
    one.sent(at(8), 1)
    expect(one.rejected(at(8), at(2))).toBe(true)
    expect(one).toMatchObject({ state: 'probe', next: 6 })
  })

  test('ignores rejections of old appends', () => {
    const one = fresh(10)
    one.accepted(at(9))
    expect(one.rejected(at(9), at(3))).toBe(false)
    expect(one.rejected(at(7), at(3))).toBe(false)
    one.restart(false)
    expect(one.rejected(at(8), at(3))).toBe(false)
    expect(one.next).toBe(10)
  })

  test('suspects a loss when a whole heartbeat brought no confirmation', () => {
    const one = fresh()
    one.accepted(at(4))
    one.sent(at(5), 1)
    expect(one.heartbeatAnswered()).toBe(false)
    expect(one.heartbeatAnswered()).toBe(true)
    one.accepted(at(5))
    expect(one.heartbeatAnswered()).toBe(false)
    expect(one.heartbeatAnswered()).toBe(false)
  })

  test('waits for a snapshot, and goes on behind it', () => {
    const one = fresh()
    one.offer(base(20))
    expect(one.maySend).toBe(false)
    one.accepted(at(3))
    expect(one.state).toBe('snapshot')
    expect(one.rejected(at(19), at(1))).toBe(false)
    one.accepted(at(25))
    expect(one).toMatchObject({ state: 'replicate', match: 25, next: 26, offered: undefined })
  })

  test('starts anew for a follower that has forgotten what it acknowledged', () => {
    const one = fresh()
    one.accepted(at(30))
    one.restart(true)
    expect(one).toMatchObject({ state: 'probe', match: 0, next: 31 })
    expect(one.rejected(at(30), at(12))).toBe(true)
    expect(one.next).toBe(13)
  })
})
