/** How a watch goes on over failures, and how it ends. */
import { expect, test } from 'vitest'
import { randomFromSeed } from '../core/prng.ts'
import type { Instant } from '../core/time.ts'
import { utf8Bytes } from '../core/utf8.ts'
import type { Clock, Timer } from '../runtime/clock.ts'
import { responseIdentity } from '../wire/etcd/header.ts'
import { NO_KEY_VALUE } from '../wire/etcd/key-value.ts'
import { decode } from '../wire/etcd/protobuf-reader.ts'
import { encode } from '../wire/etcd/protobuf-writer.ts'
import { readWatchRequest } from '../wire/etcd/watch-request.ts'
import {
  WATCH_RESPONSE_DEFAULTS,
  type WatchResponseHead,
  writeWatchEvent,
  writeWatchResponseHead,
} from '../wire/etcd/watch-response.ts'
import type { CallEnd } from '../wire/grpc/outcome.ts'
import { GrpcStatus } from '../wire/grpc/status.ts'
import type { Channel } from './channel.ts'
import { Client } from './client.ts'
import { CompactedError } from './errors.ts'
import { Failover } from './failover.ts'
import type { MessageStream } from './message-stream.ts'
import type { Watch, WatchOptions } from './watch.ts'

const IDENTITY = responseIdentity(1n, 2n)

/** One response: at a revision of the header, with puts at others. */
function say(
  revision: number,
  puts: readonly number[] = [],
  head: Partial<WatchResponseHead> = {},
): Uint8Array {
  return encode(undefined, to => {
    const header = { identity: IDENTITY, revision, raftTerm: 1 }
    writeWatchResponseHead(to, header, { ...WATCH_RESPONSE_DEFAULTS, ...head })
    for (const modRevision of puts) {
      const kv = { ...NO_KEY_VALUE, key: utf8Bytes('k'), modRevision }
      writeWatchEvent(to, { kind: 'put', kv, prevKv: undefined })
    }
  })
}

const created = (revision: number): Uint8Array => say(revision, [], { created: true })

const LOST: CallEnd = {
  outcome: 'unknown',
  status: GrpcStatus.unavailable,
  message: 'the connection was lost',
  trailers: [],
}
const ended = (status: GrpcStatus, message: string): CallEnd => ({
  ...LOST,
  outcome: 'done',
  status,
  message,
})

/** What a stream says, and how it ends; without an end it stays open. */
interface Script {
  readonly says: readonly Uint8Array[]
  readonly end?: CallEnd
}

class ScriptedStream implements MessageStream {
  readonly ended: Promise<CallEnd>
  /** From which revision on it was asked. */
  startRevision = -1
  isCancelled = false
  readonly #says: Uint8Array[]
  readonly #isOpen: boolean
  #take: ((message: null) => void) | undefined

  constructor({ says, end }: Script) {
    this.#says = [...says]
    this.#isOpen = end === undefined
    this.ended = Promise.resolve(end ?? LOST)
  }

  send(message: Uint8Array): boolean {
    const request = decode(message, readWatchRequest)
    if (request.kind === 'create') this.startRevision = request.create.startRevision
    return true
  }

  next(): Promise<Uint8Array | null> {
    const message = this.#says.shift()
    if (message !== undefined || !this.#isOpen) return Promise.resolve(message ?? null)
    return new Promise(resolve => {
      this.#take = resolve
    })
  }

  cancel(): void {
    this.isCancelled = true
    this.#take?.(null)
  }

  drained = (): Promise<void> => Promise.resolve()

  halfClose(): void {}
}

const CLOCK: Clock = {
  now: () => 0 as Instant,
  wallMs: () => 0,
  soon: run => queueMicrotask(run),
  nextTurn: run => queueMicrotask(run),
  timer: (due): Timer => ({ set: () => queueMicrotask(due), clear: () => {} }),
}

/** A client of two nodes; whichever is asked plays the next script. */
function watching(scripts: readonly Script[], options: WatchOptions = {}) {
  const streams: ScriptedStream[] = []
  const asked: string[] = []
  const channels = ['n0', 'n1'].map(
    (endpoint): Channel => ({
      endpoint,
      call: async () => ({ kind: 'refused', message: 'no calls here' }),
      stream: async () => {
        asked.push(endpoint)
        const stream = new ScriptedStream(scripts[streams.length]!)
        streams.push(stream)
        return { kind: 'open', stream }
      },
      close: () => {},
    }),
  )
  const client = new Client(new Failover(CLOCK, randomFromSeed(1), channels))
  return {
    watch: client.watch('k', options),
    streams,
    asked,
    starts: () => streams.map(each => each.startRevision),
  }
}

/** What is told until so many revisions are, or until it ends: batches of revisions. */
async function told(watch: Watch, count: number): Promise<number[][]> {
  const batches: number[][] = []
  for await (const { events } of watch) {
    batches.push(events.map(({ kv }) => kv.modRevision))
    if (batches.flat().length >= count) break
  }
  return batches
}

const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no failure',
    (error: unknown) => error,
  )

