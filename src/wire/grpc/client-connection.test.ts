import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pair } from '../../../test/wire/pair.ts'
import {
  bytesOf,
  frame,
  goAway,
  message,
  type Pair,
  RawPeer,
  rst,
  START,
  settings,
} from '../../../test/wire/raw-peer.ts'
import { addMs, type Instant, NEVER } from '../../core/time.ts'
import { Flag, FrameType, PREFACE } from '../http2/frame.ts'
import { SettingId } from '../http2/settings.ts'
import type { GrpcCall, GrpcMethods } from './call.ts'
import { GrpcClientConnection, type GrpcClientOptions, type UnaryResult } from './client-connection.ts'
import { EARLY_BYTES_MAX } from './limits.ts'
import { metadataField } from './metadata.ts'
import { GrpcStatus } from './status.ts'

const RESPONSE: Pair[] = [
  [':status', '200'],
  ['content-type', 'application/grpc'],
]
const END = Flag.endHeaders | Flag.endStream

/** A client, and us as its server. */
function dial(options: Partial<GrpcClientOptions> = {}, ...pairs: [number, number][]) {
  const results: UnaryResult[] = []
  const gone: string[] = []
  const connection = new GrpcClientConnection(START, {
    authority: 'there:2379',
    wantsFlush() {},
    goingAway: (code, text) => gone.push(`${code} ${text}`),
    ...options,
  })
  const server = new RawPeer(connection)
  connection.flush(START, { write: () => true })
  server.send(settings(...pairs))
  server.take()
  const call = (text = 'hi', deadline: Instant = NEVER) =>
    connection.call(server.now, '/a.A/B', null, bytesOf(text), deadline, result => results.push(result))
  return { connection, server, results, gone, call }
}

function outcomes(results: readonly UnaryResult[]): string[] {
  return results.map(({ outcome, status, message: text }) => `${outcome} ${status} ${text}`)
}

function answer(server: RawPeer, id: number, body: string, trailers: Pair[] = [['grpc-status', '0']]): void {
  server.send(server.headers(id, RESPONSE), server.data(id, message(body)), server.headers(id, trailers, END))
}

