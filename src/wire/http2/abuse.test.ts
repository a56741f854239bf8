import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EchoServer, echoPeer } from '../../../test/wire/echo-server.ts'
import {
  bytesOf,
  frame,
  GRPC_REQUEST,
  goAway,
  ping,
  RawPeer,
  request,
  rst,
  settings,
  windowUpdate,
} from '../../../test/wire/raw-peer.ts'
import { Flag, FrameType, PREFACE } from './frame.ts'
import { GRPC_PING_POLICY } from './ping-strikes.ts'

const END = Flag.endHeaders | Flag.endStream

function greeted(options: Parameters<typeof echoPeer>[0] = {}) {
  const made = echoPeer(options)
  made.server.answers = false
  made.peer.greet()
  return made
}

function lastOf(lines: string[]): string | undefined {
  return lines.at(-1)
}

describe('a flood', () => {
  const cases: Record<string, (peer: RawPeer) => Uint8Array> = {
    'of settings': () => settings([1, 4096]),
    'of pings': () => ping(1),
    'of priorities': () => frame(FrameType.priority, 0, 1, [0, 0, 0, 0, 1]),
    'of unknown frames': () => frame(0xaa, 0, 0, []),
    'of empty data': p => p.data(1, new Uint8Array(0)),
    'of resets of streams that are gone': () => rst(3, 8),
    'of goodbyes': () => goAway(0, 0),
  }
  for (const [name, make] of Object.entries(cases)) {
    test(`${name} is borne for a while, and then ends the connection`, () => {
      const { server, peer } = greeted({ limits: { controlFramesBurst: 50, controlFramesPerSecond: 10 } })
      peer.send(peer.headers(1), peer.headers(3), rst(3, 8))
      for (let i = 0; i < 40; i++) peer.send(make(peer))
      peer.waitMs(1000)
      for (let i = 0; i < 9; i++) peer.send(make(peer))
      expect(server.connection.wantsClose).toBe(false)
      for (let i = 0; i < 20; i++) peer.send(make(peer))
      expect(lastOf(peer.take())).toBe('GO_AWAY 0 3 ENHANCE_YOUR_CALM too many control frames')
      expect(server.connection.wantsClose).toBe(true)
    })
  }

  test('of streams that are reset at once ends the connection (CVE-2023-44487)', () => {
    const { server, peer } = greeted({ limits: { rapidResetsBurst: 100, rapidResetsPerSecond: 1 } })
    let id = 1
    for (; id < 1000 && !server.connection.wantsClose; id += 2) peer.send(peer.headers(id), rst(id, 8))
    expect(id).toBe(203)
    expect(lastOf(peer.take())).toBe('GO_AWAY 0 201 ENHANCE_YOUR_CALM too many streams were reset')
  })

  test('of calls that are cancelled at their deadline is none', () => {
    const { server, peer } = greeted({ limits: { rapidResetsBurst: 100, rapidResetsPerSecond: 1 } })
    for (let id = 1; id < 1000; id += 2) peer.send(peer.headers(id))
    peer.waitMs(100)
    for (let id = 1; id < 1000; id += 2) peer.send(rst(id, 8))
    expect(server.connection.wantsClose).toBe(false)
    expect(server.connection.streams).toBe(0)
  })

  test('of mistakes that make us reset streams ends the connection (CVE-2025-8671)', () => {
    const { server, peer } = greeted({ limits: { rapidResetsBurst: 100, rapidResetsPerSecond: 1 } })
    for (let id = 1; id < 1000; id += 2) peer.send(peer.headers(id), windowUpdate(id, 0))
    expect(server.connection.wantsClose).toBe(true)
    expect(server.events.filter(each => each.startsWith('request'))).toHaveLength(101)
  })

  test('of continuations ends the connection, however small they are', () => {
    const { server, peer } = greeted()
    peer.send(frame(FrameType.headers, 0, 1, peer.block(GRPC_REQUEST)))
    let sent = 0
    while (!server.connection.wantsClose && sent < 1000) {
      peer.send(frame(FrameType.continuation, 0, 1, []))
      sent += 1
    }
    expect(sent).toBe(65)
    expect(lastOf(peer.take())).toBe('GO_AWAY 0 0 ENHANCE_YOUR_CALM header block too long')
  })
})

