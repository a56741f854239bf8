import { describe, expect, it } from 'vitest'
import { ByteReader } from '../../core/bytes.ts'
import { crc32c } from '../../core/crc32c.ts'
import type { GroupId, NodeId } from '../../core/ids.ts'
import { addMs, type Instant, msBetween } from '../../core/time.ts'
import type { LogFields, Logger } from '../../runtime/logger.ts'
import type { Connection } from '../../runtime/network.ts'
import { World } from '../../sim/world.ts'
import type { PeerHandlers } from './context.ts'
import { GREETINGS_MAX, LANE_BYTES_MAX } from './limits.ts'
import { Peers, type PeersOptions } from './peers.ts'

const GROUP = 7 as GroupId
const CLUSTER = 0xc1n
const PORT = 2380

interface Received {
  readonly at: Instant
  readonly from: NodeId
  readonly group: GroupId
  readonly number: number
  readonly size: number
}

/** One node of a simulated cluster: its transport, and everything that it was told. */
class Node {
  readonly messages: Received[] = []
  readonly snapshots: Received[] = []
  readonly events: string[] = []
  readonly eventTimes: Instant[] = []
  readonly codes: string[] = []
  takesSnapshots = true
  readonly peers: Peers

  constructor(world: World, name: string, id: bigint, options: Partial<PeersOptions> = {}) {
    const node = world.start(name)
    const note = (event: string): void => {
      this.events.push(event)
      this.eventTimes.push(world.clock.now())
    }
    const read = (from: NodeId, group: GroupId, payload: Uint8Array): Received => {
      const number = new ByteReader(payload).u32()
      return { at: world.clock.now(), from, group, number, size: payload.length }
    }
    const handlers: PeerHandlers = {
      message: (from, group, payload) => this.messages.push(read(from, group, payload)),
      snapshot: (from, group, payload) => {
        this.snapshots.push(read(from, group, payload))
        return this.takesSnapshots
      },
      bulkReady: peer => note(`bulkReady ${peer}`),
      linkUp: peer => note(`up ${peer}`),
      linkLost: peer => note(`lost ${peer}`),
    }
    this.peers = new Peers({
      id: id as NodeId,
      cluster: CLUSTER,
      listen: { host: name, port: PORT },
      runtime: {
        clock: node.clock,
        network: node.network,
        random: node.random,
        checksum: crc32c,
        log: this.#log(),
      },
      handlers,
      ...options,
    })
  }

  #log(): Logger {
    const log: Logger = {
      debug() {},
      info() {},
      warn: (_message, fields?: LogFields) => this.codes.push(String(fields?.['code'])),
      error() {},
      child: () => log,
    }
    return log
  }

  send(to: bigint, lane: 'prompt' | 'data', number: number, size = 4): void {
    this.peers.send(to as NodeId, lane, GROUP, writer => {
      writer.u32(number)
      writer.bytes(new Uint8Array(size - 4))
    })
  }

  sendSnapshot(to: bigint, number: number, size: number): boolean {
    return this.peers.sendSnapshot(to as NodeId, GROUP, writer => {
      writer.u32(number)
      writer.bytes(new Uint8Array(size - 4))
    })
  }

  numbers(): number[] {
    return this.messages.map(message => message.number)
  }
}

const NAMES = ['a', 'b', 'c'] as const

function startNode(world: World, index: number, count: number, options: Partial<PeersOptions> = {}): Node {
  const node = new Node(world, NAMES[index]!, BigInt(index + 1), options)
  for (let other = 0; other < count; other++) {
    node.peers.set(BigInt(other + 1) as NodeId, { host: NAMES[other]!, port: PORT })
  }
  node.peers.start(error => expect(error).toBeNull())
  return node
}

function until(world: World, condition: () => boolean, limitMs = 20_000): void {
  const reached = world.clock.runUntilTrue(condition, addMs(world.clock.now(), limitMs))
  expect(reached, 'it happens in time').toBe(true)
}

