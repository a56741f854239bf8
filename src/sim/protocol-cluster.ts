/**
 * A cluster of bare protocol cores in virtual time: each behind the production executor, over a network of
 * single messages, with a model of a log and of a store. It is what a protocol is proved and shown with,
 * before anything stands on it. A referee watches every effect, and every core checks itself after every step.
 */
import { assert } from '../core/assert.ts'
import type { Entry } from '../core/entry.ts'
import {
  type Ballot,
  formatNodeId,
  type Index,
  type NodeId,
  type ProposalId,
  type ReadId,
} from '../core/ids.ts'
import type { LogBase } from '../core/log-update.ts'
import { type Random, randomFromSeed } from '../core/prng.ts'
import type { Core } from '../core/sans-io.ts'
import type { ClusterTime, Instant } from '../core/time.ts'
import type { ConsensusProtocol, ConsensusStatus, Membership } from '../protocols/consensus.ts'
import { SimulatedClock } from './clock.ts'
import type { Delay } from './delay.ts'
import type { LinkQuality } from './links.ts'
import { type FlightEvent, type MessageFaults, MessageNetwork } from './message-network.ts'
import { ProtocolNode } from './protocol-node.ts'
import { ProtocolReferee } from './protocol-referee.ts'

export interface ProtocolClusterOptions<Message> {
  readonly protocol: ConsensusProtocol<Message>
  readonly seed: number
  /** Ids 1 to `voters` vote, those behind them learn. */
  readonly voters: number
  readonly learners?: number
  readonly heartbeatIntervalMs?: number
  readonly electionTimeoutMs?: number
  /** How long a write takes to become durable. */
  readonly diskDelay?: Delay
  readonly quality?: LinkQuality
  readonly faults?: MessageFaults
  /** Applied entries between two checkpoints of the store; 0 for never. */
  readonly checkpointEntries?: number
  readonly catchUpEntries?: number
  /** Called with every line of the trace: deliveries and what the cores ask for. */
  readonly trace?: (line: string) => void
  /** Called for every message as it leaves, and when it arrives or is lost. */
  readonly onFlight?: (event: FlightEvent<Message>) => void
}

/** What a node needs of its cluster. */
export interface ProtocolSetting<Message> {
  readonly protocol: ConsensusProtocol<Message>
  readonly world: SimulatedClock
  readonly network: MessageNetwork<Message>
  readonly referee: ProtocolReferee
  readonly random: Random
  readonly genesis: LogBase
  readonly heartbeatIntervalMs: number
  readonly electionTimeoutMs: number
  readonly diskDelay: Delay
  readonly checkpointEntries: number
  readonly catchUpEntries: number
  node(id: NodeId): ProtocolNode<Message> | undefined
  note(line: string): void
}

export class ProtocolCluster<Message> {
  readonly clock = new SimulatedClock()
  readonly network: MessageNetwork<Message>
  readonly referee = new ProtocolReferee()
  readonly ids: readonly NodeId[]
  /** For the scenario: its draws change nothing in the cluster. */
  readonly random: Random
  readonly #nodes = new Map<NodeId, ProtocolNode<Message>>()
  readonly #voters: number
  #nextProposal = 1

  constructor(options: ProtocolClusterOptions<Message>) {
    const { protocol, trace, onFlight } = options
    const random = randomFromSeed(options.seed)
    this.#voters = options.voters
    this.random = random.fork()
    const note = (line: string) => trace?.(`${this.clock.now()} ${line}`)
    this.network = new MessageNetwork(this.clock, random.fork(), protocol, {
      ...(options.quality && { quality: options.quality }),
      ...(options.faults && { faults: options.faults }),
      ...(onFlight && { onFlight }),
      ...(trace && { observe: (_at, from, to, bytes) => note(`${from} > ${to} ${bytes}`) }),
    })
    const count = options.voters + (options.learners ?? 0)
    this.ids = Array.from({ length: count }, (_, i) => BigInt(i + 1) as NodeId)
    const membership = { voters: this.ids.slice(0, options.voters), learners: this.ids.slice(options.voters) }
    const setting: ProtocolSetting<Message> = {
      protocol,
      world: this.clock,
      network: this.network,
      referee: this.referee,
      random,
      genesis: genesisOf(protocol.bootstrap(membership)),
      heartbeatIntervalMs: options.heartbeatIntervalMs ?? 100,
      electionTimeoutMs: options.electionTimeoutMs ?? 1000,
      diskDelay: options.diskDelay ?? { minimumUs: 200, meanUs: 2000 },
      checkpointEntries: options.checkpointEntries ?? 0,
      catchUpEntries: options.catchUpEntries ?? 10,
      node: id => this.#nodes.get(id),
      note,
    }
    for (const id of this.ids) this.#nodes.set(id, new ProtocolNode(setting, id))
    for (const id of this.ids) this.start(id)
  }

