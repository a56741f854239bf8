import { describe, expect, test } from 'vitest'
import { echoPeer } from '../../../test/wire/echo-server.ts'
import { GRPC_REQUEST, SETTINGS_ACK, settings } from '../../../test/wire/raw-peer.ts'
import { HeaderField } from '../hpack/header-field.ts'
import { Flag } from './frame.ts'
import { SettingId } from './settings.ts'

const END = Flag.endHeaders | Flag.endStream
const STATUS = new HeaderField(':status', '200')
/** 34 bytes of table each. */
const [A, B, C] = ['a', 'b', 'c'].map(name => new HeaderField(name, name.toUpperCase(), 'always')) as [
  HeaderField,
  HeaderField,
  HeaderField,
]

describe("the other end's limit on the header table", () => {
  /** A server, and a peer that keeps the table that it announces, as RFC 7541 §4.2 wants both to. */
  function tabled(headerTableBytes = 4096) {
    const { server, peer } = echoPeer()
    server.answers = false
    peer.decoder.table.resize(headerTableBytes)
    peer.greet([SettingId.headerTableSize, headerTableBytes])
    let id = -1
    /** Answers one more request. */
    const send = (...fields: HeaderField[]): void => {
      id += 2
      peer.send(peer.headers(id, GRPC_REQUEST, END))
      server.connection.sendHeaders(server.streams.get(id)!, [STATUS, ...fields], true)
    }
    /** The same, as the peer's decoder reads it. */
    const answer = (...fields: HeaderField[]): string => {
      send(...fields)
      return peer.take().join()
    }
    /** The sizes go out one after the other in one frame; the table follows when they are acknowledged. */
    const limit = (...sizes: number[]): void => {
      peer.send(settings(...sizes.map((size): [number, number] => [SettingId.headerTableSize, size])))
      expect(peer.take()).toEqual(['SETTINGS 0 ACK'])
      for (const size of sizes) peer.decoder.table.resize(size)
    }
    return { peer, send, answer, limit }
  }

  test('shrinks it on a live connection, to nothing and to something', () => {
    const { peer, answer, limit } = tabled()
    expect(answer(A, B)).toBe('HEADERS 1 END :status=200 a=A b=B')
    expect(answer(A, B)).toBe('HEADERS 3 END :status=200 a=A b=B')
    limit(0)
    expect(answer(A, B)).toBe('HEADERS 5 END :status=200 a=A b=B')
    expect(answer(A, B)).toBe('HEADERS 7 END :status=200 a=A b=B')
    expect(peer.decoder.table.length).toBe(0)
    limit(40)
    expect(answer(A, B)).toBe('HEADERS 9 END :status=200 a=A b=B')
    expect(answer(B, C)).toBe('HEADERS 11 END :status=200 b=B c=C')
    expect([peer.decoder.table.bytesMax, peer.decoder.table.length]).toEqual([40, 1])
  })

  test('is announced at the start of the next block', () => {
    const { peer, send, limit } = tabled()
    const blocks = (): number[][] => peer.frames().map(each => [...each.payload])
    limit(0)
    send()
    send()
    // RFC 7541 §6.3: a new size, of 0 and of 4096; §6.1: the eighth field of the static table.
    expect(blocks()).toEqual([[0x20, 0x88], [0x88]])
    limit(4096)
    send()
    expect(blocks()).toEqual([[0x3f, 0xe1, 0x1f, 0x88]])
    limit(0, 4096)
    send()
    expect(blocks()).toEqual([[0x20, 0x3f, 0xe1, 0x1f, 0x88]])
  })

  test('counts with its least value when it shrinks and grows before the next block', () => {
    const { peer, answer, limit } = tabled()
    answer(A, B)
    limit(0, 4096)
    expect(answer(A, B)).toBe('HEADERS 3 END :status=200 a=A b=B')
    limit(0)
    limit(4096)
    expect(answer(B, A)).toBe('HEADERS 5 END :status=200 b=B a=A')
    expect([peer.decoder.table.bytesMax, peer.decoder.table.length]).toEqual([4096, 2])
  })

  test('holds from the first block when the hello has it', () => {
    const { peer, answer } = tabled(0)
    answer(A)
    expect(answer(A)).toBe('HEADERS 3 END :status=200 a=A')
    expect(peer.decoder.table.length).toBe(0)
  })
})

describe("the other end's limit on a header list", () => {
  /** RFC 7541 §4.1: name, value, and 32 bytes each. */
  const size = STATUS.size + A.size + B.size

  function limited(bytes: number) {
    const { server, peer } = echoPeer()
    server.answers = false
    peer.greet([SettingId.maxHeaderListSize, bytes])
    peer.send(peer.headers(1, GRPC_REQUEST, END), peer.headers(3, GRPC_REQUEST, END))
    const send = (id: number, fields: HeaderField[], end: boolean): void =>
      server.connection.sendHeaders(server.streams.get(id)!, fields, end)
    return { server, peer, send }
  }

  test('resets the stream of a response beyond it, and no other; the tables stay right', () => {
    const { server, peer, send } = limited(size)
    send(1, [STATUS, A, B, C], false)
    expect(server.push(1, 5)).toBe(false)
    expect(peer.take()).toEqual(['RST_STREAM 1 INTERNAL_ERROR'])
    expect(server.events.at(-1)).toBe('reset 1 2 unsendable')
    send(3, [STATUS, A, B], true)
    expect(peer.take()).toEqual(['HEADERS 3 END :status=200 a=A b=B'])
    expect(server.connection.streams).toBe(0)
  })

  test('resets the stream whose trailers are beyond it, behind its data', () => {
    const { server, peer, send } = limited(STATUS.size)
    send(1, [STATUS], false)
    server.push(1, 5)
    send(1, [A, B], true)
    expect(peer.take()).toEqual(['HEADERS 1 :status=200', 'DATA 1 5', 'RST_STREAM 1 INTERNAL_ERROR'])
    expect(server.connection.streams).toBe(1)
  })

  test('counts when the headers leave: for those that wait, as it is then', () => {
    const { server, peer, send } = limited(size)
    peer.writable = false
    send(3, [STATUS], true)
    peer.take()
    send(1, [STATUS, A, B], false)
    server.push(1, 5)
    peer.send(settings([SettingId.maxHeaderListSize, size - 1]), SETTINGS_ACK)
    peer.drain()
    expect(peer.take()).toEqual(['SETTINGS 0 ACK', 'RST_STREAM 1 INTERNAL_ERROR'])
    expect(server.connection.streams).toBe(0)
  })
})
