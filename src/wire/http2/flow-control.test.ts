import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { echoPeer } from '../../../test/wire/echo-server.ts'
import { bytesOf, GRPC_REQUEST, rst, settings, windowUpdate } from '../../../test/wire/raw-peer.ts'
import { Flag, FrameType, PREFACE } from './frame.ts'
import { SettingId } from './settings.ts'

const END = Flag.endHeaders | Flag.endStream

/** A server with requests that wait for their answers. */
function waiting(streams: number, window: number, limits = {}) {
  const { server, peer } = echoPeer({ limits })
  server.answers = false
  peer.greet([SettingId.initialWindowSize, window])
  for (let i = 0; i < streams; i++) peer.send(peer.headers(1 + 2 * i, GRPC_REQUEST, END))
  return { server, peer }
}

function dataOf(lines: string[]): string[] {
  return lines.filter(line => line.startsWith('DATA')).map(line => line.slice(5))
}

describe('what is sent', () => {
  test('keeps within the window of the stream, and goes on when it grows', () => {
    const { server, peer } = waiting(1, 10)
    expect(server.answer(1, 25)).toBe(false)
    expect(peer.take()).toEqual(['HEADERS 1 :status=200', 'DATA 1 10'])
    peer.send(windowUpdate(1, 1))
    expect(peer.take()).toEqual(['DATA 1 1'])
    peer.send(windowUpdate(1, 100))
    expect(peer.take()).toEqual(['DATA 1 END 14'])
  })

  test('keeps within the window of the connection, which its streams share in turns', () => {
    const { server, peer } = waiting(3, 1_000_000)
    for (const id of [1, 3, 5]) server.answer(id, 100_000)
    const first = dataOf(peer.take())
    expect(first.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)).toBe(65_535)
    peer.send(windowUpdate(0, 200_000))
    const order = dataOf(peer.take()).map(line => Number(line.split(' ')[0]))
    expect(order.indexOf(5)).toBeLessThan(order.lastIndexOf(3))
    peer.send(windowUpdate(0, 200_000))
    expect(peer.taken('DATA').at(-1)).toContain('END')
    expect(server.connection.streams).toBe(0)
  })

  test('settings that shrink the window make it negative, and it must be earned back', () => {
    const { server, peer } = waiting(1, 100)
    server.answer(1, 150)
    expect(dataOf(peer.take())).toEqual(['1 100'])
    peer.send(settings([SettingId.initialWindowSize, 20]))
    peer.send(windowUpdate(1, 80))
    expect(dataOf(peer.take())).toEqual([])
    peer.send(windowUpdate(1, 1))
    expect(dataOf(peer.take())).toEqual(['1 1'])
    peer.send(settings([SettingId.initialWindowSize, 1000]))
    expect(dataOf(peer.take())).toEqual(['1 END 49'])
  })

  test('an end without data needs no window', () => {
    const { server, peer } = waiting(1, 0)
    expect(server.answer(1, 0)).toBe(true)
    expect(peer.take()).toEqual(['HEADERS 1 :status=200', 'DATA 1 END 0'])
  })

  test('an end without data stays behind the data that waits', () => {
    const { server, peer } = waiting(1, 4)
    server.push(1, 6)
    expect(server.push(1, 0, 0, true)).toBe(false)
    expect(peer.take()).toEqual(['DATA 1 4'])
    peer.send(windowUpdate(1, 10))
    expect(peer.take()).toEqual(['DATA 1 END 2'])
  })

  test('keeps to the frame size that the client asked for', () => {
    const { server, peer } = waiting(1, 60_000)
    server.answer(1, 40_000)
    expect(dataOf(peer.take())).toEqual(['1 16384', '1 16384', '1 END 7232'])
    peer.send(settings([SettingId.maxFrameSize, 30_000]), peer.headers(3, GRPC_REQUEST, END))
    peer.send(windowUpdate(0, 100_000))
    server.answer(3, 40_000)
    expect(dataOf(peer.take())).toEqual(['3 30000', '3 END 10000'])
  })

  test('a sender that had to wait is told when everything has left', () => {
    const { server, peer } = waiting(1, 10)
    expect(server.push(1, 10)).toBe(true)
    expect(server.push(1, 5)).toBe(false)
    expect(server.push(1, 5)).toBe(false)
    peer.send(windowUpdate(1, 9))
    expect(server.events).not.toContain('drained 1')
    peer.send(windowUpdate(1, 1))
    expect(server.events.filter(each => each === 'drained 1')).toHaveLength(1)
    expect(dataOf(peer.take())).toEqual(['1 10', '1 9', '1 1'])
  })

  test('messages that wait are bounded: the stream is reset, the others live', () => {
    const { server, peer } = waiting(2, 0, { streamQueueBytesMax: 1000 })
    let sent = 0
    while (!server.events.includes('reset 1 11 error')) {
      server.push(1, 100)
      sent += 100
    }
    expect(sent).toBeLessThan(1500)
    expect(server.push(1, 1)).toBe(false)
    expect(peer.taken('RST')).toEqual(['RST_STREAM 1 ENHANCE_YOUR_CALM'])
    server.push(3, 7)
    peer.send(windowUpdate(3, 7))
    expect(peer.take()).toEqual(['DATA 3 7'])
  })

  test('a reset stream gives back what waited in it', () => {
    const { server, peer } = waiting(2, 0, { connectionQueueBytesMax: 1000 })
    server.push(1, 900)
    peer.send(rst(1, 8))
    for (let i = 0; i < 11; i++) server.push(3, 100)
    expect(server.events).not.toContain('reset 3 11 error')
    server.push(3, 100)
    expect(server.events).toContain('reset 3 11 error')
  })

  test('a transport that is full gets nothing until it drains, while streams wait', () => {
    const { server, peer } = waiting(2, 1_000_000)
    peer.writable = false
    server.answer(1, 10)
    expect(peer.take()).toHaveLength(2)
    expect(server.answer(3, 10)).toBe(false)
    expect(peer.take()).toEqual([])
    peer.drain()
    expect(peer.take()).toEqual(['HEADERS 3 :status=200', 'DATA 3 END 10'])
  })

  test('one turn makes no more than so much output, and the flush carries on', () => {
    const { server, peer } = waiting(1, 10_000_000, { outputBytesMax: 50_000 })
    peer.send(windowUpdate(0, 10_000_000))
    peer.writable = false
    server.answer(1, 500_000)
    const first = dataOf(peer.take()).length
    expect(first).toBeLessThan(9)
    peer.drain()
    expect(dataOf(peer.take())).toHaveLength(31 - first)
  })

  test('an answer that makes no way is given up after two looks', () => {
    const { server, peer } = waiting(1, 5)
    server.answer(1, 10)
    peer.take()
    peer.waitMs(60_000)
    expect(peer.take()).toEqual([])
    peer.waitMs(60_000)
    expect(peer.take()).toEqual(['RST_STREAM 1 ENHANCE_YOUR_CALM'])
    expect(server.events.at(-1)).toBe('reset 1 11 error')
  })
})

