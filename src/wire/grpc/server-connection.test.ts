import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  bytesOf,
  GRPC_REQUEST,
  message,
  type Pair,
  RawPeer,
  request,
  rst,
  START,
  settings,
  windowUpdate,
} from '../../../test/wire/raw-peer.ts'
import { addMs, NEVER } from '../../core/time.ts'
import { Flag } from '../http2/frame.ts'
import { SettingId } from '../http2/settings.ts'
import type { GrpcCall, GrpcMethods, StreamHandlers } from './call.ts'
import { GrpcServerConnection, type GrpcServerOptions } from './server-connection.ts'
import { GrpcStatus } from './status.ts'

const END_HEADERS = Flag.endHeaders
const HEAD = ':status=200 content-type=application/grpc'

/** A server whose methods note what happens to them. */
function serve(options: Partial<GrpcServerOptions> = {}) {
  const events: string[] = []
  const calls: GrpcCall[] = []
  const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes)
  const note = (call: GrpcCall): void => {
    calls.push(call)
    call.onCancelled = () => events.push('cancelled')
  }
  const streamOf = (call: GrpcCall): StreamHandlers => ({
    received(bytes) {
      events.push(`received ${text(bytes)}`)
      call.send(bytes)
    },
    halfClosed() {
      events.push('half closed')
      call.finish(GrpcStatus.ok)
    },
    drained() {
      events.push('drained')
    },
  })
  const methods: GrpcMethods = new Map([
    [
      '/test.Test/Echo',
      {
        kind: 'unary' as const,
        handle(call: GrpcCall, bytes: Uint8Array) {
          note(call)
          events.push(`called ${bytes.length > 50 ? bytes.length : text(bytes)}`)
          call.send(bytes)
          call.finish(GrpcStatus.ok)
        },
      },
    ],
    [
      '/test.Test/Later',
      {
        kind: 'unary' as const,
        handle(call: GrpcCall) {
          note(call)
        },
      },
    ],
    [
      '/test.Test/Stream',
      {
        kind: 'stream' as const,
        open(call: GrpcCall) {
          note(call)
          return streamOf(call)
        },
      },
    ],
  ])
  const connection = new GrpcServerConnection(START, { methods, wantsFlush() {}, ...options })
  const peer = new RawPeer(connection).greet()
  return { connection, peer, events, calls }
}

