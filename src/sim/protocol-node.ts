/** One node of a `ProtocolCluster`: a core, its executor, its log, and a store that only counts. */
import { assert, unreachable } from '../core/assert.ts'
import { ballotBehind, type Entry } from '../core/entry.ts'
import type { Index, NodeId, ProposalId, ReadId } from '../core/ids.ts'
import type { LogBase, LogUpdate } from '../core/log-update.ts'
import type { PersistEffect, SendEffect } from '../core/sans-io.ts'
import type { Instant } from '../core/time.ts'
import type {
  Consensus,
  ConsensusEffect,
  ConsensusInput,
  ConsensusStatus,
  Membership,
} from '../protocols/consensus.ts'
import { Executor, type ExecutorInput } from '../runtime/executor.ts'
import { drawDelayUs } from './delay.ts'
import { SNAPSHOT_PARTS_MAX } from './limits.ts'
import { ModelLog } from './model-log.ts'
import type { NodeClock } from './node-clock.ts'
import { checked, nodeName, type ProtocolSetting } from './protocol-cluster.ts'
import { isSameValue, promised } from './protocol-referee.ts'

type Input<Message> = Exclude<ConsensusInput<Message>, ExecutorInput>
type Effect<Message> = Exclude<ConsensusEffect<Message>, PersistEffect<LogUpdate> | SendEffect<Message>>

export class ProtocolNode<Message> {
  readonly id: NodeId
  readonly log: ModelLog
  readonly #setting: ProtocolSetting<Message>
  readonly #name: string
  /** Applied entries, the first at index 1, and how many of them a crash leaves. */
  #applied: Entry[] = []
  #durable = 0
  #core: Consensus<Message> | undefined
  #executor: Executor<Input<Message>, LogUpdate, Message, Effect<Message>> | undefined
  #clock: NodeClock | undefined
  #nextRead = 1
  #isCheckpointing = false
  /** It has lost something, and has not said since that it lacks nothing. */
  #isWeak = false

  constructor(setting: ProtocolSetting<Message>, id: NodeId) {
    this.#setting = setting
    this.id = id
    this.#name = nodeName(id)
    this.log = new ModelLog(setting.world, setting.random.fork(), setting.diskDelay)
  }

  get isAlive(): boolean {
    return this.#core !== undefined
  }

  get applied(): readonly Entry[] {
    return this.#applied
  }

  /** The running core; the node must be alive. */
  get core(): Consensus<Message> {
    assert(this.#core !== undefined, 'the node is alive')
    return this.#core
  }

  status(): ConsensusStatus {
    return this.core.status()
  }

  start(): void {
    assert(!this.isAlive, 'a node is started once')
    const { protocol, world, network, random, heartbeatIntervalMs, electionTimeoutMs, catchUpEntries } =
      this.#setting
    this.#setting.note(`start ${this.#name}`)
    const clock = world.node({ startsAt: random.below(1_000_000_000) as Instant })
    this.#applied = this.#applied.slice(0, this.#durable)
    this.#isCheckpointing = false
    this.#clock = clock
    this.#core = protocol.create({
      id: this.id,
      random: random.fork(),
      recovered: this.log.recover(),
      applied: this.#baseAt(this.#durable),
      heartbeatIntervalMs,
      electionTimeoutMs,
      catchUpEntries,
    })
    const executor = new Executor<Input<Message>, LogUpdate, Message, Effect<Message>>(
      clock,
      checked(this.#core),
      {
        persist: (update, done) => this.log.persist(update, clock, done),
        send: (to, message) => network.send(this.id, to, message),
        perform: effect => this.#perform(effect),
        gather() {},
      },
    )
    this.#executor = executor
    network.attach(this.id, clock, (from, message) => executor.give({ kind: 'receive', from, message }))
  }

  crash(): void {
    if (!this.isAlive) return
    this.#setting.note(`crash ${this.#name}`)
    this.#setting.network.detach(this.id)
    this.#setting.referee.crashed(this.id)
    this.#executor?.stop()
    this.#clock?.kill()
    this.#core = undefined
    this.log.crash()
  }

  get isWeak(): boolean {
    return this.#isWeak
  }

  /** Of a node that is dead: its log is begun anew, and with it, or in an empty directory, its store. */
  loseDisk(parts: 'log' | 'logAndStore' | 'directory'): void {
    assert(!this.isAlive, 'a disk is lost while nobody uses it')
    this.#setting.note(`${this.#name} loses its ${parts}`)
    this.log.lose(parts === 'directory' ? 'new' : 'lost')
    this.#isWeak = true
    if (parts === 'log') return
    this.#applied = []
    this.#durable = 0
  }

  pause(): void {
    this.#clock?.pause()
  }

  resume(): void {
    this.#clock?.resume()
  }

  propose(id: ProposalId, command: Uint8Array): boolean {
    if (!this.isAlive) return false
    this.#setting.referee.proposed(this.id, id, command, this.#setting.world.now())
    this.give({ kind: 'propose', proposals: [{ id, command }] })
    return true
  }

