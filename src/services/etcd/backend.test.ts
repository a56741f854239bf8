/** The hash of everything, and files that are merged. */
import { expect, test } from 'vitest'
import { stateHash } from '../../machines/kv/state-hash.ts'
import { DiskError } from '../../runtime/disk.ts'
import { EtcdPaths } from './method-paths.ts'
import { FakeCall } from './testing/fake-call.ts'
import { hashResponse, statusResponse, text, World } from './testing/world.ts'

const EMPTY = new Uint8Array(0)
const ask = (world: World, path: string): FakeCall => world.begin(new FakeCall(path), EMPTY)

test('the hash covers what HashKV leaves out, and is taken in slices', () => {
  const world = new World()
  world.fill(3_000)
  world.grant(7n, 60)
  const call = ask(world, EtcdPaths.hash)
  expect(call.ended).toBe(false)
  world.clock.settle()
  expect(hashResponse(call)).toMatchObject({
    hash: stateHash(world.replica.view),
    header: { revision: 3_001 },
  })
  expect(world.replica.pinned).toBe(0)
})

test('what compaction passed is not in it, swept or not', () => {
  const swept = new World()
  const unswept = new World()
  for (const world of [swept, unswept]) {
    for (const value of ['1', '2']) world.put({ key: text('k'), value: text(value) })
    world.compact(3)
  }
  const hashOf = (world: World): number => {
    const call = ask(world, EtcdPaths.hash)
    world.clock.settle()
    return hashResponse(call).hash
  }
  const before = hashOf(unswept)
  swept.replica.sweepAll()
  expect(hashOf(swept)).toBe(before)
})

test('defragmenting is answered when it is done, with nothing', () => {
  const waiting: ((error: DiskError | null) => void)[] = []
  const world = new World({
    files: { bytes: 5_000_000, cacheBytes: 0, defragment: done => waiting.push(done) },
  })
  expect(statusResponse(world.status()).dbSize).toBe(5_000_000)
  expect(statusResponse(world.status()).dbSizeInUse).toBeLessThan(1_000)
  const call = ask(world, EtcdPaths.defragment)
  expect(call.ended).toBe(false)
  waiting[0]!(null)
  expect(call).toMatchObject({ status: 0, sent: [EMPTY] })
})

test('without room for it everything stays as it is', () => {
  const full = new DiskError('full', 'store', 'no space left on device')
  const world = new World({ files: { bytes: 0, cacheBytes: 0, defragment: done => done(full) } })
  const call = ask(world, EtcdPaths.defragment)
  expect(call).toMatchObject({ status: 8, message: 'etcdserver: mvcc: database space exceeded' })
})
