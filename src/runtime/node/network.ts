/** TCP as a `Network`, and TLS on top of it. */
import { connect, createServer } from 'node:net'
import { type Logger, silentLogger } from '../logger.ts'
import {
  type Address,
  type Connection,
  type ConnectionHandlers,
  formatAddress,
  type Listener,
  type Network,
  type NetworkError,
} from '../network.ts'
import { NodeConnection, timeoutError } from './connection.ts'
import { CONNECT_TIMEOUT_MS } from './limits.ts'
import { listenWith, remoteOf } from './sockets.ts'
import { securedNetwork } from './tls/secured-network.ts'

export interface NodeNetworkOptions {
  /** For a connection to be made, its handshake included. */
  readonly connectTimeoutMs?: number
  /** For the handshake of a connection that came. */
  readonly handshakeTimeoutMs?: number
  /** Where handshakes that failed are told. Default: nowhere. */
  readonly log?: Logger
}

export function nodeNetwork(options: NodeNetworkOptions = {}): Network {
  const { connectTimeoutMs = CONNECT_TIMEOUT_MS, log = silentLogger } = options
  return {
    listen,
    connect: (address, handlers) => connectTo(address, handlers, connectTimeoutMs),
    secured: tls => securedNetwork(tls, { ...options, connectTimeoutMs, log }),
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
  return listenWith(server, address, listening)
}

function connectTo(
  address: Address,
  handlers: ConnectionHandlers & { opened(): void },
  timeoutMs: number,
): Connection {
  const remote = formatAddress(address)
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
