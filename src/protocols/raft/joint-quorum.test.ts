import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EMPTY } from '../../core/bytes.ts'
import type { NodeId } from '../../core/ids.ts'
import type { Configuration } from './configuration.ts'
import { isQuorum, quorumValue, voteResult } from './joint-quorum.ts'
import { node } from './testing/cluster.ts'

const configuration = (voters: readonly number[], outgoing: readonly number[] = []): Configuration => ({
  voters: voters.map(node),
  outgoing: outgoing.map(node),
  learners: [],
  context: EMPTY,
  version: 1,
})
const table = (values: readonly number[]) => (id: NodeId) => values[Number(id) - 1] ?? 0

describe('quorums', () => {
  test('a majority has reached the middle value', () => {
    expect(quorumValue(configuration([1]), table([7]))).toBe(7)
    expect(quorumValue(configuration([1, 2]), table([7, 3]))).toBe(3)
    expect(quorumValue(configuration([1, 2, 3]), table([7, 3, 5]))).toBe(5)
    expect(quorumValue(configuration([1, 2, 3, 4]), table([9, 7, 5, 3]))).toBe(5)
    expect(quorumValue(configuration([1, 2, 3, 4, 5]), table([1, 9, 9, 9, 1]))).toBe(9)
  })

  test('a joint configuration needs both majorities', () => {
    expect(quorumValue(configuration([1, 2, 3], [3, 4, 5]), table([9, 9, 9, 2, 1]))).toBe(2)
  })

  test('nobody agrees on nothing', () => {
    expect(quorumValue(configuration([]), () => 9)).toBe(0)
    expect(voteResult(configuration([]), new Map())).toBe('lost')
  })

  test('a vote is lost as soon as it cannot be won any more', () => {
    const votes = (yes: readonly number[], no: readonly number[]) =>
      new Map([...yes.map(id => [node(id), true] as const), ...no.map(id => [node(id), false] as const)])
    expect(voteResult(configuration([1, 2, 3]), votes([1], []))).toBe('pending')
    expect(voteResult(configuration([1, 2, 3]), votes([1, 2], []))).toBe('won')
    expect(voteResult(configuration([1, 2, 3]), votes([1], [2, 3]))).toBe('lost')
    expect(voteResult(configuration([1, 2, 3], [3, 4, 5]), votes([1, 2], []))).toBe('pending')
    expect(voteResult(configuration([1, 2, 3], [3, 4, 5]), votes([1, 2], [4, 5]))).toBe('lost')
    expect(voteResult(configuration([1, 2, 3], [3, 4, 5]), votes([1, 2, 4, 5], []))).toBe('won')
  })

  test('two quorums of one configuration always share a member', () => {
    const ids = fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 7 })
    const property = fc.property(ids, ids, fc.nat(127), fc.nat(127), (voters, outgoing, a, b) => {
      const one = configuration(voters, outgoing)
      const within = (mask: number) => (id: NodeId) => ((mask >> (Number(id) - 1)) & 1) === 1
      if (isQuorum(one, within(a)) && isQuorum(one, within(b))) expect(a & b).not.toBe(0)
    })
    fc.assert(property, { numRuns: 3000 })
  })
})
