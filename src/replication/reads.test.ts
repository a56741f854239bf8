import { describe, expect, test } from 'vitest'
import type { Index, ReadId } from '../core/ids.ts'
import type { Instant } from '../core/time.ts'
import { GROUP_LIMITS, RETRY_DELAY_MS } from './limits.ts'
import { Reads } from './reads.ts'

const at = (ms: number) => (ms * 1000) as Instant
const index = (value: number) => value as Index

function setUp() {
  const reads = new Reads()
  const served: string[] = []
  const add = (name: string, deadlineMs = 1_000_000) =>
    reads.add(at(deadlineMs), refusal => served.push(refusal === null ? name : `${name}: ${refusal.code}`))
  return { reads, served, add }
}

describe('linearizable reads', () => {
  test('those of one turn share an id; later ones get a later id', () => {
    const { reads, add } = setUp()
    add('a')
    add('b')
    const first = reads.take(at(0))
    expect(reads.take(at(0))).toBeUndefined()
    add('c')
    expect(reads.take(at(0))).not.toBe(first)
  })

  test('are served once the state covers the index that the core named', () => {
    const { reads, served, add } = setUp()
    add('a')
    const id = reads.take(at(0))!
    reads.readable([id], index(10), index(9))
    reads.applied(index(9))
    expect(served).toEqual([])
    reads.applied(index(10))
    expect(served).toEqual(['a'])
    expect(reads.count).toBe(0)
  })

  test('are served at once if the state is far enough already', () => {
    const { reads, served, add } = setUp()
    add('a')
    reads.readable([reads.take(at(0))!], index(10), index(10))
    expect(served).toEqual(['a'])
  })

  test('an answer for an id that was given up serves nobody', () => {
    const { reads, served, add } = setUp()
    add('a')
    const id = reads.take(at(0))!
    reads.unreadable([id], at(0))
    reads.readable([id], index(1), index(1))
    expect(served).toEqual([])
  })

  test('those that found no quorum join a later round under a new id', () => {
    const { reads, served, add } = setUp()
    add('a')
    const first = reads.take(at(0)) as ReadId
    reads.unreadable([first], at(0))
    expect(reads.take(at(RETRY_DELAY_MS - 1))).toBeUndefined()
    const second = reads.take(at(RETRY_DELAY_MS)) as ReadId
    expect(second).not.toBe(first)
    reads.readable([second], index(1), index(1))
    expect(served).toEqual(['a'])
  })

  test('past their deadline they are refused, wherever they wait', () => {
    const { reads, served, add } = setUp()
    add('confirmed', 5)
    reads.readable([reads.take(at(0))!], index(10), index(1))
    add('asked', 5)
    reads.take(at(0))
    add('gathering', 5)
    add('patient', 50)
    reads.expire(at(5))
    expect(served.toSorted()).toEqual([
      'asked: QUORATE_TIMEOUT',
      'confirmed: QUORATE_TIMEOUT',
      'gathering: QUORATE_TIMEOUT',
    ])
    expect(reads.count).toBe(1)
  })

  test('when too many wait, further ones are refused', () => {
    const { served, add } = setUp()
    for (let i = 0; i <= GROUP_LIMITS.pendingReadsMax; i++) add('r')
    expect(served).toEqual(['r: QUORATE_OVERLOADED'])
  })

  test('a node that stops refuses all of them', () => {
    const { reads, served, add } = setUp()
    add('a')
    reads.take(at(0))
    add('b')
    reads.stop()
    expect(served.toSorted()).toEqual(['a: QUORATE_STOPPING', 'b: QUORATE_STOPPING'])
  })
})