test('a watch goes on with another node behind the last revision that it told', async () => {
  const { watch, asked, starts } = watching(
    [
      { says: [created(9), say(12, [3, 4]), say(12, [7])], end: LOST },
      { says: [created(12), say(12, [9])], end: ended(GrpcStatus.unavailable, 'etcdserver: no leader') },
      { says: [created(12), say(15, [15])] },
    ],
    { startRevision: 3 },
  )
  expect(await told(watch, 5)).toEqual([[3, 4], [7], [9], [15]])
  // The header of 12 was ahead of what it told.
  expect(starts()).toEqual([3, 8, 10])
  expect(new Set(asked.slice(0, 2)).size).toBe(2)
})

test('"from now on" means from the first creation on, also if the stream broke before anything happened', async () => {
  const { watch, starts } = watching([
    { says: [], end: LOST },
    { says: [created(20)], end: LOST },
    { says: [created(25), say(25, [21, 25])] },
  ])
  expect(await told(watch, 2)).toEqual([[21, 25]])
  expect(starts()).toEqual([0, 0, 21])
})

test('progress is told if it was asked for, and a watch goes on behind it', async () => {
  const scripts = [{ says: [created(5), say(40)], end: LOST }, { says: [created(50), say(50, [50])] }]
  const loud = watching(scripts, { progressNotify: true })
  expect(await told(loud.watch, 1)).toEqual([[], [50]])
  expect(loud.starts()).toEqual([0, 41])
  const quiet = watching(scripts)
  expect(await told(quiet.watch, 1)).toEqual([[50]])
  expect(quiet.starts()).toEqual([0, 41])
})

test('parts of a response are one batch, and are asked for again if the last of them did not come', async () => {
  const { watch, starts } = watching(
    [
      { says: [created(9), say(9, [3], { fragment: true })], end: LOST },
      { says: [created(9), say(9, [3], { fragment: true }), say(9, [3, 3])] },
    ],
    { startRevision: 3 },
  )
  expect(await told(watch, 3)).toEqual([[3, 3, 3]])
  expect(starts()).toEqual([3, 3])
})

test('a watch that comes too late is told from where one may start', async () => {
  const says = [created(90), say(0, [], { canceled: true, compactRevision: 77 })]
  const error = await failureOf(told(watching([{ says }], { startRevision: 3 }).watch, 1))
  expect(error).toBeInstanceOf(CompactedError)
  expect(error).toMatchObject({ code: 'QUORATE_CLIENT_COMPACTED', compactRevision: 77, outcome: 'refused' })
})

test('a watch that is refused, by its answer or its end, does not ask again', async () => {
  const says = [say(9, [], { created: true, canceled: true, watchId: -1n, cancelReason: 'mvcc: no' })]
  const rejected = { code: 'QUORATE_CLIENT_REJECTED', outcome: 'refused' }
  const refused = watching([{ says }])
  expect(await failureOf(told(refused.watch, 1))).toMatchObject({ ...rejected, message: 'mvcc: no' })
  expect(refused.streams[0]!.isCancelled).toBe(true)
  const forbidden = watching([
    { says: [], end: ended(GrpcStatus.permissionDenied, 'etcdserver: permission denied') },
  ])
  expect(await failureOf(told(forbidden.watch, 1))).toMatchObject(rejected)
})

test('what is no response ends the watch', async () => {
  const { watch } = watching([{ says: [Uint8Array.of(0xff)] }])
  expect(await failureOf(told(watch, 1))).toMatchObject({ code: 'QUORATE_CLIENT_PROTOCOL' })
})

test('leaving the loop, or closing the watch, gives its stream up', async () => {
  const left = watching([{ says: [created(1), say(2, [2])] }])
  await told(left.watch, 1)
  expect(left.streams[0]!.isCancelled).toBe(true)
  const closed = watching([{ says: [created(1)] }])
  const reading = told(closed.watch, 1)
  await new Promise(resolve => setImmediate(resolve))
  closed.watch.close()
  expect(await reading).toEqual([])
  expect(closed.streams).toHaveLength(1)
})
