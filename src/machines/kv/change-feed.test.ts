/** What is told of changes is what the store's history says of them. */
import { expect, test } from 'vitest'
import {
  bytes,
  compact,
  grant,
  put,
  read,
  remove,
  revoke,
  text,
  txnOf,
} from '../../../test/harness/kv-operations.ts'
import { KvReplica } from '../../../test/harness/kv-replica.ts'
import { StrictStore } from '../../../test/harness/strict-store.ts'
import { ChangeFeed } from './change-feed.ts'
import { type Change, ChangeCursor, valueBefore } from './changes.ts'
import { readPoint } from './read-point.ts'

function heard() {
  const feed = new ChangeFeed()
  const handOuts: Change[][] = []
  let replaced = 0
  feed.listen({
    changed: changes => handOuts.push([...changes]),
    replaced: () => replaced++,
  })
  const replica = new KvReplica(new StrictStore(), feed)
  return { replica, handOuts, replaced: () => replaced }
}

function history(replica: KvReplica, from = 0, sub = 0): Change[] {
  const cursor = new ChangeCursor(replica.store, from, undefined, sub)
  const found: Change[] = []
  for (let change = cursor.next(); change !== undefined; change = cursor.next()) found.push(change)
  return found
}

test('everything that a hand-out changes is told at once, in order, as the store tells it', () => {
  const { replica, handOuts } = heard()
  const first = [grant(7n), put('a', '1'), put('b', '2', { lease: 7n }), remove('a', 'z'), put('a', '3')]
  const second = [
    put('c', '4', { lease: 7n }),
    txnOf([], [put('x', '5'), put('y', '6'), remove('a')], []),
    revoke(7n),
  ]
  replica.applyAll(first)
  replica.applyAll(second)
  expect(handOuts).toHaveLength(2)
  expect(handOuts.flat()).toEqual(history(replica))
  expect(
    handOuts.flat().map(({ deleted, kv }) => `${kv.modRevision} ${deleted ? '-' : ''}${text(kv.key)}`),
  ).toEqual(['2 a', '3 b', '4 -a', '4 -b', '5 a', '6 c', '7 x', '7 y', '7 -a', '8 -c'])
})

test('what changes nothing is not told', () => {
  const { replica, handOuts } = heard()
  replica.applyAll([remove('nothing'), compact(0), put('a', '', { lease: 9n })])
  expect(handOuts).toEqual([])
})

test('a content that was replaced is told of, not what is in it', () => {
  const { replica, handOuts, replaced } = heard()
  replica.apply(put('a'))
  const before = replaced()
  replica.machine.open(replica.store as never)
  expect(replaced()).toBe(before + 1)
  expect(handOuts).toHaveLength(1)
})

test('history can be gone on with in the middle of a revision', () => {
  const { replica } = heard()
  replica.apply(txnOf([], [put('a'), put('b'), put('c')], []))
  expect(history(replica, 2, 1).map(({ kv }) => text(kv.key))).toEqual(['b', 'c'])
})

test('what a key held before is that of the revision before, unless it was created or that is compacted', () => {
  const { replica, handOuts } = heard()
  replica.applyAll([put('a', '2'), put('a', '3'), remove('a'), put('a', '5'), put('a', '6')])
  const before = () =>
    handOuts.flat().map(change => {
      const kv = valueBefore(readPoint(replica.store), change)
      return kv === undefined ? '' : text(kv.value)
    })
  expect(before()).toEqual(['', '2', '3', '', '5'])
  replica.apply(compact(3))
  expect(before()).toEqual(['', '', '3', '', '5'])
  replica.sweepAll()
  expect(before()).toEqual(['', '', '3', '', '5'])
  expect(read(replica.store, 'a', '', { revision: 3 }).kvs[0]?.value).toEqual(bytes('3'))
})
