import { describe, expect, test } from 'vitest'
import { echoPeer } from '../../../test/wire/echo-server.ts'
import {
  bytesOf,
  frame,
  GRPC_REQUEST,
  goAway,
  type Pair,
  ping,
  type RawPeer,
  request,
  rst,
  SETTINGS_ACK,
  settings,
  u32,
  windowUpdate,
} from '../../../test/wire/raw-peer.ts'
import { HeaderField } from '../hpack/header-field.ts'
import { Flag, FrameType, PREFACE } from './frame.ts'
import { SettingId } from './settings.ts'

const END_HEADERS_AND_STREAM = Flag.endHeaders | Flag.endStream

function greeted(options: Parameters<typeof echoPeer>[0] = {}) {
  const made = echoPeer(options)
  made.peer.greet()
  return made
}

describe('the beginning', () => {
  test('a server says its settings, and acknowledges those of the client', () => {
    const { peer } = echoPeer()
    expect(peer.take()).toEqual(['SETTINGS 0', 'WINDOW_UPDATE 0 4128769'])
    peer.send(PREFACE, settings([SettingId.initialWindowSize, 10]))
    expect(peer.take()).toEqual(['SETTINGS 0 ACK'])
  })

  test('its settings carry what it is willing to take', () => {
    const { peer } = echoPeer({ limits: { concurrentStreamsMax: 7, streamWindowBytes: 70_000 } })
    expect([...peer.frames()[0]!.payload]).toEqual([
      ...[0, SettingId.initialWindowSize, ...u32(70_000)],
      ...[0, SettingId.maxFrameSize, ...u32(16_384)],
      ...[0, SettingId.maxHeaderListSize, ...u32(65_536)],
      ...[0, SettingId.maxConcurrentStreams, ...u32(7)],
    ])
  })

  test('the owner is told of output once until it flushes', () => {
    const { server, peer } = echoPeer()
    peer.send(PREFACE, settings(), ping(1), ping(2))
    expect(server.flushes).toBe(1)
    peer.take()
    peer.send(ping(3))
    expect(server.flushes).toBe(2)
  })

  test('who does not send the preface is turned away', () => {
    const { server, peer } = echoPeer()
    peer.take()
    peer.send(bytesOf('GET / HTTP/1.1\r\n\r\n'))
    expect(peer.take()).toEqual(['GO_AWAY 0 0 PROTOCOL_ERROR invalid preface'])
    expect(server.connection.wantsClose).toBe(true)
  })

  test('the first frame must be settings', () => {
    for (const first of [ping(1), SETTINGS_ACK, windowUpdate(0, 1)]) {
      const { peer } = echoPeer()
      peer.send(PREFACE, first)
      expect(peer.taken('GO_AWAY')).toEqual(['GO_AWAY 0 0 PROTOCOL_ERROR first frame is not SETTINGS'])
    }
  })

  test('who says nothing is not waited for', () => {
    const { server, peer } = echoPeer()
    peer.waitMs(19_999)
    expect(server.connection.wantsClose).toBe(false)
    peer.waitMs(1)
    expect(peer.taken('GO_AWAY')).toEqual(['GO_AWAY 0 0 SETTINGS_TIMEOUT no settings in time'])
    expect(server.connection.wantsClose).toBe(true)
  })
})