  node(id: NodeId): ProtocolNode<Message> {
    const node = this.#nodes.get(id)
    assert(node !== undefined, 'nodes are numbered from 1')
    return node
  }

  /** Ids of the nodes whose process lives (and may be paused). */
  get alive(): NodeId[] {
    return this.ids.filter(id => this.node(id).isAlive)
  }

  start(id: NodeId): void {
    this.node(id).start()
  }

  /** The process dies; what was not durable may be lost. */
  crash(id: NodeId): void {
    this.node(id).crash()
  }

  /**
   * The process dies and its disk with it; false if that would be more than a minority that lacks something. Whether
   * those who say that there is no group could begin another one, is not left to chance either.
   */
  loseDisk(id: NodeId): boolean {
    const voters = this.ids.slice(0, this.#voters)
    const weak = voters.filter(other => other === id || this.node(other).isWeak)
    if (!voters.includes(id) || weak.length * 2 >= voters.length) return false
    this.crash(id)
    const empty = voters.filter(other => other === id || this.node(other).log.isEmpty)
    const parts = (['log', 'logAndStore', 'directory'] as const)[this.random.below(3)]!
    if (parts === 'directory' && empty.length * 2 >= voters.length) return false
    this.node(id).loseDisk(parts)
    return true
  }

  /** Proposes a command at a node; undefined if the node is dead. */
  propose(id: NodeId, command: Uint8Array): ProposalId | undefined {
    const proposal = this.#nextProposal++ as ProposalId
    return this.node(id).propose(proposal, command) ? proposal : undefined
  }

  /** Asks for a membership; answered like a proposal. */
  reconfigure(id: NodeId, membership: Membership, context: Uint8Array): ProposalId | undefined {
    const proposal = this.#nextProposal++ as ProposalId
    return this.node(id).reconfigure(proposal, membership, context) ? proposal : undefined
  }

  /** Asks for a linearizable read at a node; undefined if the node is dead. */
  read(id: NodeId): ReadId | undefined {
    return this.node(id).read()
  }

  status(id: NodeId): ConsensusStatus {
    return this.node(id).status()
  }

  /** What a node has applied, in order. */
  applied(id: NodeId): readonly Entry[] {
    return this.node(id).applied
  }

  /** Ends all faults: links whole, chance at rest, everyone alive and running. */
  heal(): void {
    this.network.links.healAll()
    this.network.faults = { lossPerMillion: 0, duplicatePerMillion: 0, replayPerMillion: 0, replayDelayUs: 0 }
    for (const id of this.ids) {
      if (this.node(id).isAlive) this.node(id).resume()
      else this.start(id)
    }
  }

  runForMs(milliseconds: number): void {
    this.clock.runFor(milliseconds * 1000)
  }

  /** Runs until the condition holds; false if it does not within so many milliseconds. */
  runUntilTrue(condition: () => boolean, withinMs: number): boolean {
    return this.clock.runUntilTrue(condition, (this.clock.now() + withinMs * 1000) as Instant)
  }
}

function genesisOf(configuration: Uint8Array): LogBase {
  return { index: 0 as Index, ballot: 0 as Ballot, time: 0 as ClusterTime, configuration }
}

/** A core that asserts its invariants after every step. */
export function checked<Input, Effect>(core: Core<Input, Effect>): Core<Input, Effect> {
  return {
    step(now, inputs, out) {
      core.step(now, inputs, out)
      core.check()
    },
    deadline: () => core.deadline(),
    check: () => core.check(),
    describe: () => core.describe(),
  }
}

/** How a node is called in links and traces. */
export function nodeName(id: NodeId): string {
  return formatNodeId(id)
}
