/**
 * What a node is told about TLS: for its clients, and for its peers. etcd's names and meanings, with three exceptions,
 * because what nobody would notice is not safe: certificates that no URL would use are refused rather than ignored, a
 * demand for certificates needs authorities (the system's would let the whole world in), and the peers of a cluster
 * speak TLS all or not at all.
 */
import type { z } from 'zod'
import type { TlsIdentity, TlsOptions, TlsVersion } from '../runtime/tls.ts'
import { cipherSuiteNamed } from './cipher-suites.ts'
import type { InitialMember } from './config.ts'
import { flag, list, oneOf, path, wholeNumber } from './config-fields.ts'
import { addressOf } from './node-url.ts'

/** Go's names of the versions, and the library's. */
const VERSIONS = { 'TLS1.2': 'TLSv1.2', 'TLS1.3': 'TLSv1.3' } as const satisfies Record<string, TlsVersion>
const VERSION_NAMES = ['TLS1.2', 'TLS1.3'] as const

const DAYS_PER_YEAR = 365

export const tlsFields = {
  certFile: path.optional(),
  keyFile: path.optional(),
  clientCertAuth: flag.default(false),
  trustedCaFile: path.optional(),
  clientCertAllowedHostname: list.optional(),
  clientCrlFile: path.optional(),
  autoTls: flag.default(false),
  peerCertFile: path.optional(),
  peerKeyFile: path.optional(),
  peerClientCertFile: path.optional(),
  peerClientKeyFile: path.optional(),
  peerClientCertAuth: flag.default(false),
  peerTrustedCaFile: path.optional(),
  peerCertAllowedCn: list.optional(),
  peerCertAllowedHostname: list.optional(),
  peerCrlFile: path.optional(),
  peerAutoTls: flag.default(false),
  selfSignedCertValidity: wholeNumber(1, 100).default(1),
  cipherSuites: list.optional(),
  tlsMinVersion: oneOf(VERSION_NAMES).default('TLS1.2'),
  tlsMaxVersion: oneOf(VERSION_NAMES).optional(),
}

type TlsFields = z.output<z.ZodObject<typeof tlsFields>>

/** What of the configuration TLS depends on. */
export type TlsConfig = TlsFields & {
  readonly listenClientUrls: readonly string[]
  readonly listenPeerUrls: readonly string[]
  /** They show what the client URLs show. */
  readonly listenMetricsUrls?: readonly string[] | undefined
}

/** For clients: over HTTP/2 and HTTP/1.1. Call it where a client URL is https. */
export function clientTlsOf(config: TlsConfig): TlsOptions {
  const { certFile, keyFile, trustedCaFile, clientCrlFile, clientCertAllowedHostname: hosts } = config
  return {
    ...identityOf(certFile, keyFile, clientUrlsOf(config), config),
    ...authoritiesOf(trustedCaFile, clientCrlFile),
    ...(isListed(hosts) && { allowedHosts: hosts }),
    protocols: ['h2', 'http/1.1'],
    ...versionsOf(config),
  }
}

/** Between members; undefined where they speak plainly. */
export function peerTlsOf(config: TlsConfig): TlsOptions | undefined {
  if (!config.listenPeerUrls.some(isSecure)) return undefined
  const { peerCertFile, peerKeyFile, peerTrustedCaFile, peerCrlFile } = config
  const { peerCertAllowedCn: names, peerCertAllowedHostname: hosts } = config
  const { peerClientCertFile: dialCertificate, peerClientKeyFile: dialKey } = config
  return {
    ...identityOf(peerCertFile, peerKeyFile, config.listenPeerUrls, config),
    ...(dialCertificate && dialKey && { dialIdentity: filesOf(dialCertificate, dialKey) }),
    ...authoritiesOf(peerTrustedCaFile, peerCrlFile),
    // Certificates that were made at a start are nobody's to believe: they hide, and prove nothing.
    ...(peerCertFile === undefined && peerTrustedCaFile === undefined && { trustAnybody: true }),
    ...(isListed(names) && { allowedNames: names }),
    ...(isListed(hosts) && { allowedHosts: hosts }),
    ...versionsOf(config),
  }
}

/** A sentence for each thing that makes no sense. */
export function tlsContradictions(config: TlsConfig, cluster: readonly InitialMember[]): string[] {
  const { peerCertAllowedCn: names, peerCertAllowedHostname: hosts } = config
  const problems = [
    ...contradictionsOf(CLIENT_FLAGS, clientUrlsOf(config), {
      certificate: config.certFile,
      key: config.keyFile,
      authorities: config.trustedCaFile,
      isAutomatic: config.autoTls,
      isAsked: config.clientCertAuth,
    }),
    ...contradictionsOf(PEER_FLAGS, config.listenPeerUrls, {
      certificate: config.peerCertFile,
      key: config.peerKeyFile,
      authorities: config.peerTrustedCaFile,
      isAutomatic: config.peerAutoTls,
      isAsked: config.peerClientCertAuth,
    }),
    ...versionContradictions(config),
  ]
  if ((config.peerClientCertFile === undefined) !== (config.peerClientKeyFile === undefined)) {
    problems.push('--peer-client-cert-file and --peer-client-key-file are given together or not at all')
  }
  if (isListed(names) && isListed(hosts)) {
    problems.push('--peer-cert-allowed-cn and --peer-cert-allowed-hostname exclude each other')
  }
  const peerUrls = [...config.listenPeerUrls, ...cluster.flatMap(member => member.peerUrls)]
  if (new Set(peerUrls.map(isSecure)).size > 1) {
    problems.push('--initial-cluster, --listen-peer-urls: either all peer URLs are https, or all are http')
  }
  return problems
}

