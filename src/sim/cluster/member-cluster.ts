/**
 * Machines in a simulated world, each with one member of one cluster: time, network and disks are the simulator's,
 * everything else is what users run.
 */
import { assert } from '../../core/assert.ts'
import type { NodeId } from '../../core/ids.ts'
import { NODE_VERSION } from '../../core/node-version.ts'
import { addMs, type Instant } from '../../core/time.ts'
import { type Logger, silentLogger } from '../../runtime/logger.ts'
import { clusterIdentity } from '../../server/cluster-identity.ts'
import { type NodeConfig, parseConfig } from '../../server/config.ts'
import type { NodeTuning } from '../../server/replica-host.ts'
import { MICROTASK_TICKS } from '../limits.ts'
import { World, type WorldNode, type WorldOptions } from '../world.ts'
import { type MemberNode, SimulatedMember, type StartNode } from './member.ts'

export interface MemberClusterOptions extends WorldOptions {
  /** Default 3; named a, b, c, ... */
  readonly members?: number
  /** Machines that may become members later, named on from there; known of them is only where they will be. */
  readonly spares?: number
  /** Members that begin with the program of the version before. Default: none. */
  readonly older?: readonly string[]
  /** What differs from a node's defaults. */
  readonly config?: Partial<Pick<NodeConfig, TunableConfig>>
  readonly tuning?: NodeTuning
  /** Default: silence. */
  readonly log?: (member: string) => Logger
}

type TunableConfig =
  | 'consensus'
  | 'heartbeatIntervalMs'
  | 'electionTimeoutMs'
  | 'snapshotEntries'
  | 'catchUpEntries'
  | 'watchProgressIntervalMs'
  | 'requestBytesMax'
  | 'txnOperationsMax'
  | 'quotaBytes'
  | 'strictReconfigCheck'

const MEMBERS_MAX = 9

/** Where members listen to clients. */
export const CLIENT_PORT = 2379
const PEER_PORT = 2380

export class MemberCluster<Node extends MemberNode = MemberNode> {
  readonly world: World
  /** Of those with whom the cluster begins. */
  readonly names: readonly string[]
  /** Of everybody who is a member from the beginning or may become one: whom clients are told of. */
  readonly machines: readonly string[]
  /** By the names of those who are members, or were. */
  readonly ids: ReadonlyMap<string, NodeId>
  readonly #ids: Map<string, NodeId>
  readonly #members: Map<string, SimulatedMember<Node>>
  readonly #config: MemberClusterOptions['config']
  readonly #makeMember: (config: NodeConfig) => SimulatedMember<Node>
  /** Called with every machine that is added. */
  onMachine: ((member: SimulatedMember) => void) | undefined