describe('a unary call', () => {
  test('is answered with head, message and trailers', () => {
    const { peer, events, connection } = serve()
    peer.send(peer.call(1, 'hello'))
    expect(events).toEqual(['called hello'])
    expect(peer.take()).toEqual([`HEADERS 1 ${HEAD}`, 'DATA 1 10', 'HEADERS 1 END grpc-status=0'])
    expect(connection.calls).toBe(0)
  })

  test('costs three bytes of header blocks once the tables know the fields', () => {
    const { peer } = serve()
    peer.send(peer.call(1, 'a'))
    peer.take()
    peer.send(peer.call(3, 'b'))
    expect(peer.frames().map(each => each.payload.length)).toEqual([2, 6, 1])
  })

  test('may spread its message over frames, and its end over another', () => {
    const { peer, events } = serve()
    const bytes = message('hello')
    peer.send(peer.headers(1), peer.data(1, bytes.subarray(0, 3)), peer.data(1, bytes.subarray(3, 8)))
    expect(events).toEqual([])
    peer.send(peer.data(1, bytes.subarray(8)), peer.data(1, bytesOf(''), Flag.endStream))
    expect(events).toEqual(['called hello'])
    expect(peer.taken('RST')).toEqual([])
  })

  test('of any size and cut arrives whole', () => {
    fc.assert(
      fc.property(fc.nat({ max: 300_000 }), fc.integer({ min: 1, max: 16_384 }), (size, cut) => {
        const { peer, events } = serve()
        const bytes = message(new Uint8Array(size).fill(120))
        peer.send(peer.headers(1))
        for (let at = 0; at < bytes.length; at += Math.max(cut, 200)) {
          peer.send(peer.data(1, bytes.subarray(at, at + Math.max(cut, 200))))
        }
        expect(events).toEqual([`called ${size > 50 ? size : 'x'.repeat(size)}`])
      }),
      { numRuns: 15 },
    )
  })

  test('tells the method whose certificate the client showed, and nothing if it showed none', () => {
    for (const certificateName of ['app', undefined]) {
      const { peer, calls } = serve({ certificateName })
      peer.send(peer.call(1, 'x', request('/test.Test/Later')))
      expect(calls[0]?.certificateName).toBe(certificateName)
    }
  })

  test('may be answered later', () => {
    const { peer, calls } = serve()
    peer.send(peer.call(1, 'x', request('/test.Test/Later')))
    expect(peer.take()).toEqual([])
    calls[0]?.send(bytesOf('late'))
    calls[0]?.finish(GrpcStatus.ok)
    expect(peer.take()).toHaveLength(3)
    expect(calls[0]?.ended).toBe(true)
    expect(calls[0]?.send(bytesOf('too late'))).toBe(false)
    calls[0]?.finish(GrpcStatus.internal)
    expect(peer.take()).toEqual([])
  })

  test('that fails before a message is answered with trailers only', () => {
    const { peer, calls } = serve()
    peer.send(peer.call(1, 'x', request('/test.Test/Later')))
    calls[0]?.finish(GrpcStatus.notFound, 'no lease: 100 % gone, ü\n')
    expect(peer.take()).toEqual([
      `HEADERS 1 END ${HEAD} grpc-status=5 grpc-message=no lease: 100 %25 gone, %C3%BC%0A`,
    ])
  })

  test('ends without a message: that is an error of the client', () => {
    const { peer } = serve()
    peer.send(peer.headers(1, GRPC_REQUEST, END_HEADERS | Flag.endStream))
    peer.send(peer.headers(3), peer.data(3, bytesOf(''), Flag.endStream))
    for (const line of peer.take()) {
      expect(line).toContain('grpc-status=13 grpc-message=grpc: the request has no message')
    }
  })

  test('sees its metadata', () => {
    const { peer, calls } = serve()
    peer.send(
      peer.call(1, 'x', request('/test.Test/Later', ['token', 'abc'], ['token', 'def'], ['x-bin', 'AAE'])),
    )
    const [call] = calls
    expect([call?.metadata('token'), call?.metadata('x-bin'), call?.metadata('none')]).toEqual([
      'abc',
      'AAE',
      undefined,
    ])
    expect(call?.path).toBe('/test.Test/Later')
  })
})

describe('what cannot be called', () => {
  const refusals: [string, string, string][] = [
    ['an unknown service', '/other.Other/Echo', 'unknown service other.Other'],
    ['an unknown method', '/test.Test/Nope', 'unknown method Nope for service test.Test'],
    ['a path that is none', 'Echo', 'malformed method name: "Echo"'],
  ]
  for (const [name, path, text] of refusals) {
    test(`${name} is unimplemented`, () => {
      const { peer } = serve()
      peer.send(peer.call(1, 'x', request(path)))
      expect(peer.take()).toEqual([`HEADERS 1 END ${HEAD} grpc-status=12 grpc-message=${text}`])
    })
  }

  test('without being gRPC gets a plain answer', () => {
    const { peer } = serve()
    const plain: Pair[] = [
      [':method', 'GET'],
      [':scheme', 'http'],
      [':path', '/health?x=1'],
    ]
    peer.send(peer.headers(1, plain, END_HEADERS | Flag.endStream))
    expect(peer.take()).toEqual([
      'HEADERS 1 :status=415 content-type=text/plain; charset=utf-8 content-length=22',
      'DATA 1 END 22',
    ])
    for (const [i, type] of ['application/grpcx', 'application/json', ''].entries()) {
      const fields = GRPC_REQUEST.map(([n, v]): Pair => [n, n === 'content-type' ? type : v])
      peer.send(peer.call(3 + 2 * i, 'x', fields))
      expect(peer.take()[0]).toContain(':status=415')
    }
  })

  test('and what is plain HTTP may have a handler', () => {
    const seen: string[] = []
    const { peer } = serve({
      remote: '10.0.0.1',
      http(got, answer) {
        expect(got.remote).toBe('10.0.0.1')
        seen.push(`${got.method} ${got.path} ${got.query} ${got.header('a')} ${got.body.length}`)
        answer.respond({ status: 200, contentType: 'text/plain', body: bytesOf('fine') })
      },
    })
    const plain = (method: string): Pair[] => [
      [':method', method],
      [':scheme', 'http'],
      [':path', '/health?x=1'],
      ['a', 'b'],
    ]
    peer.send(peer.headers(1, plain('GET'), END_HEADERS | Flag.endStream))
    peer.send(peer.headers(3, plain('HEAD'), END_HEADERS | Flag.endStream))
    peer.send(peer.headers(5, plain('POST')), peer.data(5, bytesOf('ab')), peer.data(5, bytesOf('c'), 1))
    expect(seen).toEqual(['GET /health x=1 b 0', 'HEAD /health x=1 b 0', 'POST /health x=1 b 3'])
    const head = ':status=200 content-type=text/plain content-length=4'
    expect(peer.take()).toEqual([
      `HEADERS 1 ${head}`,
      'DATA 1 END 4',
      `HEADERS 3 END ${head}`,
      `HEADERS 5 ${head}`,
      'DATA 5 END 4',
    ])
  })
})