  reconfigure(id: ProposalId, membership: Membership, context: Uint8Array): boolean {
    if (!this.isAlive) return false
    this.#setting.referee.proposed(this.id, id, context, this.#setting.world.now())
    this.give({ kind: 'reconfigure', id, membership, context })
    return true
  }

  read(): ReadId | undefined {
    if (!this.isAlive) return undefined
    const id = this.#nextRead++ as ReadId
    this.#setting.referee.readAsked(this.id, id)
    this.give({ kind: 'read', id })
    return id
  }

  /** Gives the core any input that the executor does not give itself. */
  give(input: Input<Message>): void {
    this.#executor?.give(input)
  }

  #perform(effect: Effect<Message>): void {
    const { referee, note } = this.#setting
    switch (effect.kind) {
      case 'committed':
        for (const entry of effect.entries) this.#commit(entry)
        this.#noteApplied(effect.awaited)
        this.#checkpointNow()
        return
      case 'readable':
        return referee.readAnswered(this.id, effect.ids, effect.index)
      case 'unreadable':
        return referee.readAnswered(this.id, effect.ids, undefined)
      case 'dropped':
        note(`${this.#name} drops ${effect.ids} ${effect.outcome}`)
        return referee.dropped(this.id, effect.ids, effect.outcome)
      case 'load':
        return this.#load(effect.from, effect.to, effect.bytesMax)
      case 'installSnapshot':
        return this.#install(effect.from, effect.index)
      case 'role':
        return note(`${this.#name} is ${effect.role} ${nodeName(effect.leader)} ${effect.ballot}`)
      case 'standing':
        this.#isWeak = effect.standing.kind !== 'whole'
        return note(`${this.#name} is ${effect.standing.kind}`)
      case 'membership':
        return note(`${this.#name} has members ${effect.members}`)
      default:
        unreachable(effect)
    }
  }

  #commit(entry: Entry): void {
    const { referee, note, world } = this.#setting
    note(`${this.#name} commits ${entry.index} ${nodeName(entry.origin)}/${entry.proposal} ${entry.data}`)
    promised(
      entry.index === this.#applied.length + 1,
      'entries are committed in order, without gaps, each once',
    )
    const durable = this.log.durableEntry(entry.index)
    // A protocol may move an entry's time on, to that of one before it; nothing else of it.
    const isHeld = durable !== undefined && isSameValue({ ...durable, time: entry.time }, entry)
    promised(isHeld, 'what is committed is durable here')
    const before = this.#applied.at(-1)
    promised(before === undefined || before.time <= entry.time, 'cluster time does not run backwards')
    referee.committedBy(this.id, entry, world.now())
    this.#applied.push(entry)
  }

  #load(from: Index, to: Index, bytesMax: number): void {
    const entries = this.log.load(from, to, bytesMax)
    this.#later(() => this.give({ kind: 'loaded', from, entries }))
  }

  /** Copies another node's store as it is when the request arrives, if it has enough; the copy takes a while. */
  #install(from: NodeId, index: Index): void {
    const { network, node, random } = this.#setting
    this.#later(() => {
      const source = node(from)
      const isReachable = source?.isAlive && !network.links.link(nodeName(from), this.#name).isCut
      if (!isReachable || source.applied.length < index) {
        this.give({ kind: 'installFailed', index })
        return
      }
      const pinned = source.applied.slice()
      const parts = 1 + random.below(SNAPSHOT_PARTS_MAX)
      this.#copy(parts, () => {
        this.#applied = pinned
        this.#durable = pinned.length
        this.give({ kind: 'installed', base: this.#baseAt(this.#durable) })
      })
    })
  }

  #copy(parts: number, done: () => void): void {
    this.#later(() => (parts > 1 ? this.#copy(parts - 1, done) : done()))
  }

  #checkpointNow(): void {
    const { checkpointEntries } = this.#setting
    const isDue = checkpointEntries > 0 && this.#applied.length - this.#durable >= checkpointEntries
    if (!isDue || this.#isCheckpointing) return
    this.#isCheckpointing = true
    const index = this.#applied.length
    this.#later(() => {
      this.#isCheckpointing = false
      if (index <= this.#durable) return
      this.#durable = index
      this.give({ kind: 'checkpointed', base: this.#baseAt(index) })
    })
  }

  #baseAt(index: number): LogBase {
    const last = this.#applied[index - 1]
    const { genesis } = this.#setting
    if (last === undefined) return genesis
    const configured = this.#applied.slice(0, index).findLast(entry => entry.kind === 'configuration')
    const { index: at, time } = last
    const ballot = ballotBehind(last)
    return { index: at, ballot, time, configuration: configured?.data ?? genesis.configuration }
  }

  #noteApplied(awaited: boolean): void {
    const input = { kind: 'applied', index: this.#applied.length as Index } as const
    if (awaited) this.#clock?.soon(() => this.give(input))
    else this.#executor?.note(input)
  }

  /** After about as long as the disk takes. */
  #later(run: () => void): void {
    const { world, random, diskDelay } = this.#setting
    this.#clock?.at((world.now() + drawDelayUs(diskDelay, random)) as Instant, run)
  }
}
