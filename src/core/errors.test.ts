import { expect, test } from 'vitest'
import { assert, InvariantError, unreachable } from './assert.ts'
import { QuorateError } from './errors.ts'
import { formatNodeId, type NodeId } from './ids.ts'
import { addMs, type Instant, msBetween, NEVER } from './time.ts'

test('an assertion that does not hold says what must', () => {
  assert(true, 'never seen')
  expect(() => assert(false, 'terms never go back')).toThrow(new InvariantError('terms never go back'))
  expect(() => unreachable('odd' as never)).toThrow(InvariantError)
})

test('an error carries a stable code, an outcome and what can be done', () => {
  const cause = new Error('underneath')
  const error = new QuorateError('QUORATE_TEST', 'it broke', 'unknown', { hint: 'Try again.', cause })
  expect([error.code, error.outcome, error.hint, error.cause]).toEqual([
    'QUORATE_TEST',
    'unknown',
    'Try again.',
    cause,
  ])
  expect(new QuorateError('QUORATE_TEST', 'it broke').outcome).toBe('refused')
  expect('cause' in new QuorateError('QUORATE_TEST', 'it broke')).toBe(false)
})

test('instants are whole microseconds, and never stays never', () => {
  const at = 1_000_000 as Instant
  expect(addMs(at, 1.5)).toBe(1_001_500)
  expect(addMs(at, 0.0004)).toBe(at)
  expect(msBetween(at, addMs(at, 2.25))).toBe(2.25)
  expect(addMs(NEVER, 5)).toBe(NEVER)
})

test('node ids are printed as etcd prints them', () => {
  expect(formatNodeId(0x8e9e05c52164694dn as NodeId)).toBe('8e9e05c52164694d')
  expect(formatNodeId(0xfn as NodeId)).toBe('f')
})