describe('a call', () => {
  test('begins with the preface and settings, and is a complete request', () => {
    const { connection, server } = dial()
    const fresh = new GrpcClientConnection(START, { authority: 'x', wantsFlush() {} })
    const sent: Uint8Array[] = []
    fresh.flush(START, { write: bytes => sent.push(bytes) > 0 })
    expect([...sent[0]!.subarray(0, 24)]).toEqual([...PREFACE])
    const metadata = [metadataField('token', 'abc', 'never'), metadataField('x-bin', Uint8Array.of(0, 1))]
    const deadline = addMs(START, 2500)
    connection.call(START, '/a.A/B', metadata, bytesOf('hello'), deadline, () => {})
    expect(server.take()).toEqual([
      'HEADERS 1 :method=POST :scheme=http :path=/a.A/B :authority=there:2379 ' +
        'content-type=application/grpc te=trailers user-agent=grpc-quorate grpc-timeout=2500m token=abc x-bin=AAE',
      'DATA 1 END 10',
    ])
  })

  test('ends with the status, and the response', () => {
    const { server, results, call, connection } = dial()
    call()
    call()
    server.take()
    answer(server, 3, 'second')
    answer(server, 1, 'first', [
      ['grpc-status', '5'],
      ['grpc-message', 'nothing%20here'],
    ])
    expect(outcomes(results)).toEqual(['done 0 ', 'done 5 nothing here'])
    expect(String.fromCharCode(...results[0]!.response!)).toBe('second')
    expect(connection.calls).toBe(0)
  })

  test('takes an answer of trailers only, and interim responses before one', () => {
    const { server, results, call } = dial()
    call()
    server.send(server.headers(1, [[':status', '103']]))
    server.send(server.headers(1, [...RESPONSE, ['grpc-status', '12'], ['grpc-message', 'no']], END))
    expect(outcomes(results)).toEqual(['done 12 no'])
  })

  test('that ends well but without a message did not end well', () => {
    const { server, results, call } = dial()
    call()
    server.send(server.headers(1, [...RESPONSE, ['grpc-status', '0']], END))
    expect(outcomes(results)).toEqual(['done 13 the response has no message'])
  })

  test('whose answer is longer or shorter than its content-length says did not end well', () => {
    const { server, results, call } = dial()
    const said: Pair[] = [...RESPONSE, ['content-length', '7']]
    for (let i = 0; i < 4; i++) call()
    server.take()
    server.send(server.headers(1, said), server.data(1, message('abc')))
    server.send(server.headers(3, said), server.data(3, message('a')))
    server.send(server.headers(3, [['grpc-status', '0']], END))
    server.send(server.headers(5, said), server.data(5, message('a'), Flag.endStream))
    server.send(server.headers(7, said), server.data(7, message('ab')))
    server.send(server.headers(7, [['grpc-status', '0']], END))
    expect(server.take()).toEqual([1, 3, 5].map(id => `RST_STREAM ${id} PROTOCOL_ERROR`))
    const broken = 'unknown 13 the response broke a rule of HTTP/2 (1)'
    expect(outcomes(results)).toEqual([broken, broken, broken, 'done 0 '])
  })

  test('whose request has more headers than the server takes is not sent, and others are', () => {
    const { server, results, call, connection } = dial({}, [SettingId.maxHeaderListSize, 500])
    const metadata = [metadataField('long', 'x'.repeat(500), 'once')]
    connection.call(START, '/a.A/B', metadata, bytesOf('hi'), NEVER, result => results.push(result))
    expect(outcomes(results)).toEqual([
      'refused 13 header list size to send violates the maximum size set by server',
    ])
    expect(connection.calls).toBe(0)
    expect(server.take()).toEqual([])
    call()
    expect(server.take()).toHaveLength(2)
    answer(server, 3, 'fine')
    expect(outcomes(results).at(-1)).toBe('done 0 ')
  })

  test('that waited and then cannot be sent hears of its end, and of nothing after it', () => {
    const { server, connection, call } = dial({}, [SettingId.maxConcurrentStreams, 1])
    call()
    const events: string[] = []
    const waiting = connection.stream(START, '/a.A/B', [metadataField('long', 'x'.repeat(500))], NEVER, {
      received() {},
      drained: () => events.push('drained'),
      ended: ({ outcome, status }) => events.push(`${outcome} ${status}`),
    })
    expect(waiting.send(bytesOf('early'))).toBe(false)
    server.send(settings([SettingId.maxHeaderListSize, 500]))
    answer(server, 1, 'fine')
    expect(events).toEqual(['refused 13'])
    expect(connection.calls).toBe(0)
  })

  test('that is given up before its request has left is not heard of', () => {
    const { server, results, call } = dial()
    server.writable = false
    call('a')
    server.take()
    call('b').cancel()
    call('c')
    server.drain()
    expect(server.take().map(line => line.slice(0, 9))).toEqual(['HEADERS 5', 'DATA 5 EN'])
    expect(outcomes(results)).toEqual(['unknown 1 the call was cancelled'])
  })

  test('waits while the server allows no more streams', () => {
    const { server, results, call, connection } = dial({}, [SettingId.maxConcurrentStreams, 1])
    call('a')
    call('b')
    call('c').cancel()
    call('d')
    expect(server.taken('HEADERS')).toHaveLength(1)
    expect(connection.calls).toBe(4)
    answer(server, 1, 'A')
    expect(server.taken('HEADERS')).toHaveLength(1)
    answer(server, 3, 'B')
    expect(server.take()).toHaveLength(2)
    answer(server, 5, 'D')
    expect(results.map(({ outcome, status }) => `${outcome} ${status}`)).toEqual([
      'refused 1',
      'done 0',
      'done 0',
      'done 0',
    ])
    expect(connection.calls).toBe(0)
  })

  test('beyond those that may wait is refused', () => {
    const { call, results } = dial({ limits: { waitingCallsMax: 1 } }, [SettingId.maxConcurrentStreams, 0])
    call()
    call()
    expect(outcomes(results)).toEqual(['refused 8 too many calls wait for a stream'])
  })
})

