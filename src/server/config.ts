/**
 * What one node needs to know to start. The names and defaults are etcd's, so that a node drops into an
 * existing Procfile, unit file or manifest; `parseConfig` refuses what contradicts itself.
 */
import { z } from 'zod'
import { QuorateError } from '../core/errors.ts'
import { TOKEN_TTL_SECONDS_MAX } from '../machines/kv/auth/limits.ts'
import { PROTOCOL_NAMES } from '../protocols/protocols.ts'
import { parseAuthToken } from './auth-token.ts'
import { partsOf } from './comma-list.ts'
import { ConfigErrors } from './config-errors.ts'
import { DURATION_MS_MAX, flag, NOT_EMPTY, oneOf, parsedBy, wholeNumber } from './config-fields.ts'
import { parseFeatureGates } from './feature-gates.ts'
import { addressOf, urlProblem, withPort } from './node-url.ts'
import { parseRetention, RETENTION_WORDS } from './retention.ts'
import { tlsContradictions, tlsFields } from './tls-config.ts'

const urls = (protocolDefaultPort: number) =>
  z
    .string()
    .transform((text, context) => {
      const list = partsOf(text)
      for (const part of list) {
        const problem = urlProblem(part)
        if (problem !== null) context.addIssue({ code: 'custom', message: `${problem}: ${part}` })
      }
      if (list.length === 0) context.addIssue({ code: 'custom', message: 'needs at least one URL' })
      if (context.issues.length > 0) return z.NEVER
      return list.map(part => withPort(part, protocolDefaultPort))
    })
    .describe('URLs, separated by commas')

const MIB = 1024 * 1024

const shape = z.object({
  name: z
    .string()
    .min(1, NOT_EMPTY)
    .max(256, 'must not be longer than 256 characters')
    // Nobody could say in --initial-cluster whom it means, nor does etcd start such a node.
    .regex(/^[^,=]*$/, 'must not contain a comma or an equals sign')
    .default('default'),
  dataDir: z.string().min(1, NOT_EMPTY).optional(),
  listenClientUrls: urls(2379).default(['http://localhost:2379']),
  advertiseClientUrls: urls(2379).optional(),
  listenPeerUrls: urls(2380).default(['http://localhost:2380']),
  initialAdvertisePeerUrls: urls(2380).default(['http://localhost:2380']),
  initialCluster: z.string().optional(),
  initialClusterState: oneOf(['new', 'existing']).default('new'),
  initialClusterToken: z.string().min(1, NOT_EMPTY).default('etcd-cluster'),
  heartbeatIntervalMs: wholeNumber(1, 60_000).default(100),
  electionTimeoutMs: wholeNumber(10, 50_000).default(1000),
  snapshotEntries: wholeNumber(1, 1_000_000_000).default(100_000),
  catchUpEntries: wholeNumber(0, 1_000_000_000).default(5_000),
  requestBytesMax: wholeNumber(1, 64 * MIB).default(1.5 * MIB),
  txnOperationsMax: wholeNumber(1, 1_000_000).default(128),
  /** 0: the default of 2 GiB; below: no limit. */
  quotaBytes: wholeNumber(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER).default(0),
  /** Blocks of the store that are kept in memory once they were read. */
  storeCacheBytes: wholeNumber(MIB, 1024 * 1024 * MIB).default(64 * MIB),
  autoCompactionMode: oneOf(['periodic', 'revision']).default('periodic'),
  /** What it means depends on the mode: `retention.ts`. */
  autoCompactionRetention: z.string().default('0'),
  /** How often members compare what they hold; 0: never. */
  corruptCheckMs: wholeNumber(0, DURATION_MS_MAX).default(0),
  initialCorruptCheck: flag.default(false),
  featureGates: parsedBy('', parseFeatureGates),
  keepaliveMinTimeMs: wholeNumber(0, DURATION_MS_MAX).default(5_000),
  keepaliveIntervalMs: wholeNumber(0, DURATION_MS_MAX).default(7_200_000),
  keepaliveTimeoutMs: wholeNumber(0, DURATION_MS_MAX).default(20_000),
  strictReconfigCheck: flag.default(true),
  maxLearners: wholeNumber(0, 1_000).default(1),
  authToken: parsedBy('simple', parseAuthToken),
  authTokenTtlSeconds: wholeNumber(1, TOKEN_TTL_SECONDS_MAX).default(300),
  watchProgressIntervalMs: wholeNumber(100, DURATION_MS_MAX).default(600_000),
  isGatewayEnabled: flag.default(true),
  listenMetricsUrls: urls(2381).optional(),
  metrics: oneOf(['basic', 'extensive']).default('basic'),
  ...tlsFields,
  consensus: oneOf(PROTOCOL_NAMES).default('raft'),
  logLevel: oneOf(['debug', 'info', 'warn', 'error', 'panic', 'fatal']).default('info'),
})

