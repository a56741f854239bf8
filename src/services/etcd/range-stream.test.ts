/** A range as a stream: the same as the range at once, in bounded pieces, at one revision. */
import { describe, expect, test } from 'vitest'
import { decode } from '../../wire/etcd/protobuf-reader.ts'
import { encode } from '../../wire/etcd/protobuf-writer.ts'
import {
  RANGE_DEFAULTS,
  type RangeRequest,
  type RangeResponse,
  writeRangeRequest,
} from '../../wire/etcd/range.ts'
import { readRangeStreamResponse } from '../../wire/etcd/range-stream.ts'
import { EtcdPaths } from './method-paths.ts'
import { FakeCall } from './testing/fake-call.ts'
import { keyName, rangeResponse, text, World } from './testing/world.ts'

const ALL = { key: text('\0'), rangeEnd: text('\0') }

function begin(world: World, request: Partial<RangeRequest>): FakeCall {
  const message = encode({ ...RANGE_DEFAULTS, ...request }, writeRangeRequest)
  return world.begin(new FakeCall(EtcdPaths.rangeStream), message)
}

function chunksOf(call: FakeCall): RangeResponse[] {
  expect(call).toMatchObject({ ended: true, status: 0 })
  return call.sent.map(bytes => decode(bytes, from => readRangeStreamResponse(from))!)
}

function streamed(world: World, request: Partial<RangeRequest>): RangeResponse[] {
  const call = begin(world, request)
  world.clock.settle()
  expect(world.replica.pinned).toBe(0)
  return chunksOf(call)
}

/** As one response. */
function joined(chunks: readonly RangeResponse[]): RangeResponse {
  const last = chunks.at(-1)!
  return { ...last, kvs: chunks.flatMap(({ kvs }) => [...kvs]) }
}

describe('a stream of a range', () => {
  const requests: readonly (readonly [string, Partial<RangeRequest>])[] = [
    ['of everything', ALL],
    ['of a part', { key: text(keyName(100)), rangeEnd: text(keyName(350)) }],
    ['of one key', { key: text(keyName(7)) }],
    ['of a key that is not there', { key: text('nobody') }],
    ['up to a limit', { ...ALL, limit: 123 }],
    ['in the past', { ...ALL, revision: 200 }],
    ['that only counts', { ...ALL, countOnly: true }],
    ['of keys only', { ...ALL, keysOnly: true, limit: 20 }],
  ]

  test.each(requests)('%s says the same as the range at once', (_, request) => {
    const world = new World()
    world.fill(400, 100)
    const call = world.range(request)
    world.clock.settle()
    expect(joined(streamed(world, request))).toEqual(rangeResponse(call))
  })

  test('comes in chunks of ten keys and twice as many each time; only the last has a header and totals', () => {
    const world = new World()
    world.fill(100)
    const chunks = streamed(world, ALL)
    expect(chunks.map(({ kvs }) => kvs.length)).toEqual([10, 20, 40, 30])
    expect(chunks.map(({ header }) => header.revision)).toEqual([0, 0, 0, 101])
    expect(chunks.map(({ count }) => count)).toEqual([0, 0, 0, 100])
  })

  test('keeps its chunks below what a request may be, and one pair more', () => {
    const world = new World({ requestBytesMax: 10_000 })
    world.fill(40, 3_000)
    const sizes = begin(world, ALL)
    world.clock.settle()
    for (const bytes of sizes.sent) expect(bytes.length).toBeLessThan(13_200)
    expect(joined(chunksOf(sizes)).kvs).toHaveLength(40)
  })

  test('is of one revision, whatever is written meanwhile', () => {
    const world = new World()
    world.fill(50)
    const call = begin(world, ALL)
    world.put({ key: text('new') })
    world.deleteRange({ key: text(keyName(49)) })
    world.clock.settle()
    expect(joined(chunksOf(call))).toMatchObject({ count: 50, header: { revision: 51 } })
  })

  test('waits for a caller that takes nothing, and holds one chunk for it', () => {
    const world = new World()
    world.fill(100)
    const message = encode({ ...RANGE_DEFAULTS, ...ALL }, writeRangeRequest)
    const call = new FakeCall(EtcdPaths.rangeStream)
    call.isFull = true
    const stream = world.open(call)
    stream.send(message)
    world.clock.settle()
    expect(call.sent).toHaveLength(1)
    call.isFull = false
    stream.handlers.drained()
    world.clock.settle()
    expect(joined(chunksOf(call)).kvs).toHaveLength(100)
  })

  test('gives back what it holds when its caller goes', () => {
    const world = new World()
    world.fill(100)
    const call = begin(world, ALL)
    expect(world.replica.pinned).toBe(1)
    call.cancel()
    world.clock.settle()
    expect(world.replica.pinned).toBe(0)
  })

  test.each<[string, Partial<RangeRequest>, number, string]>([
    ['an order', { ...ALL, sortOrder: 2 }, 12, 'no order and no filters'],
    ['a target', { ...ALL, sortTarget: 1 }, 12, 'no order and no filters'],
    ['a filter', { ...ALL, minModRevision: 3 }, 12, 'no order and no filters'],
    ['no key', {}, 3, 'key is not provided'],
    ['a revision to come', { ...ALL, revision: 99 }, 11, 'required revision is a future revision'],
    ['a revision that is gone', { ...ALL, revision: 2 }, 11, 'required revision has been compacted'],
  ])('is refused with %s', (_, request, status, message) => {
    const world = new World()
    world.fill(5)
    world.compact(4)
    const call = begin(world, request)
    world.clock.settle()
    expect(call).toMatchObject({ status, message: expect.stringContaining(message) })
    expect(world.replica.pinned).toBe(0)
  })
})
