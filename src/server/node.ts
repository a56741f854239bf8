/**
 * The composition root: a configuration and a runtime in, a running node out: one replica of the key-value store, and
 * the etcd API in front of it. It is built from below and taken down in the opposite order.
 */
import type { Gauge } from '../core/gauge.ts'
import { NOBODY } from '../core/ids.ts'
import type { Doubt } from '../core/log-update.ts'
import { NODE_VERSION } from '../core/node-version.ts'
import { ChangeFeed } from '../machines/kv/change-feed.ts'
import { kvMachine } from '../machines/kv/kv-machine.ts'
import type { KvResult } from '../machines/kv/types.ts'
import type { ReplicaStatus } from '../replication/replica.ts'
import { readRoster } from '../replication/roster/roster.ts'
import type { Network } from '../runtime/network.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { AutoCompaction } from '../services/etcd/auto-compaction.ts'
import { LeaseExpiry } from '../services/etcd/lease-expiry.ts'
import { type TokenSetting, tokenSetting } from './auth-token.ts'
import { ClientPort } from './client-port.ts'
import type { NodeConfig } from './config.ts'
import { KV_GROUP } from './ids.ts'
import { DRAIN_MS_MAX } from './limits.ts'
import { opened } from './listen.ts'
import { addressOf } from './node-url.ts'
import { clientConnectionsMax } from './open-files.ts'
import { type NodeTuning, openReplicaHost, type ReplicaHost } from './replica-host.ts'
import { parseRetention } from './retention.ts'
import { clientNetworkOf } from './secured.ts'
import { until } from './until.ts'

/** Resolves once every port is open; the node then looks for its cluster. Throws errors with codes. */
export async function startNode(
  runtime: Runtime,
  config: NodeConfig,
  tuning: NodeTuning = {},
): Promise<Node> {
  // Before anything is touched: a node that clients can starve of files does not start.
  const clientNetwork = clientNetworkOf(runtime, config)
  const connectionsMax = clientConnectionsMax(runtime.openFilesMax, config.initialCluster.length - 1)
  const tokens = tokenSetting(runtime, config)
  const changes = new ChangeFeed()
  const { version = NODE_VERSION } = tuning
  const replicated = { group: KV_GROUP, machine: kvMachine(changes, version) }
  const host = await openReplicaHost(runtime, config, replicated, tuning)
  const node = new Node(runtime, config, host, changes, tokens, connectionsMax, version)
  try {
    await node.listen(clientNetwork)
  } catch (error) {
    await node.abandon()
    throw error
  }
  return node
}

export class Node {
  readonly #runtime: Runtime
  readonly #config: NodeConfig
  readonly #host: ReplicaHost<KvResult>
  readonly #clientPort: ClientPort
  readonly #leaseExpiry: LeaseExpiry
  readonly #autoCompaction: AutoCompaction | undefined
  #ready = false

  constructor(
    runtime: Runtime,
    config: NodeConfig,
    host: ReplicaHost<KvResult>,
    changes: ChangeFeed,
    tokens: TokenSetting,
    connectionsMax: number,
    version: number,
  ) {
    this.#runtime = runtime
    this.#config = config
    this.#host = host
    this.#clientPort = new ClientPort({
      runtime,
      config,
      clusterId: host.identity.clusterId,
      memberId: host.identity.nodeId,
      replica: host.group,
      changes,
      members: () => readRoster(host.group.configuration).members,
      reachableSince: id => host.reachableSince(id),
      measures: host.measures,
      files: {
        get bytes() {
          return host.files.fileBytes
        },
        get cacheBytes() {
          return host.files.cacheBytes
        },
        defragment: done => host.defragment(done),
      },
      version,
      versionOf: id => host.versionOf(id),
      isDiskFull: () => host.isDiskFull,
      tokens,
      connectionsMax,
    })
    this.#leaseExpiry = new LeaseExpiry(host.group, runtime.clock)
    this.#autoCompaction = autoCompactionOf(runtime, config, host)
    host.group.onRole(() => this.#roleChanged())
  }

  /** Opens the peer port and the client ports. */
  async listen(networkOf: (url: string) => Network): Promise<void> {
    await this.#host.listen()
    for (const url of this.#config.listenClientUrls) {
      await opened(url, done => this.#clientPort.listen(networkOf(url), addressOf(url), done))
    }
    for (const url of this.#config.listenMetricsUrls) {
      await opened(url, done => this.#clientPort.listenForMetrics(networkOf(url), addressOf(url), done))
    }
  }

  /** Whether this node leads its group, as far as it knows. */
  get leads(): boolean {
    return this.#host.leads
  }

  /** How far it is, and whom it follows. */
  get status(): ReplicaStatus {
    return this.#host.group.status()
  }

  /** What it may have forgotten of what it promised; for the simulator. */
  get doubt(): Doubt {
    return this.#host.group.doubt
  }

  /** It may have held entries up to here that it lacks now; 0: it lacks none. */
  get mayHaveHeld(): number {
    const { standing } = this.#host.group.status()
    return standing.kind === 'catchingUp' ? standing.index : 0
  }

  /** How full everything is that it holds; for the simulator. */
  gauges(): readonly Gauge[] {
    return [...this.#host.gauges(), ...this.#clientPort.gauges()]
  }

  /** Hands leadership over, answers everyone, closes the files. */
  async stop(): Promise<void> {
    await this.#host.handOver()
    this.#clientPort.drain()
    await until(this.#runtime.clock, () => this.#clientPort.connections === 0, DRAIN_MS_MAX)
    await this.abandon()
  }

  /** As `stop`, without looking for a successor. */
  async abandon(): Promise<void> {
    this.#clientPort.stop()
    this.#leaseExpiry.stop()
    this.#autoCompaction?.stop()
    await this.#host.stop()
  }

  #roleChanged(): void {
    const { group } = this.#host
    this.#clientPort.roleChanged(group)
    this.#leaseExpiry.roleChanged()
    // Once, when the node first knows a leader: what a supervisor waits for.
    if (this.#ready || group.status().leader === NOBODY) return
    this.#ready = true
    this.#runtime.log.info('ready to serve client requests', {
      clients: this.#config.advertiseClientUrls.join(','),
    })
  }
}

/** Undefined if all history is kept. */
function autoCompactionOf(
  { clock, log }: Runtime,
  { autoCompactionMode, autoCompactionRetention }: NodeConfig,
  { group: replica }: ReplicaHost<KvResult>,
): AutoCompaction | undefined {
  const retention = parseRetention(autoCompactionMode, autoCompactionRetention)
  return retention ? new AutoCompaction({ replica, clock, log, retention }) : undefined
}
