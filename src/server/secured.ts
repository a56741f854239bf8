/** The networks of a node: for peers and for clients, with TLS where their URLs say so. */
import { QuorateError } from '../core/errors.ts'
import type { Network } from '../runtime/network.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { TlsErrors, type TlsOptions } from '../runtime/tls.ts'
import type { NodeConfig } from './config.ts'
import { clientTlsOf, isSecure, peerTlsOf } from './tls-config.ts'

/** Throws errors with the codes of `TlsErrors`, before anything is bound or written. */
export function clientNetworkOf(runtime: Runtime, config: NodeConfig): (url: string) => Network {
  const urls = [...config.listenClientUrls, ...config.listenMetricsUrls]
  const secured = urls.some(isSecure) ? securedBy(runtime, clientTlsOf(config)) : undefined
  return url => (secured !== undefined && isSecure(url) ? secured : runtime.network)
}

/** The runtime as what speaks to peers is to see it. Throws as `clientNetworkOf`. */
export function peerRuntimeOf(runtime: Runtime, config: NodeConfig): Runtime {
  const tls = peerTlsOf(config)
  return tls === undefined ? runtime : { ...runtime, network: securedBy(runtime, tls) }
}

function securedBy({ network }: Runtime, tls: TlsOptions): Network {
  if (network.secured !== undefined) return network.secured(tls)
  throw new QuorateError(TlsErrors.unsupported, 'this network has no TLS', 'refused', {
    hint: 'simulated nodes speak plainly: give them http URLs',
  })
}
