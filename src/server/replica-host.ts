/**
 * A node without its clients: what it keeps on disk, its peers, and one group with a state machine. The key-value node
 * puts the etcd API in front of it (`node.ts`); the simulator puts users' own machines into it.
 */
import type { QuorateError } from '../core/errors.ts'
import type { Gauge } from '../core/gauge.ts'
import { type GroupId, NOBODY } from '../core/ids.ts'
import { raft } from '../protocols/raft/index.ts'
import type { RaftMessage } from '../protocols/raft/message.ts'
import { Group } from '../replication/group.ts'
import { APPLIED_BYTES_ON_TOP_MAX, type GroupLimits } from '../replication/limits.ts'
import { Peers } from '../replication/peers/index.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { StateMachine } from '../runtime/state-machine.ts'
import { type ClusterIdentity, clusterIdentity, type Member } from './cluster-identity.ts'
import { addressOf, type NodeConfig } from './config.ts'
import { HANDOVER_MS_MAX } from './limits.ts'
import { opened } from './listen.ts'
import { isDamage, type NodeStorage, openNodeStorage, type StorageTuning } from './node-storage.ts'
import { Scrubber } from './scrubber.ts'
import { until } from './until.ts'

/** What no operator sets. */
export interface NodeTuning extends StorageTuning {
  readonly groupLimits?: Partial<GroupLimits>
  /** From one slice of the scrub to the next: simulated nodes hold so little that it would read nothing else. */
  readonly scrubIntervalMs?: number
}

/** What is replicated: the same on every member. */
export interface Replicated<Result> {
  readonly group: GroupId
  readonly machine: StateMachine<Result>
}

/** Resolves once the storage is open; no port is. Throws errors with codes. */
export async function openReplicaHost<Result>(
  runtime: Runtime,
  config: NodeConfig,
  replicated: Replicated<Result>,
  tuning: NodeTuning = {},
): Promise<ReplicaHost<Result>> {
  const cluster = clusterIdentity(config.initialCluster, config.initialClusterToken)
  const self = cluster.members.find(member => member.name === config.name)!
  const identity = { clusterId: cluster.clusterId, nodeId: self.id, name: self.name }
  const place = { directory: config.dataDir, identity, hasPeers: cluster.members.length > 1 }
  const open = async (met?: QuorateError): Promise<ReplicaHost<Result>> => {
    const storage = await openNodeStorage(runtime, place, tuning, met)
    try {
      return new ReplicaHost({ runtime, config, cluster, self, storage, tuning, ...replicated })
    } catch (error) {
      // A node that cannot be made of what its directory holds gives the directory free.
      await storage.close()
      throw error
    }
  }
  try {
    return await open()
  } catch (error) {
    if (!place.hasPeers || !isDamage(error)) throw error
    return open(error)
  }
}

interface HostParts<Result> extends Replicated<Result> {
  readonly runtime: Runtime
  readonly config: NodeConfig
  readonly cluster: ClusterIdentity
  readonly self: Member
  readonly storage: NodeStorage
  readonly tuning: NodeTuning
}

export class ReplicaHost<Result> {
  readonly cluster: ClusterIdentity
  /** Who of them this node is. */
  readonly self: Member
  readonly group: Group<RaftMessage, Result>
  readonly #runtime: Runtime
  readonly #config: NodeConfig
  readonly #storage: NodeStorage
  readonly #peers: Peers
  readonly #scrubber: Scrubber

