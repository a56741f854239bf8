/**
 * A few Raft nodes that are stepped by hand, for tests that tell a story: nothing happens unless the test
 * lets it happen. Messages wait in a bag until they are delivered or dropped; writes wait until a disk is told
 * to sync; a crash loses what was not. Every message passes through the codec.
 */
import { ByteReader, ByteWriter } from '../../../core/bytes.ts'
import type { Entry } from '../../../core/entry.ts'
import type { Ballot, Index, NodeId, ProposalId, ReadId, Token } from '../../../core/ids.ts'
import type { Doubt, LogBase, LogUpdate, RecoveredLog } from '../../../core/log-update.ts'
import { randomFromSeed } from '../../../core/prng.ts'
import { type ClusterTime, type Instant, NEVER } from '../../../core/time.ts'
import { utf8Bytes } from '../../../core/utf8.ts'
import type { Consensus, ConsensusEffect, ConsensusInput, Membership } from '../../consensus.ts'
import { bootstrapConfiguration } from '../configuration.ts'
import { RAFT_LIMITS, type RaftLimits } from '../limits.ts'
import type { RaftMessage } from '../message.ts'
import { decodeMessage, encodeMessage } from '../message-codec.ts'
import { createRaft } from '../raft.ts'

export type Input = ConsensusInput<RaftMessage>
export type Effect = ConsensusEffect<RaftMessage>

export interface Envelope {
  readonly from: number
  readonly to: number
  readonly message: RaftMessage
}

export const ELECTION_MS = 1000
export const HEARTBEAT_MS = 100

export function node(id: number): NodeId {
  return BigInt(id) as NodeId
}

export function membership(voters: readonly number[], learners: readonly number[] = []): Membership {
  return { voters: voters.map(node), learners: learners.map(node) }
}

export const NO_BASE = { index: 0 as Index, ballot: 0 as Ballot, time: 0 as ClusterTime }

/** A log as a disk holds it: what was synced, and what would be gone after a crash. */
export class TestDisk {
  promise: Uint8Array | undefined
  base: LogBase | undefined
  entries = new Map<Index, Entry>()
  readonly pending: { readonly token: Token; readonly update: LogUpdate }[] = []
  doubt: Doubt = 'none'

  /** Everything is gone, and the next log in its place knows no more than that. */
  lose(doubt: Doubt): void {
    this.promise = undefined
    this.base = undefined
    this.entries = new Map()
    this.pending.length = 0
    this.doubt = doubt
  }

  /** Makes the oldest pending write durable. */
  syncOne(): Token | undefined {
    const write = this.pending.shift()
    if (!write) return undefined
    const { promise, truncateFrom, writes, base } = write.update
    if (promise) {
      this.promise = promise
      this.doubt = 'none'
    }
    if (truncateFrom !== undefined) {
      for (const index of [...this.entries.keys()]) if (index >= truncateFrom) this.entries.delete(index)
    }
    for (const entry of writes ?? []) this.entries.set(entry.index, entry)
    if (base) {
      this.base = base
      for (const index of [...this.entries.keys()]) if (index <= base.index) this.entries.delete(index)
    }
    return write.token
  }

  recovered(): RecoveredLog {
    const entries = [...this.entries.values()].sort((a, b) => a.index - b.index)
    return { promise: this.promise, base: this.base, entries, doubt: this.doubt }
  }
}

export class TestNode {
  readonly id: number
  readonly disk = new TestDisk()
  readonly limits: RaftLimits
  core: Consensus<RaftMessage>
  /** The store: what was applied, in order; never lost here. */
  applied: LogBase
  history: Entry[] = []
  answers: Effect[] = []
  gated: { readonly after: Token; readonly envelope: Envelope }[] = []
  /** Goes with the next step. */
  noted: Input[] = []
  durable = 0 as Token
  readonly #seed: number