describe('what is received', () => {
  test('is given back in batches, for the stream and the connection', () => {
    const { peer } = waiting(0, 100)
    peer.send(peer.headers(1))
    for (let i = 0; i < 31; i++) peer.send(peer.data(1, new Uint8Array(16_384)))
    expect(peer.take()).toEqual([])
    for (let i = 0; i < 33; i++) peer.send(peer.data(1, new Uint8Array(16_384)))
    expect(peer.take()).toEqual(['WINDOW_UPDATE 1 524288', 'WINDOW_UPDATE 1 524288'])
    for (let i = 0; i < 64; i++) peer.send(peer.data(1, new Uint8Array(16_384)))
    expect(peer.taken('WINDOW_UPDATE 0')).toEqual(['WINDOW_UPDATE 0 2097152'])
  })

  test('a stream that is not read may send its window and no more', () => {
    const { server, peer } = echoPeer({ limits: { streamWindowBytes: 20_000 } })
    server.reads = false
    peer.greet()
    peer.send(peer.headers(1), peer.data(1, new Uint8Array(16_000)), peer.data(1, new Uint8Array(4000)))
    expect(peer.take()).toEqual([])
    peer.send(peer.data(1, bytesOf('x')))
    expect(peer.take()).toEqual(['RST_STREAM 1 FLOW_CONTROL_ERROR'])
  })

  test('padding counts, and is given back', () => {
    const { server, peer } = echoPeer({ limits: { streamWindowBytes: 300, connectionWindowBytes: 300 } })
    server.reads = false
    peer.greet()
    peer.send(peer.headers(1), peer.data(1, bytesOf(149, new Uint8Array(149)), Flag.padded))
    expect(peer.take()).toEqual(['WINDOW_UPDATE 0 150', 'WINDOW_UPDATE 1 150'])
    expect(server.events.at(-1)).toBe('data 1 0')
  })

  test('more than the connection window ends the connection', () => {
    const { server, peer } = echoPeer({ limits: { connectionWindowBytes: 65_535, frameBytesMax: 100_000 } })
    peer.greet()
    peer.send(peer.headers(1), peer.data(1, new Uint8Array(65_536)))
    expect(peer.take()).toEqual(['GO_AWAY 0 1 FLOW_CONTROL_ERROR connection window exceeded'])
    expect(server.connection.wantsClose).toBe(true)
  })
})

