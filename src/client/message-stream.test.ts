import { expect, test } from 'vitest'
import { addMs } from '../core/time.ts'
import { utf8Bytes, utf8Text } from '../core/utf8.ts'
import { EngineConnection } from '../runtime/engine-connection.ts'
import { World, type WorldNode } from '../sim/world.ts'
import type { GrpcCall, GrpcMethods } from '../wire/grpc/call.ts'
import { GrpcServerConnection } from '../wire/grpc/server-connection.ts'
import { GrpcStatus } from '../wire/grpc/status.ts'
import { GrpcChannel } from './grpc-channel.ts'
import type { MessageStream } from './message-stream.ts'

const PORT = 2379

/** Says `count` messages of `bytes` as fast as it may, or echoes. */
class Server {
  said = 0
  cancelled = 0
  readonly methods: GrpcMethods = new Map([
    ['/t.T/Echo', { kind: 'stream' as const, open: (call: GrpcCall) => this.#echo(call) }],
    ['/t.T/Flood', { kind: 'stream' as const, open: (call: GrpcCall) => this.#flood(call) }],
  ])

  #echo(call: GrpcCall) {
    call.onCancelled = () => this.cancelled++
    return {
      received: (message: Uint8Array) => void call.send(message),
      halfClosed: () => call.finish(GrpcStatus.ok, 'thanks'),
      drained() {},
    }
  }

  #flood(call: GrpcCall) {
    const say = (): void => {
      while (!call.ended) {
        this.said++
        if (!call.send(new Uint8Array(1000))) return
      }
    }
    return { received: say, halfClosed() {}, drained: say }
  }
}

class Setup {
  readonly world = new World({ seed: 1 })
  readonly server = new Server()
  readonly client: WorldNode
  readonly channel: GrpcChannel

  constructor() {
    const node = this.world.start('server')
    node.network.listen(
      { host: node.name, port: PORT },
      connection => {
        const makeEngine = (wantsFlush: () => void) =>
          new GrpcServerConnection(node.clock.now(), { methods: this.server.methods, wantsFlush })
        const driver = new EngineConnection(node.clock, makeEngine, () => {})
        driver.opened(connection)
        return driver.handlers
      },
      error => expect(error).toBeNull(),
    )
    this.client = this.world.start('client')
    this.channel = new GrpcChannel(this.client.network, this.client.clock, { host: 'server', port: PORT })
  }

  async open(path: string): Promise<MessageStream> {
    const attempt = await this.settled(this.channel.stream(path))
    if (attempt.kind !== 'open') throw new Error(attempt.message)
    return attempt.stream
  }

  runMs(ms: number): void {
    this.world.clock.runUntil(addMs(this.world.clock.now(), ms))
  }

  /** Lets virtual time pass until the promise has come to something. */
  async settled<Value>(promise: Promise<Value>): Promise<Value> {
    let settled = false
    const done = (): void => {
      settled = true
    }
    void promise.then(done, done)
    const drain = () => new Promise<void>(resolve => setImmediate(resolve))
    const limit = addMs(this.world.clock.now(), 60_000)
    expect(await this.world.runUntilTrue(() => settled, limit, drain)).toBe(true)
    return promise
  }
}

test('messages go both ways, one after the other, and then the end says how it went', async () => {
  const setup = new Setup()
  const stream = await setup.open('/t.T/Echo')
  for (const text of ['one', 'two', 'three']) stream.send(utf8Bytes(text))
  for (const text of ['one', 'two', 'three']) {
    expect(utf8Text((await setup.settled(stream.next()))!)).toBe(text)
  }
  stream.halfClose()
  expect(await setup.settled(stream.next())).toBeNull()
  expect(await stream.ended).toMatchObject({ outcome: 'done', status: GrpcStatus.ok, message: 'thanks' })
  expect(await stream.next()).toBeNull()
})

test('whoever does not take stops the server at a window, and takes everything later', async () => {
  const setup = new Setup()
  const stream = await setup.open('/t.T/Flood')
  stream.send(new Uint8Array(1))
  await setup.settled(stream.next())
  setup.runMs(10_000)
  const { said } = setup.server
  expect(said).toBeLessThan(1_100)
  setup.runMs(10_000)
  expect(setup.server.said).toBe(said)
  for (let i = 1; i < said; i++) expect(await setup.settled(stream.next())).toHaveLength(1000)
  expect(setup.server.said).toBeGreaterThan(said)
})

test('whoever sends more than the window takes is told to wait, and when to go on', async () => {
  const setup = new Setup()
  const stream = await setup.open('/t.T/Echo')
  expect(stream.send(new Uint8Array(1_500_000))).toBe(false)
  await setup.settled(stream.drained())
  expect(await setup.settled(stream.next())).toHaveLength(1_500_000)
  expect(stream.send(new Uint8Array(1))).toBe(true)
  await stream.drained()
})

test('the server hears that a stream was given up', async () => {
  const setup = new Setup()
  const stream = await setup.open('/t.T/Echo')
  stream.send(new Uint8Array(1))
  await setup.settled(stream.next())
  stream.cancel()
  expect(await stream.next()).toBeNull()
  expect(await stream.ended).toMatchObject({ status: GrpcStatus.cancelled })
  setup.runMs(1_000)
  expect(setup.server.cancelled).toBe(1)
})

test('a stream ends when its node falls silent, and those who wait learn it', async () => {
  const setup = new Setup()
  const stream = await setup.open('/t.T/Echo')
  setup.world.pause('server')
  expect(stream.send(new Uint8Array(2_000_000))).toBe(false)
  const drained = stream.drained()
  expect(await setup.settled(stream.next())).toBeNull()
  await drained
  expect(await stream.ended).toMatchObject({ outcome: 'unknown', status: GrpcStatus.unavailable })
  expect(stream.send(new Uint8Array(1))).toBe(true)
})

test('where there is no connection there is no stream', async () => {
  const setup = new Setup()
  setup.world.powerOff('server')
  expect(await setup.settled(setup.channel.stream('/t.T/Echo'))).toMatchObject({ kind: 'refused' })
  setup.channel.close()
  expect(await setup.channel.stream('/t.T/Echo')).toEqual({
    kind: 'refused',
    message: 'the client is closed',
  })
})