describe('a call without an answer says whether it may have been carried out', () => {
  test('GOAWAY: those above the last stream were not, the others may still be answered', () => {
    const { server, results, call, gone, connection } = dial()
    call()
    call()
    server.take()
    server.send(goAway(1, 0, 'bye'))
    expect(outcomes(results)).toEqual(['refused 14 the connection ended before the call was looked at'])
    expect(gone).toEqual(['0 bye'])
    call()
    expect(results[1]?.outcome).toBe('refused')
    expect(connection.draining).toBe(true)
    server.take()
    expect(connection.wantsClose).toBe(false)
    answer(server, 1, 'x')
    expect(results[2]?.outcome).toBe('done')
    server.take()
    expect(connection.wantsClose).toBe(true)
  })

  test('REFUSED_STREAM: it was not; any other reset: it may have been', () => {
    const { server, results, call } = dial()
    for (let i = 0; i < 4; i++) call()
    server.send(rst(1, 7), rst(3, 8), rst(5, 11), rst(7, 2))
    expect(results.map(({ outcome, status }) => [outcome, status])).toEqual([
      ['refused', GrpcStatus.unavailable],
      ['unknown', GrpcStatus.cancelled],
      ['unknown', GrpcStatus.resourceExhausted],
      ['unknown', GrpcStatus.internal],
    ])
  })

  test('a lost connection: what was flushed may have been, what was not was not', () => {
    const { server, results, call, connection } = dial()
    call()
    server.take()
    call()
    connection.lost(server.now)
    expect(outcomes(results)).toEqual([
      'unknown 14 the connection was lost',
      'refused 14 the connection ended before the call was looked at',
    ])
  })

  test('those that wait for a stream are refused when the connection is lost', () => {
    const { server, results, call, connection } = dial({}, [SettingId.maxConcurrentStreams, 0])
    call()
    connection.lost(server.now)
    expect(outcomes(results)).toEqual(['refused 14 the connection takes no new calls'])
  })

  test('its deadline: unknown, and the server is told', () => {
    const { server, results, call, connection } = dial()
    call('x', addMs(START, 100))
    expect(connection.deadline()).toBe(addMs(START, 100))
    server.take()
    server.waitMs(100)
    expect(outcomes(results)).toEqual(['unknown 4 context deadline exceeded'])
    expect(server.take()).toEqual(['RST_STREAM 1 CANCEL'])
    answer(server, 1, 'late')
    expect(results).toHaveLength(1)
    expect(server.take()).toEqual([])
  })

  test('an answer that breaks a rule', () => {
    const { server, results, call } = dial()
    for (let i = 0; i < 4; i++) call()
    server.send(server.data(1, bytesOf('x')))
    server.send(server.headers(3, [['content-type', 'x']], END))
    server.send(server.headers(5, RESPONSE), server.data(5, message('x', 3)))
    server.send(server.headers(7, [[':status', '503']], END))
    expect(results.map(({ outcome, status }) => [outcome, status])).toEqual([
      ['unknown', 13],
      ['unknown', 13],
      ['unknown', 13],
      ['unknown', 14],
    ])
    expect(server.taken('RST').map(line => line.split(' ').slice(1))).toEqual([
      ['1', 'PROTOCOL_ERROR'],
      ['3', 'PROTOCOL_ERROR'],
      ['5', 'CANCEL'],
    ])
  })
})

