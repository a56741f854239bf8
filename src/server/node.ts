/**
 * The composition root: a configuration and a runtime in, a running node out. It builds the floors from
 * below (data directory, log, store, group, peers, services, client port) and takes them down again in the
 * opposite order.
 */
import { QuorateError } from '../core/errors.ts'
import { NOBODY } from '../core/ids.ts'
import { addMs } from '../core/time.ts'
import { kvMachine } from '../machines/kv/kv-machine.ts'
import type { KvResult } from '../machines/kv/types.ts'
import { raft } from '../protocols/raft/index.ts'
import type { RaftMessage } from '../protocols/raft/message.ts'
import { Group } from '../replication/group.ts'
import { Peers } from '../replication/peers/index.ts'
import type { NetworkError } from '../runtime/network.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { Member as EtcdMember } from '../wire/etcd/cluster.ts'
import { ClientPort } from './client-port.ts'
import { type ClusterIdentity, clusterIdentity, type Member } from './cluster-identity.ts'
import { addressOf, type NodeConfig } from './config.ts'
import { KV_GROUP } from './ids.ts'
import { DRAIN_MS_MAX, HANDOVER_MS_MAX, STOP_POLL_MS } from './limits.ts'
import { type NodeStorage, openNodeStorage, type StorageTuning } from './node-storage.ts'
import { clientConnectionsMax } from './open-files.ts'
import { Scrubber } from './scrubber.ts'

export const NodeErrors = {
  /** The address of a listener is taken by another process. */
  addressInUse: 'QUORATE_ADDRESS_IN_USE',
  /** The address of a listener cannot be used: no such host, or not permitted. */
  addressUnusable: 'QUORATE_ADDRESS_UNUSABLE',
} as const

type KvGroup = Group<RaftMessage, KvResult>

/** What no operator sets. */
export interface NodeTuning extends StorageTuning {
  /** From one slice of the scrub to the next: simulated nodes hold so little that it would read nothing else. */
  readonly scrubIntervalMs?: number
}

/** Resolves once every port is open; the node then looks for its cluster. Throws errors with codes. */
export async function startNode(
  runtime: Runtime,
  config: NodeConfig,
  tuning: NodeTuning = {},
): Promise<Node> {
  const cluster = clusterIdentity(config.initialCluster, config.initialClusterToken)
  const self = cluster.members.find(member => member.name === config.name)!
  const identity = { clusterId: cluster.clusterId, nodeId: self.id, name: self.name }
  // Before anything is touched: a node that clients can starve of files does not start.
  const connectionsMax = clientConnectionsMax(runtime.openFilesMax, cluster.members.length - 1)
  const storage = await openNodeStorage(runtime, config.dataDir, identity, tuning)
  const node = await compose(
    storage,
    () => new Node(runtime, config, cluster, self, storage, connectionsMax, tuning),
  )
  try {
    await node.listen()
  } catch (error) {
    await node.abandon()
    throw error
  }
  return node
}

/** A node that cannot be made of what its directory holds gives the directory free. */
async function compose(storage: NodeStorage, make: () => Node): Promise<Node> {
  try {
    return make()
  } catch (error) {
    await storage.close()
    throw error
  }
}

export class Node {
  readonly #runtime: Runtime
  readonly #config: NodeConfig
  readonly #cluster: ClusterIdentity
  readonly #self: Member
  readonly #storage: NodeStorage
  readonly #peers: Peers
  readonly #group: KvGroup
  readonly #scrubber: Scrubber
  readonly #clientPort: ClientPort
  #ready = false

