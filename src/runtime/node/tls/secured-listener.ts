/**
 * A listener with TLS. Its owner sees a connection once the handshake is done: what plain bytes, strangers and the
 * silent may cost is a deadline and a place among `HANDSHAKES_MAX`, of which the oldest is given up for the newest.
 */
import { createServer as createPlainServer, type Socket } from 'node:net'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import type { Logger } from '../../logger.ts'
import {
  type Address,
  type Connection,
  type ConnectionHandlers,
  formatAddress,
  type Listener,
  type NetworkError,
} from '../../network.ts'
import type { TlsOptions } from '../../tls.ts'
import { NodeConnection } from '../connection.ts'
import { errorCode } from '../disk-error.ts'
import { listenWith, remoteOf } from '../sockets.ts'
import { TlsComplaints } from './complaints.ts'
import { HANDSHAKES_MAX } from './limits.ts'
import type { TlsMaterial } from './material.ts'
import { certificateNameOf, objectionTo, reasonOf } from './verdict.ts'

export interface SecuredListenerOptions {
  readonly tls: TlsOptions
  readonly material: TlsMaterial
  readonly handshakeTimeoutMs: number
  readonly log: Logger
}

export type Accept = (connection: Connection) => ConnectionHandlers

export class SecuredListener {
  readonly #tls: TlsOptions
  readonly #material: TlsMaterial
  readonly #accept: Accept
  readonly #address: Address
  readonly #complaints: TlsComplaints
  readonly #server: Server
  /** Connections whose handshake is not done, by where they come from, the oldest first. */
  readonly #handshakes = new Map<string, Socket>()
  #used: ReturnType<TlsMaterial['current']>

  constructor(address: Address, accept: Accept, options: SecuredListenerOptions) {
    const { tls, material, handshakeTimeoutMs, log } = options
    this.#tls = tls
    this.#material = material
    this.#accept = accept
    this.#address = address
    this.#complaints = new TlsComplaints(log)
    this.#used = material.current()
    this.#server = createServer({
      ...this.#used.options,
      requestCert: tls.requireCertificate ?? false,
      rejectUnauthorized: true,
      handshakeTimeout: handshakeTimeoutMs,
      ...(tls.protocols && { ALPNProtocols: [...tls.protocols] }),
    })
    this.#server.on('secureConnection', socket => this.#done(socket))
    this.#server.on('tlsClientError', (error, socket) => this.#failed(error, socket))
  }

  listen(listening: (error: NetworkError | null) => void): Listener {
    // A plain server takes the connections, so that it is known which of them are still shaking hands.
    const plain = createPlainServer({ noDelay: true }, socket => this.#begin(socket))
    return listenWith(plain, this.#address, listening)
  }

  #begin(socket: Socket): void {
    const latest = this.#material.current()
    if (latest !== this.#used) this.#server.setSecureContext(latest.options)
    this.#used = latest
    const [oldest] = this.#handshakes.values()
    if (this.#handshakes.size >= HANDSHAKES_MAX) oldest?.destroy()
    const remote = remoteOf(socket)
    this.#handshakes.set(remote, socket)
    socket.once('close', () => this.#handshakes.delete(remote))
    this.#server.emit('connection', socket)
  }

  #done(socket: TLSSocket): void {
    const remote = remoteOf(socket)
    this.#handshakes.delete(remote)
    const objection = objectionTo(socket.getPeerCertificate(), this.#tls)
    if (objection !== undefined) {
      this.#complain(remote, objection)
      socket.destroy()
      return
    }
    const connection = new NodeConnection(socket, remote, certificateNameOf(socket))
    connection.handle(this.#accept(connection))
  }

  #failed(error: Error, socket: TLSSocket): void {
    // Node.js notes on the socket why a certificate was not good enough, and leaves one that is late open.
    const { authorizationError } = socket
    const hasLeft = errorCode(error) === 'ECONNRESET' && !authorizationError
    if (!hasLeft) this.#complain(remoteOf(socket), reasonOf(error, authorizationError))
    socket.destroy()
  }

  #complain(remote: string, reason: string): void {
    this.#complaints.about(formatAddress(this.#address), remote, reason)
  }
}