  constructor(
    id: number,
    configuration: Uint8Array,
    seed: number,
    limits: RaftLimits,
    doubt: Doubt = 'none',
  ) {
    this.id = id
    this.disk.doubt = doubt
    this.limits = limits
    this.#seed = seed
    this.applied = { ...NO_BASE, configuration }
    this.core = this.#create()
  }

  /** Loses what was not synced, and starts again. */
  restart(): void {
    this.disk.pending.length = 0
    this.gated = []
    this.noted = []
    this.answers = []
    this.durable = 0 as Token
    this.core = this.#create()
  }

  #create(): Consensus<RaftMessage> {
    return createRaft(
      {
        id: node(this.id),
        random: randomFromSeed(this.#seed * 1000 + this.id),
        recovered: this.disk.recovered(),
        applied: this.applied,
        heartbeatIntervalMs: HEARTBEAT_MS,
        electionTimeoutMs: ELECTION_MS,
        catchUpEntries: 2,
      },
      this.limits,
    )
  }
}

export interface ClusterOptions {
  readonly learners?: readonly number[]
  /** Nodes that exist and have not been told of any configuration. */
  readonly strangers?: readonly number[]
  readonly seed?: number
  readonly limits?: Partial<RaftLimits>
  /** Writes are durable at once, unless a test wants to see what happens in between. */
  readonly syncs?: boolean
  /** Of all voters, when they start for the first time. */
  readonly doubt?: Doubt
}

export class Cluster {
  readonly nodes = new Map<number, TestNode>()
  readonly messages: Envelope[] = []
  now = 0
  autoSync: boolean
  /** Called with everything that happens; transcripts listen. */
  listen: (line: string) => void = () => {}
  readonly down = new Set<number>()
  #proposals = 0
  #reads = 0

  constructor(voters: readonly number[], options: ClusterOptions = {}) {
    const { learners = [], strangers = [], seed = 1, syncs = true, doubt = 'none' } = options
    this.autoSync = syncs
    // News at once: what a test looks at is then never about to change.
    const limits = { ...RAFT_LIMITS, commitNoticeMs: 0, ...options.limits }
    const configuration = bootstrapConfiguration(membership(voters, learners))
    for (const id of [...voters, ...learners])
      this.nodes.set(id, new TestNode(id, configuration, seed, limits, doubt))
    for (const id of strangers) this.nodes.set(id, new TestNode(id, new Uint8Array(0), seed, limits))
    for (const id of this.nodes.keys()) this.step(id, [])
  }

  of(id: number): TestNode {
    return this.nodes.get(id)!
  }

  core(id: number): Consensus<RaftMessage> {
    return this.of(id).core
  }

  step(id: number, inputs: readonly Input[]): Effect[] {
    if (this.down.has(id)) return []
    const { core } = this.of(id)
    const effects: Effect[] = []
    core.step(this.now as Instant, [...this.of(id).noted.splice(0), ...inputs], effects)
    core.check()
    for (const effect of effects) this.#carryOut(this.of(id), effect)
    if (this.autoSync) this.sync(id)
    return effects
  }

  /** Makes everything durable that this node has written. */
  sync(id: number): void {
    const { disk } = this.of(id)
    while (disk.pending.length > 0) this.syncOne(id)
  }

  syncOne(id: number): void {
    const one = this.of(id)
    const token = one.disk.syncOne()
    if (token === undefined) return
    one.durable = token
    const ready = one.gated.filter(({ after }) => after <= token)
    one.gated = one.gated.filter(({ after }) => after > token)
    for (const { envelope } of ready) this.messages.push(envelope)
    this.step(id, [{ kind: 'persisted', token }])
  }

  propose(id: number, text = 'x'): ProposalId {
    const proposal = ++this.#proposals as ProposalId
    this.step(id, [{ kind: 'propose', proposals: [{ id: proposal, command: utf8Bytes(text) }] }])
    return proposal
  }

  read(id: number): ReadId {
    const read = ++this.#reads as ReadId
    this.step(id, [{ kind: 'read', id: read }])
    return read
  }