  constructor(
    runtime: Runtime,
    config: NodeConfig,
    cluster: ClusterIdentity,
    self: Member,
    storage: NodeStorage,
    connectionsMax: number,
    { scrubIntervalMs }: NodeTuning,
  ) {
    this.#runtime = runtime
    this.#config = config
    this.#cluster = cluster
    this.#self = self
    this.#storage = storage
    this.#peers = this.#makePeers(cluster)
    this.#group = this.#makeGroup(cluster)
    this.#clientPort = new ClientPort({
      runtime,
      config,
      clusterId: cluster.clusterId,
      memberId: self.id,
      replica: this.#group,
      members: () => this.#members(),
      connectionsMax,
    })
    this.#group.onRole(() => this.#roleChanged())
    const pace = scrubIntervalMs === undefined ? {} : { intervalMs: scrubIntervalMs }
    this.#scrubber = new Scrubber({ clock: runtime.clock, store: storage.store, ...pace })
  }

  /** Opens the peer port and the client ports. */
  async listen(): Promise<void> {
    for (const url of this.#config.listenPeerUrls) {
      await opened(url, done => this.#peers.start(done))
    }
    for (const url of this.#config.listenClientUrls) {
      await opened(url, done => this.#clientPort.listen(addressOf(url), done))
    }
  }

  /** Whether this node leads its group, as far as it knows. */
  get leads(): boolean {
    return this.#group.status().role === 'leader'
  }

  /** Hands leadership over, answers everyone, closes the files. */
  async stop(): Promise<void> {
    await this.#handOver()
    this.#clientPort.drain()
    await this.#until(() => this.#clientPort.connections === 0, DRAIN_MS_MAX)
    await this.abandon()
  }

  /** As `stop`, without looking for a successor. */
  async abandon(): Promise<void> {
    this.#clientPort.stop()
    this.#group.stop()
    this.#peers.stop()
    this.#scrubber.stop()
    await this.#storage.close()
  }

  #makePeers(cluster: ClusterIdentity): Peers {
    const peers = new Peers({
      id: this.#self.id,
      cluster: cluster.clusterId,
      about: this.#config.advertiseClientUrls.join(','),
      runtime: this.#runtime,
      listen: addressOf(this.#config.listenPeerUrls[0]!),
      handlers: {
        message: (from, group, payload) => {
          if (group === KV_GROUP) this.#group.receive(from, payload)
        },
        snapshot: (from, group, payload) => {
          if (group === KV_GROUP) this.#group.receiveSnapshot(from, payload)
          return true
        },
        bulkReady: () => {},
        linkUp: () => {},
        linkLost: peer => this.#group.linkLost(peer),
      },
    })
    for (const member of cluster.members) peers.set(member.id, addressOf(member.peerUrls[0]!))
    return peers
  }

  /** A member's client URLs are known once it has called; before, it counts as not started. */
  #members(): EtcdMember[] {
    return this.#cluster.members.map(({ id, name, peerUrls }) => {
      const isSelf = id === this.#self.id
      const told = this.#peers.about(id)
      const clientUrls = isSelf ? this.#config.advertiseClientUrls : told === '' ? [] : told.split(',')
      return { id, name, peerUrls, clientUrls, isLearner: false }
    })
  }

  #makeGroup(cluster: ClusterIdentity): KvGroup {
    const { clock, random, log } = this.#runtime
    const voters = cluster.members.map(member => member.id).toSorted((a, b) => (a < b ? -1 : 1))
    return new Group({
      id: KV_GROUP,
      node: this.#self.id,
      protocol: raft,
      machine: kvMachine(),
      store: this.#storage.store,
      log: this.#storage.log,
      transport: this.#peers,
      clock,
      random: random.fork(),
      logger: log,
      halt: reason => this.#runtime.halt(reason),
      entropy: this.#runtime.entropy(8),
      bootstrap: { voters, learners: [] },
      heartbeatIntervalMs: this.#config.heartbeatIntervalMs,
      electionTimeoutMs: this.#config.electionTimeoutMs,
      snapshotEntries: this.#config.snapshotEntries,
      catchUpEntries: this.#config.catchUpEntries,
    })
  }

  #roleChanged(): void {
    this.#clientPort.roleChanged(this.#group)
    // Once, when the node first knows a leader: what a supervisor waits for.
    if (this.#ready || this.#group.status().leader === NOBODY) return
    this.#ready = true
    this.#runtime.log.info('ready to serve client requests', {
      clients: this.#config.advertiseClientUrls.join(','),
    })
  }

  /** Another node leads when this resolves, or none can: without a majority nobody would elect it. */
  #handOver(): Promise<void> {
    const { role, membership } = this.#group.status()
    const others = membership.voters.filter(id => id !== this.#self.id && this.#peers.isUp(id))
    const [successor] = others
    const isMajority = (others.length + 1) * 2 > membership.voters.length
    if (role !== 'leader' || successor === undefined || !isMajority) return Promise.resolve()
    this.#group.transferLeader(successor)
    return this.#until(() => {
      const { leader } = this.#group.status()
      return (leader !== NOBODY && leader !== this.#self.id) || !this.#peers.isUp(successor)
    }, HANDOVER_MS_MAX)
  }

  /** Looks every few milliseconds, for so long at most. */
  #until(condition: () => boolean, limitMs: number): Promise<void> {
    const { clock } = this.#runtime
    const end = addMs(clock.now(), limitMs)
    return new Promise(resolve => {
      const look = (): void => {
        if (condition() || clock.now() >= end) resolve()
        else timer.set(addMs(clock.now(), STOP_POLL_MS))
      }
      const timer = clock.timer(look)
      look()
    })
  }
}

function opened(url: string, open: (done: (error: NetworkError | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    open(error => (error === null ? resolve() : reject(listenError(url, error))))
  })
}

function listenError(url: string, error: NetworkError): QuorateError {
  if (error.kind === 'addressInUse') {
    return new QuorateError(NodeErrors.addressInUse, `${url} is in use by another process`, 'refused', {
      hint: 'stop that process, or choose other URLs',
      cause: error,
    })
  }
  const message = `cannot listen on ${url}: ${error.message}`
  return new QuorateError(NodeErrors.addressUnusable, message, 'refused', { cause: error })
}
