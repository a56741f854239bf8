/**
 * A node without its clients: what it keeps on disk, its peers, and one group with a state machine. The key-value node
 * puts the etcd API in front of it (`node.ts`); the simulator puts users' own machines into it.
 */
import { EMPTY } from '../core/bytes.ts'
import type { QuorateError } from '../core/errors.ts'
import type { Gauge } from '../core/gauge.ts'
import type { Histogram } from '../core/histogram.ts'
import { type GroupId, NOBODY, type NodeId } from '../core/ids.ts'
import type { RecoveredLog } from '../core/log-update.ts'
import { NODE_VERSION } from '../core/node-version.ts'
import type { Instant } from '../core/time.ts'
import type { Traffic } from '../core/traffic.ts'
import type { ConsensusProtocol, GroupConfiguration } from '../protocols/consensus.ts'
import { protocolNamed } from '../protocols/protocols.ts'
import { Group } from '../replication/group.ts'
import { APPLIED_BYTES_ON_TOP_MAX, type GroupLimits } from '../replication/limits.ts'
import { type PeerMeasures, Peers } from '../replication/peers/index.ts'
import { knowsConfiguration } from '../replication/starting-base.ts'
import type { DiskError } from '../runtime/disk.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { StateMachine } from '../runtime/state-machine.ts'
import type { NodeIdentity } from '../storage/node-identity.ts'
import { Admission } from './admission.ts'
import { clusterIdentity } from './cluster-identity.ts'
import type { NodeConfig } from './config.ts'
import { HANDOVER_MS_MAX, STORE_PINS_MAX } from './limits.ts'
import { opened } from './listen.ts'
import { memberRemoved } from './membership-errors.ts'
import { isDamage, type NodeStorage, openNodeStorage, type StorageTuning } from './node-storage.ts'
import { addressOf } from './node-url.ts'
import { RosterKeeper } from './roster-keeper.ts'
import { Scrubber } from './scrubber.ts'
import { askForSeat, takeSeat } from './seat.ts'
import { peerRuntimeOf } from './secured.ts'
import { until } from './until.ts'

/** What no operator sets. */
export interface NodeTuning extends StorageTuning {
  readonly groupLimits?: Partial<GroupLimits>
  /** From one slice of the scrub to the next: simulated nodes hold so little that it would read nothing else. */
  readonly scrubIntervalMs?: number
  /** What the node understands: less than `NODE_VERSION` in simulated rolling updates, as an older program does. */
  readonly version?: number
}

/** What is replicated: the same on every member. */
export interface Replicated<Result> {
  readonly group: GroupId
  readonly machine: StateMachine<Result>
}

