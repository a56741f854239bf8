/** TLS over TCP as a `Network`: a connection is open once both ends are who they have to be. */
import { isIP } from 'node:net'
import { checkServerIdentity, connect as dial, type TLSSocket } from 'node:tls'
import type { Logger } from '../../logger.ts'
import {
  type Address,
  type Connection,
  type ConnectionHandlers,
  formatAddress,
  type Network,
  NetworkError,
} from '../../network.ts'
import type { TlsOptions } from '../../tls.ts'
import { NodeConnection, timeoutError } from '../connection.ts'
import { networkError } from '../network-error.ts'
import { HANDSHAKE_TIMEOUT_MS } from './limits.ts'
import { TlsMaterial } from './material.ts'
import { SecuredListener } from './secured-listener.ts'
import { objectionTo, reasonOf } from './verdict.ts'

export interface SecuredNetworkOptions {
  readonly connectTimeoutMs: number
  readonly handshakeTimeoutMs?: number
  readonly log: Logger
}

/** Throws errors with the codes of `TlsErrors`. */
export function securedNetwork(tls: TlsOptions, options: SecuredNetworkOptions): Network {
  const { connectTimeoutMs, handshakeTimeoutMs = HANDSHAKE_TIMEOUT_MS, log } = options
  const accepting = new TlsMaterial(tls, tls.identity, log)
  const dialling = tls.dialIdentity === undefined ? accepting : new TlsMaterial(tls, tls.dialIdentity, log)
  return {
    listen: (address, accept, listening) =>
      new SecuredListener(address, accept, { handshakeTimeoutMs, tls, material: accepting, log }).listen(
        listening,
      ),
    connect: (address, handlers) => connectSecured(address, handlers, tls, dialling, connectTimeoutMs),
  }
}

function connectSecured(
  address: Address,
  handlers: ConnectionHandlers & { opened(): void },
  tls: TlsOptions,
  material: TlsMaterial,
  timeoutMs: number,
): Connection {
  const remote = formatAddress(address)
  const serverName = tls.serverName ?? (isIP(address.host) === 0 ? address.host : undefined)
  const socket = dial({
    host: address.host,
    port: address.port,
    secureContext: material.current().context,
    ...(serverName !== undefined && { servername: serverName }),
    rejectUnauthorized: tls.trustAnybody !== true,
    checkServerIdentity: (host, certificate) => {
      const objection = objectionTo(certificate, {
        ...(tls.allowedNames && { allowedNames: tls.allowedNames }),
      })
      return objection === undefined ? checkServerIdentity(host, certificate) : new Error(objection)
    },
    ...(tls.protocols && { ALPNProtocols: [...tls.protocols] }),
  })
  socket.setNoDelay(true)
  const connection = new NodeConnection(socket, remote)
  connection.handle(handlers)
  const timeout = setTimeout(() => connection.fail(timeoutError(remote)), timeoutMs)
  let isSecure = false
  // Before the connection's own listener would take the bare message of the library for the reason.
  socket.prependListener('error', error => {
    if (!isSecure) connection.fail(handshakeError(socket, error))
  })
  socket.once('secureConnect', () => {
    isSecure = true
    clearTimeout(timeout)
    handlers.opened()
  })
  socket.once('close', () => clearTimeout(timeout))
  return connection
}

/** What kept the connection from being made: the network as without TLS, or the handshake. */
function handshakeError({ authorizationError }: TLSSocket, error: Error): NetworkError {
  const plain = networkError(error)
  const isOfHandshake = plain.kind === 'tls' || plain.kind === 'other' || plain.kind === 'reset'
  return isOfHandshake ? new NetworkError('tls', `TLS: ${reasonOf(error, authorizationError)}`, error) : plain
}
