/** What etcd refuses before it proposes anything. */
import { describe, expect, test } from 'vitest'
import {
  compareOf,
  deleteOf,
  get,
  put,
  putOf,
  rangeOf,
  remove,
  txnOf,
} from '../../../test/harness/kv-operations.ts'
import { TXN_DEPTH_MAX } from './limits.ts'
import type { RequestOperation } from './types.ts'
import { checkDeleteRange, checkPut, checkRange, checkTxn, type UncheckedOperation } from './validate.ts'

function check(...success: UncheckedOperation[]) {
  return checkTxn({ compare: [], success, failure: [] })
}

function both(success: RequestOperation[], failure: RequestOperation[]) {
  return txnOf([], success, failure)
}

const puts = (count: number) => Array.from({ length: count }, (_, i) => put(`k${i}`))

describe('single requests', () => {
  test('a key is needed everywhere', () => {
    expect(checkRange(rangeOf(''))).toBe('keyNotProvided')
    expect(checkPut(putOf(''))).toBe('keyNotProvided')
    expect(checkDeleteRange(deleteOf(''))).toBe('keyNotProvided')
    expect(check(put(''))).toBe('keyNotProvided')
    expect(check(both([get('')], []))).toBe('keyNotProvided')
    expect(checkTxn({ compare: [compareOf('', 0, 0, 0)], success: [], failure: [] })).toBe('keyNotProvided')
    expect(checkDeleteRange(deleteOf('\0', '\0'))).toBeUndefined()
  })

  test('sort orders and targets are those that exist', () => {
    for (const sortOrder of [0, 1, 2]) {
      for (const sortTarget of [0, 1, 2, 3, 4])
        expect(checkRange(rangeOf('a', '', { sortOrder, sortTarget }))).toBeUndefined()
    }
    for (const sortOrder of [-1, 3])
      expect(checkRange(rangeOf('a', '', { sortOrder }))).toBe('invalidSortOption')
    for (const sortTarget of [-1, 5])
      expect(checkRange(rangeOf('a', '', { sortTarget }))).toBe('invalidSortOption')
  })

  test('what is to be ignored is not given', () => {
    expect(checkPut(putOf('a', 'x', { ignoreValue: true }))).toBe('valueProvided')
    expect(checkPut(putOf('a', 'x', { ignoreLease: true, lease: 1n }))).toBe('leaseProvided')
    expect(checkPut(putOf('a', '', { ignoreValue: true, ignoreLease: true }))).toBeUndefined()
  })
})

describe('the budget of operations', () => {
  test('is that of the widest part', () => {
    expect(check(...puts(128))).toBeUndefined()
    expect(check(...puts(129))).toBe('tooManyOps')
    const compares = Array.from({ length: 129 }, () => compareOf('a', 0, 0, 0))
    expect(checkTxn({ compare: compares, success: [], failure: [] })).toBe('tooManyOps')
    expect(checkTxn({ compare: [], success: puts(3), failure: [] }, 2)).toBe('tooManyOps')
  })

  test('leaves the rest to nested transactions, to each of them', () => {
    expect(check(both(puts(127), []))).toBeUndefined()
    expect(check(both(puts(128), []))).toBe('tooManyOps')
    expect(check(both([], puts(126)), both([get('a')], []))).toBeUndefined()
    expect(check(both([], puts(127)), both([get('a')], []))).toBe('tooManyOps')
  })

  test('ends at a depth that commands can hold, however large it is', () => {
    const nested = (depth: number): UncheckedOperation =>
      depth === 0
        ? get('a')
        : { kind: 'txn', txn: { compare: [], success: [nested(depth - 1)], failure: [] } }
    const deep = (depth: number) =>
      checkTxn({ compare: [], success: [nested(depth - 1)], failure: [] }, 10_000)
    expect(deep(TXN_DEPTH_MAX)).toBeUndefined()
    expect(deep(TXN_DEPTH_MAX + 1)).toBe('tooManyOps')
  })

  test('an operation that says nothing is a key not found', () => {
    expect(check({ kind: 'none' })).toBe('keyNotFound')
  })
})

describe('duplicate keys', () => {
  test.each<[string, UncheckedOperation[], boolean]>([
    ['a key put twice', [put('a'), put('a')], false],
    ['two keys', [put('a'), put('b')], true],
    ['a key put and deleted', [put('a'), remove('a')], false],
    ['a key put within a deleted range', [remove('a', 'c'), put('b')], false],
    ['a key put at the end of a deleted range', [remove('a', 'c'), put('c')], true],
    ['a key put behind a deleted key', [remove('a'), put('a\0')], true],
    ['deleted ranges that overlap', [remove('a', 'c'), remove('b', 'd'), remove('b')], true],
    ['a key put between merged deletions', [remove('c', 'e'), remove('a', 'd'), put('d')], false],
    ['a key read and put', [get('a'), put('a')], true],
    ['a key put here and nested', [put('a'), both([put('a')], [])], false],
    ['a key put here and nested, otherwise', [put('a'), both([], [put('a')])], false],
    ['a key put in both branches of a nested one', [both([put('a')], [put('a')])], true],
    ['a key put twice in one branch of a nested one', [both([put('a'), put('a')], [])], false],
    ['a key put in two nested ones', [both([put('a')], []), both([put('a')], [])], false],
    ['a key put in other branches of two nested ones', [both([put('a')], []), both([], [put('a')])], false],
    ['a nested put and a deletion here', [both([put('b')], []), remove('a', 'c')], false],
    ['a nested deletion and a put here', [both([], [remove('a', 'c')]), put('b')], false],
    ['a put after a nested deletion', [both([remove('b')], []), both([put('b')], [])], false],
    ['a deletion after a nested put', [both([put('b')], []), both([remove('b')], [])], true],
    ['a put and a deletion in the two branches of a nested one', [both([put('b')], [remove('b')])], true],
    ['an open deletion, which etcd takes for an empty one', [remove('a', '\0'), put('b')], true],
    ['an inverted deletion', [remove('c', 'a'), put('b')], true],
    ['deeper nested ones', [both([both([put('x')], [])], []), put('x')], false],
  ])('%s', (_, operations, isFine) => {
    expect(check(...operations)).toBe(isFine ? undefined : 'duplicateKey')
    expect(checkTxn({ compare: [], success: [], failure: operations })).toBe(
      isFine ? undefined : 'duplicateKey',
    )
  })

  test('the two branches of the transaction itself may touch the same keys', () => {
    expect(checkTxn({ compare: [], success: [put('a')], failure: [put('a'), remove('b')] })).toBeUndefined()
  })

  test('keys of any bytes and any length are told apart', () => {
    const long = new Uint8Array(20_000).fill(0xff)
    const longer = new Uint8Array(20_001).fill(0xff)
    expect(check(put(long), put(longer))).toBeUndefined()
    expect(check(put(long), put(longer), remove(long))).toBe('duplicateKey')
  })

  test('are looked for only once everything else is fine', () => {
    expect(check(put('a'), put('a'), put(''))).toBe('keyNotProvided')
  })
})