/** Resolves once the storage is open; no port is. Throws errors with codes. */
export async function openReplicaHost<Result>(
  world: Runtime,
  config: NodeConfig,
  replicated: Replicated<Result>,
  tuning: NodeTuning = {},
): Promise<ReplicaHost<Result>> {
  const runtime = peerRuntimeOf(world, config)
  const seat = await takeSeat(runtime, config)
  const { identity } = seat
  const place = { ...seat, directory: config.dataDir }
  const storeLimits = { cacheBytes: config.storeCacheBytes, ...tuning.storeLimits }
  const open = async (met?: QuorateError): Promise<ReplicaHost<Result>> => {
    const storage = await openNodeStorage(runtime, place, { ...tuning, storeLimits }, met)
    try {
      const recovered = storage.log.recovered(replicated.group)
      const isKnown = knowsConfiguration(storage.store, recovered)
      const { bootstrap } = seat.bootstrap || isKnown ? seat : await askForSeat(runtime, config, identity)
      const parts = { runtime, config, identity, storage, recovered, tuning, bootstrap: bootstrap ?? EMPTY }
      return new ReplicaHost({ ...parts, ...replicated })
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
  readonly identity: NodeIdentity
  readonly bootstrap: Uint8Array
  readonly storage: NodeStorage
  readonly recovered: RecoveredLog
  readonly tuning: NodeTuning
}

export interface HostMeasures {
  readonly syncTimes: Histogram
  readonly peerTraffic: Traffic
  readonly peers: () => readonly PeerMeasures[]
}

export class ReplicaHost<Result> {
  /** Who this node is, and in which cluster. */
  readonly identity: NodeIdentity
  readonly group: Group<unknown, Result>
  readonly #runtime: Runtime
  readonly #config: NodeConfig
  readonly #storage: NodeStorage
  readonly #peers: Peers
  readonly #admission: Admission
  readonly #keeper: RosterKeeper
  readonly #scrubber: Scrubber
  /** The bytes of the configuration in force, committed or not. */
  #inForce: Uint8Array
  /** There was no room for the last checkpoint. */
  isDiskFull = false

  constructor(parts: HostParts<Result>) {
    const { runtime, config, identity, storage, tuning } = parts
    this.identity = identity
    this.#runtime = runtime
    this.#config = config
    this.#storage = storage
    this.#peers = this.#makePeers(parts)
    const protocol = protocolNamed(config.consensus)
    this.group = this.#makeGroup(parts, protocol)
    this.#inForce = this.group.configurationBytes
    this.#admission = new Admission({
      group: this.group,
      clock: runtime.clock,
      clusterId: identity.clusterId,
      inForce: () => this.#inForce,
      readConfiguration: protocol.readConfiguration,
    })
    this.#keeper = this.#makeKeeper(this.group.configuration)
    if (this.#keeper.wasRemoved(identity.nodeId)) {
      this.group.stop()
      throw memberRemoved(identity.nodeId, identity.nodeId)
    }
    this.group.onRole(() => {
      this.#discardIfWhole()
      this.#keeper.look()
    })
    this.#keeper.serve(this.group)
    const { scrubIntervalMs } = tuning
    const pace = scrubIntervalMs && { intervalMs: scrubIntervalMs, delayMs: scrubIntervalMs }
    this.#scrubber = new Scrubber({ clock: runtime.clock, store: storage.store, ...pace })
  }

  /** Opens the ports for peers. */
  async listen(): Promise<void> {
    const [first, ...others] = this.#config.listenPeerUrls
    await opened(first!, done => this.#peers.start(done))
    for (const url of others) await opened(url, done => this.#peers.listen(addressOf(url), done))
  }

  /** Whether this node leads its group, as far as it knows. */
  get leads(): boolean {
    return this.group.status().role === 'leader'
  }

  /** How full everything is that it holds; for the simulator. */
  gauges(): readonly Gauge[] {
    const { pins, memory } = this.#storage.store
    const { bytes, bytesMax } = memory
    return [
      ...this.group.gauges(),
      ...this.#peers.gauges(),
      { name: 'store: bytes in memory', value: bytes, max: bytesMax + APPLIED_BYTES_ON_TOP_MAX },
      { name: 'store: views that are held', value: pins, max: STORE_PINS_MAX, empties: true },
    ]
  }

  /** What the log and the peers have counted, for `/metrics`. */
  get measures(): HostMeasures {
    return {
      syncTimes: this.#storage.log.syncTimes,
      peerTraffic: this.#peers.traffic,
      peers: () => this.#peers.measures(),
    }
  }

  /** Since when what is sent to a member has had a way; undefined if it has none. */
  reachableSince(id: NodeId): Instant | undefined {
    return this.#peers.upSince(id)
  }

  /** The files of its store. */
  get files(): Pick<NodeStorage['store'], 'fileBytes' | 'cacheBytes'> {
    return this.#storage.store
  }

  /** All that the store holds, in memory as well, becomes as few files as there can be. */
  defragment(done: (error: DiskError | null) => void): void {
    this.group.checkpoint(() => this.#storage.store.defragment(done))
  }

  /** Which version a member has told that it speaks; undefined if it never did. */
  versionOf(id: NodeId): number | undefined {
    return this.#peers.versionOf(id)
  }

  /** Another node leads when this resolves, or none can: without a majority nobody would elect it. */
  async handOver(): Promise<void> {
    const { role, membership } = this.group.status()
    const others = membership.voters.filter(id => id !== this.identity.nodeId && this.#peers.isUp(id))
    const [successor] = others
    const isMajority = (others.length + 1) * 2 > membership.voters.length
    if (role !== 'leader' || successor === undefined || !isMajority) return
    this.group.transferLeader(successor)
    const isOver = (): boolean => {
      const { leader } = this.group.status()
      return (leader !== NOBODY && leader !== this.identity.nodeId) || !this.#peers.isUp(successor)
    }
    await until(this.#runtime.clock, isOver, HANDOVER_MS_MAX)
  }

  /** Answers everyone who waits, and closes the files. */
  async stop(): Promise<void> {
    this.group.stop()
    this.#keeper.stop()
    this.#peers.stop()
    this.#scrubber.stop()
    await this.#storage.close()
  }

  #makePeers({ group, tuning }: HostParts<Result>): Peers {
    return new Peers({
      version: tuning.version ?? NODE_VERSION,
      id: this.identity.nodeId,
      cluster: this.identity.clusterId,
      consensus: this.#config.consensus,
      address: addressOf(this.#config.initialAdvertisePeerUrls[0]!),
      wasRemoved: id => this.#keeper.wasRemoved(id),
      changes: () => this.#keeper.newest.version,
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
        joining: (request, answer) => this.#admission.admit(request, answer),
        removed: by => this.#removed(by),
      },
    })
  }

  #makeKeeper(first: GroupConfiguration): RosterKeeper {
    const { members } = clusterIdentity(this.#config.initialCluster, this.#config.initialClusterToken)
    const { clock, log } = this.#runtime
    return new RosterKeeper({
      id: this.identity.nodeId,
      about: {
        name: this.#config.name,
        peerUrls: this.#config.initialAdvertisePeerUrls,
        clientUrls: this.#config.advertiseClientUrls,
      },
      first,
      knownUrls: new Map(members.map(({ id, peerUrls }) => [id, peerUrls])),
      peers: this.#peers,
      clock,
      log,
      removed: () => this.#removed(this.identity.nodeId),
    })
  }

  /** @param by who says so; this node itself, if it stands in its own log. */
  #removed(by: NodeId): never {
    return this.#runtime.halt(memberRemoved(this.identity.nodeId, by))
  }

  /** What was set aside as damaged has no more to tell than this member holds again, and others hold too. */
  #discardIfWhole(): void {
    const { standing, leader } = this.group.status()
    if (standing.kind === 'whole' && leader !== NOBODY) this.#storage.discardSetAside()
  }

  #makeGroup(
    { group, machine, recovered, bootstrap, tuning }: HostParts<Result>,
    protocol: ConsensusProtocol<unknown>,
  ): Group<unknown, Result> {
    const { clock, random, log } = this.#runtime
    return new Group({
      id: group,
      node: this.identity.nodeId,
      protocol,
      machine,
      store: this.#storage.store,
      log: this.#storage.log,
      recovered,
      transport: this.#peers,
      clock,
      random: random.fork(),
      logger: log,
      standingChanged: () => this.#discardIfWhole(),
      membershipChanged: (members, configuration, data) => {
        this.#inForce = data
        this.#keeper.inForce(members, configuration)
      },
      configured: configuration => this.#keeper.settled(configuration),
      diskFull: () => {
        this.isDiskFull = true
        this.#storage.discardSetAside()
      },
      checkpointed: () => {
        this.isDiskFull = false
      },
      halt: reason => this.#runtime.halt(reason),
      entropy: this.#runtime.entropy(8),
      bootstrap,
      heartbeatIntervalMs: this.#config.heartbeatIntervalMs,
      electionTimeoutMs: this.#config.electionTimeoutMs,
      snapshotEntries: this.#config.snapshotEntries,
      catchUpEntries: this.#config.catchUpEntries,
      limits: tuning.groupLimits ?? {},
    })
  }
}
