import { expect, test } from 'vitest'
import { randomFromSeed } from '../core/prng.ts'
import { addMs, type Instant } from '../core/time.ts'
import type { Clock, Timer } from '../runtime/clock.ts'
import { GrpcStatus } from '../wire/grpc/status.ts'
import type { Channel } from './channel.ts'
import { Client } from './client.ts'
import { type Attempt, attemptFromStatus } from './errors.ts'
import { Failover } from './failover.ts'
import { REQUESTS_IN_FLIGHT_MAX } from './limits.ts'
import type { MessageStream } from './message-stream.ts'

/** Time passes only where somebody waits for it, and then at once. */
class EagerClock implements Clock {
  #now = 0 as Instant

  now(): Instant {
    return this.#now
  }

  wallMs(): number {
    return 0
  }

  soon(run: () => void): void {
    queueMicrotask(run)
  }

  nextTurn(run: () => void): void {
    queueMicrotask(run)
  }

  timer(due: () => void): Timer {
    let armed: object | undefined
    return {
      set: at => {
        const own = {}
        armed = own
        queueMicrotask(() => {
          if (armed !== own) return
          armed = undefined
          if (at > this.#now) this.#now = at
          due()
        })
      },
      clear: () => {
        armed = undefined
      },
    }
  }
}

const REFUSED = { kind: 'refused', message: 'not sent' } as const
const UNKNOWN: Attempt = { kind: 'unknown', message: 'connection lost' }
const ANSWER: Attempt = { kind: 'answered', response: new Uint8Array() }
const REJECTED = attemptFromStatus(GrpcStatus.invalidArgument, 'etcdserver: key is not provided')

/** Nodes that answer alike, in the order of the script, its last line for ever. */
function cluster(script: readonly Attempt[], nodes = 3) {
  const clock = new EagerClock()
  const asked: string[] = []
  const deadlines: Instant[] = []
  const channels = Array.from({ length: nodes }, (_, i): Channel => {
    const endpoint = `n${i}`
    return {
      endpoint,
      call: async (_path, _message, deadline) => {
        asked.push(endpoint)
        deadlines.push(deadline)
        return script[Math.min(asked.length, script.length) - 1]!
      },
      stream: async () => REFUSED,
      close: () => {},
    }
  })
  const failover = new Failover(clock, randomFromSeed(1), channels)
  return { clock, asked, deadlines, failover, client: new Client(failover) }
}

const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no failure',
    (error: unknown) => error,
  )

test('a request that was surely not done moves on to every node, and goes on with the one that answered', async () => {
  const { client, asked } = cluster([REFUSED, REFUSED, ANSWER])
  await client.put('k', 'v')
  expect(new Set(asked).size).toBe(3)
  await client.put('k', 'v')
  expect(asked[3]).toBe(asked[2])
})

test('a write of unknown outcome is not repeated, and its caller is told', async () => {
  const { client, asked } = cluster([UNKNOWN, ANSWER])
  expect(await failureOf(client.put('k', 'v'))).toMatchObject({
    code: 'QUORATE_CLIENT_OUTCOME_UNKNOWN',
    outcome: 'unknown',
  })
  expect(asked).toHaveLength(1)
})

test('after a node that fell silent the next request begins with another one', async () => {
  const { client, asked } = cluster([UNKNOWN, ANSWER])
  await failureOf(client.put('k', 'v'))
  await client.put('k', 'v')
  expect(asked[1]).not.toBe(asked[0])
})

test('a read is refused, never unknown: there is nothing that it could have done', async () => {
  const { client } = cluster([UNKNOWN])
  expect(await failureOf(client.get('k', { timeoutMs: 1_000 }))).toMatchObject({
    code: 'QUORATE_CLIENT_UNAVAILABLE',
    outcome: 'refused',
  })
  const tooLarge = { ...REJECTED, outcome: 'unknown' } as const
  expect(await failureOf(cluster([tooLarge]).client.get('k'))).toMatchObject({
    code: 'QUORATE_CLIENT_REJECTED',
    outcome: 'refused',
  })
  const garbled = cluster([{ kind: 'answered', response: Uint8Array.of(0x0a, 0xff) }])
  expect(await failureOf(garbled.client.status())).toMatchObject({
    code: 'QUORATE_CLIENT_PROTOCOL',
    outcome: 'refused',
  })
})

test('a read, and a write that its caller calls idempotent, are repeated elsewhere', async () => {
  for (const again of [(c: Client) => c.get('k'), (c: Client) => c.put('k', 'v', { idempotent: true })]) {
    const { client, asked } = cluster([UNKNOWN, ANSWER])
    await again(client)
    expect(new Set(asked).size).toBe(2)
  }
})

test('a rejection ends it; after an attempt of unknown outcome it stays unknown', async () => {
  const first = cluster([REJECTED])
  expect(await failureOf(first.client.put('', 'v'))).toMatchObject({
    code: 'QUORATE_CLIENT_REJECTED',
    outcome: 'refused',
    status: GrpcStatus.invalidArgument,
    message: 'etcdserver: key is not provided',
  })
  expect(first.asked).toHaveLength(1)
  const second = cluster([UNKNOWN, REJECTED])
  expect(await failureOf(second.client.put('', 'v', { idempotent: true }))).toMatchObject({
    code: 'QUORATE_CLIENT_REJECTED',
    outcome: 'unknown',
  })
})

