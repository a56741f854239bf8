import { expect, test } from 'vitest'
import { utf8Bytes } from '../core/utf8.ts'
import type { Connection, ConnectionHandlers, Listener } from '../runtime/network.ts'
import { NO_STREAM_FAULTS } from './network.ts'
import type { StreamFaults } from './stream.ts'
import { World, type WorldNode } from './world.ts'

const SECOND = 1_000_000

/** One end and everything that it was told. */
class Recorder implements ConnectionHandlers {
  connection!: Connection
  text = ''
  chunks = 0
  drains = 0
  opens = 0
  closedBy: string | undefined

  opened(): void {
    this.opens++
  }

  received(bytes: Uint8Array): void {
    this.#alive()
    this.text += Buffer.from(bytes).toString('latin1')
    this.chunks++
  }

  drained(): void {
    this.#alive()
    this.drains++
  }

  closed(error: { kind: string } | null): void {
    this.#alive()
    this.closedBy = error === null ? 'end' : error.kind
  }

  #alive(): void {
    expect(this.closedBy).toBeUndefined()
  }
}

interface Pair {
  readonly world: World
  readonly client: WorldNode
  readonly server: WorldNode
  readonly listener: Listener
  readonly accepted: Recorder[]
}

const HERE = { host: 'server', port: 80 }

function pair(seed = 1, faults: Partial<StreamFaults> = {}, trace?: (line: string) => void): Pair {
  const world = new World({
    seed,
    network: { faults: { ...NO_STREAM_FAULTS, ...faults } },
    ...(trace && { trace }),
  })
  const client = world.start('client')
  const server = world.start('server')
  const accepted: Recorder[] = []
  return { world, client, server, accepted, listener: serve(server, accepted) }
}

function serve(server: WorldNode, accepted: Recorder[]): Listener {
  const accept = (connection: Connection) => {
    const recorder = new Recorder()
    recorder.connection = connection
    accepted.push(recorder)
    return recorder
  }
  return server.network.listen({ host: '0.0.0.0', port: 80 }, accept, () => {})
}

function dial(node: WorldNode, address = HERE): Recorder {
  const recorder = new Recorder()
  recorder.connection = node.network.connect(address, recorder)
  return recorder
}

/** A pair with one connection open. */
function connected(seed = 1, faults: Partial<StreamFaults> = {}): Pair & { a: Recorder; b: Recorder } {
  const made = pair(seed, faults)
  const a = dial(made.client)
  made.world.clock.runFor(SECOND)
  return { ...made, a, b: made.accepted[0]! }
}

const long = (length: number) => Uint8Array.from({ length }, (_, i) => 97 + (i % 26))

test('a connection opens after a round trip, and bytes written before that are not lost', () => {
  const { world, client, accepted } = pair()
  const a = dial(client)
  a.connection.write(utf8Bytes('early'))
  expect(a.opens).toBe(0)
  world.clock.runUntilIdle()
  expect(a.opens).toBe(1)
  expect(accepted[0]?.text).toBe('early')
  expect(world.clock.now()).toBeGreaterThan(300)
})

test('what is written in one turn leaves together, and arrives in order', () => {
  const { world, a, b } = connected()
  for (const word of ['one ', 'two ', 'three']) a.connection.write(utf8Bytes(word))
  expect(a.connection.bufferedBytes()).toBe(13)
  world.clock.runFor(SECOND)
  expect([b.text, b.chunks]).toEqual(['one two three', 1])
})

test('streams stay whole and in order under loss, splits and delays', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { world, a, b } = connected(seed, { lossPerMillion: 200_000, splitPerMillion: 500_000 })
    let sent = ''
    for (let i = 0; i < 200; i++) {
      const word = `${i},`
      sent += word
      a.connection.write(utf8Bytes(word))
      world.clock.runFor(500)
    }
    a.connection.end()
    world.clock.runFor(60 * SECOND)
    expect(b.text).toBe(sent)
    expect([a.closedBy, b.closedBy]).toEqual(['end', 'end'])
  }
})

test('the bytes given to received are only valid during the call', () => {
  const { world, client, server } = pair()
  const kept: Uint8Array[] = []
  const keep = { received: (bytes: Uint8Array) => void kept.push(bytes), drained() {}, closed() {} }
  server.network.listen(
    { host: 'server', port: 81 },
    () => keep,
    () => {},
  )
  dial(client, { host: 'server', port: 81 }).connection.write(utf8Bytes('abc'))
  world.clock.runUntilIdle()
  expect(kept.map(bytes => [...bytes])).toEqual([[0xdd, 0xdd, 0xdd]])
})

