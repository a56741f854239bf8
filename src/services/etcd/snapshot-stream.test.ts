import { expect, test } from 'vitest'
import { concatBytes, EMPTY } from '../../core/bytes.ts'
import { crc32c } from '../../core/crc32c.ts'
import type { Ballot, Index } from '../../core/ids.ts'
import { portableSha256 } from '../../core/sha256.ts'
import type { ClusterTime } from '../../core/time.ts'
import { APPLIED_KEY, writeApplied } from '../../replication/applied-state.ts'
import type { DiskFile } from '../../runtime/disk.ts'
import { SnapshotReader } from '../../storage/snapshot-file/snapshot-reader.ts'
import { decode } from '../../wire/etcd/protobuf-reader.ts'
import { readSnapshotResponse } from '../../wire/etcd/snapshot.ts'
import { GrpcStatus } from '../../wire/grpc/status.ts'
import { EtcdPaths } from './method-paths.ts'
import { FakeCall } from './testing/fake-call.ts'
import { text, World } from './testing/world.ts'

/** A world with so many keys, applied up to an entry. */
function filled(count: number): World {
  const world = new World()
  world.fill(count, 100)
  const batch = world.replica.view.batch()
  const [index, ballot, time] = [9 as Index, 2 as Ballot, 5 as ClusterTime]
  writeApplied(batch, { index, ballot, time, configuration: EMPTY })
  batch.commit()
  return world
}

const piecesOf = (call: FakeCall) => call.sent.map(bytes => decode(bytes, readSnapshotResponse))

/** Keys of what was sent, read as a file. */
function keysOf(call: FakeCall): Uint8Array[] {
  const bytes = concatBytes(piecesOf(call).map(({ blob }) => blob))
  const read = (at: number, into: Uint8Array): number => {
    into.set(bytes.subarray(at, at + into.length))
    return into.length
  }
  const file = { path: 'sent', size: () => bytes.length, read } as unknown as DiskFile
  const reader = new SnapshotReader(file, crc32c, portableSha256())
  expect(reader.head).toMatchObject({ index: 9, ballot: 2, time: 5, clusterId: 0xc1n })
  const keys: Uint8Array[] = []
  while (reader.next(key => keys.push(key))) {}
  return keys
}

test('the state is sent as it is, piece by piece, over several turns', () => {
  const world = filled(5_000)
  const call = world.begin(new FakeCall(EtcdPaths.snapshot), EMPTY)
  expect(call.sent).toEqual([])
  const { turns } = world.clock
  world.clock.settle()
  expect(world.clock.turns - turns).toBeGreaterThan(1)
  expect(call.status).toBe(GrpcStatus.ok)
  const keys = keysOf(call)
  expect(keys.length).toBeGreaterThan(10_000)
  expect(keys).not.toContainEqual(APPLIED_KEY)
  const left = piecesOf(call).map(({ remainingBytes }) => remainingBytes)
  expect(left.at(-1)).toBe(0)
  expect(left.slice(0, -1).every(bytes => bytes > 0)).toBe(true)
  expect(world.replica.pinned).toBe(0)
})

test('what is written meanwhile is not in it', () => {
  const world = filled(100)
  const call = world.begin(new FakeCall(EtcdPaths.snapshot), EMPTY)
  const before = piecesOf(world.begin(new FakeCall(EtcdPaths.snapshot), EMPTY))
  expect(before).toEqual([])
  world.put({ key: text('late'), value: text('x') })
  world.clock.settle()
  expect(piecesOf(call)[0]!.header.revision).toBe(101)
  expect(keysOf(call).some(key => Buffer.from(key).includes('late'))).toBe(false)
})

test('a caller that takes no more is waited for', () => {
  const world = filled(5_000)
  const call = new FakeCall(EtcdPaths.snapshot)
  call.isFull = true
  const { send, handlers } = world.open(call)
  send(EMPTY)
  world.clock.settle()
  expect(call.sent).toHaveLength(1)
  handlers.drained()
  world.clock.settle()
  expect(call.sent).toHaveLength(2)
  call.isFull = false
  handlers.drained()
  world.clock.settle()
  expect(call.status).toBe(GrpcStatus.ok)
  expect(keysOf(call).length).toBeGreaterThan(10_000)
})

test('a caller that goes leaves no pin behind', () => {
  const world = filled(5_000)
  const call = new FakeCall(EtcdPaths.snapshot)
  call.isFull = true
  world.open(call).send(EMPTY)
  world.clock.settle()
  expect(world.replica.pinned).toBe(1)
  call.cancel()
  world.clock.settle()
  expect(world.replica.pinned).toBe(0)
  expect(call.sent).toHaveLength(1)
})

test('a second request on the stream changes nothing', () => {
  const world = filled(10)
  const call = new FakeCall(EtcdPaths.snapshot)
  const { send } = world.open(call)
  send(EMPTY)
  send(EMPTY)
  world.clock.settle()
  expect(keysOf(call).length).toBeGreaterThan(10)
  expect(world.replica.pinned).toBe(0)
})