export interface InitialMember {
  readonly name: string
  readonly peerUrls: readonly string[]
}

export type NodeConfig = Readonly<
  Omit<
    z.output<typeof shape>,
    'initialCluster' | 'dataDir' | 'advertiseClientUrls' | 'listenMetricsUrls' | 'featureGates'
  >
> & {
  readonly dataDir: string
  readonly advertiseClientUrls: readonly string[]
  readonly listenMetricsUrls: readonly string[]
  /** Sorted by name. Contains this node. */
  readonly initialCluster: readonly InitialMember[]
}

/**
 * Throws `QUORATE_CONFIG_INVALID` with a line for each problem: every key whose value is wrong by itself; if there is
 * none, everything that contradicts something else. What wrong values contradict cannot be told before they are mended.
 *
 * @param nameOf what the reader calls a key of the configuration, such as the flag that sets it
 */
export function parseConfig(
  input: Record<string, unknown>,
  nameOf: (key: string) => string = key => key,
): NodeConfig {
  const parsed = shape.strict().safeParse(input)
  if (!parsed.success) {
    throw invalid(
      parsed.error.issues.map(({ path, message }) => `${nameOf(path.join('.') || 'flags')}: ${message}`),
    )
  }
  const { featureGates, ...data } = parsed.data
  const { cluster, problems } =
    data.initialCluster === undefined ? alone(data) : parseCluster(data.initialCluster)
  problems.push(...contradictions(data, cluster), ...tlsContradictions(data, cluster))
  if (problems.length > 0) throw invalid(problems)
  return {
    ...data,
    dataDir: data.dataDir ?? `${data.name}.etcd`,
    advertiseClientUrls: data.advertiseClientUrls ?? data.listenClientUrls,
    listenMetricsUrls: data.listenMetricsUrls ?? [],
    initialCluster: cluster,
    initialCorruptCheck: data.initialCorruptCheck || featureGates.initialCorruptCheck,
  }
}

/** Every address of the machine, so that nobody elsewhere could connect to it. */
function isAnywhere(url: string): boolean {
  return ['0.0.0.0', '::'].includes(addressOf(url).host)
}

function contradictions(
  data: Omit<z.output<typeof shape>, 'featureGates'>,
  cluster: readonly InitialMember[],
): string[] {
  const problems: string[] = []
  if (data.electionTimeoutMs < 5 * data.heartbeatIntervalMs) {
    problems.push(
      `--election-timeout (${data.electionTimeoutMs} ms) must be at least 5 times --heartbeat-interval (${data.heartbeatIntervalMs} ms)`,
    )
  }
  if (parseRetention(data.autoCompactionMode, data.autoCompactionRetention) === null) {
    const wanted = RETENTION_WORDS[data.autoCompactionMode]
    problems.push(`--auto-compaction-retention: needs ${wanted}: ${data.autoCompactionRetention}`)
  }
  const self = cluster.find(member => member.name === data.name)
  if (self === undefined) {
    problems.push(`--initial-cluster does not name this node, "${data.name}"`)
  } else if (!sameUrls(self.peerUrls, data.initialAdvertisePeerUrls)) {
    problems.push(
      `--initial-cluster has ${self.peerUrls.join(',')} for "${data.name}", but --initial-advertise-peer-urls is ${data.initialAdvertisePeerUrls.join(',')}`,
    )
  }
  const anywhere = data.listenClientUrls.find(isAnywhere)
  if (data.advertiseClientUrls === undefined && anywhere !== undefined) {
    problems.push(
      `--advertise-client-urls is needed: ${anywhere} is where to listen, not where to be reached`,
    )
  }
  return [...problems, ...sharedPorts(data)]
}

