import { describe, expect, test } from 'vitest'
import type { Index, ProposalId } from '../../core/ids.ts'
import type { Instant } from '../../core/time.ts'
import { chunks, Forwards, ForwardWindow } from '../replica/forwards.ts'
import { Displaced } from './displaced.ts'
import { RAFT_LIMITS } from './limits.ts'
import { node } from './testing/cluster.ts'

const id = (value: number) => value as ProposalId
const proposal = (value: number, size = 1) => ({
  id: id(value),
  command: new Uint8Array(size),
  change: undefined,
})
const LATER = 1000 as Instant

describe('forwards under way', () => {
  test('end when they are committed, refused, expired or abandoned', () => {
    const forwards = new Forwards(RAFT_LIMITS)
    forwards.begin([proposal(1), proposal(2)], LATER)
    const second = forwards.begin([proposal(3), proposal(4)], LATER)
    forwards.committed(id(1))
    forwards.committed(id(3))
    expect(forwards.refused(second).map(one => one.id)).toEqual([4])
    forwards.expire((LATER - 1) as Instant)
    expect(forwards.takeLost()).toEqual([])
    forwards.expire(LATER)
    expect(forwards.takeLost()).toEqual([2])
    forwards.begin([proposal(5)], LATER)
    forwards.abandon()
    expect(forwards.takeLost()).toEqual([5])
    expect(forwards.size).toBe(0)
  })

  test('are not lost if the step that loses the leader sees them committed', () => {
    const forwards = new Forwards(RAFT_LIMITS)
    forwards.begin([proposal(1), proposal(2)], LATER)
    forwards.abandon()
    forwards.committed(id(1))
    expect(forwards.takeLost()).toEqual([2])
  })

  test('are bounded in number and bytes', () => {
    const forwards = new Forwards({ ...RAFT_LIMITS, forwardedEntriesMax: 2, forwardedBytesMax: 10 })
    expect(forwards.admits(11)).toBe(false)
    forwards.begin([proposal(1, 6)], LATER)
    expect(forwards.admits(5)).toBe(false)
    expect(forwards.admits(4)).toBe(true)
    forwards.begin([proposal(2)], LATER)
    expect(forwards.admits(1)).toBe(false)
    forwards.committed(id(1))
    expect(forwards.admits(9)).toBe(true)
  })

  test('are split by bytes and by number', () => {
    const limits = { ...RAFT_LIMITS, forwardBytesMax: 10, forwardEntriesMax: 3 }
    const sizes = [4, 4, 4, 20, 1, 1, 1, 1]
    const split = chunks(
      sizes.map((size, i) => proposal(i, size)),
      limits,
    )
    expect(split.map(chunk => chunk.map(one => one.command.length))).toEqual([
      [4, 4],
      [4],
      [20],
      [1, 1, 1],
      [1],
    ])
  })
})

describe('a leader’s window of forwards', () => {
  const window = () => new ForwardWindow({ ...RAFT_LIMITS, forwardGapsMax: 3 })
  const take = (one: ForwardWindow, sequence: number, incarnation = 1) =>
    one.take(node(2), { incarnation, sequence })

  test('takes each once, in any order', () => {
    const one = window()
    expect([1, 3, 2, 3, 2, 1, 4].map(sequence => take(one, sequence))).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
      true,
    ])
  })

  test('remembers only so many gaps', () => {
    const one = window()
    take(one, 10)
    expect([6, 7, 8, 9].map(sequence => take(one, sequence))).toEqual([false, true, true, true])
    for (const sequence of [12, 14, 16, 18]) take(one, sequence)
    expect([11, 13, 15, 17].map(sequence => take(one, sequence))).toEqual([false, true, true, true])
  })

  test('tells incarnations and origins apart', () => {
    const one = window()
    expect(take(one, 5, 1)).toBe(true)
    expect(take(one, 1, 2)).toBe(true)
    expect(take(one, 4, 1)).toBe(false)
    expect(one.take(node(3), { incarnation: 1, sequence: 1 })).toBe(true)
  })
})

describe('displaced proposals', () => {
  test('are refused when their place is taken by another term, and unknown below a snapshot', () => {
    const displaced = new Displaced()
    displaced.add(5 as Index, 2, id(50))
    displaced.add(6 as Index, 2, id(60))
    displaced.add(7 as Index, 2, id(70))
    expect(displaced.refusedBy(6 as Index, index => (index === 5 ? 2 : 3))).toEqual([60])
    expect(displaced.unknownUpTo(9 as Index)).toEqual([70])
    expect(displaced.size).toBe(0)
  })

  test('are answered once, though an entry that came back was cut off again', () => {
    const displaced = new Displaced()
    for (let times = 0; times < 2; times++) displaced.add(5 as Index, 2, id(50))
    expect(displaced.refusedBy(5 as Index, () => 3)).toEqual([50])
    for (let times = 0; times < 2; times++) displaced.add(6 as Index, 2, id(60))
    expect(displaced.unknownUpTo(6 as Index)).toEqual([60])
  })
})