  constructor(parts: HostParts<Result>) {
    const { runtime, config, cluster, self, storage, tuning } = parts
    this.cluster = cluster
    this.self = self
    this.#runtime = runtime
    this.#config = config
    this.#storage = storage
    this.#peers = this.#makePeers(parts.group)
    this.group = this.#makeGroup(parts, tuning.groupLimits ?? {})
    this.group.onRole(() => this.#discardIfWhole())
    const { scrubIntervalMs } = tuning
    const pace = scrubIntervalMs && { intervalMs: scrubIntervalMs, delayMs: scrubIntervalMs }
    this.#scrubber = new Scrubber({ clock: runtime.clock, store: storage.store, ...pace })
  }

  /** Opens the peer port. */
  async listen(): Promise<void> {
    for (const url of this.#config.listenPeerUrls) {
      await opened(url, done => this.#peers.start(done))
    }
  }

  /** Whether this node leads its group, as far as it knows. */
  get leads(): boolean {
    return this.group.status().role === 'leader'
  }

  /** How full everything is that it holds; for the simulator. */
  gauges(): readonly Gauge[] {
    const { bytes, bytesMax } = this.#storage.store.memory
    const memory = { name: 'store: bytes in memory', value: bytes, max: bytesMax + APPLIED_BYTES_ON_TOP_MAX }
    return [...this.group.gauges(), ...this.#peers.gauges(), memory]
  }

  /** What a member said of itself when it last called; empty before. */
  about(member: Member): string {
    return this.#peers.about(member.id)
  }

  /** Another node leads when this resolves, or none can: without a majority nobody would elect it. */
  async handOver(): Promise<void> {
    const { role, membership } = this.group.status()
    const others = membership.voters.filter(id => id !== this.self.id && this.#peers.isUp(id))
    const [successor] = others
    const isMajority = (others.length + 1) * 2 > membership.voters.length
    if (role !== 'leader' || successor === undefined || !isMajority) return
    this.group.transferLeader(successor)
    const isOver = (): boolean => {
      const { leader } = this.group.status()
      return (leader !== NOBODY && leader !== this.self.id) || !this.#peers.isUp(successor)
    }
    await until(this.#runtime.clock, isOver, HANDOVER_MS_MAX)
  }

  /** Answers everyone who waits, and closes the files. */
  async stop(): Promise<void> {
    this.group.stop()
    this.#peers.stop()
    this.#scrubber.stop()
    await this.#storage.close()
  }

  #makePeers(group: GroupId): Peers {
    const peers = new Peers({
      id: this.self.id,
      cluster: this.cluster.clusterId,
      about: this.#config.advertiseClientUrls.join(','),
      runtime: this.#runtime,
      listen: addressOf(this.#config.listenPeerUrls[0]!),
      handlers: {
        message: (from, to, payload) => {
          if (to === group) this.group.receive(from, payload)
        },
        snapshot: (from, to, payload) => {
          if (to === group) this.group.receiveSnapshot(from, payload)
          return true
        },
        bulkReady: () => {},
        linkUp: () => {},
        linkLost: peer => this.group.linkLost(peer),
      },
    })
    for (const member of this.cluster.members) peers.set(member.id, addressOf(member.peerUrls[0]!))
    return peers
  }

  /** What was set aside as damaged has no more to tell than this member holds again, and others hold too. */
  #discardIfWhole(): void {
    const { standing, leader } = this.group.status()
    if (standing.kind === 'whole' && leader !== NOBODY) this.#storage.discardSetAside()
  }

  #makeGroup(
    { group, machine }: Replicated<Result>,
    limits: Partial<GroupLimits>,
  ): Group<RaftMessage, Result> {
    const { clock, random, log } = this.#runtime
    const voters = this.cluster.members.map(member => member.id).toSorted((a, b) => (a < b ? -1 : 1))
    return new Group({
      id: group,
      node: this.self.id,
      protocol: raft,
      machine,
      store: this.#storage.store,
      log: this.#storage.log,
      transport: this.#peers,
      clock,
      random: random.fork(),
      logger: log,
      standingChanged: () => this.#discardIfWhole(),
      diskFull: () => this.#storage.discardSetAside(),
      halt: reason => this.#runtime.halt(reason),
      entropy: this.#runtime.entropy(8),
      bootstrap: { voters, learners: [] },
      heartbeatIntervalMs: this.#config.heartbeatIntervalMs,
      electionTimeoutMs: this.#config.electionTimeoutMs,
      snapshotEntries: this.#config.snapshotEntries,
      catchUpEntries: this.#config.catchUpEntries,
      limits,
    })
  }
}
