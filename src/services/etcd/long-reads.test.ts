import { describe, expect, test } from 'vitest'
import { addMs, type Instant } from '../../core/time.ts'
import { RANGE_DEFAULTS } from '../../wire/etcd/range.ts'
import { GrpcStatus } from '../../wire/grpc/status.ts'
import { LONG_READS_MAX, SHORT_RANGE_ROWS, SLICE_ROWS_MAX } from './limits.ts'
import { EtcdPaths } from './method-paths.ts'
import { FakeCall } from './testing/fake-call.ts'
import { keyName, rangeResponse, text, txnResponse, World } from './testing/world.ts'

const everything = { key: text('key-'), rangeEnd: text('key.') }
const MANY = 3 * SLICE_ROWS_MAX

/** One store with many keys serves several tests: none of them writes what another reads. */
const filled = new World()
filled.fill(MANY)

/** From now on every look at the clock takes a millisecond. */
function tick({ clock }: World): void {
  const now = clock.now.bind(clock)
  clock.now = () => {
    clock.pass(1)
    return now() as Instant
  }
}

describe('a long range', () => {
  test('is answered over several turns, with every key, as one message', () => {
    const call = filled.range(everything)
    expect(call.ended).toBe(false)
    const before = filled.clock.turns
    filled.clock.settle()
    expect(filled.clock.turns - before).toBeGreaterThan(3)
    expect(call.sent).toHaveLength(1)
    const { kvs, count, more } = rangeResponse(call)
    expect({ length: kvs.length, count, more }).toEqual({ length: MANY, count: MANY, more: false })
    expect(kvs[MANY - 1]!.key).toEqual(text(keyName(MANY - 1)))
    expect(filled.replica.pinned).toBe(0)
  })

  test('sees the state at which it began, whatever is written meanwhile', () => {
    const world = new World()
    const count = SLICE_ROWS_MAX + 100
    world.fill(count)
    const call = world.range(everything)
    world.clock.turn()
    expect(call.ended).toBe(false)
    for (let i = 0; i < count; i += 10) world.put({ key: text(keyName(i)), value: text('later') })
    world.deleteRange({ key: text(keyName(count - 1)) })
    world.put({ key: text(keyName(count)), value: text('new') })
    world.clock.settle()
    const { header, kvs } = rangeResponse(call)
    expect(header.revision).toBe(count + 1)
    expect(kvs).toHaveLength(count)
    expect(kvs.filter(kv => kv.modRevision > header.revision)).toEqual([])
  })

  test('is not long if it is limited, only counted, or about one key', () => {
    expect(rangeResponse(filled.range({ ...everything, limit: 10 }))).toMatchObject({
      count: MANY,
      more: true,
    })
    expect(rangeResponse(filled.range({ ...everything, countOnly: true })).count).toBe(MANY)
    expect(rangeResponse(filled.range({ key: text(keyName(7)) })).kvs).toHaveLength(1)
  })

  test('may be few keys with large values: they are written in slices too', () => {
    const world = new World()
    world.fill(3, 1024 * 1024)
    const call = world.range(everything)
    expect(call.ended).toBe(false)
    world.clock.settle()
    const { kvs } = rangeResponse(call)
    expect(kvs.map(kv => kv.value.length)).toEqual([1, 1, 1].map(() => 1024 * 1024))
  })

  test('stops when its caller has gone', () => {
    const call = filled.range(everything)
    filled.clock.turn()
    call.cancel()
    filled.clock.settle()
    expect(call.sent).toEqual([])
    expect(filled.replica.pinned).toBe(0)
  })

  test('stops at its deadline', () => {
    const call = filled.range(everything, new FakeCall(EtcdPaths.range, addMs(filled.clock.now(), 10)))
    filled.clock.turn()
    filled.clock.pass(10)
    filled.clock.settle()
    expect(call.message).toBe('etcdserver: request timed out')
    expect(filled.replica.pinned).toBe(0)
  })

  test('gives way after two milliseconds, however few rows that were', () => {
    const world = new World()
    world.fill(SHORT_RANGE_ROWS + 1)
    tick(world)
    const before = world.clock.turns
    world.range(everything)
    world.clock.settle()
    expect(world.clock.turns - before).toBeGreaterThan(10)
  })

  test('that would be larger than allowed is refused', () => {
    const world = new World({ rangeResponseBytesMax: 1024 * 1024 })
    world.fill(3, 512 * 1024)
    const call = world.range(everything)
    world.clock.settle()
    expect(call.status).toBe(GrpcStatus.resourceExhausted)
    expect(call.message).toContain('larger than max')
    expect(call.sent).toEqual([])
    const smaller = world.range({ key: text(keyName(0)) })
    world.clock.settle()
    expect(rangeResponse(smaller).count).toBe(1)
  })

  test('is refused while others hold the memory for responses, and only then', () => {
    const world = new World({ rangeResponseBytesMax: 2 * 1024 * 1024 })
    world.fill(3, 512 * 1024)
    tick(world)
    for (let round = 0; round < 3; round++) {
      const calls = Array.from({ length: 4 }, () => world.range(everything))
      world.clock.settle()
      const messages = calls.map(call => call.message)
      const busy = 'etcdserver: too many requests'
      expect(messages).toEqual([undefined, undefined, busy, busy])
    }
  })

  test('waits its turn among others, and more than a thousand of them are refused', () => {
    const calls = Array.from({ length: LONG_READS_MAX + 1 }, () => filled.range(everything))
    expect(calls.at(-1)!.message).toBe('etcdserver: too many requests')
    expect(filled.replica.pinned).toBe(LONG_READS_MAX)
    const [first, second, ...rest] = calls
    for (const call of rest) call.cancel()
    filled.clock.settle()
    for (const call of [first!, second!]) expect(rangeResponse(call).kvs).toHaveLength(MANY)
    expect(filled.replica.pinned).toBe(0)
  })
})

