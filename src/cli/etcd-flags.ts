/**
 * etcd's flags as data, in Go's flag syntax: `--name x`, `--name=x`, `-name x`; a boolean takes its value
 * only behind `=`. Every flag is also an environment variable (`ETCD_` and the name in capitals with
 * underscores); a flag given wins over its variable.
 *
 * Three kinds: `used` flags set something; `idle` ones have no meaning here and are accepted with a warning;
 * `unsafe` ones would promise something that does not stand yet (encryption, authentication), so that
 * ignoring them would be worse than refusing.
 */
import { QuorateError } from '../core/errors.ts'
import { ConfigErrors } from '../server/config-errors.ts'
import { parseGoDuration } from './go-duration.ts'

interface Flag {
  readonly kind: 'used' | 'idle' | 'unsafe'
  readonly boolean: boolean
  /** A Go duration, such as 5s; the configuration counts milliseconds. */
  readonly duration?: boolean
  /** The key of the configuration that a used flag sets. */
  readonly key?: string
  readonly help?: string
}

const used = (key: string, help: string): Flag => ({ kind: 'used', boolean: false, key, help })
const usedDuration = (key: string, help: string): Flag => ({ ...used(key, help), duration: true })
const idle: Flag = { kind: 'idle', boolean: false }
const idleBoolean: Flag = { kind: 'idle', boolean: true }
const unsafe: Flag = { kind: 'unsafe', boolean: false }
const unsafeBoolean: Flag = { kind: 'unsafe', boolean: true }

export const ETCD_FLAGS: Readonly<Record<string, Flag>> = {
  name: used('name', 'name of this member (default "default")'),
  'data-dir': used('dataDir', 'where this node keeps its data (default "NAME.etcd")'),
  'listen-client-urls': used(
    'listenClientUrls',
    'where to listen for clients (default http://localhost:2379)',
  ),
  'advertise-client-urls': used(
    'advertiseClientUrls',
    'client URLs to tell others (default: those listened on)',
  ),
  'listen-peer-urls': used('listenPeerUrls', 'where to listen for peers (default http://localhost:2380)'),
  'initial-advertise-peer-urls': used(
    'initialAdvertisePeerUrls',
    'peer URLs to tell others (default http://localhost:2380)',
  ),
  'initial-cluster': used('initialCluster', 'all members of a new cluster, as NAME=URL,NAME=URL'),
  'initial-cluster-state': used('initialClusterState', 'new or existing (default new)'),
  'strict-reconfig-check': {
    ...used('strictReconfigCheck', 'refuse changes of membership that could cost the quorum (default true)'),
    boolean: true,
  },
  'max-learners': used('maxLearners', 'learners at the same time, at most (default 1)'),
  'experimental-max-learners': used('maxLearners', 'the older name of --max-learners'),
  'initial-cluster-token': used('initialClusterToken', 'keeps clusters apart (default "etcd-cluster")'),
  'heartbeat-interval': used('heartbeatIntervalMs', 'milliseconds between heartbeats (default 100)'),
  'election-timeout': used(
    'electionTimeoutMs',
    'milliseconds without a leader before an election (default 1000)',
  ),
  'snapshot-count': used('snapshotEntries', 'entries between two checkpoints, at most (default 100000)'),
  'snapshot-catchup-entries': used(
    'catchUpEntries',
    'entries kept behind a checkpoint for slow followers (default 5000)',
  ),
  'experimental-snapshot-catchup-entries': used(
    'catchUpEntries',
    'the older name of --snapshot-catchup-entries',
  ),
  'max-txn-ops': used('txnOperationsMax', 'operations in one transaction, at most (default 128)'),
  'max-request-bytes': used('requestBytesMax', 'bytes of one request, at most (default 1572864)'),
  'quota-backend-bytes': used(
    'quotaBytes',
    'bytes of keys and values above which puts are refused (default 0: 2 GiB; below 0: none)',
  ),
  'grpc-keepalive-min-time': usedDuration(
    'keepaliveMinTimeMs',
    "shortest time between a client's pings (default 5s)",
  ),
  'grpc-keepalive-interval': usedDuration(
    'keepaliveIntervalMs',
    'silence after which a client is pinged (default 2h; 0s: never)',
  ),
  'grpc-keepalive-timeout': usedDuration(
    'keepaliveTimeoutMs',
    'how long it may then take to answer (default 20s; 0s: no pings)',
  ),
  'watch-progress-notify-interval': usedDuration(
    'watchProgressIntervalMs',
    'how often quiet watches that ask for it are told how far they are (default 10m)',
  ),
  'log-level': used('logLevel', 'debug, info, warn or error (default info)'),
  consensus: used('consensus', 'the consensus protocol, for good: raft (default) or paxos'),

  'auto-compaction-mode': idle,
  'auto-compaction-retention': idle,
  'backend-batch-interval': idle,
  'backend-batch-limit': idle,
  'backend-bbolt-freelist-type': idle,
  'bcrypt-cost': idle,
  cors: idle,
  debug: idleBoolean,
  'enable-grpc-gateway': idleBoolean,
  'enable-pprof': idleBoolean,
  'enable-v2': idleBoolean,
  'experimental-compact-hash-check-enabled': idleBoolean,
  'experimental-corrupt-check-time': idle,
  'experimental-initial-corrupt-check': idleBoolean,
  'experimental-watch-progress-notify-interval': idle,
  'host-whitelist': idle,
  'initial-election-tick-advance': idleBoolean,
  'listen-metrics-urls': idle,
  'log-format': idle,
  'log-outputs': idle,
  'log-package-levels': idle,
  logger: idle,
  'max-concurrent-streams': idle,
  'max-snapshots': idle,
  'max-wals': idle,
  metrics: idle,
  'pre-vote': idleBoolean,
  'socket-reuse-address': idleBoolean,
  'socket-reuse-port': idleBoolean,
  'unsafe-no-fsync': idleBoolean,
  'wal-dir': idle,

  'auth-token': unsafe,
  'auth-token-ttl': unsafe,
  'auto-tls': unsafeBoolean,
  'cert-file': unsafe,
  'cipher-suites': unsafe,
  'client-cert-allowed-hostname': unsafe,
  'client-cert-auth': unsafeBoolean,
  'client-crl-file': unsafe,
  'config-file': unsafe,
  discovery: unsafe,
  'discovery-srv': unsafe,
  'force-new-cluster': unsafeBoolean,
  'key-file': unsafe,
  'peer-auto-tls': unsafeBoolean,
  'peer-cert-allowed-cn': unsafe,
  'peer-cert-allowed-hostname': unsafe,
  'peer-cert-file': unsafe,
  'peer-client-cert-auth': unsafeBoolean,
  'peer-crl-file': unsafe,
  'peer-key-file': unsafe,
  'peer-trusted-ca-file': unsafe,
  'self-signed-cert-validity': unsafe,
  'trusted-ca-file': unsafe,
}

