/** What listeners have in common, with TLS and without. */
import type { Server, Socket } from 'node:net'
import { type Address, formatAddress, type Listener, type NetworkError } from '../network.ts'
import { LISTEN_BACKLOG } from './limits.ts'
import { networkError } from './network-error.ts'

export function listenWith(
  server: Server,
  address: Address,
  listening: (error: NetworkError | null) => void,
): Listener {
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

export function remoteOf(socket: Socket): string {
  return formatAddress({ host: socket.remoteAddress ?? 'unknown', port: socket.remotePort ?? 0 })
}

function portOf(server: Server): number | undefined {
  const bound = server.address()
  return bound !== null && typeof bound === 'object' ? bound.port : undefined
}