test('keepalive notices a server that is silent while it is asked, and leaves it in peace otherwise', () => {
  const { server, results, call, connection } = dial({ keepalive: { intervalMs: 10_000, timeoutMs: 1000 } })
  server.waitMs(60_000)
  expect([server.take(), connection.deadline()]).toEqual([[], NEVER])
  call()
  expect(connection.deadline()).toBe(addMs(server.now, 10_000))
  server.waitMs(10_000)
  expect(server.taken('PING')).toEqual(['PING 0 0'])
  server.waitMs(1000)
  expect(outcomes(results)).toEqual(['unknown 14 the connection was lost'])
  expect(connection.wantsClose).toBe(true)
})

test('a server that pushes, or answers streams that were never opened, is left', () => {
  for (const bad of [
    (s: RawPeer) => frame(FrameType.pushPromise, Flag.endHeaders, 1, bytesOf(0, 0, 0, 2, s.block(RESPONSE))),
    (s: RawPeer) => s.headers(9, RESPONSE),
    (s: RawPeer) => s.headers(2, RESPONSE),
    () => settings([SettingId.enablePush, 1]),
  ]) {
    const { server, call, results, connection } = dial()
    call()
    server.take()
    server.send(bad(server))
    expect(connection.wantsClose).toBe(true)
    expect(results[0]?.outcome).toBe('unknown')
  }
})

const ECHO: GrpcMethods = new Map([
  [
    '/t.T/Echo',
    {
      kind: 'unary' as const,
      handle(call: GrpcCall, bytes: Uint8Array) {
        call.send(bytes)
        call.finish(GrpcStatus.ok)
      },
    },
  ],
  [
    '/t.T/Stream',
    {
      kind: 'stream' as const,
      open: (call: GrpcCall) => ({
        received: (bytes: Uint8Array) => void call.send(bytes),
        halfClosed: () => call.finish(GrpcStatus.aborted, 'enough'),
        drained() {},
      }),
    },
  ],
])

test('our client and our server understand each other, whatever sizes, windows and cuts', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 200_000 }), { minLength: 1, maxLength: 5 }),
      fc.constantFrom(1000, 65_535, 1_048_576),
      fc.integer({ min: 500, max: 100_000 }),
      (sizes, window, cut) => {
        const { client, server, run } = pair(ECHO, window)
        const got: number[] = []
        for (const size of sizes) {
          client.call(START, '/t.T/Echo', null, new Uint8Array(size).fill(size), NEVER, result => {
            expect(result.outcome).toBe('done')
            expect(result.response?.every(byte => byte === (size & 255))).toBe(true)
            got.push(result.response!.length)
          })
        }
        run(cut)
        expect(got.sort()).toEqual([...sizes].sort())
        expect([client.calls, server.calls, client.wantsClose]).toEqual([0, 0, false])
      },
    ),
    { numRuns: 15 },
  )
})

test('a stream goes both ways, and ends as the server says', () => {
  const { client, run } = pair(ECHO)
  const events: string[] = []
  const call = client.stream(START, '/t.T/Stream', null, NEVER, {
    received: bytes => events.push(`received ${bytes.length}`),
    drained: () => events.push('drained'),
    ended: end => events.push(`ended ${end.outcome} ${end.status} ${end.message}`),
  })
  expect(call.send(bytesOf('a'))).toBe(true)
  expect(call.send(new Uint8Array(100_000))).toBe(false)
  run()
  call.halfClose()
  run()
  expect(events).toEqual(['received 1', 'drained', 'received 100000', 'ended done 10 enough'])
})

test('a call that says too much before there is a stream for it is given up, and was surely not sent', () => {
  const { connection } = dial({}, [SettingId.maxConcurrentStreams, 0])
  const ends: string[] = []
  const call = connection.stream(START, '/a.A/B', null, NEVER, {
    received() {},
    ended: end => ends.push(`${end.outcome} ${end.status} ${end.message}`),
  })
  call.send(new Uint8Array(EARLY_BYTES_MAX))
  expect(ends).toEqual([])
  call.send(new Uint8Array(1))
  expect(ends).toEqual(['refused 8 too much waits for a stream'])
})