describe('messages that cannot be taken', () => {
  const failing = (bytes: Uint8Array, ...more: Pair[]): string[] => {
    const { peer, events } = serve({ limits: { messageBytesMax: 1000 } })
    peer.send(peer.headers(1, request('/test.Test/Echo', ...more)), peer.data(1, bytes, Flag.endStream))
    expect(events).toEqual([])
    return peer.take()
  }
  const status = (code: number, text: string): string[] => [
    `HEADERS 1 END ${HEAD} grpc-status=${code} grpc-message=${text}`,
  ]

  test('too large', () => {
    const text = 'grpc: received message larger than max (1001 vs. 1000)'
    expect(failing(message(new Uint8Array(1001)))).toEqual(status(8, text))
    expect(failing(bytesOf(0, [0xff, 0xff, 0xff, 0xff]))).toEqual(
      status(8, 'grpc: received message larger than max (4294967295 vs. 1000)'),
    )
  })

  test('compressed, without or with an encoding', () => {
    const bytes = message('x', 1)
    const text = 'grpc: compressed flag set with identity or empty encoding'
    expect(failing(bytes)).toEqual(status(13, text))
    expect(failing(bytes, ['grpc-encoding', 'identity'])).toEqual(status(13, text))
    const missing = 'grpc: Decompressor is not installed for grpc-encoding "gzip"'
    expect(failing(bytes, ['grpc-encoding', 'gzip'])).toEqual(status(12, missing))
  })

  test('with another flag, or cut short', () => {
    expect(failing(message('x', 2))).toEqual(status(13, 'grpc: received unexpected payload format 2'))
    expect(failing(message('hello').subarray(0, 7))).toEqual(
      status(13, 'grpc: the request ended within a message'),
    )
  })

  test('incomplete ones are bounded together, and given back with their streams', () => {
    const { peer } = serve({ limits: { heldBytesMax: 30_000 } })
    const part = message(new Uint8Array(16_000)).subarray(0, 14_000)
    peer.send(peer.headers(1), peer.data(1, part), peer.headers(3), peer.data(3, part), peer.headers(5))
    expect(peer.take()).toEqual([])
    peer.send(peer.data(5, part))
    expect(peer.take()[0]).toContain('grpc-status=8 grpc-message=grpc: too many incomplete messages')
    peer.send(rst(1, 8), peer.headers(7), peer.data(7, part))
    expect(peer.take()).toEqual([])
  })
})