  /** No member runs yet. */
  constructor(startNode: StartNode<Node>, options: MemberClusterOptions) {
    const { members: size = 3, spares = 0 } = options
    assert(size >= 1 && size + spares <= MEMBERS_MAX, `a simulated cluster has 1 to ${MEMBERS_MAX} members`)
    this.world = new World(options)
    this.#config = options.config
    this.machines = Array.from({ length: size + spares }, (_, i) => machineName(i))
    this.names = this.machines.slice(0, size)
    const random = this.world.random.fork()
    const { tuning = {}, log = () => silentLogger } = options
    const configs = new Map(this.names.map(name => [name, this.#configOf(name, options)]))
    const { initialCluster, initialClusterToken } = configs.get(this.names[0]!)!
    const { members } = clusterIdentity(initialCluster, initialClusterToken)
    this.#ids = new Map(members.map(({ name, id }) => [name, id]))
    this.ids = this.#ids
    this.#makeMember = config => {
      const machine = { world: this.world, random: random.fork(), log: log(config.name) }
      return new SimulatedMember({ ...machine, startNode, config, tuning })
    }
    this.#members = new Map([...configs].map(([name, config]) => [name, this.#makeMember(config)]))
    for (const name of options.older ?? []) this.member(name).version = NODE_VERSION - 1
  }

  /**
   * A machine that joins these when it is started. Whoever runs the run adds the member.
   *
   * @param id under which it was added; who leaves it out asks nobody for it later.
   */
  addMachine(name: string, members: readonly string[] = this.names, id?: NodeId): SimulatedMember<Node> {
    assert(!this.#members.has(name), `there is no machine ${name} yet`)
    const machine = this.#makeMember(this.#joining(name, peerUrlOf(name), members))
    this.#members.set(name, machine)
    if (id !== undefined) this.#ids.set(name, id)
    this.onMachine?.(machine)
    return machine
  }

  /**
   * From its next start on the others reach it elsewhere; whoever runs the run has told them. All who were started to
   * join find it there when they are started again; who began with the cluster names for ever whom it began with.
   */
  move(name: string, peerUrl: string, members: readonly string[] = this.names): void {
    this.member(name).config = this.#joining(name, peerUrl, members)
    for (const { name: other, config } of this.members) {
      if (config.initialClusterState === 'new' || other === name) continue
      this.member(other).config = this.#joining(other, config.initialAdvertisePeerUrls[0]!, members)
    }
  }

  /** What a node is started with that finds its cluster there already. */
  #joining(name: string, peerUrl: string, members: readonly string[]): NodeConfig {
    const others = members.filter(each => each !== name)
    const urlOf = (each: string): string =>
      this.#members.get(each)?.config.initialAdvertisePeerUrls[0] ?? peerUrlOf(each)
    const initialCluster = [...others.map(each => `${each}=${urlOf(each)}`), `${name}=${peerUrl}`].join(',')
    const joins = { initialCluster, initialClusterState: 'existing' }
    return parseConfig({ ...addressesOf(name, peerUrl), ...joins, ...this.#config })
  }

  get members(): readonly SimulatedMember<Node>[] {
    return [...this.#members.values()]
  }

  has(name: string): boolean {
    return this.#members.has(name)
  }

  member(name: string): SimulatedMember<Node> {
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

  /** A machine of a client's own. Where the clients' protocol cannot tell a turned bit, none is turned. */
  clientMachine(name: string, members: readonly string[] = this.machines): WorldNode {
    const machine = this.world.start(name)
    const { links } = this.world.network
    for (const member of members) {
      links.link(name, member).keepsBits = true
      links.link(member, name).keepsBits = true
    }
    return machine
  }

  now(): Instant {
    return this.world.clock.now()
  }

  /** Runs until the condition holds; false if `limitMs` of virtual time pass first. */
  until(condition: () => boolean, limitMs: number): Promise<boolean> {
    return this.world.runUntilTrue(condition, addMs(this.now(), limitMs), drainMicrotasks)
  }

  /** For programs of the run: lets virtual time pass. */
  pause(ms: number): Promise<void> {
    return new Promise(resolve => this.world.clock.at(addMs(this.now(), ms), resolve))
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

  #configOf(name: string, { config }: MemberClusterOptions): NodeConfig {
    return parseConfig({
      ...addressesOf(name),
      initialCluster: this.names.map(member => `${member}=${peerUrlOf(member)}`).join(','),
      ...config,
    })
  }
}

/** Where the member of that name listens to the others; after so many moves. */
export function peerUrlOf(name: string, moves = 0): string {
  return `http://${name}:${PEER_PORT + moves}`
}

function machineName(place: number): string {
  return String.fromCharCode('a'.charCodeAt(0) + place)
}

function addressesOf(name: string, peerUrl = peerUrlOf(name)): Record<string, string> {
  return {
    name,
    dataDir: 'data',
    listenClientUrls: `http://${name}:${CLIENT_PORT}`,
    listenPeerUrls: peerUrl,
    initialAdvertisePeerUrls: peerUrl,
  }
}

/**
 * Promises of clients and of starting nodes live in microtasks, which run in one order whatever the clock of the
 * machine says. What a chain of them leaves over goes on behind the next event, in every run alike.
 */
async function drainMicrotasks(): Promise<void> {
  for (let tick = 0; tick < MICROTASK_TICKS; tick++) await undefined
}