describe('a long read-only transaction', () => {
  const ranges = [everything, { ...everything, revision: 100 }, { key: text(keyName(1)) }]
  const success = ranges.map(range => ({ kind: 'range', range: { ...RANGE_DEFAULTS, ...range } }) as const)

  test('is answered over several turns from one state', () => {
    const call = filled.txn({ success })
    expect(call.ended).toBe(false)
    filled.clock.settle()
    const { succeeded, responses, header } = txnResponse(call)
    expect(succeeded).toBe(true)
    expect(responses.map(response => response.kind === 'range' && response.range.count)).toEqual([
      MANY,
      99,
      1,
    ])
    expect(header.revision).toBe(MANY + 1)
    expect(filled.replica.pinned).toBe(0)
  })

  test('whose response would be larger than 64 MiB is refused, and one that would not is not', () => {
    const world = new World()
    world.fill(150, 55 * 1024)
    const readsOfAll = (count: number): FakeCall => {
      const all = { kind: 'range', range: { ...RANGE_DEFAULTS, ...everything } } as const
      const call = world.txn({ success: Array.from({ length: count }, () => all) })
      world.clock.settle()
      return call
    }
    expect(readsOfAll(7).status).toBe(GrpcStatus.ok)
    const call = readsOfAll(8)
    expect(call.status).toBe(GrpcStatus.resourceExhausted)
    expect(call.message).toContain('larger than max')
    expect(call.sent).toEqual([])
    expect(world.replica.pinned).toBe(0)
  })

  test('stops when its caller has gone', () => {
    const call = filled.txn({ success })
    filled.clock.turn()
    call.cancel()
    filled.clock.settle()
    expect(call.sent).toEqual([])
    expect(filled.replica.pinned).toBe(0)
  })
})

test('a long hash takes several turns and gives way', () => {
  const call = filled.hashKv(0)
  const before = filled.clock.turns
  filled.clock.settle()
  expect(filled.clock.turns - before).toBeGreaterThan(2)
  expect(call.status).toBe(0)
})