/** The flag that sets a key of the configuration, as a user writes it. */
export function flagOf(key: string): string {
  const found = Object.entries(ETCD_FLAGS).find(([, flag]) => flag.key === key)
  return found === undefined ? key : `--${found[0]}`
}

export interface ParsedFlags {
  /** Input for `parseConfig`. */
  readonly config: Record<string, unknown>
  /** One sentence for each flag or variable that has no effect. */
  readonly warnings: readonly string[]
}

/** Throws `QUORATE_CONFIG_INVALID`: unknown, repeated with another value, without its value, unsafe. */
export function parseEtcdFlags(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): ParsedFlags {
  const given = readArguments(args)
  const config: Record<string, unknown> = {}
  const warnings: string[] = []
  for (const [name, flag] of Object.entries(ETCD_FLAGS)) {
    const variable = variableOf(name)
    const fromEnvironment = environment[variable]
    const value = given.get(name) ?? (fromEnvironment === '' ? undefined : fromEnvironment)
    if (value === undefined) continue
    const source = given.has(name) ? `--${name}` : variable
    if (flag.kind === 'idle') warnings.push(`${source} has no meaning here and is ignored`)
    else if (flag.kind === 'used') config[flag.key!] = flag.duration ? readDuration(source, value) : value
    else if (!(flag.boolean && value === 'false') && !(name === 'auth-token' && value === 'simple')) {
      throw invalid(
        name === 'force-new-cluster'
          ? `${source} would do it at every start: stop the node, and use quorate recover once`
          : `${source} is not supported yet, and ignoring it would not be safe`,
      )
    }
  }
  return { config, warnings: [...warnings, ...unrecognized(environment)] }
}

/** A misspelt variable does nothing, and its writer should know. `ETCDCTL_...` is the client's. */
function unrecognized(environment: Readonly<Record<string, string | undefined>>): string[] {
  const known = new Set(Object.keys(ETCD_FLAGS).map(variableOf))
  return Object.keys(environment)
    .filter(variable => variable.startsWith('ETCD_') && !known.has(variable))
    .map(variable => `unrecognized environment variable ${variable}=${environment[variable]}`)
}

function variableOf(name: string): string {
  return `ETCD_${name.toUpperCase().replaceAll('-', '_')}`
}

function readArguments(args: readonly string[]): Map<string, string> {
  const given = new Map<string, string>()
  for (let i = 0; i < args.length; i++) {
    const match = /^--?([a-z][a-z0-9-]*)(?:=(.*))?$/s.exec(args[i]!)
    if (match === null) throw invalid(`unexpected argument: ${args[i]}`)
    const name = match[1]!
    const flag = ETCD_FLAGS[name]
    if (flag === undefined) throw invalid(`unknown flag: --${name}`)
    const value = match[2] ?? (flag.boolean ? 'true' : args[++i])
    if (value === undefined) throw invalid(`--${name} needs a value`)
    const before = given.get(name)
    if (before !== undefined && before !== value)
      throw invalid(`--${name} is given twice, as ${before} and as ${value}`)
    given.set(name, value)
  }
  return given
}

/** In milliseconds. */
function readDuration(source: string, value: string): number {
  const ms = parseGoDuration(value)
  if (ms === null) throw invalid(`${source} needs a duration such as 5s, 500ms or 1h30m: ${value}`)
  return ms
}

function invalid(message: string): QuorateError {
  return new QuorateError(ConfigErrors.invalid, message, 'refused', { hint: 'see quorate server --help' })
}