  reconfigure(
    id: number,
    voters: readonly number[],
    learners: readonly number[] = [],
    basis?: number,
  ): ProposalId {
    const proposal = ++this.#proposals as ProposalId
    const change = { membership: membership(voters, learners), context: utf8Bytes('why'), basis }
    this.step(id, [{ kind: 'reconfigure', id: proposal, ...change }])
    return proposal
  }

  /** Removes and returns the waiting messages that match. */
  take(matches: (envelope: Envelope) => boolean): Envelope[] {
    const taken = this.messages.filter(matches)
    const left = this.messages.filter(envelope => !matches(envelope))
    this.messages.splice(0, this.messages.length, ...left)
    return taken
  }

  deliver(envelope: Envelope): void {
    const { from, to, message } = envelope
    if (!this.nodes.has(to)) return
    this.listen(`${from} > ${to} ${formatMessage(message)}`)
    this.step(to, [{ kind: 'receive', from: node(from), message: throughCodec(message) }])
  }

  /** Delivers everything, and what follows from it, in order; except between these, where it is lost. */
  settle(lost: (envelope: Envelope) => boolean = () => false): void {
    for (let rounds = 0; this.messages.length > 0; rounds++) {
      if (rounds > 10_000) throw new Error('the cluster does not settle')
      const envelope = this.messages.shift()!
      if (this.down.has(envelope.to) || lost(envelope)) continue
      this.deliver(envelope)
    }
  }

  /** Time passes; whoever wants to be woken is, in the order of the deadlines. */
  pass(ms: number, lost: (envelope: Envelope) => boolean = () => false): void {
    const end = this.now + ms * 1000
    for (;;) {
      let next: TestNode | undefined
      let soonest = NEVER as number
      for (const one of this.nodes.values()) {
        const deadline = this.down.has(one.id) ? NEVER : one.core.deadline()
        if (deadline >= soonest) continue
        soonest = deadline
        next = one
      }
      if (!next || soonest > end) break
      this.now = Math.max(this.now, soonest)
      this.step(next.id, [{ kind: 'deadline' }])
      this.settle(lost)
    }
    this.now = end
  }

  /** This node's election timeout passes, and nobody else's. */
  expire(id: number): void {
    this.now = Math.max(this.now, this.core(id).deadline())
    this.step(id, [{ kind: 'deadline' }])
  }

  elect(id: number): void {
    this.expire(id)
    this.settle()
  }

  crash(id: number): void {
    this.down.add(id)
  }

  restart(id: number): void {
    this.down.delete(id)
    this.of(id).restart()
    this.step(id, [])
  }

  describe(id: number): string {
    return this.core(id).describe()
  }

  checkpoint(id: number): void {
    this.step(id, [{ kind: 'checkpointed', base: this.of(id).applied }])
  }

  /** The group fetches the snapshot that its core asked for last, and switches the store to it. */
  install(id: number): void {
    const one = this.of(id)
    const wanted = one.answers.findLast(effect => effect.kind === 'installSnapshot')
    if (wanted?.kind !== 'installSnapshot') throw new Error(`node ${id} wants no snapshot`)
    const source = this.of(Number(wanted.from))
    one.applied = source.applied
    one.history = [...source.history]
    this.step(id, [{ kind: 'installed', base: one.applied }])
  }

  /** What there was against a change, as its origin was told. */
  objection(id: number, proposal: ProposalId): string | undefined {
    for (const effect of this.of(id).answers) {
      if (effect.kind === 'dropped' && effect.ids.includes(proposal)) return effect.objection
    }
    return undefined
  }

  /** What became of a proposal, as its origin was told. */
  outcome(id: number, proposal: ProposalId): string {
    for (const effect of this.of(id).answers) {
      if (effect.kind === 'dropped' && effect.ids.includes(proposal)) return effect.outcome
      if (effect.kind !== 'committed') continue
      if (effect.entries.some(entry => entry.proposal === proposal && entry.origin === node(id)))
        return 'committed'
    }
    return 'open'
  }

