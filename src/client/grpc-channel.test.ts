import { expect, test } from 'vitest'
import { addMs, msBetween } from '../core/time.ts'
import { EngineConnection } from '../runtime/engine-connection.ts'
import { World, type WorldNode } from '../sim/world.ts'
import type { GrpcMethods, UnaryMethod } from '../wire/grpc/call.ts'
import { GrpcServerConnection } from '../wire/grpc/server-connection.ts'
import type { Attempt } from './errors.ts'
import { GrpcChannel } from './grpc-channel.ts'
import { CONNECT_TIMEOUT_MS, KEEPALIVE } from './limits.ts'

const PORT = 2379

/** A server that takes calls and never answers them. */
function serve(node: WorldNode): void {
  const methods: GrpcMethods = new Map([['/a/Wait', { kind: 'unary', handle() {} } as UnaryMethod]])
  node.network.listen(
    { host: node.name, port: PORT },
    connection => {
      const makeEngine = (wantsFlush: () => void) =>
        new GrpcServerConnection(node.clock.now(), { methods, wantsFlush })
      const driver = new EngineConnection(node.clock, makeEngine, () => {})
      driver.opened(connection)
      return driver.handlers
    },
    error => expect(error).toBeNull(),
  )
}

async function settled(world: World, done: () => boolean): Promise<void> {
  const limit = addMs(world.clock.now(), 120_000)
  const drain = () => new Promise<void>(resolve => setImmediate(resolve))
  expect(await world.runUntilTrue(done, limit, drain)).toBe(true)
}

test('a call to a node that fell silent ends with an unknown outcome once a ping is not answered', async () => {
  const world = new World({ seed: 1 })
  serve(world.start('server'))
  const client = world.start('client')
  const channel = new GrpcChannel(client.network, client.clock, { host: 'server', port: PORT })
  const start = client.clock.now()
  let outcome = ''
  const call = channel.call('/a/Wait', new Uint8Array(0), addMs(start, 60_000))
  void call.then(attempt => {
    outcome = attempt.kind
  })
  await settled(world, () => world.clock.now() > addMs(start, 25_000))
  expect(outcome).toBe('')
  world.pause('server')
  const paused = client.clock.now()
  await settled(world, () => outcome !== '')
  expect(outcome).toBe('unknown')
  expect(msBetween(paused, client.clock.now())).toBeLessThan(KEEPALIVE.intervalMs + KEEPALIVE.timeoutMs + 100)
  channel.close()
})

test('calls that end before a ping is due do not hide for ever that a node is silent', async () => {
  const world = new World({ seed: 1 })
  serve(world.start('server'))
  const client = world.start('client')
  const channel = new GrpcChannel(client.network, client.clock, { host: 'server', port: PORT })
  const outcomes: string[] = []
  const callAgain = (): void => {
    const deadline = addMs(client.clock.now(), 2_000)
    void channel.call('/a/Wait', new Uint8Array(0), deadline).then(({ kind }) => {
      outcomes.push(kind)
      if (kind !== 'refused') callAgain()
    })
  }
  callAgain()
  // While the node answers pings, calls without an answer end by their deadlines, one in two seconds.
  await settled(world, () => outcomes.length === 20)
  world.powerOff('server')
  const start = client.clock.now()
  // The connection is given up, and nobody takes a new one: from then on calls are surely not sent.
  await settled(world, () => outcomes.includes('refused'))
  expect(msBetween(start, client.clock.now())).toBeLessThan(
    KEEPALIVE.intervalMs + KEEPALIVE.timeoutMs + CONNECT_TIMEOUT_MS + 2_000,
  )
  channel.close()
})

test('tells of an IPv6 endpoint with the brackets that it was given with', async () => {
  const world = new World({ seed: 1 })
  const client = world.start('client')
  const channel = new GrpcChannel(client.network, client.clock, { host: '2001:db8::7', port: PORT })
  let attempt: Attempt | undefined
  const call = channel.call('/a/Wait', new Uint8Array(0), addMs(client.clock.now(), 60_000))
  void call.then(ended => {
    attempt = ended
  })
  await settled(world, () => attempt !== undefined)
  expect(attempt).toMatchObject({
    kind: 'refused',
    message: expect.stringMatching(/^\[2001:db8::7\]:2379: /),
  })
  channel.close()
})