test('whatever windows and sizes, everything arrives once and in order', () => {
  const action = fc.record({
    stream: fc.constantFrom(1, 3, 5),
    send: fc.nat({ max: 30_000 }),
    grow: fc.nat({ max: 30_000 }),
    connection: fc.nat({ max: 40_000 }),
    block: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.nat({ max: 70_000 }), fc.array(action, { maxLength: 25 }), (window, actions) => {
      const { server, peer } = waiting(3, window)
      const sent = new Map([1, 3, 5].map(id => [id, 0]))
      const got = new Map([1, 3, 5].map(id => [id, 0]))
      const windows = new Map([1, 3, 5].map(id => [id, window]))
      let connection = 65_535
      const take = (): void => {
        for (const { type, streamId: id, payload } of peer.frames()) {
          if (type !== FrameType.data) continue
          const length = payload.length
          const from = got.get(id)!
          expect(payload.every((byte, i) => byte === ((from + i) & 255))).toBe(true)
          connection -= length
          windows.set(id, windows.get(id)! - length)
          got.set(id, got.get(id)! + length)
          expect(connection).toBeGreaterThanOrEqual(0)
          expect(windows.get(id)).toBeGreaterThanOrEqual(0)
        }
      }
      for (const each of actions) {
        if (each.block) peer.writable = !peer.writable
        if (peer.writable) peer.drain()
        server.push(each.stream, each.send, sent.get(each.stream))
        sent.set(each.stream, sent.get(each.stream)! + each.send)
        if (each.grow > 0) {
          peer.send(windowUpdate(each.stream, each.grow))
          windows.set(each.stream, windows.get(each.stream)! + each.grow)
        }
        if (each.connection > 0) {
          peer.send(windowUpdate(0, each.connection))
          connection += each.connection
        }
        take()
      }
      peer.drain()
      for (const id of [1, 3, 5]) {
        peer.send(windowUpdate(id, 2 ** 30))
        windows.set(id, windows.get(id)! + 2 ** 30)
      }
      peer.send(windowUpdate(0, 2 ** 30))
      connection += 2 ** 30
      take()
      expect(got).toEqual(sent)
      expect(server.events.filter(each => each.startsWith('reset'))).toEqual([])
    }),
    { numRuns: 60 },
  )
})

test('a preface of a client may come byte by byte', () => {
  const { server, peer } = echoPeer()
  for (const byte of bytesOf(PREFACE, settings())) peer.send(Uint8Array.of(byte))
  peer.send(peer.headers(1, GRPC_REQUEST, END))
  expect(server.events).toHaveLength(1)
})