describe('headers that are too much', () => {
  test('a block beyond its limit ends the connection before it is decoded', () => {
    const { server, peer } = greeted({ limits: { headerBlockBytesMax: 20_000 } })
    peer.send(frame(FrameType.headers, 0, 1, new Uint8Array(16_000)))
    expect(server.connection.wantsClose).toBe(false)
    peer.send(frame(FrameType.continuation, 0, 1, new Uint8Array(4001)))
    expect(server.connection.wantsClose).toBe(true)
  })

  test('a list that unpacks to more than its limit resets the stream, and the tables stay right', () => {
    const { server, peer } = greeted({ limits: { headerListBytesMax: 10_000 } })
    const long = 'x'.repeat(3000)
    const first = peer.block([...GRPC_REQUEST, ['long', long]], 'always')
    peer.send(frame(FrameType.headers, Flag.endHeaders, 1, first))
    // Index 62 is the newest entry: a hundred bytes that stand for three hundred thousand.
    peer.send(frame(FrameType.headers, Flag.endHeaders, 3, new Uint8Array(100).fill(0xbe)))
    expect(peer.take()).toEqual(['RST_STREAM 3 ENHANCE_YOUR_CALM'])
    peer.send(peer.headers(5))
    expect(server.events).toEqual(['request 1 POST /test.Test/Echo', 'request 5 POST /test.Test/Echo'])
  })

  test('so do trailers that are too long', () => {
    const { server, peer } = greeted({ limits: { headerListBytesMax: 1000 } })
    peer.send(peer.headers(1), peer.headers(3))
    peer.send(peer.headers(1, [['long', 'x'.repeat(1000)]], END), peer.headers(3, [['short', 'x']], END))
    expect(peer.take()).toEqual(['RST_STREAM 1 ENHANCE_YOUR_CALM'])
    expect(server.events.slice(2)).toEqual(['reset 1 11 error', 'trailers 3 END'])
  })
})

describe('pings', () => {
  const policy = { pingPolicy: GRPC_PING_POLICY }

  test('with calls: more often than every five seconds is forgiven twice', () => {
    const { server, peer } = greeted(policy)
    peer.send(peer.headers(1))
    for (let i = 0; i < 10; i++) {
      peer.send(ping(i))
      peer.waitMs(5000)
    }
    expect(server.connection.wantsClose).toBe(false)
    peer.send(ping(1), ping(2))
    expect(server.connection.wantsClose).toBe(false)
    peer.send(ping(3), ping(4))
    expect(lastOf(peer.take())).toBe('GO_AWAY 0 1 ENHANCE_YOUR_CALM too_many_pings')
    expect(server.connection.wantsClose).toBe(true)
  })

  test('without calls: every five seconds is too often', () => {
    const { server, peer } = greeted(policy)
    for (let i = 0; i < 3; i++) {
      peer.send(ping(i))
      peer.waitMs(5000)
    }
    expect(server.connection.wantsClose).toBe(false)
    peer.send(ping(3))
    expect(server.connection.wantsClose).toBe(true)
  })

  test('between which something was sent are free', () => {
    const { server, peer } = greeted(policy)
    server.answers = true
    for (let id = 1; id < 100; id += 2) peer.send(peer.headers(id, GRPC_REQUEST, END), ping(id))
    expect(server.connection.wantsClose).toBe(false)
    expect(peer.taken('PING')).toHaveLength(50)
  })
})

test('who asks and does not take the answers is not served for ever', () => {
  const { server, peer } = greeted({ limits: { blockedOutputBytesMax: 5000 } })
  peer.writable = false
  peer.send(ping(1))
  peer.take()
  let sent = 0
  for (; sent < 5000 && !server.connection.wantsClose; sent++) peer.send(ping(sent))
  expect(sent).toBe(295)
})

