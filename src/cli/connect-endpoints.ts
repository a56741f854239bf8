/**
 * Clients for the endpoints of a command line, in etcdctl's notation: `https://host:port`, `http://host:port`, or
 * `host:port`, which speaks TLS if anything of it was given.
 */

import type { Client } from '../client/client.ts'
import { type ClientTls, type Credentials, connect } from '../client/index.ts'
import { QuorateError } from '../core/errors.ts'
import { silentLogger } from '../runtime/logger.ts'
import { type Address, formatAddress } from '../runtime/network.ts'
import { nodeRuntime } from '../runtime/node/index.ts'
import { partsOf } from '../server/comma-list.ts'
import { ConfigErrors } from '../server/config-errors.ts'
import type { ClientSecurity } from './client-flags.ts'
import type { EndpointClient } from './status-command.ts'

export interface EndpointClients {
  /** Fails over between all of them. */
  readonly client: Client
  /** One for each, to ask that very node. */
  readonly perEndpoint: readonly EndpointClient[]
}

/** Throws `QUORATE_CONFIG_INVALID`, and errors with the codes of `TlsErrors`. */
export function connectEndpoints(
  text: string,
  security: ClientSecurity = {},
  credentials?: Credentials,
): EndpointClients {
  const endpoints = parseEndpoints(text)
  const tls = tlsOf(security, endpoints)
  const { network, clock, random } = nodeRuntime({ log: silentLogger })
  const world = { network, clock, random, credentials, ...(tls && { tls }) }
  const addresses = endpoints.map(({ address }) => address)
  return {
    client: connect({ ...world, endpoints: addresses }),
    perEndpoint: addresses.map(address => ({
      endpoint: formatAddress(address),
      client: connect({ ...world, endpoints: [address] }),
    })),
  }
}

/** Undefined if the endpoints speak plainly. */
function tlsOf(security: ClientSecurity, endpoints: readonly Endpoint[]): ClientTls | undefined {
  const { cacert, cert, key, insecureSkipTlsVerify = false } = security
  const isGiven = cacert !== undefined || cert !== undefined || key !== undefined || insecureSkipTlsVerify
  const isSecure = endpoints.some(({ scheme }) => scheme === 'https' || (scheme === undefined && isGiven))
  if (isSecure && endpoints.some(({ scheme }) => scheme === 'http')) {
    throw invalid('--endpoints: either all speak TLS, or none does')
  }
  if (!isSecure && isGiven) throw invalid('--endpoints are http, and what is given for https has no use')
  if ((cert === undefined) !== (key === undefined)) {
    throw invalid('--cert and --key are given together or not at all')
  }
  if (!isSecure) return undefined
  return {
    ...(cacert !== undefined && { authorities: { file: cacert } }),
    ...(cert !== undefined && key !== undefined && { certificate: { file: cert }, key: { file: key } }),
    ...(insecureSkipTlsVerify && { trustAnybody: true }),
  }
}

interface Endpoint {
  readonly scheme: 'http' | 'https' | undefined
  readonly address: Address
}

function parseEndpoints(text: string): Endpoint[] {
  const parts = partsOf(text)
  if (parts.length === 0) throw invalid('--endpoints is empty')
  return parts.map(parseEndpoint)
}

function parseEndpoint(text: string): Endpoint {
  const match = /^(?:(https?):\/\/)?(\[[0-9a-fA-F:.]+\]|[^:/[\]]+)(?::(\d{1,5}))?\/?$/.exec(text)
  const port = Number(match?.[3] ?? 2379)
  if (match === null || port < 1 || port > 65_535) throw invalid(`not an endpoint: ${text}`)
  const scheme = match[1] as Endpoint['scheme']
  return { scheme, address: { host: match[2]!.replace(/^\[|\]$/g, ''), port } }
}

function invalid(message: string): QuorateError {
  return new QuorateError(ConfigErrors.invalid, message, 'refused', {
    hint: 'an endpoint is http://host:port or https://host:port',
  })
}