/** Two nodes, connected both ways. */
function pair(seed: number, options: Partial<PeersOptions> = {}): { world: World; a: Node; b: Node } {
  const world = new World({ seed })
  const [a, b] = [startNode(world, 0, 2, options), startNode(world, 1, 2, options)]
  until(world, () => a.events.includes('up 2') && b.events.includes('up 1'))
  // Its bulk lane may take a moment longer.
  world.clock.runFor(50_000)
  return { world, a, b }
}

describe('messages between peers', () => {
  it('arrive in order in each lane, with their sender and group, and nothing else arrives', () => {
    const { world, a, b } = pair(1)
    for (let i = 0; i < 500; i++) {
      a.send(2n, 'data', i, 4 + (i % 90) * 11)
      a.send(2n, 'prompt', 10_000 + i)
      if (i % 7 === 0) world.clock.runFor(100)
    }
    until(world, () => b.messages.length === 1000)
    const numbers = b.numbers()
    expect(numbers.filter(number => number < 10_000)).toEqual(Array.from({ length: 500 }, (_, i) => i))
    expect(numbers.filter(number => number >= 10_000)).toEqual(
      Array.from({ length: 500 }, (_, i) => 10_000 + i),
    )
    expect(b.messages.every(message => message.from === 1n && message.group === GROUP)).toBe(true)
    expect(b.messages.find(message => message.number === 89)!.size).toBe(4 + 89 * 11)
    expect(a.messages).toEqual([])
  })

  it('to a node that is not connected or not known are dropped, and counted', () => {
    const world = new World({ seed: 2 })
    const a = startNode(world, 0, 2)
    a.send(2n, 'data', 1)
    a.send(99n, 'data', 1)
    expect(a.peers.droppedMessages(2n as NodeId)).toBe(1)
    expect(a.peers.isUp(2n as NodeId)).toBe(false)
    expect(a.sendSnapshot(2n, 1, 100)).toBe(true)
    expect(a.peers.droppedMessages(2n as NodeId)).toBe(2)
  })

  it('are dropped when a lane is full, and the lane works again when it has emptied', () => {
    const { world, a, b } = pair(3)
    const size = 64 * 1024
    world.network.links.cut('a', 'b')
    const count = Math.ceil((LANE_BYTES_MAX.prompt * 1.5) / size)
    for (let i = 0; i < count; i++) {
      a.send(2n, 'prompt', i, size)
      world.clock.runFor(10)
    }
    const dropped = a.peers.droppedMessages(2n as NodeId)
    expect(dropped).toBeGreaterThan(count / 4)
    expect((count - dropped) * size).toBeLessThan(LANE_BYTES_MAX.prompt * 1.5)
    world.network.links.heal('a', 'b')
    until(world, () => b.messages.length === count - dropped)
    expect(b.numbers()).toEqual(Array.from({ length: count - dropped }, (_, i) => i))
    a.send(2n, 'prompt', 777)
    until(world, () => b.numbers().at(-1) === 777)
  })

  it('in the prompt lane do not wait for a snapshot in the bulk lane, nor for data', () => {
    const { world, a, b } = pair(4)
    world.network.links.setQuality({ delay: { minimumUs: 200, meanUs: 300 }, bytesPerMs: 10_000 })
    for (let i = 0; i < 40; i++) a.sendSnapshot(2n, i, 256 * 1024)
    for (let i = 0; i < 100; i++) a.send(2n, 'data', i, 64 * 1024)
    const sentAt = world.clock.now()
    a.send(2n, 'prompt', 4242)
    until(world, () => b.numbers().includes(4242))
    expect(b.snapshots.length).toBeLessThan(20)
    expect(msBetween(sentAt, b.messages.find(message => message.number === 4242)!.at)).toBeLessThan(100)
    until(world, () => b.snapshots.length === 40)
  })

  it('may be as long as the longest frame allows, once the peer is known', () => {
    const { world, a, b } = pair(5)
    a.send(2n, 'data', 1, 3_000_000)
    a.send(2n, 'data', 2)
    until(world, () => b.messages.length === 2)
    expect(b.messages.map(message => message.size)).toEqual([3_000_000, 4])
  })
})

