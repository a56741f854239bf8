import { describe, expect, it } from 'vitest'
import { ByteReader, ByteWriter } from '../../core/bytes.ts'
import { crc32c } from '../../core/crc32c.ts'
import type { NodeId } from '../../core/ids.ts'
import type { Connection, ConnectionHandlers } from '../../runtime/network.ts'
import { World } from '../../sim/world.ts'
import {
  FRAME_KIND,
  FrameDecoder,
  type Hello,
  NO_GROUP,
  type Refusal,
  readRefusal,
  writeFrame,
  writeHello,
  writeRefusal,
} from '../../wire/frame/index.ts'
import { makeHello } from './hello.ts'
import { GREETINGS_MAX, GUESTS_MAX, PEER_VERSION_MAX } from './limits.ts'
import type { PeersOptions } from './peers.ts'
import { CLUSTER, PORT, pair, startNode, TestNode, until } from './testing/test-node.ts'

describe('a greeting', () => {
  const meeting = (
    seed: number,
    options: Partial<PeersOptions>,
    runMs = 10_000,
  ): { a: TestNode; b: TestNode } => {
    const world = new World({ seed })
    const [a, b] = [startNode(world, 0, 2), startNode(world, 1, 2, options)]
    world.clock.runFor(runMs * 1000)
    return { a, b }
  }

  it('of a foreign cluster is refused both ways, with the reason, and logged once though it is tried again', () => {
    const { a, b } = meeting(10, { cluster: 0xc2n }, 30_000)
    for (const node of [a, b]) {
      expect(node.codes).toEqual(['QUORATE_PEER_FOREIGN_CLUSTER'])
      expect(node.events).toEqual([])
    }
  })

  it('that was refused is tried again about once a second', () => {
    let dials = 0
    const world = new World({ seed: 17, trace: line => (dials += / connect a /.test(line) ? 1 : 0) })
    startNode(world, 0, 2)
    startNode(world, 1, 2, { cluster: 0xc2n })
    world.clock.runFor(1_000_000)
    expect(dials).toBeLessThanOrEqual(9)
    world.clock.runFor(10_000_000)
    expect(dials).toBeGreaterThanOrEqual(30)
    expect(dials).toBeLessThanOrEqual(66)
  })

  it('of a member that was removed is refused as that, and it is told by whom', () => {
    const world = new World({ seed: 12 })
    const a = startNode(world, 0, 1, { wasRemoved: id => id === 2n })
    const b = startNode(world, 1, 2)
    world.clock.runFor(1_000_000)
    expect(a.codes).toEqual(['QUORATE_PEER_REMOVED'])
    expect(b.codes).toEqual(['QUORATE_PEER_REMOVED'])
    expect(new Set(b.events)).toEqual(new Set(['removed by 1']))
  })

  it('that reaches another node than it was meant for is refused as misdirected', () => {
    const { a, b } = meeting(11, { id: 5n as NodeId })
    expect(a.codes).toContain('QUORATE_PEER_MISDIRECTED')
    expect(b.codes).toContain('QUORATE_PEER_MISDIRECTED')
    expect(a.events).toEqual([])
  })

  it('of a node that speaks newer versions only is refused, with the reason, and logged', () => {
    const world = new World({ seed: 18 })
    const a = startNode(world, 0, 2)
    const refusals: Refusal[] = []
    const connection = world.start('b').network.connect(
      { host: 'a', port: PORT },
      frames((kind, payload) => {
        expect(kind).toBe(FRAME_KIND.refusal)
        refusals.push(readRefusal(new ByteReader(payload)))
      }),
    )
    const newer = { versionMin: PEER_VERSION_MAX + 1, versionMax: PEER_VERSION_MAX + 2 }
    connection.write(frame(FRAME_KIND.hello, to => writeHello(to, { ...HELLO_OF_B, ...newer })))
    until(world, () => refusals.length > 0)
    expect(refusals.map(refusal => refusal.reason)).toEqual(['version'])
    expect(a.codes).toEqual(['QUORATE_PEER_VERSION'])
    expect(a.events).toEqual([])
  })

  it('that a node of newer versions refuses is logged once, and tried again', () => {
    const world = new World({ seed: 19 })
    const refusal: Refusal = { reason: 'version', text: 'versions 1 to 1 are not among 2 to 3' }
    let refused = 0
    const accept = (connection: Connection): ConnectionHandlers =>
      frames(() => {
        refused++
        connection.write(frame(FRAME_KIND.refusal, to => writeRefusal(to, refusal)))
        connection.end()
      })
    world.start('b').network.listen({ host: 'b', port: PORT }, accept, () => {})
    const a = startNode(world, 0, 2)
    world.clock.runFor(30_000_000)
    expect(refused).toBeGreaterThan(30)
    expect(a.codes).toEqual(['QUORATE_PEER_VERSION'])
    expect(a.events).toEqual([])
  })

  it('of a node that is not a member is refused until it is one', () => {
    const world = new World({ seed: 12 })
    const [a, c] = [startNode(world, 0, 2), startNode(world, 2, 2)]
    world.clock.runFor(5_000_000)
    expect(a.codes).toEqual(['QUORATE_PEER_UNKNOWN'])
    expect(c.codes).toEqual(['QUORATE_PEER_UNKNOWN'])
    a.peers.set(3n as NodeId, [{ host: 'c', port: PORT }])
    c.peers.set(1n as NodeId, [{ host: 'a', port: PORT }])
    until(world, () => a.events.includes('up 3') && c.events.includes('up 1'), 3_000)
  })

  it('of a removed node is refused, its connections close, and neither counts as a loss here', () => {
    const { world, a, b } = pair(new World({ seed: 13 }))
    a.peers.remove(2n as NodeId)
    world.clock.runFor(10_000_000)
    expect(a.events).toEqual(['up 2'])
    expect(b.events).toContain('lost 1')
    expect(b.codes).toContain('QUORATE_PEER_UNKNOWN')
    b.send(1n, 'data', 1)
    world.clock.runFor(1_000_000)
    expect(a.messages).toEqual([])
  })

  it('that is none is refused without harm: noise, another protocol, silence, a byte at a time', () => {
    const { world, a } = pair(new World({ seed: 14 }))
    const client = world.start('client')
    const closed: string[] = []
    const open = (name: string): Connection =>
      client.network.connect(
        { host: 'a', port: PORT },
        { opened() {}, received() {}, drained() {}, closed: () => closed.push(name) },
      )
    open('noise').write(Uint8Array.from({ length: 500 }, (_, i) => (i * 37) & 0xff))
    open('http').write(new TextEncoder().encode('GET / HTTP/1.1\r\nhost: a\r\n\r\n'))
    open('silence')
    const slow = open('slow')
    for (let i = 0; i < 12; i++) {
      slow.write(Uint8Array.of(0))
      world.clock.runFor(400_000)
    }
    expect(closed.sort()).toEqual(['http', 'noise', 'silence', 'slow'])
    expect(a.codes).toEqual(['QUORATE_PEER_PROTOCOL'])
    expect(a.events).toEqual(['up 2'])
  })

  it('has a limit: too many strangers at once are closed, and a peer gets in afterwards', () => {
    const world = new World({ seed: 15 })
    const a = startNode(world, 0, 2)
    const client = world.start('client')
    let closed = 0
    for (let i = 0; i < GREETINGS_MAX + 40; i++) {
      client.network.connect(
        { host: 'a', port: PORT },
        { opened() {}, received() {}, drained() {}, closed: () => closed++ },
      )
    }
    world.clock.runFor(100_000)
    expect(closed).toBe(40)
    const b = startNode(world, 1, 2)
    until(world, () => b.events.includes('up 1') && a.events.includes('up 2'))
    expect(closed).toBe(GREETINGS_MAX + 40)
  })

  it('that was refused counts no longer once its time is over, though its sender never closes', () => {
    const world = new World({ seed: 17 })
    const a = startNode(world, 0, 2)
    const client = world.start('client')
    const frame = new ByteWriter(64)
    writeFrame(frame, crc32c, FRAME_KIND.message, NO_GROUP, () => {})
    for (let i = 0; i < GREETINGS_MAX; i++) {
      const connection = client.network.connect(
        { host: 'a', port: PORT },
        { opened() {}, received() {}, drained() {}, closed() {} },
      )
      connection.write(frame.peek().slice())
      connection.pause()
    }
    world.clock.runFor(100_000)
    const b = startNode(world, 1, 2)
    until(world, () => b.events.includes('up 1') && a.events.includes('up 2'))
  })
})

