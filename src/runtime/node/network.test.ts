import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { describeNetwork } from '../network.conformance.ts'
import type { NetworkError } from '../network.ts'
import { type NodeConnection, timeoutError } from './connection.ts'
import { WRITE_BUFFER_BYTES_HIGH } from './limits.ts'
import { nodeNetwork } from './network.ts'
import { networkError } from './network-error.ts'

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setImmediate(resolve))
}

describeNetwork('TCP', () => {
  const network = nodeNetwork()
  return { server: network, client: network, address: { host: '127.0.0.1', port: 0 }, until, close() {} }
})

describe('the errors of TCP', () => {
  it('have the kind that the caller acts on', () => {
    const kindOf = (code: string): string => networkError(Object.assign(new Error(code), { code })).kind
    expect(kindOf('ECONNREFUSED')).toBe('refused')
    expect(kindOf('EADDRINUSE')).toBe('addressInUse')
    expect(kindOf('EACCES')).toBe('denied')
    expect(kindOf('EPIPE')).toBe('reset')
    expect(kindOf('ECONNRESET')).toBe('reset')
    expect(kindOf('ETIMEDOUT')).toBe('timeout')
    expect(kindOf('EHOSTUNREACH')).toBe('other')
  })
})

describe('a TCP connection', () => {
  let server: Server | undefined
  const sockets: Socket[] = []
  afterEach(() => {
    for (const socket of sockets) socket.destroy()
    server?.close()
  })

  const raw = (accept: (socket: Socket) => void): Promise<number> =>
    new Promise(resolve => {
      server = createServer(socket => {
        sockets.push(socket)
        accept(socket)
      })
      server.listen(0, '127.0.0.1', () => {
        const bound = server?.address()
        resolve(typeof bound === 'object' && bound !== null ? bound.port : 0)
      })
    })

  it('that takes too long to be made closes with a timeout', async () => {
    const port = await raw(() => {})
    let error: NetworkError | null | undefined
    const connection = nodeNetwork().connect(
      { host: '127.0.0.1', port },
      {
        opened() {
          throw new Error('opened after it was given up')
        },
        received() {},
        drained() {},
        closed(result) {
          error = result
        },
      },
    ) as NodeConnection
    connection.fail(timeoutError(connection.remote))
    await until(() => error !== undefined)
    expect(error?.kind).toBe('timeout')
  })

  it('reports a reset', async () => {
    const port = await raw(socket => socket.resetAndDestroy())
    let error: NetworkError | null | undefined
    nodeNetwork().connect(
      { host: '127.0.0.1', port },
      {
        opened() {},
        received() {},
        drained() {},
        closed(result) {
          error = result
        },
      },
    )
    await until(() => error !== undefined)
    expect(error?.kind).toBe('reset')
  })

  it('sends the bytes of one turn in one piece', async () => {
    const chunks: number[] = []
    const port = await raw(socket => socket.on('data', chunk => chunks.push(chunk.length)))
    const connection = nodeNetwork().connect(
      { host: '127.0.0.1', port },
      {
        opened() {
          for (let i = 0; i < 200; i++) connection.write(new Uint8Array(20))
        },
        received() {},
        drained() {},
        closed() {},
      },
    )
    await until(() => chunks.length > 0)
    expect(chunks).toEqual([4000])
    connection.destroy()
  })

  /** A connection to an end that reads everything; what is written before it is made waits in the socket. */
  const toReader = async () => {
    const port = await raw(socket => {
      socket.on('data', chunk => {
        seen.received += chunk.length
      })
    })
    const seen = { received: 0, drains: 0 }
    const connection = nodeNetwork().connect(
      { host: '127.0.0.1', port },
      {
        opened() {},
        received() {},
        drained() {
          seen.drains++
        },
        closed() {},
      },
    )
    return { connection, seen }
  }

  // The reader and the connection share a process: when the last byte has been read, the call-back of the
  // write that took it has run.

  it('tells a caller that one long write has stopped to go on, once', async () => {
    const { connection, seen } = await toReader()
    const length = 8 * WRITE_BUFFER_BYTES_HIGH
    expect(connection.write(new Uint8Array(length))).toBe(false)
    await until(() => seen.received === length)
    expect(seen.drains).toBe(1)
    expect(connection.write(new Uint8Array(1))).toBe(true)
    await until(() => seen.received === length + 1)
    expect(seen.drains).toBe(1)
    connection.destroy()
  })

  it('tells a caller that small writes behind a long one have stopped to go on, once', async () => {
    const { connection, seen } = await toReader()
    expect(connection.write(new Uint8Array(WRITE_BUFFER_BYTES_HIGH - 10))).toBe(true)
    // The long write is with the socket, and cannot leave it: no event of the loop has come since.
    await new Promise<void>(resolve => process.nextTick(resolve))
    expect(connection.write(new Uint8Array(5))).toBe(true)
    expect(connection.write(new Uint8Array(5))).toBe(false)
    await until(() => seen.received === WRITE_BUFFER_BYTES_HIGH)
    expect(seen.drains).toBe(1)
    connection.destroy()
  })

  it('hands out nothing that comes after its end', async () => {
    const late = createServer({ allowHalfOpen: true }, socket => {
      sockets.push(socket)
      socket.resume()
      socket.on('end', () => socket.end('too late'))
    })
    server = late
    await new Promise<void>(resolve => late.listen(0, '127.0.0.1', () => resolve()))
    const bound = late.address()
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0
    let received = 0
    let closed = false
    const connection = nodeNetwork().connect(
      { host: '127.0.0.1', port },
      {
        opened: () => connection.end(),
        received: bytes => {
          received += bytes.length
        },
        drained() {},
        closed() {
          closed = true
        },
      },
    )
    await until(() => closed)
    expect(received).toBe(0)
  })

  it('does not wait for ever for the other end to close too', async () => {
    let ended = false
    server = createServer({ allowHalfOpen: true }, socket => {
      sockets.push(socket)
      socket.resume()
      socket.on('end', () => {
        ended = true
      })
    })
    const listening = server
    await new Promise<void>(resolve => listening.listen(0, '127.0.0.1', () => resolve()))
    const bound = listening.address()
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0
    let closed = false
    const connection = nodeNetwork().connect(
      { host: '127.0.0.1', port },
      {
        opened: () => connection.end(),
        received() {},
        drained() {},
        closed() {
          closed = true
        },
      },
    )
    await until(() => closed)
    expect(ended).toBe(true)
  })
})
