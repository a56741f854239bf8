import { describe, expect, it } from 'vitest'
import type { NodeId } from '../../core/ids.ts'
import { msBetween } from '../../core/time.ts'
import { World } from '../../sim/world.ts'
import { LANE_BYTES_MAX, ROUND_TRIP_BOUNDS } from './limits.ts'
import { GROUP, PORT, pair, startNode, TestNode, until } from './testing/test-node.ts'

const dropped = (node: TestNode, id: bigint): number =>
  node.peers.measures().find(peer => peer.id === id)!.droppedMessages

describe('messages between peers', () => {
  it('arrive in order in each lane, with their sender and group, and nothing else arrives', () => {
    const { world, a, b } = pair(new World({ seed: 1 }))
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
    expect(dropped(a, 2n)).toBe(1)
    expect(a.peers.isUp(2n as NodeId)).toBe(false)
    expect(a.sendSnapshot(2n, 1, 100)).toBe(true)
    expect(dropped(a, 2n)).toBe(2)
  })

  it('are dropped when a lane is full, and the lane works again when it has emptied', () => {
    const { world, a, b } = pair(new World({ seed: 3 }))
    const size = 64 * 1024
    world.network.links.cut('a', 'b')
    const count = Math.ceil((LANE_BYTES_MAX.prompt * 1.5) / size)
    for (let i = 0; i < count; i++) {
      a.send(2n, 'prompt', i, size)
      world.clock.runFor(10)
    }
    const lost = dropped(a, 2n)
    expect(lost).toBeGreaterThan(count / 4)
    expect((count - lost) * size).toBeLessThan(LANE_BYTES_MAX.prompt * 1.5)
    world.network.links.heal('a', 'b')
    until(world, () => b.messages.length === count - lost)
    expect(b.numbers()).toEqual(Array.from({ length: count - lost }, (_, i) => i))
    a.send(2n, 'prompt', 777)
    until(world, () => b.numbers().at(-1) === 777)
  })

  it('in the prompt lane do not wait for a snapshot in the bulk lane, nor for data', () => {
    const { world, a, b } = pair(new World({ seed: 4 }))
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
    const { world, a, b } = pair(new World({ seed: 5 }))
    a.send(2n, 'data', 1, 3_000_000)
    a.send(2n, 'data', 2)
    until(world, () => b.messages.length === 2)
    expect(b.messages.map(message => message.size)).toEqual([3_000_000, 4])
  })
})

