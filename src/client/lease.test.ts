/** A lease that keeps itself alive: when it renews, over whom, and when its holder hears that it is lost. */
import { beforeEach, expect, test } from 'vitest'
import { randomFromSeed } from '../core/prng.ts'
import { addMs } from '../core/time.ts'
import { HandClock } from '../services/etcd/testing/hand-clock.ts'
import { NO_HEADER } from '../wire/etcd/header.ts'
import { readLeaseIdRequest } from '../wire/etcd/lease.ts'
import { decode } from '../wire/etcd/protobuf-reader.ts'
import { encode } from '../wire/etcd/protobuf-writer.ts'
import type { CallEnd } from '../wire/grpc/outcome.ts'
import { GrpcStatus } from '../wire/grpc/status.ts'
import type { Channel } from './channel.ts'
import { Client } from './client.ts'
import { type Attempt, attemptFromStatus } from './errors.ts'
import { Failover } from './failover.ts'
import type { Lease } from './lease.ts'
import type { MessageStream } from './message-stream.ts'

const TTL_SECONDS = 9
const LEASE = 7n
const STEP_MS = 50

/** One node: what it answers to keep-alives, and what it was asked. */
class Node {
  ttlSeconds: number | 'nothing' = TTL_SECONDS
  isUp = true
  answersAfterMs = 0
  readonly renewedAtMs: number[] = []
  readonly clock: HandClock
  #streams: FakeStream[] = []

  constructor(clock: HandClock) {
    this.clock = clock
  }

  open(): MessageStream {
    const stream = new FakeStream((id, give) => {
      this.renewedAtMs.push(this.clock.now() / 1000)
      if (this.ttlSeconds === 'nothing') return
      const answer = promise(id, this.ttlSeconds)
      if (this.answersAfterMs === 0) return give(answer)
      this.clock.timer(() => give(answer)).set(addMs(this.clock.now(), this.answersAfterMs))
    })
    this.#streams.push(stream)
    return stream
  }

  goDown(): void {
    this.isUp = false
    for (const stream of this.#streams) stream.cancel()
    this.#streams = []
  }
}

type Answer = (id: bigint, give: (answer: Uint8Array) => void) => void

class FakeStream implements MessageStream {
  readonly #answer: Answer
  readonly #ready: (Uint8Array | null)[] = []
  #take: ((message: Uint8Array | null) => void) | undefined
  #end: (end: CallEnd) => void = () => {}
  readonly ended = new Promise<CallEnd>(resolve => {
    this.#end = resolve
  })

  constructor(answer: Answer) {
    this.#answer = answer
  }

  send(message: Uint8Array): boolean {
    this.#answer(decode(message, readLeaseIdRequest).id, answer => this.#give(answer))
    return true
  }

  next(): Promise<Uint8Array | null> {
    const ready = this.#ready.shift()
    if (ready !== undefined) return Promise.resolve(ready)
    return new Promise(resolve => {
      this.#take = resolve
    })
  }

  cancel(): void {
    this.#end({ outcome: 'unknown', status: GrpcStatus.unavailable, message: 'lost', trailers: [] })
    this.#give(null)
  }

  async drained(): Promise<void> {}

  halfClose(): void {}

  #give(message: Uint8Array | null): void {
    const take = this.#take
    this.#take = undefined
    if (take === undefined) this.#ready.push(message)
    else take(message)
  }
}

function promise(id: bigint, ttlSeconds: number): Uint8Array {
  return encode(undefined, to => {
    to.int64big(2, id)
    to.int64(3, ttlSeconds)
  })
}

let clock: HandClock
let nodes: Node[]
let client: Client
let lease: Lease
/** What is answered to everything but a grant. */
let answer: Attempt

beforeEach(async () => {
  clock = new HandClock()
  nodes = [new Node(clock), new Node(clock)]
  answer = { kind: 'answered', response: new Uint8Array() }
  const channels = nodes.map((node, i): Channel => {
    return {
      endpoint: `n${i}`,
      call: async path =>
        path.endsWith('LeaseGrant') ? { kind: 'answered', response: promise(LEASE, TTL_SECONDS) } : answer,
      stream: async () =>
        node.isUp ? { kind: 'open', stream: node.open() } : { kind: 'refused', message: 'down' },
      close() {},
    }
  })
  client = new Client(new Failover(clock, randomFromSeed(3), channels))
  lease = await client.lease(TTL_SECONDS)
})

