/** The gRPC engine over real sockets, for interop tests: what `server/` does, in its shortest form. */
import { createServer, type Server, type Socket } from 'node:net'
import { type Instant, NEVER } from '../../src/core/time.ts'
import type { ConnectionEngine } from '../../src/wire/engine.ts'
import { GrpcServerConnection, type GrpcServerOptions } from '../../src/wire/grpc/server-connection.ts'

export function instantNow(): Instant {
  return Math.floor(performance.now() * 1000) as Instant
}

/** Joins a socket and an engine; returns the engine's `wantsFlush`. */
export function joinSocket(socket: Socket, makeEngine: (wantsFlush: () => void) => ConnectionEngine): void {
  let timer: NodeJS.Timeout | undefined
  const flush = (): void => {
    if (socket.destroyed) return
    engine.flush(instantNow(), socket)
    if (engine.wantsClose) socket.end()
    arm()
  }
  const arm = (): void => {
    clearTimeout(timer)
    const at = engine.deadline()
    if (at === NEVER) return
    timer = setTimeout(
      () => {
        engine.onDeadline(instantNow())
        arm()
      },
      Math.max(0, (at - instantNow()) / 1000),
    )
  }
  const engine = makeEngine(() => setImmediate(flush))
  socket.setNoDelay(true)
  socket.on('data', bytes => {
    engine.receive(instantNow(), bytes)
    arm()
  })
  socket.on('drain', () => engine.drained(instantNow()))
  socket.on('error', () => {})
  socket.on('close', () => {
    clearTimeout(timer)
    engine.lost(instantNow())
  })
}

export interface SocketServer {
  readonly port: number
  readonly connections: ReadonlySet<GrpcServerConnection>
  close(): Promise<void>
}

export async function listenGrpc(options: Omit<GrpcServerOptions, 'wantsFlush'>): Promise<SocketServer> {
  const connections = new Set<GrpcServerConnection>()
  const sockets = new Set<Socket>()
  const server: Server = createServer(socket => {
    sockets.add(socket)
    joinSocket(socket, wantsFlush => {
      const connection = new GrpcServerConnection(instantNow(), { ...options, wantsFlush })
      connections.add(connection)
      socket.on('close', () => {
        connections.delete(connection)
        sockets.delete(socket)
      })
      return connection
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    connections,
    close: () =>
      new Promise(resolve => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
