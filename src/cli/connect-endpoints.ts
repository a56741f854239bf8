/** Clients for the endpoints of a command line, in etcdctl's notation: `http://host:port` or `host:port`. */
import { type Client, connect } from '../client/index.ts'
import { QuorateError } from '../core/errors.ts'
import { silentLogger } from '../runtime/logger.ts'
import type { Address } from '../runtime/network.ts'
import { nodeRuntime } from '../runtime/node/index.ts'
import { ConfigErrors } from '../server/config-errors.ts'
import type { EndpointClient } from './status-command.ts'

export const DEFAULT_ENDPOINT = '127.0.0.1:2379'

export interface EndpointClients {
  /** Fails over between all of them. */
  readonly client: Client
  /** One for each, to ask that very node. */
  readonly perEndpoint: readonly EndpointClient[]
}

export function connectEndpoints(text: string): EndpointClients {
  const addresses = parseEndpoints(text)
  const { network, clock, random } = nodeRuntime({ log: silentLogger })
  return {
    client: connect({ network, clock, random, endpoints: addresses }),
    perEndpoint: addresses.map(address => ({
      endpoint: `${address.host}:${address.port}`,
      client: connect({ network, clock, random, endpoints: [address] }),
    })),
  }
}

/** Throws `QUORATE_CONFIG_INVALID`. */
function parseEndpoints(text: string): Address[] {
  const parts = text
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '')
  if (parts.length === 0) throw invalid('--endpoints is empty')
  return parts.map(parseEndpoint)
}

function parseEndpoint(text: string): Address {
  if (text.startsWith('https://')) throw invalid(`TLS is not supported yet: ${text}`)
  const match = /^(?:http:\/\/)?(\[[0-9a-fA-F:.]+\]|[^:/[\]]+)(?::(\d{1,5}))?\/?$/.exec(text)
  const port = Number(match?.[2] ?? 2379)
  if (match === null || port < 1 || port > 65_535) throw invalid(`not an endpoint: ${text}`)
  return { host: match[1]!.replace(/^\[|\]$/g, ''), port }
}

function invalid(message: string): QuorateError {
  return new QuorateError(ConfigErrors.invalid, message, 'refused', {
    hint: 'an endpoint is http://host:port',
  })
}