describe('a damaged byte', () => {
  it('never reaches a group: the connection is dropped, dialled again, and the complaint is logged', () => {
    const { world, a, b } = pair(6)
    world.network.faults = { ...world.network.faults, corruptPerMillion: 1_000_000 }
    a.send(2n, 'data', 1, 1000)
    until(world, () => b.codes.includes('QUORATE_PEER_PROTOCOL'))
    world.network.faults = { ...world.network.faults, corruptPerMillion: 0 }
    expect(b.messages).toEqual([])
    until(world, () => a.events.filter(event => event === 'up 2').length >= 2)
    a.send(2n, 'data', 2)
    until(world, () => b.messages.length === 1)
    expect(b.numbers()).toEqual([2])
  })

  it('never gets through, however often it happens', () => {
    for (let seed = 60; seed < 75; seed++) {
      const { world, a, b } = pair(seed)
      world.network.faults = {
        corruptPerMillion: 10_000,
        splitPerMillion: 200_000,
        lossPerMillion: 10_000,
        resetPerMillion: 2_000,
      }
      for (let i = 0; i < 800; i++) {
        a.send(2n, 'data', i, 400)
        b.send(1n, 'prompt', i, 40)
        world.clock.runFor(5_000)
      }
      for (const [node, size] of [
        [b, 400],
        [a, 40],
      ] as const) {
        const numbers = node.numbers()
        expect(numbers.length).toBeGreaterThan(100)
        expect(node.messages.every(message => message.size === size)).toBe(true)
        expect(numbers).toEqual([...new Set(numbers)].sort((x, y) => x - y))
      }
      world.network.faults = {
        corruptPerMillion: 0,
        splitPerMillion: 0,
        lossPerMillion: 0,
        resetPerMillion: 0,
      }
      until(world, () => a.peers.isUp(2n as NodeId) && b.peers.isUp(1n as NodeId))
    }
  })
})

