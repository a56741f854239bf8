/**
 * A group of a consensus protocol on a stage: Raft, Multi-Paxos, or the Synod that decides once. It runs in the
 * simulator's cluster of bare cores, with its log, its disk and its referee.
 */
import { formatNodeId, NOBODY, type NodeId } from '../../core/ids.ts'
import type { Random } from '../../core/prng.ts'
import { utf8Bytes, utf8Text } from '../../core/utf8.ts'
import type { ConsensusEffect, ConsensusProtocol } from '../../protocols/consensus.ts'
import { ProtocolCluster } from '../../sim/protocol-cluster.ts'
import type { Opening, Subject } from '../algorithm.ts'
import { observedConsensus } from '../observed-core.ts'
import type { MessageWords } from '../recorder.ts'
import { Stage, type StageWorld } from '../stage.ts'

export const HEARTBEAT_MS = 100
export const ELECTION_MS = 400

/** Messages take 4 to some 30 ms, writes 0.2 to some 7. */
const QUALITY = { delay: { minimumUs: 4000, meanUs: 4000 }, bytesPerMs: 0 }
const DISK = { minimumUs: 200, meanUs: 1000 }

/** What differs between the protocols. */
export interface ConsensusManner<Message> {
  readonly protocol: ConsensusProtocol<Message>
  readonly words: (message: Message) => MessageWords
  /** How a node describes itself, as people read it. */
  readonly describe: (line: string) => string
  /** What a ballot is called. */
  readonly ballotName: (ballot: number) => string
  /** It decides one value, and rests. */
  readonly decidesOnce: boolean
}

export class ConsensusSubject<Message> implements Subject {
  readonly stage: Stage
  /** Everybody who ever led in each ballot. */
  readonly leadersOf = new Map<number, Set<NodeId>>()
  readonly #manner: ConsensusManner<Message>
  readonly #opening: Opening
  readonly #cluster: ProtocolCluster<Message>
  #values = 0

  constructor(manner: ConsensusManner<Message>, opening: Opening) {
    const { nodes, seed, recorder, look } = opening
    const { protocol } = manner
    this.#manner = manner
    this.#opening = opening
    this.#cluster = new ProtocolCluster<Message>({
      protocol: {
        ...protocol,
        create: options => {
          const watcher = (id: NodeId, line: string): void => {
            recorder.state(id, manner.describe(line))
            look()
          }
          const onEffects = (id: NodeId, effects: readonly ConsensusEffect<Message>[]): void => {
            for (const effect of effects) this.#note(id, effect)
          }
          return observedConsensus(options.id, protocol.create(options), watcher, onEffects)
        },
      },
      seed,
      voters: nodes,
      heartbeatIntervalMs: HEARTBEAT_MS,
      electionTimeoutMs: ELECTION_MS,
      quality: QUALITY,
      diskDelay: DISK,
      onFlight: recorder.flightsIn(manner.words),
    })
    this.stage = new Stage(asWorld(this.#cluster), recorder)
  }

  /** Those who take themselves for the leader, the one of the highest ballot coming last. */
  get leaders(): NodeId[] {
    const leading = this.stage.alive.filter(id => this.#cluster.status(id).role === 'leader')
    return leading.sort((a, b) => this.#cluster.status(a).ballot - this.#cluster.status(b).ballot)
  }

  /** The newest leader that lives; `NOBODY` if there is none. */
  get leader(): NodeId {
    return this.leaders.at(-1) ?? NOBODY
  }

  ballotAt(id: NodeId): string {
    return this.#manner.ballotName(this.#cluster.status(id).ballot)
  }

  /** What a node has applied: the commands, in order. */
  appliedAt(id: NodeId): string[] {
    return this.#cluster
      .applied(id)
      .filter(entry => entry.kind === 'command')
      .map(entry => utf8Text(entry.data))
  }

  /** Asks a node for a value; the next one, if none is given. */
  propose(id: NodeId, value = `v${++this.#values}`): string {
    if (!this.stage.isAlive(id)) return value
    this.#opening.recorder.event('ask', id, `is asked for ${value}`)
    this.#cluster.propose(id, utf8Bytes(value))
    return value
  }

  /** Lets time pass until somebody leads whom a majority follows; false if nobody does. */
  elects(withinMs = 20 * ELECTION_MS): boolean {
    const isElected = (): boolean => {
      const { leader } = this
      if (leader === NOBODY) return false
      const { ballot } = this.#cluster.status(leader)
      const followers = this.stage.alive.filter(id => {
        const status = this.#cluster.status(id)
        return status.leader === leader && status.ballot === ballot
      })
      return 2 * followers.length > this.stage.ids.length
    }
    return this.stage.until(isElected, withinMs)
  }

  /** Lets time pass until these nodes (all that live) have applied a value; false if they do not. */
  applies(value: string, ids?: readonly NodeId[], withinMs = 20 * ELECTION_MS): boolean {
    return this.stage.until(
      () => (ids ?? this.stage.alive).every(id => this.appliedAt(id).includes(value)),
      withinMs,
    )
  }

  ask(random: Random): void {
    const { alive } = this.stage
    if (alive.length > 0) this.propose(alive[random.below(alive.length)]!)
  }

  conclude(): string[] {
    return this.stage.ids.map(id => {
      const name = `node ${formatNodeId(id)}`
      if (!this.stage.isAlive(id)) return `${name} is down`
      const applied = this.appliedAt(id).join(' ') || 'nothing'
      const paused = this.stage.isPaused(id) ? ' (and is paused)' : ''
      if (this.#manner.decidesOnce) return `${name} knows ${applied} as decided${paused}`
      const { role, leader } = this.#cluster.status(id)
      const whom = leader === NOBODY ? 'nobody' : formatNodeId(leader)
      const stands =
        role === 'leader' ? `leads in ${this.ballotAt(id)}` : `is ${role}, and takes ${whom} for the leader`
      return `${name} ${stands}; applied: ${applied}${paused}`
    })
  }

  #note(id: NodeId, effect: ConsensusEffect<Message>): void {
    const { recorder } = this.#opening
    if (effect.kind === 'role' && effect.role === 'leader') {
      const leaders = this.leadersOf.get(effect.ballot) ?? new Set()
      this.leadersOf.set(effect.ballot, leaders.add(id))
      if (!this.#manner.decidesOnce)
        recorder.event('decision', id, `leads in ${this.#manner.ballotName(effect.ballot)}`)
    } else if (effect.kind === 'committed') {
      for (const { kind, index, data } of effect.entries) {
        const where = this.#manner.decidesOnce ? '' : ` at ${index}`
        if (kind === 'command') recorder.event('decision', id, `knows as decided${where}: ${utf8Text(data)}`)
      }
    } else if (effect.kind === 'dropped') {
      const fate = effect.outcome === 'refused' ? 'it is surely not done' : 'it may yet be'
      recorder.event('note', id, `gives up what it was asked for: ${fate}`)
    }
  }
}

/** The cluster with the names that a stage uses. */
function asWorld<Message>(cluster: ProtocolCluster<Message>): StageWorld {
  return {
    clock: cluster.clock,
    network: cluster.network,
    ids: cluster.ids,
    isAlive: id => cluster.node(id).isAlive,
    start: id => cluster.start(id),
    crash: id => cluster.crash(id),
    pause: id => cluster.node(id).pause(),
    resume: id => cluster.node(id).resume(),
  }
}
