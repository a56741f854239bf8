import { expect, test } from 'vitest'
import type { GrpcCall, GrpcMethods, StreamMethod, UnaryMethod } from '../../wire/grpc/call.ts'
import { GrpcStatus } from '../../wire/grpc/status.ts'
import { FakeCall } from './testing/fake-call.ts'
import { HandClock } from './testing/hand-clock.ts'
import { timedMethods } from './timed-methods.ts'

const EMPTY = new Uint8Array(0)
const PATH = '/etcdserverpb.KV/Put'

function world() {
  const clock = new HandClock()
  const calls: GrpcCall[] = []
  const methods: GrpcMethods = new Map<string, UnaryMethod | StreamMethod>([
    [PATH, { kind: 'unary', handle: call => void calls.push(call) }],
    ['/stream', { kind: 'stream', open: () => ({ received() {}, halfClosed() {}, drained() {} }) }],
  ])
  const timed = timedMethods(clock, methods)
  const begin = (): [FakeCall, GrpcCall] => {
    const call = new FakeCall(PATH)
    const method = timed.methods.get(PATH)!
    if (method.kind === 'unary') method.handle(call, EMPTY)
    return [call, calls.at(-1)!]
  }
  return { clock, methods, timed, begin, times: timed.times.get(PATH)! }
}

test('a call is timed from its message to its end, once', () => {
  const { clock, begin, times } = world()
  const [call, seen] = begin()
  clock.pass(20)
  seen.send(Uint8Array.of(1))
  seen.finish(GrpcStatus.ok)
  seen.finish(GrpcStatus.ok)
  expect(call).toMatchObject({ status: 0, sent: [Uint8Array.of(1)] })
  expect(times.cumulative().at(-1)).toBe(1)
  expect(times.sum).toBeCloseTo(0.02)
})

test('the method sees the call as it is, and its client when it goes', () => {
  const { begin, times } = world()
  const [call, seen] = begin()
  call.certificateName = 'app'
  let told = 0
  seen.onCancelled = () => told++
  expect(seen).toMatchObject({ path: PATH, certificateName: 'app', ended: false, deadline: call.deadline })
  call.cancel()
  expect([told, seen.ended]).toEqual([1, true])
  seen.finish(GrpcStatus.cancelled)
  expect(times.cumulative().at(-1)).toBe(0)
})

test('streams are left alone: they last as long as their clients like', () => {
  const { methods, timed } = world()
  expect(timed.methods.get('/stream')).toBe(methods.get('/stream'))
  expect([...timed.times.keys()]).toEqual([PATH])
})