describe('a request', () => {
  test('is answered with headers, data and the end', () => {
    const { server, peer } = greeted()
    peer.send(peer.headers(1), peer.data(1, bytesOf('hello'), Flag.endStream))
    expect(peer.take()).toEqual(['HEADERS 1 :status=200', 'DATA 1 END 5'])
    expect(server.events).toEqual(['request 1 POST /test.Test/Echo', 'data 1 5 END'])
    expect(server.connection.streams).toBe(0)
  })

  test('may be spread over CONTINUATION frames, padded, with a priority', () => {
    const { server, peer } = greeted()
    const block = peer.block(GRPC_REQUEST)
    const flags = Flag.padded | Flag.priority | Flag.endStream
    const first = bytesOf(3, u32(0), 16, block.subarray(0, 4), [0, 0, 0])
    peer.send(frame(FrameType.headers, flags, 1, first))
    peer.send(frame(FrameType.continuation, 0, 1, block.subarray(4, 9)))
    peer.send(frame(FrameType.continuation, 0, 1, []))
    peer.send(frame(FrameType.continuation, Flag.endHeaders, 1, block.subarray(9)))
    expect(server.events).toEqual(['request 1 POST /test.Test/Echo END'])
    expect(peer.take()).toEqual(['HEADERS 1 :status=200', 'DATA 1 END 0'])
  })

  test('may carry padded data and end with trailers', () => {
    const { server, peer } = greeted()
    peer.send(peer.headers(1), frame(FrameType.data, Flag.padded, 1, bytesOf(2, 'abc', [0, 0])))
    peer.send(peer.headers(1, [['a', 'b']], END_HEADERS_AND_STREAM))
    expect(server.events.slice(1)).toEqual(['data 1 3', 'trailers 1 END'])
    expect(peer.take()).toEqual(['HEADERS 1 :status=200', 'DATA 1 END 3'])
  })

  test('that is answered before its end is reset without an error, at the end of the turn', () => {
    const { server, peer } = greeted()
    server.answers = false
    peer.send(peer.headers(1), peer.headers(3))
    server.answer(1, 3)
    server.answer(3, 3)
    peer.send(peer.data(3, bytesOf('x'), Flag.endStream))
    expect(peer.take()).toEqual([
      'HEADERS 1 :status=200',
      'DATA 1 END 3',
      'HEADERS 3 :status=200',
      'DATA 3 END 3',
      'RST_STREAM 1 NO_ERROR',
    ])
    peer.send(peer.data(1, bytesOf('late'), Flag.endStream))
    expect(peer.take()).toEqual([])
  })

  test('headers longer than a frame leave in CONTINUATION frames', () => {
    const { server, peer } = greeted()
    server.answers = false
    peer.send(peer.headers(1, GRPC_REQUEST, END_HEADERS_AND_STREAM))
    const { connection, streams } = server
    const long = '\x01'.repeat(9000)
    const fields = ['first', 'second'].map(name => new HeaderField(name, long))
    connection.sendHeaders(streams.get(1)!, fields, true)
    const kinds = peer.frames().map(each => [each.type, each.flags, each.payload.length])
    expect(kinds[0]).toEqual([FrameType.headers, Flag.endStream, 16_384])
    expect(kinds[1]![0]).toBe(FrameType.continuation)
    expect(kinds[1]![1]).toBe(Flag.endHeaders)
  })
})

describe('what the field rules call malformed resets the stream and nothing else', () => {
  const without = (name: string): Pair[] => GRPC_REQUEST.filter(([each]) => each !== name)
  const bad: Record<string, readonly Pair[]> = {
    'no :method': without(':method'),
    'no :scheme': without(':scheme'),
    'no :path': without(':path'),
    'an empty :path': request(''),
    'a pseudo-header twice': [[':method', 'POST'], ...GRPC_REQUEST],
    'a pseudo-header behind a header': [['a', 'b'], ...GRPC_REQUEST],
    'an unknown pseudo-header': [[':what', 'x'], ...GRPC_REQUEST],
    "a response's pseudo-header": [[':status', '200'], ...GRPC_REQUEST],
    'an upper-case name': request('/', ['Upper', 'x']),
    'a field of HTTP/1.1': request('/', ['connection', 'close']),
    'te other than trailers': [...without('te'), ['te', 'gzip']],
    'a line feed in a value': request('/', ['a', 'b\nc']),
    'an invalid content-length': request('/', ['content-length', '-1']),
    'two content-lengths': request('/', ['content-length', '1'], ['content-length', '2']),
  }
  for (const [name, fields] of Object.entries(bad)) {
    test(name, () => {
      const { server, peer } = greeted()
      peer.send(peer.headers(1, fields))
      expect(peer.take()).toEqual(['RST_STREAM 1 PROTOCOL_ERROR'])
      expect(server.events).toEqual([])
      peer.send(peer.headers(3, GRPC_REQUEST, END_HEADERS_AND_STREAM))
      expect(peer.take()[0]).toBe('HEADERS 3 :status=200')
    })
  }

  test('content that is longer or shorter than it said', () => {
    const { server, peer } = greeted()
    const said = request('/', ['content-length', '3'])
    peer.send(peer.headers(1, said), peer.data(1, bytesOf('abcd')))
    peer.send(peer.headers(3, said), peer.data(3, bytesOf('ab'), Flag.endStream))
    peer.send(peer.headers(5, said, END_HEADERS_AND_STREAM))
    peer.send(peer.headers(7, said), peer.data(7, bytesOf('abc'), Flag.endStream))
    expect(peer.taken('RST')).toEqual([1, 3, 5].map(id => `RST_STREAM ${id} PROTOCOL_ERROR`))
    expect(server.events.at(-1)).toBe('data 7 3 END')
  })

  test('trailers with a pseudo-header, or that do not end the stream', () => {
    const { peer } = greeted()
    peer.send(peer.headers(1), peer.headers(1, [[':path', '/']], END_HEADERS_AND_STREAM))
    peer.send(peer.headers(3), peer.headers(3, [['a', 'b']]))
    expect(peer.taken('RST')).toEqual(['RST_STREAM 1 PROTOCOL_ERROR', 'RST_STREAM 3 PROTOCOL_ERROR'])
  })
})