/** In small steps, with everything done that each of them sets off. */
async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += STEP_MS) {
    clock.pass(Math.min(STEP_MS, ms - passed))
    for (let i = 0; i < 30; i++) await Promise.resolve()
  }
}

const renewedAtMs = (): number[] => nodes.flatMap(node => node.renewedAtMs).toSorted((a, b) => a - b)

test('it is renewed a little before a third of its time has passed, again and again', async () => {
  await pass(60_000)
  const times = [0, ...renewedAtMs()]
  const pausesMs = times.slice(1).map((time, i) => time - times[i]!)
  expect(pausesMs.length).toBeGreaterThanOrEqual(20)
  for (const pauseMs of pausesMs) {
    expect(pauseMs).toBeGreaterThanOrEqual((TTL_SECONDS * 1_000 * 0.9) / 3 - STEP_MS)
    expect(pauseMs).toBeLessThanOrEqual((TTL_SECONDS * 1_000) / 3 + STEP_MS)
  }
  expect(new Set(pausesMs).size).toBeGreaterThan(3)
  expect([lease.signal.aborted, lease.isOver]).toEqual([false, false])
})

test('it survives the loss of the node that renewed it', async () => {
  await pass(4_000)
  nodes.find(node => node.renewedAtMs.length > 0)!.goDown()
  await pass(30_000)
  expect(lease.signal.aborted).toBe(false)
  expect(nodes.every(node => node.renewedAtMs.length > 0)).toBe(true)
})

test('it survives a node that takes what is sent and answers nothing', async () => {
  await pass(4_000)
  nodes.find(node => node.renewedAtMs.length > 0)!.ttlSeconds = 'nothing'
  await pass(30_000)
  expect(lease.signal.aborted).toBe(false)
})

test('it is lost when its time has passed since the last acknowledged keep-alive was sent', async () => {
  await pass(4_000)
  const last = renewedAtMs().at(-1)!
  for (const node of nodes) node.ttlSeconds = 'nothing'
  // It was sent within the step before the one in which it was seen.
  await pass(last + TTL_SECONDS * 1_000 - clock.now() / 1000 - STEP_MS - 1)
  expect(lease.signal.aborted).toBe(false)
  await pass(STEP_MS + 1)
  expect(lease.signal.reason).toMatchObject({ code: 'QUORATE_CLIENT_LEASE_LOST', outcome: 'unknown' })
  const before = renewedAtMs().length
  await pass(20_000)
  expect(renewedAtMs()).toHaveLength(before)
})

test('its time counts from when a keep-alive was sent, however late that is answered', async () => {
  for (const node of nodes) node.answersAfterMs = 1_500
  await pass(5_000)
  const sent = renewedAtMs().at(-1)!
  for (const node of nodes) node.ttlSeconds = 'nothing'
  await pass(sent + TTL_SECONDS * 1_000 - clock.now() / 1000)
  expect(lease.signal.aborted).toBe(true)
})

test('it is lost at once when the cluster says that it is gone', async () => {
  for (const node of nodes) node.ttlSeconds = 0
  await pass(3_000)
  expect(lease.signal.aborted).toBe(true)
})

test('one that was revoked is kept alive no longer, and not lost', async () => {
  await lease.revoke()
  await pass(30_000)
  expect([lease.signal.aborted, lease.isOver, renewedAtMs()]).toEqual([false, true, []])
})

test('revoking one that is gone already succeeds; other refusals are told', async () => {
  answer = attemptFromStatus(GrpcStatus.notFound, 'etcdserver: requested lease not found')
  await lease.revoke()
  answer = attemptFromStatus(GrpcStatus.permissionDenied, 'etcdserver: permission denied')
  await expect(lease.revoke()).rejects.toMatchObject({ code: 'QUORATE_CLIENT_REJECTED' })
})

test('many leases share a stream, and each hears of its own', async () => {
  const others = await Promise.all(Array.from({ length: 5 }, () => client.lease(TTL_SECONDS)))
  await pass(20_000)
  expect(nodes.map(node => node.renewedAtMs.length).filter(count => count > 0)).toHaveLength(1)
  expect([lease, ...others].some(each => each.isOver)).toBe(false)
  expect(await client.leases.list()).toEqual({ header: NO_HEADER, ids: [] })
})