describe('deadlines and cancellation', () => {
  const timed = (text: string): Pair[] => request('/test.Test/Later', ['grpc-timeout', text])

  test('a call ends at its deadline, and its method is told', () => {
    const { peer, calls, events, connection } = serve()
    peer.send(peer.call(1, 'x', timed('500m')), peer.call(3, 'x', timed('2S')))
    expect(calls[0]?.deadline).toBe(addMs(START, 500))
    expect(connection.deadline()).toBe(addMs(START, 500))
    peer.waitMs(500)
    expect(events).toEqual(['cancelled'])
    expect(peer.take()).toEqual([
      `HEADERS 1 END ${HEAD} grpc-status=4 grpc-message=context deadline exceeded`,
    ])
    expect(connection.deadline()).toBe(addMs(START, 2000))
    calls[1]?.finish(GrpcStatus.ok)
    peer.waitMs(1500)
    expect(connection.deadline()).toBe(NEVER)
    expect(events).toEqual(['cancelled'])
  })

  const malformed: [string, string][] = [
    ['5x', 'transport: timeout unit is not recognized: "5x"'],
    ['S', 'transport: timeout string is too short: "S"'],
    ['', 'transport: timeout string is too short: ""'],
    ['123456789S', 'transport: timeout string is too long: "123456789S"'],
    ['abS', 'strconv.ParseUint: parsing "ab": invalid syntax'],
    ['-1S', 'strconv.ParseUint: parsing "-1": invalid syntax'],
  ]
  for (const [text, fault] of malformed) {
    test(`a timeout that is none, "${text}", refuses the call instead of letting it wait for ever`, () => {
      const { peer, calls, connection } = serve()
      peer.send(peer.call(1, 'x', timed(text)))
      expect(peer.take()).toEqual([
        'HEADERS 1 END :status=400 content-type=application/grpc ' +
          `grpc-status=13 grpc-message=malformed grpc-timeout: ${fault}`,
      ])
      expect(calls).toEqual([])
      expect(connection.calls).toBe(0)
    })
  }

  test('such a call is refused at its headers, and what still comes of it is dropped', () => {
    const { peer, calls } = serve()
    peer.send(peer.headers(1, timed('abc')))
    expect(peer.take().at(-1)).toBe('RST_STREAM 1 NO_ERROR')
    peer.send(peer.data(1, message('x'), Flag.endStream))
    expect(peer.take()).toEqual([])
    expect(calls).toEqual([])
  })

  test('a client that resets its call, or goes, cancels it', () => {
    const { peer, calls, events, connection } = serve()
    peer.send(peer.call(1, 'x', request('/test.Test/Later')), peer.call(3, 'x', request('/test.Test/Later')))
    peer.send(rst(1, 8))
    expect([calls[0]?.ended, calls[1]?.ended]).toEqual([true, false])
    connection.lost(peer.now)
    expect(events).toEqual(['cancelled', 'cancelled'])
    expect(calls[1]?.ended).toBe(true)
    calls[1]?.finish(GrpcStatus.ok)
  })

  test('a call that has ended is not cancelled', () => {
    const { peer, events, connection } = serve()
    peer.send(peer.call(1, 'x'))
    connection.lost(peer.now)
    expect(events).toEqual(['called x'])
  })
})

