/** The certificates of `quorate dev --tls`: made once in the data directory, and used from then on. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { certificatePath, fileOfClient, keyPath, PEER_NAME, writeCerts } from './certs.ts'

const USER = 'root'

export interface DevTls {
  /** What each node is started with. */
  readonly serverFlags: readonly string[]
  /** What a client is started with, of Quorate or of etcd. */
  readonly clientFlags: string
}

/** Throws as `writeCerts`, if only some of the files are there. */
export function devTls(dataDir: string): DevTls {
  const directory = join(dataDir, 'certs')
  const [server, peer, client] = ['server', 'peer', fileOfClient(USER)] as const
  const path = (name: string): string => certificatePath(directory, name)
  const key = (name: string): string => keyPath(directory, name)
  const ca = path('ca')
  if (![ca, path(server), path(peer), path(client)].every(existsSync)) {
    writeCerts({ directory, hosts: ['localhost', '127.0.0.1', '::1'], clients: [USER], days: 365 })
  }
  return {
    serverFlags: [
      ...['--cert-file', path(server), '--key-file', key(server)],
      ...['--trusted-ca-file', ca, '--client-cert-auth'],
      ...['--peer-cert-file', path(peer), '--peer-key-file', key(peer)],
      ...['--peer-trusted-ca-file', ca, '--peer-client-cert-auth', '--peer-cert-allowed-cn', PEER_NAME],
    ],
    clientFlags: `--cacert ${ca} --cert ${path(client)} --key ${key(client)}`,
  }
}