describe('a greeting', () => {
  const meeting = (seed: number, options: Partial<PeersOptions>, runMs = 10_000): { a: Node; b: Node } => {
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
    const { world, a, b } = pair(13)
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
    const { world, a } = pair(14)
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

describe('the loss of a peer', () => {
  it('is noticed within milliseconds when its process dies, and reported once', () => {
    const { world, a } = pair(20)
    const diedAt = world.clock.now()
    world.crash('b')
    until(world, () => a.events.includes('lost 2'))
    expect(msBetween(diedAt, a.eventTimes[a.events.indexOf('lost 2')]!)).toBeLessThan(10)
    world.clock.runFor(5_000_000)
    expect(a.events).toEqual(['up 2', 'lost 2'])
  })

  it('ends soon after its process starts again, and the next loss is reported again', () => {
    const { world, a } = pair(21)
    for (let round = 1; round <= 3; round++) {
      world.crash('b')
      world.clock.runFor(2_500_000)
      const startedAt = world.clock.now()
      startNode(world, 1, 2)
      until(world, () => a.events.length === 2 * round + 1)
      // It calls us, so that we need not wait until we would call it.
      expect(msBetween(startedAt, world.clock.now())).toBeLessThan(20)
    }
    expect(a.events).toEqual(['up 2', 'lost 2', 'up 2', 'lost 2', 'up 2', 'lost 2', 'up 2'])
  })

  it('is reported every time, also where only one of the two can reach the other', () => {
    for (const blind of ['a', 'b']) {
      const world = new World({ seed: 27 })
      const nowhere = { host: 'nowhere', port: PORT }
      const a = startNode(world, 0, 2)
      if (blind === 'a') a.peers.set(2n as NodeId, nowhere)
      for (let round = 1; round <= 3; round++) {
        const b = startNode(world, 1, 2)
        if (blind === 'b') b.peers.set(1n as NodeId, nowhere)
        world.clock.runFor(3_000_000)
        world.crash('b')
        world.clock.runFor(1_000_000)
        expect(a.events.filter(event => event === 'lost 2').length).toBe(round)
      }
    }
  })

  it('on a link that breaks every few seconds ends at once every time', () => {
    const { world, a, b } = pair(28)
    for (let round = 0; round < 20; round++) {
      world.clock.runFor(3_000_000)
      const events = a.events.length
      world.network.reset('a', 'b')
      until(world, () => a.events.length > events, 10)
      until(world, () => a.peers.isUp(2n as NodeId) && b.peers.isUp(1n as NodeId), 45)
    }
  })

  it('is noticed in bounded time when its machine goes silent', () => {
    const { world, a } = pair(22, { pingIntervalMs: 100, silenceMsMax: 600 })
    const diedAt = world.clock.now()
    world.powerOff('b')
    until(world, () => a.events.includes('lost 2'))
    expect(msBetween(diedAt, world.clock.now())).toBeLessThan(900)
    startNode(world, 1, 2)
    until(world, () => a.events.at(-1) === 'up 2', 3_000)
  })

  it('is noticed when connections are half open: nobody is told, and nothing comes', () => {
    const { world, a, b } = pair(23)
    world.network.hush('a', 'b')
    until(world, () => a.events.includes('lost 2') && b.events.includes('lost 1'), 4_000)
    until(world, () => a.events.at(-1) === 'up 2' && b.events.at(-1) === 'up 1', 3_000)
    world.clock.runFor(10_000_000)
    // Three lanes each way: what was half open is closed.
    expect([world.network.connections('a'), world.network.connections('b')]).toEqual([6, 6])
  })

  it('by the other node alone replaces the connections that this one still believes in', () => {
    const world = new World({ seed: 29 })
    const a = startNode(world, 0, 2, { silenceMsMax: 600_000 })
    const b = startNode(world, 1, 2, { silenceMsMax: 1_000 })
    until(world, () => a.events.includes('up 2') && b.events.includes('up 1'))
    world.clock.runFor(1_000_000)
    world.network.hush('a', 'b')
    world.clock.runFor(10_000_000)
    expect(a.events).toContain('lost 2')
    // Three that b dialled anew, and the three that a dialled and has no reason to doubt.
    expect(world.network.connections('a')).toBe(6)
  })

  it('is not suspected while a quiet peer pings, for hours', () => {
    const { world, a, b } = pair(24)
    world.clock.runFor(3_600_000_000)
    expect(a.events).toEqual(['up 2'])
    expect(b.events).toEqual(['up 1'])
  })

  it('is not imagined by a process that was stopped itself: its own pause is not their silence', () => {
    const { world, a, b } = pair(25, { silenceMsMax: 20_000 })
    world.pause('a')
    world.clock.runFor(15_000_000)
    world.resume('a')
    world.clock.runFor(5_000_000)
    expect(a.events).toEqual(['up 2'])
    expect(b.events).toEqual(['up 1'])
  })

  it('dials with growing waits up to a second while nobody answers, and not any more when stopped', () => {
    const dials: Instant[] = []
    const world: World = new World({
      seed: 26,
      trace: line => {
        if (/ connect a /.test(line)) dials.push(world.clock.now())
      },
    })
    world.start('b')
    const a = startNode(world, 0, 2)
    world.clock.runFor(12_000_000)
    const between = (fromMs: number, toMs: number): number =>
      dials.filter(at => at >= fromMs * 1000 && at < toMs * 1000).length
    // Three lanes: in the first second at 0, 20, 60, 140, 300 ms and so on, later once or twice a second.
    expect(between(0, 1_000)).toBeGreaterThanOrEqual(3 * 5)
    expect(between(0, 1_000)).toBeLessThanOrEqual(3 * 8)
    expect(between(4_000, 12_000)).toBeGreaterThanOrEqual(3 * 8)
    expect(between(4_000, 12_000)).toBeLessThanOrEqual(3 * 16)
    a.peers.stop()
    const count = dials.length
    world.clock.runUntilIdle()
    expect(dials.length).toBe(count)
  })
})

describe('the table of peers', () => {
  it('may change an address: connections move there', () => {
    const { world, a, b } = pair(30)
    b.peers.stop()
    world.crash('b')
    const c = new Node(world, 'c', 2n)
    c.peers.set(1n as NodeId, { host: 'a', port: PORT })
    c.peers.start(() => {})
    a.peers.set(2n as NodeId, { host: 'c', port: PORT })
    until(world, () => a.peers.isUp(2n as NodeId))
    a.send(2n, 'data', 5)
    until(world, () => c.numbers().includes(5))
  })

  it('keeps its connections when an address is set that is the same', () => {
    const { world, a } = pair(31)
    a.peers.set(2n as NodeId, { host: 'b', port: PORT })
    world.clock.runFor(1_000_000)
    expect(a.events).toEqual(['up 2'])
    expect(a.peers.ids()).toEqual([2n])
  })

  it('has no place for the node itself', () => {
    const { a } = pair(32)
    expect(a.peers.ids()).toEqual([2n])
  })
})

describe('snapshots', () => {
  it('stop coming when the handler says so, and go on after resumeBulk, none lost', () => {
    const { world, a, b } = pair(40)
    b.takesSnapshots = false
    for (let i = 0; i < 60; i++) a.sendSnapshot(2n, i, 128 * 1024)
    world.clock.runFor(2_000_000)
    const before = b.snapshots.length
    expect(before).toBeGreaterThan(0)
    expect(before).toBeLessThan(10)
    // A paused peer is not a silent one, and the other lanes go on.
    world.clock.runFor(10_000_000)
    a.send(2n, 'prompt', 1)
    until(world, () => b.messages.length === 1)
    expect(b.events).toEqual(['up 1'])
    b.takesSnapshots = true
    b.peers.resumeBulk(1n as NodeId)
    until(world, () => b.snapshots.length === 60)
    expect(b.snapshots.map(part => part.number)).toEqual(Array.from({ length: 60 }, (_, i) => i))
  })

  it('are asked to stop when much is waiting, and bulkReady says when to go on', () => {
    const { world, a, b } = pair(41)
    world.network.links.setQuality({ delay: { minimumUs: 200, meanUs: 300 }, bytesPerMs: 5_000 })
    let sent = 0
    while (a.sendSnapshot(2n, sent++, 256 * 1024)) expect(sent).toBeLessThan(100)
    expect(a.events).toEqual(['up 2'])
    until(world, () => a.events.includes('bulkReady 2'))
    until(world, () => b.snapshots.length === sent)
    expect(a.sendSnapshot(2n, sent, 1024)).toBe(true)
  })

  it('are told to go on when the connection goes with what was in it', () => {
    const { world, a } = pair(42)
    world.network.links.cut('a', 'b')
    for (let i = 0; a.sendSnapshot(2n, i, 256 * 1024); i++) expect(i).toBeLessThan(100)
    world.network.links.heal('a', 'b')
    world.crash('b')
    until(world, () => a.events.includes('bulkReady 2'))
  })
})

describe('stopping', () => {
  it('closes everything, tells no handler, and leaves nothing that runs', () => {
    const { world, a, b } = pair(50)
    a.peers.stop()
    expect(a.events).toEqual(['up 2'])
    until(world, () => b.events.includes('lost 1'))
    b.peers.stop()
    world.clock.runUntilIdle()
    expect(world.network.connections('a')).toBe(0)
    expect(world.network.connections('b')).toBe(0)
    expect(a.events).toEqual(['up 2'])
    expect(b.events).toEqual(['up 1', 'lost 1'])
    a.send(2n, 'data', 1)
    a.peers.set(2n as NodeId, { host: 'b', port: PORT })
    world.clock.runUntilIdle()
  })

  it('reports an address that is taken', () => {
    const world = new World({ seed: 51 })
    startNode(world, 0, 1)
    const second = new Node(world, 'x', 9n, { listen: { host: 'a', port: PORT } })
    let kind: string | undefined
    second.peers.start(error => {
      kind = error?.kind
    })
    until(world, () => kind !== undefined)
    expect(kind).toBe('addressInUse')
  })
})

describe('the same seed', () => {
  it('gives the same run', () => {
    const digests = [70, 70, 71].map(seed => {
      const { world, a, b } = pair(seed)
      for (let i = 0; i < 50; i++) a.send(2n, 'data', i, 100)
      until(world, () => b.messages.length === 50)
      world.crash('a')
      world.clock.runFor(3_000_000)
      return world.digest()
    })
    expect(digests[0]).toBe(digests[1])
    expect(digests[0]).not.toBe(digests[2])
  })
})