test('nobody listening refuses, and so does a host that nobody knows', () => {
  const { world, client } = pair()
  const refusals: string[] = []
  world.network.onEvent = ({ kind, from, to }) => {
    if (kind === 'refused') refusals.push(`${from} > ${to}`)
  }
  const a = dial(client, { host: 'server', port: 99 })
  const b = dial(client, { host: 'nowhere', port: 1 })
  world.clock.runUntilIdle()
  expect([a.closedBy, a.opens, b.closedBy]).toEqual(['refused', 0, 'refused'])
  // Of a name that nobody has, the own machine says so.
  expect(refusals.toSorted()).toEqual(['client > client', 'server > client'])
})

test('an address is taken once, until its listener closes', () => {
  const { world, server, listener } = pair()
  const outcomes: (string | undefined)[] = []
  const listen = () =>
    server.network.listen(
      { host: 'server', port: 80 },
      () => new Recorder(),
      error => outcomes.push(error?.kind),
    )
  listen()
  world.clock.runUntilIdle()
  listener.close()
  listen()
  world.clock.runUntilIdle()
  expect(outcomes).toEqual(['addressInUse', undefined])
})

test('a closed listener accepts nothing more, and its connections live on', () => {
  const { world, client, listener, a, b } = connected()
  listener.close()
  const late = dial(client)
  a.connection.write(utf8Bytes('still here'))
  world.clock.runFor(SECOND)
  expect([late.closedBy, b.text]).toEqual(['refused', 'still here'])
})

test('port 0 takes a free port and tells which', () => {
  const { world, client, server } = pair()
  const taken = new Recorder()
  const listener = server.network.listen(
    { host: '', port: 0 },
    () => taken,
    () => {},
  )
  const a = dial(client, { host: 'server', port: listener.port() })
  a.connection.write(utf8Bytes('x'))
  world.clock.runUntilIdle()
  expect(taken.text).toBe('x')
})

test('end sends what is waiting and closes both ends in order', () => {
  const { world, a, b } = connected()
  b.connection.write(utf8Bytes('from b'))
  a.connection.write(utf8Bytes('from a'))
  a.connection.end()
  expect(a.connection.write(utf8Bytes('too late'))).toBe(false)
  world.clock.runUntilIdle()
  expect([a.text, a.closedBy, b.text, b.closedBy]).toEqual(['from b', 'end', 'from a', 'end'])
})

test('destroy loses what is waiting, and closed still comes, later', () => {
  const { world, a, b } = connected()
  a.connection.write(utf8Bytes('lost'))
  a.connection.destroy()
  expect(a.closedBy).toBeUndefined()
  world.clock.runUntilIdle()
  expect([a.closedBy, b.text, b.closedBy]).toEqual(['end', '', 'end'])
})

test('destroying an end with unread bytes resets the other', () => {
  const { world, a, b } = connected()
  b.connection.pause()
  a.connection.write(utf8Bytes('unread'))
  world.clock.runFor(SECOND)
  b.connection.destroy()
  world.clock.runUntilIdle()
  expect([a.closedBy, b.closedBy]).toEqual(['reset', 'end'])
})

test('a reader that pauses stops the writer, who is told when to go on', () => {
  const { world, a, b } = connected()
  b.connection.pause()
  let accepted = 0
  while (a.connection.write(long(10_000))) {
    accepted++
    world.clock.runFor(10_000)
    expect(accepted).toBeLessThan(100)
  }
  expect(a.connection.bufferedBytes()).toBeGreaterThan(60_000)
  expect([b.text, a.drains]).toEqual(['', 0])
  b.connection.resume()
  world.clock.runFor(SECOND)
  expect(a.drains).toBe(1)
  expect(b.text.length).toBe((accepted + 1) * 10_000)
})

test('bandwidth delays what is large', () => {
  const { world, a, b } = connected()
  world.network.links.setQuality({ delay: { minimumUs: 100, meanUs: 0 }, bytesPerMs: 10 })
  a.connection.write(long(10_000))
  world.clock.runFor(990_000)
  expect(b.text).toBe('')
  world.clock.runFor(20_000)
  expect(b.text.length).toBe(10_000)
})

test('a cut only delays, if it heals in time', () => {
  const { world, a, b } = connected()
  world.network.links.cut('client', 'server')
  a.connection.write(utf8Bytes('patience'))
  world.clock.runFor(5 * SECOND)
  expect([b.text, a.closedBy]).toEqual(['', undefined])
  world.network.links.heal('client', 'server')
  world.clock.runFor(4 * SECOND)
  expect(b.text).toBe('patience')
})

