/** TCP as a `Network`. */
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { Address, Connection, ConnectionHandlers, Listener, Network, NetworkError } from '../network.ts'
import { NodeConnection, timeoutError } from './connection.ts'
import { CONNECT_TIMEOUT_MS, LISTEN_BACKLOG } from './limits.ts'
import { networkError } from './network-error.ts'

export interface NodeNetworkOptions {
  readonly connectTimeoutMs?: number
}

export function nodeNetwork(options: NodeNetworkOptions = {}): Network {
  const connectTimeoutMs = options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS
  return {
    listen,
    connect: (address, handlers) => connectTo(address, handlers, connectTimeoutMs),
  }
}

function listen(
  address: Address,
  accept: (connection: Connection) => ConnectionHandlers,
  listening: (error: NetworkError | null) => void,
): Listener {
  const server = createServer({ noDelay: true }, socket => {
    const connection = new NodeConnection(socket, remoteOf(socket))
    connection.handle(accept(connection))
  })
  let reported = false
  const report = (error: NetworkError | null): void => {
    if (reported) return
    reported = true
    listening(error)
  }
  // Later errors are about single connections that could not be accepted; the listener lives on.
  server.on('error', error => report(networkError(error)))
  server.listen({ host: address.host, port: address.port, backlog: LISTEN_BACKLOG }, () => report(null))
  return {
    port: () => portOf(server) ?? address.port,
    close() {
      reported = true
      server.close()
    },
  }
}

function connectTo(
  address: Address,
  handlers: ConnectionHandlers & { opened(): void },
  timeoutMs: number,
): Connection {
  const remote = formatAddress(address.host, address.port)
  const socket = connect({ host: address.host, port: address.port, noDelay: true })
  const connection = new NodeConnection(socket, remote)
  connection.handle(handlers)
  const timeout = setTimeout(() => connection.fail(timeoutError(remote)), timeoutMs)
  socket.once('connect', () => {
    clearTimeout(timeout)
    handlers.opened()
  })
  socket.once('close', () => clearTimeout(timeout))
  return connection
}

function remoteOf(socket: Socket): string {
  return formatAddress(socket.remoteAddress ?? 'unknown', socket.remotePort ?? 0)
}

function portOf(server: Server): number | undefined {
  const bound = server.address()
  return bound !== null && typeof bound === 'object' ? bound.port : undefined
}

function formatAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