describe('what breaks the rules of a stream', () => {
  const open = (peer: RawPeer): void => peer.send(peer.headers(1, GRPC_REQUEST, END_HEADERS_AND_STREAM))

  test('data, or headers, behind the end of a request', () => {
    const { server, peer } = greeted()
    server.answers = false
    open(peer)
    peer.send(peer.data(1, bytesOf('x')))
    peer.send(peer.headers(3, GRPC_REQUEST, END_HEADERS_AND_STREAM), peer.headers(3, [['a', 'b']]))
    expect(peer.take()).toEqual(['RST_STREAM 1 STREAM_CLOSED', 'RST_STREAM 3 STREAM_CLOSED'])
    expect(server.events.filter(each => each.startsWith('reset'))).toEqual([
      'reset 1 5 error',
      'reset 3 5 error',
    ])
  })

  test('data on a stream that has ended', () => {
    const { peer } = greeted()
    open(peer)
    peer.take()
    peer.send(peer.data(1, bytesOf('x')))
    expect(peer.take()).toEqual(['RST_STREAM 1 STREAM_CLOSED'])
  })

  test('a window that grows by nothing, or too far', () => {
    const { server, peer } = greeted()
    server.answers = false
    peer.send(peer.headers(1), windowUpdate(1, 0), peer.headers(3), windowUpdate(3, 0x7fffffff))
    expect(peer.take()).toEqual(['RST_STREAM 1 PROTOCOL_ERROR', 'RST_STREAM 3 FLOW_CONTROL_ERROR'])
  })

  test('more streams than allowed are refused, and the others live', () => {
    const { server, peer } = greeted({ limits: { concurrentStreamsMax: 2 } })
    server.answers = false
    peer.send(peer.headers(1), peer.headers(3), peer.headers(5))
    expect(peer.take()).toEqual(['RST_STREAM 5 REFUSED_STREAM'])
    peer.send(rst(1, 8), peer.headers(7))
    expect(peer.take()).toEqual([])
    expect(server.connection.streams).toBe(2)
  })

  test('what was on its way to a stream that we reset is ignored, but counted', () => {
    const { server, peer } = greeted({ limits: { connectionWindowBytes: 70_000 } })
    peer.send(peer.headers(1, request('')))
    expect(peer.take()).toEqual(['RST_STREAM 1 PROTOCOL_ERROR'])
    for (let i = 0; i < 3; i++) peer.send(peer.data(1, new Uint8Array(16_000)))
    peer.send(peer.headers(1, [['a', 'b']], END_HEADERS_AND_STREAM), rst(1, 8), windowUpdate(1, 5))
    expect(peer.take()).toEqual(['WINDOW_UPDATE 0 48000'])
    expect(server.events).toEqual([])
  })
})