type Listening = Pick<z.output<typeof shape>, 'listenClientUrls' | 'listenPeerUrls' | 'listenMetricsUrls'>

/** The node would stand in its own way, and say that another process does. */
function sharedPorts({ listenClientUrls, listenPeerUrls, listenMetricsUrls = [] }: Listening): string[] {
  const clients = { flagName: '--listen-client-urls', urls: listenClientUrls }
  const peers = { flagName: '--listen-peer-urls', urls: listenPeerUrls }
  const metrics = { flagName: '--listen-metrics-urls', urls: listenMetricsUrls }
  const pairs = [
    [clients, peers],
    [clients, metrics],
    [peers, metrics],
  ] as const
  return pairs.flatMap(([one, other]) => {
    const shared = other.urls.filter(url => one.urls.some(taken => isSamePort(url, taken)))
    return shared.map(url => `the port of ${url} is in both ${one.flagName} and ${other.flagName}`)
  })
}

/** Whatever their schemes. Port 0 is a different one each time. */
function isSamePort(a: string, b: string): boolean {
  const [one, other] = [addressOf(a), addressOf(b)]
  return one.port !== 0 && one.port === other.port && one.host === other.host
}

interface ClusterFound {
  readonly cluster: InitialMember[]
  readonly problems: string[]
}

/** The cluster of a node that is told of no other. */
function alone(node: Pick<NodeConfig, 'name' | 'initialAdvertisePeerUrls'>): ClusterFound {
  const urls = node.initialAdvertisePeerUrls
  const twice = urls.filter((url, place) => urls.indexOf(url) < place)
  return {
    cluster: [{ name: node.name, peerUrls: urls.toSorted() }],
    problems: twice.map(url => `--initial-advertise-peer-urls: ${url} is named twice`),
  }
}

/** `name=url,name=url`; a name may come several times, once for each of its URLs. */
function parseCluster(text: string): ClusterFound {
  const members = new Map<string, string[]>()
  const owners = new Map<string, string>()
  const problems: string[] = []
  for (const part of partsOf(text)) {
    const at = part.indexOf('=')
    const name = part.slice(0, at).trim()
    const raw = part.slice(at + 1).trim()
    const problem = at < 1 ? 'needs the form name=URL' : urlProblem(raw)
    if (problem !== null) {
      problems.push(`--initial-cluster: ${problem}: ${part}`)
      continue
    }
    const url = withPort(raw, 2380)
    const owner = owners.get(url)
    if (owner !== undefined)
      problems.push(`--initial-cluster: ${url} is named twice, by ${owner} and ${name}`)
    owners.set(url, name)
    members.set(name, [...(members.get(name) ?? []), url])
  }
  const cluster = [...members].map(([name, peerUrls]) => ({ name, peerUrls: peerUrls.toSorted() }))
  cluster.sort((a, b) => (a.name < b.name ? -1 : 1))
  return { cluster, problems }
}

function sameUrls(a: readonly string[], b: readonly string[]): boolean {
  return a.toSorted().join() === b.toSorted().join()
}

function invalid(problems: readonly string[]): QuorateError {
  return new QuorateError(ConfigErrors.invalid, problems.join('\n'), 'refused', {
    hint: 'see quorate server --help',
  })
}