test('when the time is up, it was refused, or unknown if one attempt was', async () => {
  const { client, clock, deadlines } = cluster([REFUSED])
  const end = addMs(clock.now(), 1_000)
  expect(await failureOf(client.put('k', 'v', { timeoutMs: 1_000 }))).toMatchObject({
    code: 'QUORATE_CLIENT_UNAVAILABLE',
    outcome: 'refused',
  })
  expect(clock.now()).toBeLessThanOrEqual(end)
  expect(Math.max(...deadlines)).toBeLessThanOrEqual(end)
  const unsure = cluster([REFUSED, UNKNOWN, REFUSED])
  expect(await failureOf(unsure.client.put('k', 'v', { timeoutMs: 1_000, idempotent: true }))).toMatchObject({
    code: 'QUORATE_CLIENT_OUTCOME_UNKNOWN',
    outcome: 'unknown',
  })
})

test('an answer that cannot be read leaves the outcome unknown', async () => {
  const { client } = cluster([{ kind: 'answered', response: Uint8Array.of(0x0a, 0xff) }])
  expect(await failureOf(client.put('k', 'v'))).toMatchObject({
    code: 'QUORATE_CLIENT_PROTOCOL',
    outcome: 'unknown',
  })
})

test('a closed client, and one with too many requests waiting, refuse more', async () => {
  const { client, failover } = cluster([ANSWER])
  const waiting = Array.from({ length: REQUESTS_IN_FLIGHT_MAX }, () =>
    failover.request('/x', new Uint8Array()),
  )
  expect(await failureOf(client.get('k'))).toMatchObject({
    code: 'QUORATE_CLIENT_CLOSED',
    outcome: 'refused',
  })
  await Promise.all(waiting)
  await client.get('k')
  client.close()
  expect(await failureOf(client.get('k'))).toMatchObject({
    code: 'QUORATE_CLIENT_CLOSED',
    outcome: 'refused',
  })
})

test.each([
  [GrpcStatus.unavailable, 'etcdserver: no leader', 'refused'],
  [GrpcStatus.resourceExhausted, 'etcdserver: too many requests', 'refused'],
  // etcd answers so to what it has proposed already.
  [GrpcStatus.unavailable, 'etcdserver: server stopped', 'unknown'],
  [GrpcStatus.unavailable, 'etcdserver: leader changed', 'unknown'],
  [GrpcStatus.unavailable, 'etcdserver: request timed out', 'unknown'],
  [GrpcStatus.deadlineExceeded, 'context deadline exceeded', 'unknown'],
  [GrpcStatus.cancelled, 'etcdserver: request canceled', 'unknown'],
  [GrpcStatus.internal, 'whatever', 'unknown'],
  [GrpcStatus.unknown, 'whatever', 'unknown'],
  [GrpcStatus.outOfRange, 'etcdserver: mvcc: required revision has been compacted', 'rejected, refused'],
  [GrpcStatus.resourceExhausted, 'etcdserver: mvcc: database space exceeded', 'rejected, refused'],
  [GrpcStatus.unimplemented, 'unknown service etcdserverpb.Lease', 'rejected, refused'],
  // It was done, but what came of it is too large to be told.
  [
    GrpcStatus.resourceExhausted,
    'grpc: trying to send message larger than max (3 vs. 2)',
    'rejected, unknown',
  ],
])('status %i with "%s" is %s', (status, message, expected) => {
  const attempt = attemptFromStatus(status, message)
  const told = attempt.kind === 'rejected' ? `rejected, ${attempt.outcome}` : attempt.kind
  expect(told).toBe(expected)
})

test('a stream opens at the first node that can be reached, the next one elsewhere if it was no good', async () => {
  const asked: string[] = []
  const stream = {} as MessageStream
  const channels = ['n0', 'n1', 'n2'].map((endpoint): Channel => {
    return {
      endpoint,
      call: async () => ANSWER,
      stream: async () => {
        asked.push(endpoint)
        return asked.length === 1 ? REFUSED : { kind: 'open', stream }
      },
      close: () => {},
    }
  })
  const failover = new Failover(new EagerClock(), randomFromSeed(1), channels)
  const first = await failover.stream('/a/B')
  expect(first.stream).toBe(stream)
  await failover.stream('/a/B')
  first.avoid()
  await failover.stream('/a/B')
  expect(asked[1]).not.toBe(asked[0])
  expect(asked[2]).toBe(asked[1])
  expect(new Set([asked[0], asked[1], asked[3]]).size).toBe(3)
})

test('a stream that no node takes is surely not begun', async () => {
  const { failover } = cluster([])
  expect(await failureOf(failover.stream('/a/B'))).toMatchObject({
    code: 'QUORATE_CLIENT_UNAVAILABLE',
    outcome: 'refused',
  })
})
