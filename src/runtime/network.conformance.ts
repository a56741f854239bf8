/** What every `Network` promises, as tests: the real one and the simulated one run the same suite. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { concatBytes } from '../core/bytes.ts'
import type { Address, Connection, ConnectionHandlers, Listener, Network, NetworkError } from './network.ts'

export interface NetworkWorld {
  /** The one that listens and the one that connects; may be the same. */
  readonly server: Network
  readonly client: Network
  /** An address on the server's host; port 0 asks for any free one. */
  readonly address: Address
  /** Lets the world go on until the condition holds. */
  until(condition: () => boolean): Promise<void>
  close(): void
}

/** Remembers what happened to one connection, and checks that nothing comes after `closed`. */
class Witness implements ConnectionHandlers {
  connection!: Connection
  received_: Uint8Array[] = []
  opens = 0
  drains = 0
  closes = 0
  error: NetworkError | null | undefined

  opened(): void {
    expect(this.closes).toBe(0)
    this.opens++
  }

  received(bytes: Uint8Array): void {
    expect(this.closes, 'nothing comes after closed').toBe(0)
    const kept = bytes.slice()
    expect(kept.buffer, 'a slice of what arrives is a copy').not.toBe(bytes.buffer)
    this.received_.push(kept)
  }

  drained(): void {
    expect(this.closes, 'nothing comes after closed').toBe(0)
    this.drains++
  }

  closed(error: NetworkError | null): void {
    this.closes++
    expect(this.closes, 'closed comes once').toBe(1)
    this.error = error
  }

  get bytes(): Uint8Array {
    return concatBytes(this.received_)
  }

  get length(): number {
    let length = 0
    for (const chunk of this.received_) length += chunk.length
    return length
  }
}