describe('a stream of messages', () => {
  const path = request('/test.Test/Stream')

  test('goes both ways until the client has no more', () => {
    const { peer, events } = serve()
    peer.send(peer.headers(1, path), peer.data(1, bytesOf(message('a'), message('bc'))))
    expect(peer.take()).toEqual([`HEADERS 1 ${HEAD}`, 'DATA 1 6', 'DATA 1 7'])
    peer.send(peer.data(1, bytesOf(message('d'), message('ef').subarray(0, 6))))
    peer.send(peer.data(1, message('ef').subarray(6)), peer.data(1, bytesOf(''), Flag.endStream))
    expect(events).toEqual(['received a', 'received bc', 'received d', 'received ef', 'half closed'])
    expect(peer.take()).toEqual(['DATA 1 6', 'DATA 1 7', 'HEADERS 1 END grpc-status=0'])
  })

  test('may end before the client does: what it still sends is dropped', () => {
    const { peer, calls, events } = serve()
    peer.send(peer.headers(1, path))
    calls[0]?.finish(GrpcStatus.unavailable, 'leader lost')
    peer.send(peer.data(1, message('late')))
    expect(events).toEqual([])
    expect(peer.take()).toEqual([
      `HEADERS 1 END ${HEAD} grpc-status=14 grpc-message=leader lost`,
      'RST_STREAM 1 NO_ERROR',
    ])
  })

  test('gets nothing while its own messages wait, and no window for what waits', () => {
    const { peer, events } = serve({ http2Limits: { streamWindowBytes: 40 } })
    peer.send(settings([SettingId.initialWindowSize, 10]), peer.headers(1, path))
    peer.send(peer.data(1, bytesOf(message('first'), message('b'), message('c'))))
    peer.send(peer.data(1, message('d'), Flag.endStream))
    // The answer to the second message does not fit into the window: the third is not handed out.
    expect(events).toEqual(['received first', 'received b'])
    expect(peer.taken('WINDOW_UPDATE')).toEqual([])
    peer.send(windowUpdate(1, 6))
    expect(events.slice(2)).toEqual(['drained', 'received c'])
    peer.send(windowUpdate(1, 100))
    expect(events.slice(4)).toEqual(['drained', 'received d', 'half closed'])
    expect(peer.take().at(-1)).toBe('HEADERS 1 END grpc-status=0')
  })

  test('whose trailers are more than the client takes is reset, as is a head; the method is told of neither', () => {
    const { peer, events, calls } = serve()
    peer.send(settings([SettingId.maxHeaderListSize, 110]), peer.headers(1, path), peer.headers(3, path))
    calls[0]?.send(bytesOf('a'))
    calls[0]?.finish(GrpcStatus.internal, 'x'.repeat(70))
    calls[1]?.finish(GrpcStatus.internal, 'x')
    expect(peer.take()).toEqual([
      'SETTINGS 0 ACK',
      `HEADERS 1 ${HEAD}`,
      'DATA 1 6',
      'RST_STREAM 1 INTERNAL_ERROR',
      'RST_STREAM 3 INTERNAL_ERROR',
    ])
    expect(events).toEqual([])
  })

  test('whose first message cannot go because of its head is cancelled', () => {
    const { peer, events, calls } = serve()
    peer.send(settings([SettingId.maxHeaderListSize, 50]), peer.headers(1, path))
    expect(calls[0]?.send(bytesOf('a'))).toBe(false)
    expect(peer.taken('RST')).toEqual(['RST_STREAM 1 INTERNAL_ERROR'])
    expect(events).toEqual(['cancelled'])
    expect(calls[0]?.ended).toBe(true)
  })

  test('whose messages wait beyond the limit is reset and cancelled', () => {
    const { peer, events, calls } = serve({ http2Limits: { streamQueueBytesMax: 100 } })
    peer.send(settings([SettingId.initialWindowSize, 0]), peer.headers(1, path))
    for (let i = 0; i < 50; i++) expect(calls[0]?.send(bytesOf('0123456789'))).toBe(false)
    expect(events).toEqual(['cancelled'])
    expect(calls[0]?.ended).toBe(true)
    expect(peer.taken('RST')).toEqual(['RST_STREAM 1 ENHANCE_YOUR_CALM'])
  })
})

test('whatever a client writes into its streams, nothing is thrown and nothing remains', () => {
  const piece = fc.record({
    id: fc.constantFrom(1, 3, 5),
    path: fc.constantFrom('/test.Test/Echo', '/test.Test/Stream', '/test.Test/Later', '/x'),
    bytes: fc.oneof(
      fc.uint8Array({ maxLength: 12 }),
      fc.uint8Array({ maxLength: 8 }).map(bytes => message(bytes)),
    ),
    end: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 15 }), pieces => {
      const { peer, connection } = serve()
      const opened = new Set<number>()
      for (const { id, path, bytes, end } of [...pieces].sort((a, b) => a.id - b.id)) {
        if (!opened.has(id)) peer.send(peer.headers(id, request(path)))
        opened.add(id)
        peer.send(peer.data(id, bytes, end ? Flag.endStream : 0))
      }
      peer.take()
      connection.lost(peer.now)
      expect(connection.calls).toBe(0)
    }),
    { numRuns: 200 },
  )
})
