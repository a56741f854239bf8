/** Which ports and names the nodes of `quorate dev` get: etcd's local-cluster convention. */
import { QuorateError } from '../core/errors.ts'
import { ConfigErrors } from '../server/config-errors.ts'
import { DEV_NODES_MAX } from './limits.ts'

export interface DevNode {
  readonly name: string
  readonly clientUrl: string
  readonly peerUrl: string
  readonly dataDir: string
  readonly logFile: string
}

/** Client ports 2379, 22379, 32379, ...; peer ports one above. */
export function devLayout(count: number, dataDir: string, scheme: 'http' | 'https' = 'http'): DevNode[] {
  if (!Number.isInteger(count) || count < 1 || count > DEV_NODES_MAX) {
    throw new QuorateError(ConfigErrors.invalid, `--nodes must be from 1 to ${DEV_NODES_MAX}`)
  }
  return Array.from({ length: count }, (_, position) => {
    const name = `n${position + 1}`
    const port = position === 0 ? 2379 : 2379 + (position + 1) * 10_000
    return {
      name,
      clientUrl: `${scheme}://127.0.0.1:${port}`,
      peerUrl: `${scheme}://127.0.0.1:${port + 1}`,
      dataDir: `${dataDir}/${name}`,
      logFile: `${dataDir}/${name}.log`,
    }
  })
}

/** The command line of one of them. */
export function serverArguments(
  node: DevNode,
  all: readonly DevNode[],
  consensus: string,
  more: readonly string[] = [],
): string[] {
  return [
    'server',
    ...['--name', node.name],
    ...['--data-dir', node.dataDir],
    ...['--listen-client-urls', node.clientUrl],
    ...['--advertise-client-urls', node.clientUrl],
    ...['--listen-peer-urls', node.peerUrl],
    ...['--initial-advertise-peer-urls', node.peerUrl],
    ...['--initial-cluster', all.map(each => `${each.name}=${each.peerUrl}`).join(',')],
    ...['--initial-cluster-token', 'quorate-dev'],
    ...['--consensus', consensus],
    ...more,
  ]
}
