/**
 * A cluster of whole nodes, the production composition, in a simulated world: time, network and disks are the
 * simulator's, everything else is what users run. So are its clients.
 */
import type { Client } from '../../client/client.ts'
import { connect } from '../../client/index.ts'
import { assert } from '../../core/assert.ts'
import type { Random } from '../../core/prng.ts'
import { addMs, type Instant } from '../../core/time.ts'
import { type Logger, silentLogger } from '../../runtime/logger.ts'
import { type NodeConfig, parseConfig } from '../../server/config.ts'
import type { NodeTuning } from '../../server/replica-host.ts'
import { MICROTASK_TICKS } from '../limits.ts'
import { World, type WorldOptions } from '../world.ts'
import { SimulatedMember } from './member.ts'

export interface SimulatedClusterOptions extends WorldOptions {
  /** Default 3; named a, b, c, ... */
  readonly members?: number
  /** What differs from a node's defaults. */
  readonly config?: Partial<Pick<NodeConfig, TunableConfig>>
  readonly tuning?: NodeTuning
  /** Default: silence. */
  readonly log?: (member: string) => Logger
}

type TunableConfig =
  | 'heartbeatIntervalMs'
  | 'electionTimeoutMs'
  | 'snapshotEntries'
  | 'catchUpEntries'
  | 'requestBytesMax'
  | 'txnOperationsMax'
  | 'quotaBytes'

const MEMBERS_MAX = 9
const CLIENT_PORT = 2379
const PEER_PORT = 2380

export class SimulatedCluster {
  readonly world: World
  readonly names: readonly string[]
  readonly #members: ReadonlyMap<string, SimulatedMember>

  /** No member runs yet. */
  constructor(options: SimulatedClusterOptions) {
    const size = options.members ?? 3
    assert(size >= 1 && size <= MEMBERS_MAX, `a simulated cluster has 1 to ${MEMBERS_MAX} members`)
    this.world = new World(options)
    this.names = Array.from({ length: size }, (_, i) => String.fromCharCode('a'.charCodeAt(0) + i))
    const random = this.world.random.fork()
    const log = options.log ?? (() => silentLogger)
    this.#members = new Map(
      this.names.map(name => [name, this.#makeMember(name, options, random.fork(), log(name))]),
    )
  }

  get members(): readonly SimulatedMember[] {
    return [...this.#members.values()]
  }

  member(name: string): SimulatedMember {
    const member = this.#members.get(name)
    assert(member !== undefined, `the cluster has a member ${name}`)
    return member
  }

  /** Starts all members that do not run. */
  start(): void {
    for (const member of this.members) member.start()
  }

  /** Why members stopped themselves, of those that have not been started again since. */
  get halts(): readonly Error[] {
    return this.members.flatMap(({ halted }) => (halted === undefined ? [] : [halted]))
  }

  /** Those that say that they lead; after a partition there may be two for a while. */
  get leaders(): readonly string[] {
    return this.members.filter(({ node }) => node?.leads === true).map(({ name }) => name)
  }

  /** A client on a machine of its own, which knows these members. The clients' protocol cannot tell a turned bit. */
  client(name: string, members: readonly string[] = this.names): Client {
    const { network, clock, random } = this.world.start(name)
    const { links } = this.world.network
    for (const member of members) {
      links.link(name, member).keepsBits = true
      links.link(member, name).keepsBits = true
    }
    return connect({ network, clock, random, endpoints: members.map(host => ({ host, port: CLIENT_PORT })) })
  }

  now(): Instant {
    return this.world.clock.now()
  }

  /** Runs until the condition holds; false if `limitMs` of virtual time pass first. */
  until(condition: () => boolean, limitMs: number): Promise<boolean> {
    return this.world.runUntilTrue(condition, addMs(this.now(), limitMs), drainMicrotasks)
  }

  /** Lets virtual time pass. */
  async runFor(ms: number): Promise<void> {
    const end = addMs(this.now(), ms)
    let isOver = false
    this.world.clock.at(end, () => {
      isOver = true
    })
    await this.until(() => isOver, ms + 1)
  }

  #makeMember(
    name: string,
    { config, tuning = {} }: SimulatedClusterOptions,
    random: Random,
    log: Logger,
  ): SimulatedMember {
    const peerUrl = (member: string): string => `http://${member}:${PEER_PORT}`
    const parsed = parseConfig({
      name,
      dataDir: 'data',
      listenClientUrls: `http://${name}:${CLIENT_PORT}`,
      listenPeerUrls: peerUrl(name),
      initialAdvertisePeerUrls: peerUrl(name),
      initialCluster: this.names.map(member => `${member}=${peerUrl(member)}`).join(','),
      ...config,
    })
    return new SimulatedMember({ world: this.world, config: parsed, tuning, log, random })
  }
}

/**
 * Promises of clients and of starting nodes live in microtasks, which run in one order whatever the clock of the
 * machine says. What a chain of them leaves over goes on behind the next event, in every run alike.
 */
async function drainMicrotasks(): Promise<void> {
  for (let tick = 0; tick < MICROTASK_TICKS; tick++) await undefined
}