describe('what breaks the rules of the connection ends it', () => {
  const cases: Record<string, [expected: string, ...frames: ((peer: RawPeer) => Uint8Array)[]]> = {
    'a frame that is too long': ['FRAME_SIZE_ERROR', p => p.data(1, new Uint8Array(16_385))],
    'data on stream 0': ['PROTOCOL_ERROR', p => p.data(0, bytesOf('x'))],
    'data on an idle stream': ['PROTOCOL_ERROR', p => p.data(1, bytesOf('x'))],
    'padding longer than the frame': [
      'PROTOCOL_ERROR',
      p => p.headers(1),
      () => frame(FrameType.data, Flag.padded, 1, [5, 0, 0]),
    ],
    'padding without a length': [
      'PROTOCOL_ERROR',
      p => p.headers(1),
      () => frame(FrameType.data, Flag.padded, 1, []),
    ],
    'headers on stream 0': ['PROTOCOL_ERROR', p => p.headers(0)],
    'an even stream id': ['PROTOCOL_ERROR', p => p.headers(2)],
    'headers too short for their priority': [
      'FRAME_SIZE_ERROR',
      () => frame(FrameType.headers, Flag.priority | Flag.endHeaders, 1, [0, 0]),
    ],
    'a stream id that was passed over': ['STREAM_CLOSED', p => p.headers(5), p => p.headers(3)],
    'a header block that cannot be decoded': [
      'COMPRESSION_ERROR',
      () => frame(FrameType.headers, Flag.endHeaders, 1, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
    ],
    'a frame between a header block and its end': [
      'PROTOCOL_ERROR',
      p => frame(FrameType.headers, 0, 1, p.block(GRPC_REQUEST)),
      () => ping(1),
    ],
    'a continuation of another stream': [
      'PROTOCOL_ERROR',
      p => frame(FrameType.headers, 0, 1, p.block(GRPC_REQUEST)),
      () => frame(FrameType.continuation, Flag.endHeaders, 3, []),
    ],
    'a continuation of nothing': ['PROTOCOL_ERROR', () => frame(FrameType.continuation, 0, 1, [])],
    'a priority of stream 0': ['PROTOCOL_ERROR', () => frame(FrameType.priority, 0, 0, [0, 0, 0, 0, 0])],
    'a priority of the wrong size': ['FRAME_SIZE_ERROR', () => frame(FrameType.priority, 0, 1, [0])],
    'a reset of stream 0': ['PROTOCOL_ERROR', () => rst(0, 8)],
    'a reset of an idle stream': ['PROTOCOL_ERROR', () => rst(1, 8)],
    'a reset of the wrong size': ['FRAME_SIZE_ERROR', () => frame(FrameType.rstStream, 0, 1, [0])],
    'settings on a stream': ['PROTOCOL_ERROR', () => frame(FrameType.settings, 0, 1, [])],
    'settings of a broken size': ['FRAME_SIZE_ERROR', () => frame(FrameType.settings, 0, 0, [0, 1, 0])],
    'an acknowledgement with content': [
      'FRAME_SIZE_ERROR',
      () => frame(FrameType.settings, Flag.ack, 0, [0, 1, 0, 0, 0, 0]),
    ],
    'ENABLE_PUSH other than 0 and 1': ['PROTOCOL_ERROR', () => settings([SettingId.enablePush, 2])],
    'a window too large to start with': [
      'FLOW_CONTROL_ERROR',
      () => settings([SettingId.initialWindowSize, 0x80000000]),
    ],
    'a frame size too small': ['PROTOCOL_ERROR', () => settings([SettingId.maxFrameSize, 16_383])],
    'a frame size too large': ['PROTOCOL_ERROR', () => settings([SettingId.maxFrameSize, 2 ** 24])],
    'settings that make a window overflow': [
      'FLOW_CONTROL_ERROR',
      p => p.headers(1),
      () => windowUpdate(1, 0x7fffffff - 65_535),
      () => settings([SettingId.initialWindowSize, 65_536]),
    ],
    'a push promise': ['PROTOCOL_ERROR', () => frame(FrameType.pushPromise, 0, 1, [0, 0, 0, 2])],
    'a ping on a stream': ['PROTOCOL_ERROR', () => frame(FrameType.ping, 0, 1, new Uint8Array(8))],
    'a ping of the wrong size': ['FRAME_SIZE_ERROR', () => frame(FrameType.ping, 0, 0, [1])],
    'a GOAWAY on a stream': ['PROTOCOL_ERROR', () => frame(FrameType.goAway, 0, 1, new Uint8Array(8))],
    'a GOAWAY of the wrong size': ['FRAME_SIZE_ERROR', () => frame(FrameType.goAway, 0, 0, [1])],
    'a window update of the wrong size': ['FRAME_SIZE_ERROR', () => frame(FrameType.windowUpdate, 0, 0, [1])],
    'a window update by nothing': ['PROTOCOL_ERROR', () => windowUpdate(0, 0)],
    'a window update of an idle stream': ['PROTOCOL_ERROR', () => windowUpdate(1, 1)],
    'a connection window that grows too far': ['FLOW_CONTROL_ERROR', () => windowUpdate(0, 0x7fffffff)],
  }
  for (const [name, [expected, ...frames]] of Object.entries(cases)) {
    test(name, () => {
      const { server, peer } = greeted()
      server.answers = false
      peer.send(...frames.map(make => make(peer)))
      const [line] = peer.taken('GO_AWAY')
      expect(line?.split(' ')[3]).toBe(expected)
      expect(server.connection.wantsClose).toBe(true)
      peer.send(peer.headers(9), ping(1))
      expect(peer.take()).toEqual([])
    })
  }

  test('its streams are told', () => {
    const { server, peer } = greeted()
    server.answers = false
    peer.send(peer.headers(1), frame(FrameType.ping, 0, 0, [1]))
    expect(server.events).toEqual(['request 1 POST /test.Test/Echo', 'reset 1 6 lost'])
  })
})

describe('frames that mean nothing are let pass', () => {
  test('unknown frames, unknown settings, priorities, reserved bits', () => {
    const { peer } = greeted()
    peer.send(frame(0xbe, 0xff, 0, bytesOf('whatever')), frame(0xbe, 0, 99, []))
    peer.send(settings([0x99, 7]), frame(FrameType.priority, 0, 7, [0, 0, 0, 0, 1]))
    peer.send(frame(FrameType.ping, 0, 0x80000000, [1, 2, 3, 4, 0, 0, 0, 9]))
    expect(peer.take()).toEqual(['SETTINGS 0 ACK', 'PING 0 ACK 9'])
  })
})

describe('going away', () => {
  test('a server that stops takes what is on its way, then no more, finishes, and wants to close', () => {
    const { server, peer } = greeted()
    server.answers = false
    peer.send(peer.headers(1))
    server.connection.shutdown(peer.now)
    const lines = peer.take()
    expect(lines[0]).toBe('GO_AWAY 0 2147483647 NO_ERROR graceful_stop')
    peer.send(peer.headers(3), ping(0x676f6177, Flag.ack))
    expect(peer.take()).toEqual([])
    peer.send(frame(FrameType.ping, Flag.ack, 0, bytesOf(u32(0x676f6177), u32(0x676f6177))))
    expect(peer.take()).toEqual(['GO_AWAY 0 3 NO_ERROR graceful_stop'])
    peer.send(peer.headers(5), peer.data(5, bytesOf('x')))
    server.answer(1, 1)
    peer.send(peer.data(1, bytesOf(''), Flag.endStream))
    expect(peer.take()).toEqual(['HEADERS 1 :status=200', 'DATA 1 END 1'])
    expect(server.connection.wantsClose).toBe(false)
    peer.send(rst(3, 8))
    expect(peer.take()).toEqual([])
    expect(server.connection.wantsClose).toBe(true)
  })

  test('a client that does not answer the ping is not waited for', () => {
    const { server, peer } = greeted()
    server.connection.shutdown(peer.now)
    peer.take()
    peer.waitMs(5000)
    expect(peer.take()).toEqual(['GO_AWAY 0 0 NO_ERROR graceful_stop'])
    expect(server.connection.wantsClose).toBe(true)
  })

  test('a client that goes away gets its answers first', () => {
    const { server, peer } = greeted()
    server.answers = false
    peer.send(peer.headers(1, GRPC_REQUEST, END_HEADERS_AND_STREAM), goAway(0, 0, 'bye'))
    expect(server.events.at(-1)).toBe('going away 0 bye')
    expect(peer.take()).toEqual([])
    expect(server.connection.wantsClose).toBe(false)
    server.answer(1, 1)
    expect(peer.take()).toEqual(['HEADERS 1 :status=200', 'DATA 1 END 1'])
    expect(server.connection.wantsClose).toBe(true)
  })

  test('a connection that is lost tells its streams, and no deadline remains', () => {
    const { server, peer } = greeted()
    server.answers = false
    peer.send(peer.headers(1))
    server.connection.lost(peer.now)
    expect(server.events.at(-1)).toBe('reset 1 8 lost')
    expect(server.connection.deadline()).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('keepalive', () => {
  test('a quiet client is pinged, and given up when it stays quiet', () => {
    const { server, peer } = greeted({ keepalive: { intervalMs: 1000, timeoutMs: 300 } })
    peer.waitMs(1000)
    expect(peer.take()).toEqual(['PING 0 0'])
    peer.send(ping(0, Flag.ack))
    peer.waitMs(999)
    expect(peer.take()).toEqual([])
    peer.waitMs(1)
    peer.waitMs(300)
    expect(peer.take()).toEqual(['PING 0 0', 'GO_AWAY 0 0 NO_ERROR keepalive timeout'])
    expect(server.connection.wantsClose).toBe(true)
  })
})
