/** How a client speaks TLS: whom it believes, and what it shows. */
import { QuorateError } from '../core/errors.ts'
import type { Network } from '../runtime/network.ts'
import { type PemSource, TlsErrors } from '../runtime/tls.ts'

export interface ClientTls {
  /** Whom to believe, in PEM; default: the authorities of the system. */
  readonly authorities?: PemSource
  /** What to show to a cluster that asks for it, and its private key. Files are read again when they change. */
  readonly certificate?: PemSource
  readonly key?: PemSource
  /** The name that the nodes' certificates have to be for; default: the host of the endpoint. */
  readonly serverName?: string
  /** Believe whoever answers. What is sent can then be read by anybody in between. */
  readonly trustAnybody?: boolean
}

/** The network with TLS on every connection. Throws errors with the codes of `TlsErrors`. */
export function securedFor(network: Network, tls: ClientTls): Network {
  if (network.secured === undefined) {
    throw new QuorateError(TlsErrors.unsupported, 'this network has no TLS', 'refused', {
      hint: 'simulated nodes speak plainly',
    })
  }
  const { certificate, key, ...others } = tls
  const identity = certificate !== undefined && key !== undefined && { identity: { certificate, key } }
  return network.secured({ ...others, ...identity, protocols: ['h2'] })
}