export function describeNetwork(name: string, create: () => NetworkWorld): void {
  let world: NetworkWorld
  let listeners: Listener[]
  let connections: Connection[]

  const listen = async (witnesses: Witness[]): Promise<Address> => {
    let outcome: NetworkError | null | undefined
    const listener = world.server.listen(
      world.address,
      connection => {
        const witness = new Witness()
        witness.connection = connection
        connections.push(connection)
        witnesses.push(witness)
        return witness
      },
      error => {
        expect(outcome, 'listening comes once').toBeUndefined()
        outcome = error
      },
    )
    listeners.push(listener)
    await world.until(() => outcome !== undefined)
    expect(outcome).toBeNull()
    return { host: world.address.host, port: listener.port() }
  }
  const connect = (address: Address): Witness => {
    const witness = new Witness()
    witness.connection = world.client.connect(address, witness)
    connections.push(witness.connection)
    return witness
  }
  const pair = async (): Promise<[client: Witness, server: Witness]> => {
    const accepted: Witness[] = []
    const client = connect(await listen(accepted))
    await world.until(() => client.opens === 1 && accepted.length === 1)
    return [client, accepted[0]!]
  }

  describe(`${name} as a Network`, () => {
    beforeEach(() => {
      world = create()
      listeners = []
      connections = []
    })
    afterEach(() => {
      for (const connection of connections) connection.destroy()
      for (const listener of listeners) listener.close()
      world.close()
    })

    it('carries bytes both ways, in order', async () => {
      const [client, server] = await pair()
      for (let i = 0; i < 100; i++) {
        client.connection.write(Uint8Array.of(i))
        server.connection.write(Uint8Array.of(200 - i))
      }
      await world.until(() => client.length === 100 && server.length === 100)
      expect([...server.bytes]).toEqual(Array.from({ length: 100 }, (_, i) => i))
      expect([...client.bytes]).toEqual(Array.from({ length: 100 }, (_, i) => 200 - i))
      expect([client.drains, server.drains], 'drained comes only after a stop').toEqual([0, 0])
    })

    it('sends what is written before the connection is made', async () => {
      const accepted: Witness[] = []
      const client = connect(await listen(accepted))
      client.connection.write(Uint8Array.of(1, 2))
      client.connection.write(Uint8Array.of(3))
      await world.until(() => accepted[0]?.length === 3)
      expect([...accepted[0]!.bytes]).toEqual([1, 2, 3])
      expect(client.opens).toBe(1)
    })

    it('joins neighbouring views without taking what lies behind them', async () => {
      const [client, server] = await pair()
      const slab = Uint8Array.from({ length: 10 }, (_, i) => i)
      client.connection.write(slab.subarray(0, 3))
      client.connection.write(slab.subarray(3, 5))
      client.connection.write(slab.subarray(7, 9))
      client.connection.write(slab.subarray(5, 6))
      client.connection.write(new Uint8Array(0))
      await world.until(() => server.length === 8)
      expect([...server.bytes]).toEqual([0, 1, 2, 3, 4, 7, 8, 5])
    })

    it('looks no more at bytes that wait no longer', async () => {
      const [client, server] = await pair()
      const buffer = new Uint8Array(100_000)
      for (let round = 1; round <= 20; round++) {
        client.connection.write(buffer.fill(round))
        await world.until(() => client.connection.bufferedBytes() === 0)
      }
      await world.until(() => server.length === 20 * buffer.length)
      const { bytes } = server
      for (let i = 0; i < bytes.length; i += 1_000) expect(bytes[i]).toBe(1 + Math.floor(i / buffer.length))
    })

    it('says stop when much is waiting, and go when it has left', async () => {
      const [client, server] = await pair()
      server.connection.pause()
      let sent = 0
      for (let go = true; go; sent++) {
        go = client.connection.write(new Uint8Array(64 * 1024).fill(sent))
        expect(sent, 'write never says stop').toBeLessThan(10_000)
      }
      expect(client.connection.bufferedBytes()).toBeGreaterThan(0)
      expect(client.drains).toBe(0)
      server.connection.resume()
      await world.until(() => client.drains === 1)
      await world.until(() => server.length === sent * 64 * 1024)
      expect(client.connection.bufferedBytes()).toBe(0)
      const bytes = server.bytes
      for (let i = 0; i < sent; i++) expect(bytes[i * 64 * 1024 + 1]).toBe(i & 0xff)
    })

    it('hands out nothing while paused', async () => {
      const [client, server] = await pair()
      client.connection.write(Uint8Array.of(1))
      await world.until(() => server.length === 1)
      server.connection.pause()
      client.connection.write(Uint8Array.of(2))
      server.connection.write(Uint8Array.of(9))
      await world.until(() => client.length === 1 && client.connection.bufferedBytes() === 0)
      expect(server.length).toBe(1)
      server.connection.resume()
      await world.until(() => server.length === 2)
    })

    it('sends what is waiting before it ends, and both sides learn of the end without an error', async () => {
      const [client, server] = await pair()
      client.connection.write(new Uint8Array(300_000).fill(7))
      client.connection.end()
      await world.until(() => client.closes === 1 && server.closes === 1)
      expect(server.length).toBe(300_000)
      expect(client.error).toBeNull()
      expect(server.error).toBeNull()
    })

    it('delivers what was sent before the end even to a peer that is sending itself', async () => {
      const [client, server] = await pair()
      server.connection.write(new Uint8Array(400_000).fill(1))
      client.connection.write(new Uint8Array(300_000).fill(2))
      client.connection.end()
      await world.until(() => client.closes === 1 && server.closes === 1)
      expect(server.length).toBe(300_000)
    })

    it('closes at once when destroyed, and the other side notices', async () => {
      const [client, server] = await pair()
      client.connection.destroy()
      expect(client.closes, 'closed never comes within destroy').toBe(0)
      await world.until(() => client.closes === 1 && server.closes === 1)
    })

    it('ignores what is asked of it after the end', async () => {
      const [client, server] = await pair()
      client.connection.destroy()
      client.connection.write(Uint8Array.of(1))
      client.connection.end()
      client.connection.destroy()
      await world.until(() => client.closes === 1 && server.closes === 1)
      client.connection.write(Uint8Array.of(1))
      client.connection.pause()
      client.connection.resume()
      client.connection.end()
      client.connection.destroy()
      server.connection.write(Uint8Array.of(1))
      server.connection.end()
      expect(server.length).toBe(0)
      expect(client.connection.bufferedBytes()).toBe(0)
    })

    it('may be destroyed before it is made, and then it never opens', async () => {
      const accepted: Witness[] = []
      const client = connect(await listen(accepted))
      client.connection.destroy()
      await world.until(() => client.closes === 1)
      expect(client.opens).toBe(0)
      expect(client.error).toBeNull()
    })

    it('may be destroyed from within received', async () => {
      const [client, server] = await pair()
      const received = server.received.bind(server)
      server.received = bytes => {
        received(bytes)
        server.connection.destroy()
      }
      client.connection.write(Uint8Array.of(1))
      await world.until(() => server.closes === 1 && client.closes === 1)
      expect(server.length).toBe(1)
    })

    it('reports a port that nobody listens on as refused', async () => {
      const address = await listen([])
      listeners.pop()!.close()
      await world.until(() => true)
      const client = connect(address)
      await world.until(() => client.closes === 1)
      expect(client.error?.kind).toBe('refused')
      expect(client.opens).toBe(0)
    })

    it('reports a port that is taken, once, to the one that came second', async () => {
      const address = await listen([])
      let error: NetworkError | null | undefined
      listeners.push(
        world.server.listen(
          address,
          () => new Witness(),
          result => {
            error = result
          },
        ),
      )
      await world.until(() => error !== undefined)
      expect(error?.kind).toBe('addressInUse')
    })

    it('keeps existing connections when the listener closes', async () => {
      const [client, server] = await pair()
      listeners.pop()!.close()
      client.connection.write(Uint8Array.of(5))
      await world.until(() => server.length === 1)
      server.connection.write(Uint8Array.of(6))
      await world.until(() => client.length === 1)
    })

    it('names the other end', async () => {
      const [client, server] = await pair()
      expect(client.connection.remote).toMatch(/:\d+$/)
      expect(server.connection.remote).toMatch(/:\d+$/)
    })
  })
}