test('a cut that lasts gives the connection up, for the end that waits for an answer', () => {
  const { world, a, b } = connected()
  world.network.links.cut('client', 'server')
  a.connection.write(utf8Bytes('lost'))
  world.clock.runFor(70 * SECOND)
  expect([a.closedBy, b.closedBy]).toEqual(['timeout', undefined])
})

test('a one-way cut lets the other direction pass', () => {
  const { world, a, b } = connected()
  world.network.links.cutOneWay('client', 'server')
  a.connection.write(utf8Bytes('stuck'))
  b.connection.write(utf8Bytes('passes'))
  world.clock.runFor(SECOND)
  expect([a.text, b.text]).toEqual(['passes', ''])
})

test('nobody can connect across a cut, and the attempt is given up', () => {
  const { world, client } = pair()
  world.network.links.isolate('server')
  const a = dial(client)
  world.clock.runFor(11 * SECOND)
  expect([a.opens, a.closedBy]).toEqual([0, 'timeout'])
})

test('a connection needs both directions to open', () => {
  const { world, client, accepted } = pair()
  world.network.links.cutOneWay('server', 'client')
  const a = dial(client)
  world.clock.runFor(3 * SECOND)
  expect([a.opens, accepted.length]).toEqual([0, 0])
  world.network.links.healAll()
  world.clock.runFor(2 * SECOND)
  expect([a.opens, accepted.length]).toEqual([1, 1])
})

test('an attempt to connect survives a short cut', () => {
  const { world, client } = pair()
  world.network.links.isolate('server')
  const a = dial(client)
  world.clock.runFor(3 * SECOND)
  world.network.links.healAll()
  world.clock.runFor(2 * SECOND)
  expect([a.opens, a.closedBy]).toEqual([1, undefined])
})

test('a clogged link delivers late', () => {
  const { world, a, b } = connected()
  world.network.links.clog('client', 'server', 2 * SECOND)
  a.connection.write(utf8Bytes('slow'))
  world.clock.runFor(1.9 * SECOND)
  expect(b.text).toBe('')
  world.clock.runFor(SECOND)
  expect(b.text).toBe('slow')
})

test('partitions cut between groups only, and whoever is in none is alone', () => {
  const world = new World({ seed: 3 })
  const nodes = ['a', 'b', 'c', 'd'].map(name => world.start(name))
  for (const node of nodes) serveOn(node)
  world.network.links.partition([['a', 'b'], ['c']])
  const dialled = nodes.flatMap(from =>
    nodes.filter(to => to !== from).map(to => ({ way: from.name + to.name, end: dialTo(from, to) })),
  )
  world.clock.runFor(20 * SECOND)
  expect(dialled.filter(({ end }) => end.opens === 1).map(({ way }) => way)).toEqual(['ab', 'ba'])
})

function serveOn(node: WorldNode): void {
  node.network.listen(
    { host: node.name, port: 80 },
    () => new Recorder(),
    () => {},
  )
}

function dialTo(from: WorldNode, to: WorldNode): Recorder {
  return dial(from, { host: to.name, port: 80 })
}

test('a crashed process hangs up, and its machine refuses until it is back', () => {
  const { world, client, a, b } = connected()
  world.crash('server')
  const early = dial(client)
  world.clock.runFor(SECOND)
  expect([a.closedBy, b.closedBy, early.closedBy]).toEqual(['end', undefined, 'refused'])
  const accepted: Recorder[] = []
  serve(world.start('server'), accepted)
  const late = dial(client)
  world.clock.runFor(SECOND)
  expect([late.opens, accepted.length]).toEqual([1, 1])
})

test('bytes sent before a crash still arrive', () => {
  const { world, a, b } = connected()
  a.connection.write(utf8Bytes('last words'))
  world.clock.step()
  world.crash('client')
  world.clock.runFor(SECOND)
  expect([b.text, b.closedBy, a.closedBy]).toEqual(['last words', 'end', undefined])
})

test('a machine without power tells nobody: its peers learn when they wait, or when it is back', () => {
  const first = connected()
  first.world.powerOff('server')
  first.world.clock.runFor(30 * SECOND)
  expect(first.a.closedBy).toBeUndefined()
  first.a.connection.write(utf8Bytes('hello?'))
  first.world.clock.runFor(70 * SECOND)
  expect(first.a.closedBy).toBe('timeout')

  const second = connected()
  second.world.powerOff('server')
  second.a.connection.write(utf8Bytes('hello?'))
  second.world.clock.runFor(5 * SECOND)
  second.world.start('server')
  second.world.clock.runFor(5 * SECOND)
  expect(second.a.closedBy).toBe('reset')
})

