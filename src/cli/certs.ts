/**
 * The certificates of a test cluster, as files: an authority, what nodes show to clients and to each other, and a
 * certificate for each user. Nothing that is there is overwritten, and private keys are their owner's alone to read.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { QuorateError } from '../core/errors.ts'
import { checkAuthority, issueCertificate, type KeyPair, makeAuthority } from '../runtime/node/index.ts'

export const CertsErrors = {
  /** A file that would be written is there already. */
  exists: 'QUORATE_CERTS_EXIST',
  /** The authority that is to sign cannot be used. */
  authority: 'QUORATE_CERTS_AUTHORITY',
} as const

export interface CertsOptions {
  readonly directory: string
  /** Names and addresses of the nodes. */
  readonly hosts: readonly string[]
  /** Users: each gets a certificate with this common name. */
  readonly clients: readonly string[]
  readonly days: number
  /** A directory with the authority that signs; absent: one is made. */
  readonly authority?: string
}

/** The paths without their endings: `NAME.pem` is the certificate, `NAME-key.pem` its private key. */
const AUTHORITY = 'ca'

/** The common name of what members show to each other; `--peer-cert-allowed-cn` may ask for it. */
export const PEER_NAME = 'peer'

const OWNER_ONLY = 0o600

/**
 * Writes the files and returns their paths, certificates and keys alike. Throws `QUORATE_CERTS_EXIST` before anything
 * is written, and `QUORATE_CERTS_AUTHORITY`.
 */
export function writeCerts(options: CertsOptions): string[] {
  const { directory, hosts, clients, days } = options
  const names = [...(options.authority === undefined ? [AUTHORITY] : []), 'server', 'peer']
  const all = [...names, ...clients.map(fileOfClient)]
  refuseExisting(all.flatMap(name => [certificatePath(directory, name), keyPath(directory, name)]))
  const authority =
    options.authority === undefined
      ? makeAuthority('Quorate test authority', days)
      : readAuthority(options.authority)
  mkdirSync(directory, { recursive: true })
  const written: string[] = []
  const write = (name: string, pair: KeyPair): void => {
    written.push(...writePair(directory, name, pair))
  }
  if (options.authority === undefined) write(AUTHORITY, authority)
  const issue = (
    commonName: string,
    uses: readonly ('server' | 'client')[],
    at: readonly string[],
  ): KeyPair => issueCertificate(authority, { commonName, hosts: at, uses, days })
  write('server', issue('server', ['server'], hosts))
  write('peer', issue(PEER_NAME, ['server', 'client'], hosts))
  for (const user of clients) write(fileOfClient(user), issue(user, ['client'], []))
  return written
}

export function certificatePath(directory: string, name: string): string {
  return join(directory, `${name}.pem`)
}

export function keyPath(directory: string, name: string): string {
  return join(directory, `${name}-key.pem`)
}

/** Of a user, whose name is free and becomes part of a file's. */
export function fileOfClient(user: string): string {
  return `client-${user.replaceAll(/[^A-Za-z0-9._-]/g, '_')}`
}

function refuseExisting(paths: readonly string[]): void {
  const twice = paths.find((path, at) => paths.indexOf(path) !== at)
  const found = twice ?? paths.find(path => existsSync(path))
  if (found === undefined) return
  const message = twice === undefined ? `${found} exists` : `${found} would be written twice`
  throw new QuorateError(CertsErrors.exists, message, 'refused', {
    hint: 'give another --dir; with --authority, what is made is signed by the authority that is there',
  })
}

function readAuthority(directory: string): KeyPair {
  try {
    const read = (path: string): string => readFileSync(path, 'utf8')
    const certificate = read(certificatePath(directory, AUTHORITY))
    const pair = { certificate, key: read(keyPath(directory, AUTHORITY)) }
    checkAuthority(pair)
    return pair
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new QuorateError(CertsErrors.authority, `no authority in ${directory}: ${why}`, 'refused', {
      hint: 'give a directory that quorate certs has written, with ca.pem and ca-key.pem',
      cause,
    })
  }
}

function writePair(directory: string, name: string, { certificate, key }: KeyPair): string[] {
  const files = [certificatePath(directory, name), keyPath(directory, name)] as const
  writeFileSync(files[0], certificate, { flag: 'wx' })
  writeFileSync(files[1], key, { flag: 'wx', mode: OWNER_ONLY })
  // A umask takes bits away; nothing that it leaves may be more than this.
  chmodSync(files[1], OWNER_ONLY)
  return [...files]
}
