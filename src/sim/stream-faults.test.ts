/** What may be wrong with a path beyond a cut and a delay, as a byte stream over it sees it. */
import { expect, test } from 'vitest'
import type { Connection } from '../runtime/network.ts'
import { NO_STREAM_FAULTS } from './network.ts'
import type { StreamEventKind, StreamFaults } from './stream.ts'
import { World } from './world.ts'

const SECOND = 1_000_000

interface Pair {
  readonly world: World
  readonly connection: Connection
  /** How often the network said this since the pair was made. */
  events(kind: StreamEventKind): number
  received(): number
}

function connected(faults: StreamFaults = NO_STREAM_FAULTS): Pair {
  const world = new World({ seed: 7 })
  const [client, server] = [world.start('client'), world.start('server')]
  let received = 0
  const handlers = {
    received: (bytes: Uint8Array) => void (received += bytes.length),
    drained() {},
    closed() {},
  }
  server.network.listen(
    { host: 'server', port: 1 },
    () => handlers,
    () => {},
  )
  const connection = client.network.connect({ host: 'server', port: 1 }, { ...handlers, opened() {} })
  world.clock.runFor(SECOND)
  const seen: StreamEventKind[] = []
  world.network.onEvent = ({ kind }) => seen.push(kind)
  world.network.faults = faults
  return {
    world,
    connection,
    events: kind => seen.filter(each => each === kind).length,
    received: () => received,
  }
}

/** So many packets, a moment apart. */
function send({ world, connection }: Pair, packets: number): void {
  for (let i = 0; i < packets; i++) {
    connection.write(new Uint8Array(100))
    world.clock.runFor(1)
  }
}

test('a narrow path drops what is beyond its packets in flight, and all of it arrives in the end', () => {
  const pair = connected()
  pair.world.network.links.link('client', 'server').narrow(3)
  send(pair, 20)
  expect(pair.events('crowded')).toBe(17)
  pair.world.clock.runFor(60 * SECOND)
  expect(pair.received()).toBe(2_000)
})

test('packets that have arrived make place for others', () => {
  const pair = connected()
  pair.world.network.links.link('client', 'server').narrow(1)
  for (let i = 0; i < 10; i++) {
    send(pair, 1)
    pair.world.clock.runFor(SECOND)
  }
  expect([pair.events('crowded'), pair.received()]).toEqual([0, 1_000])
})

test('a healed path is as wide as before', () => {
  const pair = connected()
  const link = pair.world.network.links.link('client', 'server')
  link.narrow(1)
  link.heal()
  send(pair, 20)
  expect(pair.events('crowded')).toBe(0)
})

test('taking a cut away leaves a clog', () => {
  const pair = connected()
  const link = pair.world.network.links.link('client', 'server')
  link.clog(5 * SECOND)
  link.cut()
  link.join()
  send(pair, 1)
  pair.world.clock.runFor(4 * SECOND)
  expect(pair.received()).toBe(0)
  pair.world.clock.runFor(2 * SECOND)
  expect(pair.received()).toBe(100)
})

test('chance spares a link that is spared, and no other', () => {
  const certain = { ...NO_STREAM_FAULTS, lossPerMillion: 1_000_000 }
  const pair = connected(certain)
  const link = pair.world.network.links.link('client', 'server')
  link.isSpared = true
  send(pair, 5)
  pair.world.clock.runFor(SECOND)
  expect([pair.events('dropped'), pair.received()]).toEqual([0, 500])
  link.isSpared = false
  send(pair, 5)
  pair.world.clock.runFor(SECOND)
  expect(pair.events('dropped')).toBeGreaterThan(0)
  expect(pair.received()).toBe(500)
})

test('what chance drops is told apart from what a cut loses', () => {
  const pair = connected()
  pair.world.network.links.cutOneWay('client', 'server')
  send(pair, 1)
  pair.world.clock.runFor(SECOND)
  expect(pair.events('lost')).toBeGreaterThan(0)
  expect(pair.events('dropped')).toBe(0)
})

test('packets that overtake others are seen to', () => {
  const pair = connected()
  pair.world.network.links.setQuality({ delay: { minimumUs: 0, meanUs: 50_000 }, bytesPerMs: 0 })
  send(pair, 20)
  pair.world.clock.runFor(SECOND)
  expect(pair.events('overtook')).toBeGreaterThan(0)
  expect(pair.events('overtook')).toBeLessThan(20)
  expect(pair.received()).toBe(2_000)
})

test('a connection that chance breaks is said to be broken', () => {
  const pair = connected({ ...NO_STREAM_FAULTS, resetPerMillion: 1_000_000 })
  send(pair, 1)
  pair.world.clock.runFor(SECOND)
  expect([pair.events('broke'), pair.events('reset')]).toEqual([1, 2])
})

/** A connection to the listener of the pair, and what becomes of it. */
function dialAgain({ world }: Pair): Connection {
  const nothing = { opened() {}, received() {}, drained() {}, closed() {} }
  const connection = world.node('client')!.network.connect({ host: 'server', port: 1 }, nothing)
  world.clock.runFor(SECOND / 10)
  return connection
}

test('what was sent over a stranded connection arrives behind what is sent over the next one', () => {
  const pair = connected()
  expect(pair.world.network.strand('server', SECOND / 10, SECOND)).toBe(1)
  pair.connection.write(new Uint8Array(1))
  pair.world.clock.runFor(SECOND / 5)
  expect([pair.events('reset'), pair.received()]).toEqual([1, 0])
  dialAgain(pair).write(new Uint8Array(10))
  pair.world.clock.runFor(SECOND / 10)
  expect([pair.events('late'), pair.received()]).toEqual([0, 10])
  pair.world.clock.runFor(SECOND)
  expect([pair.events('late'), pair.received()]).toEqual([1, 11])
})

test('only what others dialled is stranded', () => {
  const pair = connected()
  expect(pair.world.network.strand('client', SECOND / 10, SECOND)).toBe(0)
  send(pair, 3)
  pair.world.clock.runFor(SECOND)
  expect([pair.events('reset'), pair.received()]).toEqual([0, 300])
})

test('a kernel that was told of a break sends nothing again', () => {
  const pair = connected()
  pair.world.network.strand('server', SECOND / 10, SECOND)
  send(pair, 1)
  pair.world.network.links.cutOneWay('client', 'server')
  pair.world.clock.runFor(2 * SECOND)
  pair.world.network.links.heal('client', 'server')
  pair.world.clock.runFor(60 * SECOND)
  expect(pair.received()).toBe(0)
})

test('a stranded connection of those who are healed meanwhile lives on, and is late', () => {
  const pair = connected()
  pair.world.network.strand('server', SECOND / 10, SECOND)
  send(pair, 1)
  pair.world.network.links.link('client', 'server').isSpared = true
  pair.world.clock.runFor(SECOND / 2)
  expect(pair.received()).toBe(0)
  pair.world.clock.runFor(SECOND)
  expect([pair.events('reset'), pair.events('late'), pair.received()]).toEqual([0, 0, 100])
})
