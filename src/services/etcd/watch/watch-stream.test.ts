/** What a stream of watches answers, sentence by sentence of etcd's API. */

import { expect, test } from 'vitest'
import { NOBODY } from '../../../core/ids.ts'
import { text, World } from '../testing/world.ts'
import { WatchClient } from './testing/watch-client.ts'

function opened(metadata: Record<string, string> = {}) {
  const world = new World({ electionTimeoutMs: 100, watchProgressIntervalMs: 1_000 })
  const put = (key: string, value = '1'): void => {
    world.put({ key: text(key), value: text(value) })
    world.clock.settle()
  }
  return { world, put, client: new WatchClient(world, metadata) }
}

test('ids are counted from 0, or chosen, and those that are taken are refused', () => {
  const { client } = opened()
  client.create('a')
  client.create('a', '', { watchId: 1n })
  client.create('a')
  client.create('a', '', { watchId: 1n })
  const duplicate = '-1 @1 created canceled mvcc: duplicate watch ID provided on the WatchStream'
  expect(client.told()).toEqual(['0 @1 created', '1 @1 created', '2 @1 created', duplicate])
})

test('an empty range and a negative start are refused', () => {
  const { client } = opened()
  client.create('b', 'a')
  client.create('a', '', { startRevision: -1 })
  expect(client.told()).toEqual([
    '-1 @1 created canceled mvcc: watcher range is empty',
    '-1 @1 created canceled etcdserver: mvcc: required revision has been compacted',
  ])
})

test('a watch that is cancelled says so once, and nothing more; others go on', () => {
  const { client, put } = opened()
  client.create('a')
  client.create('', '\0')
  client.ask({ kind: 'cancel', watchId: 0n })
  client.ask({ kind: 'cancel', watchId: 0n })
  put('a')
  expect(client.told()).toEqual(['0 @1 created', '1 @1 created', '0 @1 canceled', '1 @2 +a=1@2'])
})

test('a start in the future is told of nothing before it, nor of progress', () => {
  const { client, put } = opened()
  client.create('a', '', { startRevision: 3 })
  put('a', '2')
  client.ask({ kind: 'progress' })
  put('a', '3')
  client.ask({ kind: 'progress' })
  expect(client.told()).toEqual(['0 @1 created', '0 @3 +a=3@3', '-1 @3'])
})

test('a quiet watch that asked for it is told how far it is, a busy one an interval later', () => {
  const { client, put, world } = opened()
  client.create('a', '', { progressNotify: true })
  put('a')
  world.clock.pass(1_000)
  world.clock.pass(1_000)
  expect(client.told()).toEqual(['0 @1 created', '0 @2 +a=1@2', '0 @2'])
})

test('a stream that requires a leader ends when there was none for three election timeouts', () => {
  const { client, world } = opened({ hasleader: 'true' })
  client.create('a')
  world.replica.fakeStatus = { leader: NOBODY }
  world.clock.pass(250)
  expect(client.call.ended).toBe(false)
  world.clock.pass(60)
  expect(client.call).toMatchObject({ ended: true, status: 14, message: 'etcdserver: no leader' })
  expect(world.counters).toMatchObject({ watchers: 0, watchStreams: 0 })
})

test('a client that half-closes goes on listening; one that gives up leaves nothing behind', () => {
  const { client, world } = opened()
  client.create('a')
  client.halfClose()
  expect(client.call.ended).toBe(false)
  expect(world.counters).toMatchObject({ watchers: 1, watchStreams: 1 })
  client.call.cancel()
  expect(world.counters).toMatchObject({ watchers: 0, watchStreams: 0 })
})

test('a node that stops ends its streams, and bytes that are no request end theirs', () => {
  const { client, world } = opened()
  const garbled = new WatchClient(world)
  garbled.send(Uint8Array.of(0xff))
  expect(garbled.call.status).toBe(13)
  client.create('a')
  world.service.stop()
  expect(client.call).toMatchObject({ status: 14, message: 'etcdserver: server stopped' })
  expect(world.counters).toMatchObject({ watchers: 0, watchStreams: 0 })
})