test('requests that nobody reads the answers of wait, within the number of streams', () => {
  const { server, peer } = greeted({ limits: { concurrentStreamsMax: 10 } })
  server.answers = true
  peer.writable = false
  peer.send(ping(1))
  peer.take()
  for (let id = 1; id <= 61; id += 2) peer.send(peer.headers(id, GRPC_REQUEST, END))
  expect(server.connection.streams).toBe(10)
  expect(server.events.filter(each => each.startsWith('request'))).toHaveLength(10)
  peer.drain()
  expect(peer.taken('HEADERS')).toHaveLength(10)
})

/** A conversation with everything in it, as one run of bytes. */
function conversation(): Uint8Array {
  const peer = new RawPeer(new EchoServer().connection)
  const block = peer.block(request('/long', ['x', 'y'.repeat(300)]), 'always')
  return bytesOf(
    PREFACE,
    settings([4, 100_000], [1, 200]),
    peer.headers(1),
    peer.data(1, bytesOf('hello')),
    ping(7),
    frame(FrameType.headers, Flag.endStream, 3, block.subarray(0, 20)),
    frame(FrameType.continuation, Flag.endHeaders, 3, block.subarray(20)),
    frame(FrameType.data, Flag.padded | Flag.endStream, 1, bytesOf(3, 'abc', [0, 0, 0])),
    windowUpdate(0, 1000),
    peer.call(5, 'z'.repeat(500)),
    peer.headers(7),
    rst(7, 8),
    settings([4, 10]),
    peer.headers(9),
    peer.headers(9, [['a', 'b']], END),
    frame(0x77, 0, 0, bytesOf('?')),
    goAway(0, 0),
  )
}

test('however the bytes are cut, the same happens', () => {
  const bytes = conversation()
  const run = (cuts: readonly number[]) => {
    const { server, peer } = echoPeer()
    let at = 0
    for (const cut of [...cuts, bytes.length].sort((a, b) => a - b)) {
      // A copy that is spoilt afterwards: nothing may be kept of what was lent.
      const piece = bytes.slice(at, cut)
      peer.send(piece)
      piece.fill(0xee)
      at = cut
    }
    return { events: server.events, output: peer.take() }
  }
  const whole = run([])
  expect(whole.output.filter(line => line.startsWith('RST') || line.startsWith('GO'))).toEqual([])
  fc.assert(
    fc.property(fc.array(fc.nat({ max: bytes.length }), { maxLength: 40 }), cuts => {
      const cut = run(cuts)
      expect(cut.events).toEqual(whole.events)
      expect(cut.output).toEqual(whole.output)
    }),
    { numRuns: 200 },
  )
  expect(run(Array.from(bytes, (_, i) => i))).toEqual(whole)
})

test('no bytes make it throw', () => {
  const valid = conversation()
  const mutation = fc.record({
    at: fc.nat({ max: valid.length - 1 }),
    byte: fc.nat({ max: 255 }),
    cut: fc.nat({ max: 20 }),
  })
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 6 }), fc.boolean(), (mutations, keep) => {
      const bytes = [...valid]
      for (const { at, byte, cut } of mutations) {
        if (keep || cut > 3) bytes[at] = byte
        else bytes.splice(at, cut)
      }
      const { server, peer } = echoPeer()
      peer.send(Uint8Array.from(bytes))
      peer.take()
      peer.waitMs(120_000)
      server.connection.lost(peer.now)
      expect(server.connection.streams).toBe(0)
    }),
    { numRuns: 500 },
  )
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat({ max: 11 }), fc.nat({ max: 255 }), fc.nat({ max: 9 }), fc.uint8Array()), {
        maxLength: 20,
      }),
      frames => {
        const { server, peer } = greeted({ pingPolicy: GRPC_PING_POLICY })
        for (const [type, flags, id, payload] of frames) peer.send(frame(type, flags, id, payload))
        peer.take()
        server.connection.lost(peer.now)
      },
    ),
    { numRuns: 500 },
  )
})

test('a claimed length is not allocated', () => {
  const { server, peer } = greeted()
  peer.send(Uint8Array.from([0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1]))
  expect(peer.take()).toEqual(['GO_AWAY 0 0 FRAME_SIZE_ERROR frame too long'])
  expect(server.connection.wantsClose).toBe(true)
})