test('a hushed connection is silent for ever, while a new one works', () => {
  const { world, client, accepted, a, b } = connected()
  world.network.hush('client', 'server')
  a.connection.write(utf8Bytes('lost'))
  const fresh = dial(client)
  fresh.connection.write(utf8Bytes('fine'))
  world.clock.runFor(10 * SECOND)
  expect([a.closedBy, b.closedBy, b.text, accepted[1]?.text]).toEqual([undefined, undefined, '', 'fine'])
  world.clock.runFor(60 * SECOND)
  expect(a.closedBy).toBe('timeout')
})

test('a reset closes both ends, in the middle of what they said', () => {
  const { world, a, b } = connected()
  a.connection.write(long(500_000))
  world.clock.runFor(300)
  world.network.reset('client', 'server')
  world.clock.runFor(10 * SECOND)
  expect([a.closedBy, b.closedBy]).toEqual(['reset', 'reset'])
  expect(b.text.length).toBeLessThan(500_000)
})

test('chance resets and corrupts where the faults say so, and not elsewhere', () => {
  const { world, a, b } = connected(5, { corruptPerMillion: 1_000_000 })
  a.connection.write(utf8Bytes('aaaaaaaa'))
  world.clock.runFor(SECOND)
  expect([...b.text].filter(character => character !== 'a').length).toBe(1)
  world.network.faults = { ...NO_STREAM_FAULTS, resetPerMillion: 1_000_000 }
  a.connection.write(utf8Bytes('aaaaaaaa'))
  world.clock.runFor(SECOND)
  expect([a.closedBy, b.closedBy]).toEqual(['reset', 'reset'])
})

test('a paused process keeps its connections, and reads what came meanwhile when it goes on', () => {
  const { world, client, accepted, a, b } = connected()
  world.pause('server')
  a.connection.write(utf8Bytes('while you slept'))
  const fresh = dial(client)
  world.clock.runFor(120 * SECOND)
  expect([b.text, a.closedBy, fresh.opens, accepted.length]).toEqual(['', undefined, 1, 1])
  world.resume('server')
  world.clock.runFor(SECOND)
  expect([b.text, accepted.length]).toEqual(['while you slept', 2])
})

test('a paused process accepts what broke meanwhile, and hears of that next', () => {
  const { world, client, accepted } = connected()
  world.pause('server')
  dial(client)
  world.clock.runFor(SECOND)
  world.network.reset('client', 'server')
  world.clock.runFor(SECOND)
  world.resume('server')
  world.clock.runFor(SECOND)
  expect(accepted.map(({ closedBy }) => closedBy)).toEqual(['reset', 'reset'])
})

test('an end that gave up while connecting leaves none behind at the other', () => {
  const { world, client, accepted } = pair()
  const a = dial(client)
  world.clock.runUntilTrue(() => accepted.length === 1, world.clock.now())
  while (accepted.length === 0) world.clock.step()
  a.connection.destroy()
  world.clock.runUntilIdle()
  expect([a.opens, a.closedBy, accepted[0]?.closedBy]).toEqual([0, 'end', 'reset'])
  expect([world.network.connections('client'), world.network.connections('server')]).toEqual([0, 0])
})

/** Everything goes wrong, somehow; returns the trace. */
function turmoil(seed: number): { trace: string; digest: string } {
  let trace = ''
  const rates = {
    lossPerMillion: 50_000,
    splitPerMillion: 100_000,
    resetPerMillion: 5_000,
    corruptPerMillion: 5_000,
  }
  const made = pair(seed, rates, line => (trace += `${line}\n`))
  const { world, client, accepted } = made
  const random = world.random.fork()
  let ends = [dial(client)]
  for (let round = 0; round < 200; round++) {
    ends = ends.filter(end => end.closedBy === undefined)
    for (const end of [...ends, ...accepted]) end.connection.write(long(random.below(3000)))
    const choice = random.below(20)
    if (choice === 0) world.network.links.cut('client', 'server')
    if (choice === 1) world.network.links.healAll()
    if (choice === 2) world.pause('server')
    if (choice === 3) world.resume('server')
    if (choice < 8 && ends.length < 5) ends.push(dial(client))
    if (choice === 9) ends[0]?.connection.end()
    world.clock.runFor(random.below(300_000))
  }
  return { trace, digest: world.digest() }
}

test('the same seed gives the same trace, to the byte, and another seed another', () => {
  const first = turmoil(7)
  const again = turmoil(7)
  expect(again.trace).toBe(first.trace)
  expect(again.digest).toBe(first.digest)
  expect(first.trace.split('\n').length).toBeGreaterThan(500)
  expect(turmoil(8).digest).not.toBe(first.digest)
})
