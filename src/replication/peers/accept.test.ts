import { describe, expect, it } from 'vitest'
import type { NodeId } from '../../core/ids.ts'
import type { Connection } from '../../runtime/network.ts'
import { World } from '../../sim/world.ts'
import { GREETINGS_MAX } from './limits.ts'
import type { PeersOptions } from './peers.ts'
import { PORT, pair, startNode, type TestNode, until } from './testing/test-node.ts'

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

  it('that reaches another node than it was meant for is refused as misdirected', () => {
    const { a, b } = meeting(11, { id: 5n as NodeId })
    expect(a.codes).toContain('QUORATE_PEER_MISDIRECTED')
    expect(b.codes).toContain('QUORATE_PEER_MISDIRECTED')
    expect(a.events).toEqual([])
  })

  it('of a node that is not a member is refused until it is one', () => {
    const world = new World({ seed: 12 })
    const [a, c] = [startNode(world, 0, 2), startNode(world, 2, 2)]
    world.clock.runFor(5_000_000)
    expect(a.codes).toEqual(['QUORATE_PEER_UNKNOWN'])
    expect(c.codes).toEqual(['QUORATE_PEER_UNKNOWN'])
    a.peers.set(3n as NodeId, { host: 'c', port: PORT })
    c.peers.set(1n as NodeId, { host: 'a', port: PORT })
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
})