describe('a damaged byte', () => {
  it('never reaches a group: the connection is dropped, dialled again, and the complaint is logged', () => {
    const { world, a, b } = pair(new World({ seed: 6 }))
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
      const { world, a, b } = pair(new World({ seed }))
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

describe('the table of peers', () => {
  it('may change an address: connections move there', () => {
    const { world, a, b } = pair(new World({ seed: 30 }))
    b.peers.stop()
    world.crash('b')
    const c = new TestNode(world, 'c', 2n)
    c.peers.set(1n as NodeId, [{ host: 'a', port: PORT }])
    c.peers.start(() => {})
    a.peers.set(2n as NodeId, [{ host: 'c', port: PORT }])
    until(world, () => a.peers.isUp(2n as NodeId))
    a.send(2n, 'data', 5)
    until(world, () => c.numbers().includes(5))
  })

  it('keeps its connections when an address is set that is the same', () => {
    const { world, a } = pair(new World({ seed: 31 }))
    a.peers.set(2n as NodeId, [{ host: 'b', port: PORT }])
    world.clock.runFor(1_000_000)
    expect(a.events).toEqual(['up 2'])
    expect(a.peers.ids()).toEqual([2n])
  })

  it('has no place for the node itself', () => {
    const { a } = pair(new World({ seed: 32 }))
    expect(a.peers.ids()).toEqual([2n])
  })
})

describe('snapshots', () => {
  it('stop coming when the handler says so, and go on after resumeBulk, none lost', () => {
    const { world, a, b } = pair(new World({ seed: 40 }))
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
    const { world, a, b } = pair(new World({ seed: 41 }))
    world.network.links.setQuality({ delay: { minimumUs: 200, meanUs: 300 }, bytesPerMs: 5_000 })
    let sent = 0
    while (a.sendSnapshot(2n, sent++, 256 * 1024)) expect(sent).toBeLessThan(100)
    expect(a.events).toEqual(['up 2'])
    until(world, () => a.events.includes('bulkReady 2'))
    until(world, () => b.snapshots.length === sent)
    expect(a.sendSnapshot(2n, sent, 1024)).toBe(true)
  })

  it('are told to go on when the connection goes with what was in it', () => {
    const { world, a } = pair(new World({ seed: 42 }))
    world.network.links.cut('a', 'b')
    for (let i = 0; a.sendSnapshot(2n, i, 256 * 1024); i++) expect(i).toBeLessThan(100)
    world.network.links.heal('a', 'b')
    world.crash('b')
    until(world, () => a.events.includes('bulkReady 2'))
  })
})

describe('stopping', () => {
  it('closes everything, tells no handler, and leaves nothing that runs', () => {
    const { world, a, b } = pair(new World({ seed: 50 }))
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
    a.peers.set(2n as NodeId, [{ host: 'b', port: PORT }])
    world.clock.runUntilIdle()
  })

  it('is reached at every address that it listens on, until it stops', () => {
    const world = new World({ seed: 52 })
    const { a, b } = pair(world)
    let isOpen = false
    b.peers.listen({ host: 'b', port: PORT + 1 }, error => {
      isOpen = error === null
    })
    until(world, () => isOpen)
    a.peers.remove(2n as NodeId)
    a.peers.set(2n as NodeId, [{ host: 'b', port: PORT + 1 }])
    until(world, () => a.peers.isUp(2n as NodeId))
    a.send(2n, 'data', 7)
    until(world, () => b.messages.length === 1)
    b.peers.stop()
    world.clock.runFor(1_000)
    expect(a.peers.isUp(2n as NodeId)).toBe(false)
  })

  it('reports an address that is taken', () => {
    const world = new World({ seed: 51 })
    startNode(world, 0, 1)
    const second = new TestNode(world, 'x', 9n, { listen: { host: 'a', port: PORT } })
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
      const { world, a, b } = pair(new World({ seed }))
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

describe('the way to a peer and back', () => {
  const times = (node: TestNode): number[] => node.peers.measures()[0]!.roundTripTimes.cumulative()
  const count = (node: TestNode): number => times(node).at(-1)!

  it('is measured every four seconds, both ways, though there is much to say', () => {
    const { world, a, b } = pair(new World({ seed: 40 }))
    world.network.links.setQuality({ delay: { minimumUs: 1_000, meanUs: 0 }, bytesPerMs: 0 })
    for (let i = 0; i < 100; i++) {
      a.send(2n, 'prompt', i)
      world.clock.runFor(200_000)
    }
    for (const node of [a, b]) {
      expect(count(node)).toBe(5)
      // There in 1 ms, and back in as much; the bounds are 1.6 and 3.2 ms.
      expect(times(node)[ROUND_TRIP_BOUNDS.indexOf(0.0016)]).toBe(0)
      expect(times(node)[ROUND_TRIP_BOUNDS.indexOf(0.0032)]).toBe(5)
    }
  })

  it('counts an answer that came late as late, and one that never came not at all', () => {
    const { world, a } = pair(new World({ seed: 41 }), { silenceMsMax: 60_000 })
    world.clock.runFor(2_000_000)
    expect(count(a)).toBe(1)
    world.pause('b')
    world.clock.runFor(6_000_000)
    world.resume('b')
    world.clock.runFor(100_000)
    expect(count(a)).toBe(2)
    expect(times(a).at(-2)).toBe(1)
    world.clock.runFor(3_000_000)
    world.crash('b')
    world.clock.runFor(5_000_000)
    const before = count(a)
    startNode(world, 1, 2)
    until(world, () => count(a) > before, 10_000)
    expect(times(a).at(-2)).toBe(count(a) - 1)
  })
})