interface FlagNames {
  readonly urls: string
  readonly certificate: string
  readonly key: string
  readonly authorities: string
  readonly automatic: string
  readonly asked: string
}

const CLIENT_FLAGS: FlagNames = {
  urls: '--listen-client-urls',
  certificate: '--cert-file',
  key: '--key-file',
  authorities: '--trusted-ca-file',
  automatic: '--auto-tls',
  asked: '--client-cert-auth',
}

const PEER_FLAGS: FlagNames = {
  urls: '--listen-peer-urls',
  certificate: '--peer-cert-file',
  key: '--peer-key-file',
  authorities: '--peer-trusted-ca-file',
  automatic: '--peer-auto-tls',
  asked: '--peer-client-cert-auth',
}

interface Side {
  readonly certificate: string | undefined
  readonly key: string | undefined
  readonly authorities: string | undefined
  readonly isAutomatic: boolean
  readonly isAsked: boolean
}

function contradictionsOf(flags: FlagNames, urls: readonly string[], side: Side): string[] {
  const problems: string[] = []
  const { certificate, key, authorities, isAutomatic, isAsked } = side
  if ((certificate === undefined) !== (key === undefined)) {
    problems.push(`${flags.certificate} and ${flags.key} are given together or not at all`)
  }
  if (isAsked && authorities === undefined) {
    problems.push(`${flags.asked} needs ${flags.authorities}: whose certificates are believed`)
  }
  const secure = urls.find(isSecure)
  if (secure !== undefined && certificate === undefined && !isAutomatic) {
    problems.push(
      `${flags.urls}: ${secure} needs ${flags.certificate} and ${flags.key}, or ${flags.automatic}`,
    )
  }
  const given = [
    [flags.certificate, certificate !== undefined],
    [flags.authorities, authorities !== undefined],
    [flags.automatic, isAutomatic],
    [flags.asked, isAsked],
  ] as const
  const [useless] = given.filter(([, isGiven]) => isGiven)
  if (secure === undefined && useless !== undefined) {
    problems.push(
      `${useless[0]} is given, but no URL of ${flags.urls} is https: what is sent would not be hidden`,
    )
  }
  return problems
}

function versionContradictions({ cipherSuites, tlsMinVersion, tlsMaxVersion }: TlsConfig): string[] {
  const problems: string[] = []
  const unknown = (cipherSuites ?? []).filter(name => cipherSuiteNamed(name) === undefined)
  if (unknown.length > 0) problems.push(`--cipher-suites: unknown, or not spoken: ${unknown.join(', ')}`)
  if (tlsMinVersion === 'TLS1.3' && isListed(cipherSuites)) {
    problems.push('--cipher-suites: those of TLS 1.3 cannot be chosen')
  }
  if (tlsMinVersion === 'TLS1.3' && tlsMaxVersion === 'TLS1.2') {
    problems.push('--tls-min-version is above --tls-max-version')
  }
  return problems
}

function identityOf(
  certificate: string | undefined,
  key: string | undefined,
  urls: readonly string[],
  { selfSignedCertValidity: years }: TlsConfig,
): { readonly identity: TlsIdentity } {
  if (certificate !== undefined && key !== undefined) return { identity: filesOf(certificate, key) }
  return {
    identity: {
      selfSignedFor: urls.filter(isSecure).map(url => addressOf(url).host),
      days: years * DAYS_PER_YEAR,
    },
  }
}

function filesOf(certificate: string, key: string): TlsIdentity {
  return { certificate: { file: certificate }, key: { file: key } }
}

/** As with etcd, who names authorities wants certificates, whether it says so or not. */
function authoritiesOf(authorities: string | undefined, revoked: string | undefined): Partial<TlsOptions> {
  return {
    ...(authorities !== undefined && { authorities: { file: authorities }, requireCertificate: true }),
    ...(revoked !== undefined && { revoked: { file: revoked } }),
  }
}

function versionsOf({ cipherSuites, tlsMinVersion, tlsMaxVersion }: TlsConfig): Partial<TlsOptions> {
  return {
    versionMin: VERSIONS[tlsMinVersion],
    ...(tlsMaxVersion && { versionMax: VERSIONS[tlsMaxVersion] }),
    ...(isListed(cipherSuites) && { cipherSuites: cipherSuites.map(name => cipherSuiteNamed(name)!) }),
  }
}

function clientUrlsOf({ listenClientUrls, listenMetricsUrls = [] }: TlsConfig): string[] {
  return [...listenClientUrls, ...listenMetricsUrls]
}

function isListed(names: readonly string[] | undefined): names is readonly string[] {
  return names !== undefined && names.length > 0
}

/** Whether what listens there, or is dialled there, speaks TLS. */
export function isSecure(url: string): boolean {
  return url.startsWith('https:')
}