  /** What became of a read. */
  served(id: number, read: ReadId): number | 'unreadable' | 'open' {
    for (const effect of this.of(id).answers) {
      if (effect.kind === 'readable' && effect.ids.includes(read)) return effect.index
      if (effect.kind === 'unreadable' && effect.ids.includes(read)) return 'unreadable'
    }
    return 'open'
  }

  #carryOut(one: TestNode, effect: Effect): void {
    switch (effect.kind) {
      case 'persist':
        one.disk.pending.push(effect)
        return
      case 'send': {
        const envelope: Envelope = { from: one.id, to: Number(effect.to), message: effect.message }
        if (effect.after === undefined || effect.after <= one.durable) this.messages.push(envelope)
        else one.gated.push({ after: effect.after, envelope })
        return
      }
      case 'committed':
        for (const entry of effect.entries) apply(one, entry)
        one.noted.push({ kind: 'applied', index: one.applied.index })
        if (effect.awaited) this.step(one.id, [])
        break
      case 'load': {
        const entries = [...one.disk.entries.values()]
          .filter(entry => entry.index >= effect.from && entry.index < effect.to)
          .sort((a, b) => a.index - b.index)
        const found = entries[0]?.index === effect.from ? entries : []
        this.#soon(one.id, { kind: 'loaded', from: effect.from, entries: found })
        return
      }
      default:
        break
    }
    one.answers.push(effect)
  }

  /** Inputs that the group gives back within the same turn. */
  #soon(id: number, input: Input): void {
    this.step(id, [input])
  }
}

export function apply(one: TestNode, entry: Entry): void {
  if (entry.index !== one.applied.index + 1) throw new Error(`node ${one.id} applies out of order`)
  const configuration = entry.kind === 'configuration' ? entry.data : one.applied.configuration
  one.applied = { index: entry.index, ballot: entry.ballot, time: entry.time, configuration }
  one.history.push(entry)
}

export function throughCodec(message: RaftMessage): RaftMessage {
  const to = new ByteWriter(256)
  encodeMessage(message, to)
  return decodeMessage(new ByteReader(to.finish()))
}

/** One message in a few words, for transcripts. */
export function formatMessage(message: RaftMessage): string {
  const { type, ballot, ...rest } = message
  const fields = Object.entries(rest).map(([key, value]) => `${key} ${formatField(key, value)}`)
  return `${type} term ${ballot}${fields.length > 0 ? `, ${fields.join(', ')}` : ''}`
}

function formatField(key: string, value: unknown): string {
  if (key === 'entries') return `[${(value as Entry[]).map(formatEntry).join(' ')}]`
  if (key === 'base') return `${(value as LogBase).index}@${(value as LogBase).ballot}`
  if (Array.isArray(value)) return `${value.length}`
  return String(value)
}

export function formatEntry(entry: Entry): string {
  const mark = entry.kind === 'configuration' ? 'C' : entry.kind === 'noop' ? 'N' : ''
  return `${entry.index}@${entry.ballot}${mark}`
}

/** For `take` and `settle`: messages of this kind. */
export function isType(type: string): (envelope: Envelope) => boolean {
  return envelope => envelope.message.type === type
}

/** For `take` and `settle`: messages from or to this node. */
export function touches(id: number): (envelope: Envelope) => boolean {
  return envelope => envelope.from === id || envelope.to === id
}

/** A cluster whose first node leads, and has committed the entry with which it began. */
export function led(voters: readonly number[] = [1, 2, 3], options: ClusterOptions = {}): Cluster {
  const cluster = new Cluster(voters, options)
  for (const id of voters) cluster.sync(id)
  cluster.expire(voters[0]!)
  do {
    cluster.settle()
    for (const id of cluster.nodes.keys()) cluster.sync(id)
  } while (cluster.messages.length > 0)
  return cluster
}