describe('a guest, who knows of members that this node does not', () => {
  it('is answered, and there are never more than some', () => {
    const world = new World({ seed: 16 })
    const a = startNode(world, 0, 2)
    const guests = Array.from({ length: GUESTS_MAX + 3 }, (_, i) => {
      const [name, id] = [`guest${i}`, BigInt(100 + i)]
      const guest = new TestNode(world, name, id, { address: { host: name, port: PORT }, changes: () => 1 })
      guest.peers.set(1n as NodeId, [{ host: 'a', port: PORT }])
      guest.peers.start(() => {})
      until(world, () => guest.events.includes('up 1'))
      return guest
    })
    expect(a.peers.ids().length).toBeLessThanOrEqual(1 + GUESTS_MAX)
    const last = guests.at(-1)!
    const id = BigInt(100 + guests.length - 1) as NodeId
    until(world, () => a.peers.isUp(id))
    a.send(id, 'data', 7)
    until(world, () => last.numbers().includes(7))
  })
})

describe('a frame of a peer', () => {
  it('is no longer than 64 MiB: a longer one closes the connection by its header, before its bytes come', () => {
    const world = new World({ seed: 20 })
    const a = startNode(world, 0, 2)
    const b = world.start('b')
    const closed: number[] = []
    const announce = (lane: Hello['lane'], bytes: number): void => {
      const handlers = { ...frames(() => connection.write(header(bytes))), closed: () => closed.push(bytes) }
      const connection = b.network.connect({ host: 'a', port: PORT }, handlers)
      connection.write(frame(FRAME_KIND.hello, to => writeHello(to, { ...HELLO_OF_B, lane })))
    }
    announce('data', 64 * 1024 * 1024)
    announce('bulk', 64 * 1024 * 1024 + 1)
    world.clock.runFor(500_000)
    expect(closed).toEqual([64 * 1024 * 1024 + 1])
    expect(a.codes).toEqual(['QUORATE_PEER_PROTOCOL'])
  })

  it('that asks for an answer gets one as long as answers are read, and not before its greeting', () => {
    const world = new World({ seed: 21 })
    const a = startNode(world, 0, 2)
    const b = world.start('b')
    const ping = (number: number): Uint8Array => frame(FRAME_KIND.ping, to => to.u32(number))
    const taken: string[] = []
    const take = (kind: number, payload: Uint8Array): void => {
      taken.push(kind === FRAME_KIND.pong ? `pong ${new ByteReader(payload).u32()}` : `kind ${kind}`)
    }
    const open = (): Connection => b.network.connect({ host: 'a', port: PORT }, frames(take))
    open().write(ping(1))
    until(world, () => taken.length === 1)
    expect(taken.splice(0)).toEqual([`kind ${FRAME_KIND.refusal}`])
    expect(a.codes).toEqual(['QUORATE_PEER_PROTOCOL'])
    const connection = open()
    connection.write(frame(FRAME_KIND.hello, to => writeHello(to, HELLO_OF_B)))
    connection.write(ping(2 ** 32 - 1))
    until(world, () => taken.length === 2)
    expect(taken.splice(0)).toEqual([`kind ${FRAME_KIND.welcome}`, `pong ${2 ** 32 - 1}`])
    connection.pause()
    for (let number = 0; number < 100_000; number++) {
      connection.write(ping(number))
      if (number % 1_000 === 0) world.clock.runFor(10_000)
    }
    connection.resume()
    world.clock.runFor(1_000_000)
    expect(taken.length).toBeGreaterThan(100)
    expect(taken.length).toBeLessThan(50_000)
  })
})

/** Length, complement and checksum: what a frame's length does not count. */
const FRAME_PREFIX_BYTES = 12

const HELLO_OF_B = makeHello({ id: 2n as NodeId, cluster: CLUSTER, consensus: 'raft' }, 1n as NodeId, 'data')

/** What takes the frames of a connection. */
function frames(take: (kind: number, payload: Uint8Array) => void): ConnectionHandlers & { opened(): void } {
  const decoder = new FrameDecoder(crc32c, (kind, _group, payload) => {
    take(kind, payload)
    return true
  })
  return { opened() {}, received: bytes => decoder.push(bytes), drained() {}, closed() {} }
}

function frame(kind: number, encode: (to: ByteWriter) => void): Uint8Array {
  const to = new ByteWriter(64)
  writeFrame(to, crc32c, kind, NO_GROUP, encode)
  return to.finish()
}

/** The first bytes of a message that is so long in all. */
function header(frameBytes: number): Uint8Array {
  const first = frame(FRAME_KIND.message, () => {})
  const length = frameBytes - FRAME_PREFIX_BYTES
  const words = new DataView(first.buffer, first.byteOffset)
  words.setUint32(0, length, true)
  words.setUint32(4, ~length, true)
  return first
}
