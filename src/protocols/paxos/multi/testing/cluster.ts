/**
 * A few nodes of Multi-Paxos that are stepped by hand, for tests that tell a story: messages wait in a bag until they
 * are delivered or dropped; writes wait until a disk is told to sync, unless they are durable at once; a crash loses
 * what was not. Every message passes through the codec. What happens is told, line by line.
 */
import { assert } from '../../../../core/assert.ts'
import { ByteReader, ByteWriter } from '../../../../core/bytes.ts'
import { ballotBehind, type Entry } from '../../../../core/entry.ts'
import type { Ballot, Index, NodeId, ProposalId, ReadId, Token } from '../../../../core/ids.ts'
import type { LogBase } from '../../../../core/log-update.ts'
import { randomFromSeed } from '../../../../core/prng.ts'
import type { Instant } from '../../../../core/time.ts'
import { utf8Bytes, utf8Text } from '../../../../core/utf8.ts'
import type { Consensus, ConsensusEffect, ConsensusInput } from '../../../consensus.ts'
import { membership, NO_BASE, node, TestDisk } from '../../../raft/testing/cluster.ts'
import { formatBallot } from '../../ballot.ts'
import { bootstrapConfiguration, decodeConfiguration, groupConfiguration } from '../configuration.ts'
import { PAXOS_LIMITS, type PaxosLimits } from '../limits.ts'
import type { PaxosMessage } from '../message.ts'
import { decodeMessage, encodeMessage } from '../message-codec.ts'
import { createPaxos } from '../paxos.ts'
import type { Report } from '../report.ts'
import type { Run } from '../slot-set.ts'

type Input = ConsensusInput<PaxosMessage>
type Effect = ConsensusEffect<PaxosMessage>

export interface Envelope {
  readonly from: number
  readonly to: number
  readonly message: PaxosMessage
}

/** A test that loses these. */
export type Loss = (envelope: Envelope) => boolean

const ELECTION_MS = 1000

type Create = (disk: TestDisk, applied: LogBase) => Consensus<PaxosMessage>

/** One of them: a core, its disk, and what its group would do. */
export class TestNode {
  readonly disk = new TestDisk()
  core: Consensus<PaxosMessage>
  applied: LogBase
  readonly history: Entry[] = []
  readonly answers: Effect[] = []
  gated: { readonly after: Token; readonly envelope: Envelope }[] = []
  isDown = false
  readonly #create: Create

  constructor(configuration: Uint8Array, create: Create) {
    this.applied = { ...NO_BASE, configuration }
    this.#create = create
    this.core = create(this.disk, this.applied)
  }

  restart(): void {
    this.disk.pending.length = 0
    this.gated = []
    this.isDown = false
    this.core = this.#create(this.disk, this.applied)
  }
}

export interface ClusterOptions {
  readonly limits?: Partial<PaxosLimits>
  readonly alpha?: number
  /** Writes are durable at once, unless a test wants to see what happens in between. */
  readonly syncs?: boolean
}

export class Cluster {
  readonly nodes = new Map<number, TestNode>()
  readonly messages: Envelope[] = []
  readonly told: string[] = []
  readonly genesis: Uint8Array
  now = 0
  syncs: boolean
  #proposals = 0
  #reads = 0

  constructor(voters: readonly number[], { limits = {}, alpha = 8, syncs = true }: ClusterOptions = {}) {
    this.syncs = syncs
    this.genesis = bootstrapConfiguration(membership(voters), new Uint8Array(0), alpha)
    for (const id of [1, 2, 3, 4, 5]) {
      const isMember = voters.includes(id)
      if (!isMember && id > Math.max(...voters) + 1) continue
      const create: Create = (disk, applied) =>
        createPaxos(
          {
            id: node(id),
            random: randomFromSeed(id),
            recovered: disk.recovered(),
            applied,
            heartbeatIntervalMs: 100,
            electionTimeoutMs: ELECTION_MS,
            catchUpEntries: 2,
          },
          { ...PAXOS_LIMITS, chosenNoticeMs: 0, ...limits },
        )
      this.nodes.set(id, new TestNode(isMember ? this.genesis : new Uint8Array(0), create))
    }
    for (const id of this.nodes.keys()) this.step(id, [])
  }

  of(id: number): TestNode {
    return this.nodes.get(id)!
  }

  say(what: string): void {
    this.told.push('', `## ${what}`)
  }

  look(): void {
    for (const { core, isDown } of this.nodes.values()) {
      this.told.push(`${isDown ? 'down' : '    '} ${core.describe()}`)
    }
  }

  step(id: number, inputs: readonly Input[]): void {
    const one = this.of(id)
    if (one.isDown) return
    const effects: Effect[] = []
    one.core.step(this.now as Instant, inputs, effects)
    one.core.check()
    for (const effect of effects) this.#carryOut(id, effect)
    if (this.syncs) this.sync(id)
  }

  /** Makes everything durable that this node has written. */
  sync(id: number): void {
    const one = this.of(id)
    for (let token = one.disk.syncOne(); token !== undefined; token = one.disk.syncOne()) {
      const durable = token
      for (const { after, envelope } of one.gated) if (after <= durable) this.messages.push(envelope)
      one.gated = one.gated.filter(({ after }) => after > durable)
      this.step(id, [{ kind: 'persisted', token: durable }])
    }
  }

  propose(id: number, text: string): ProposalId {
    const proposal = ++this.#proposals as ProposalId
    this.step(id, [{ kind: 'propose', proposals: [{ id: proposal, command: utf8Bytes(text) }] }])
    return proposal
  }

  read(id: number): ReadId {
    const read = ++this.#reads as ReadId
    this.step(id, [{ kind: 'read', id: read }])
    return read
  }

  reconfigure(id: number, voters: readonly number[], basis?: number): ProposalId {
    const proposal = ++this.#proposals as ProposalId
    const wish = { id: proposal, membership: membership(voters), context: new Uint8Array(0), basis }
    this.step(id, [{ kind: 'reconfigure', ...wish }])
    return proposal
  }

  deliver({ from, to, message }: Envelope): void {
    if (this.nodes.get(to)?.isDown !== false) return
    this.told.push(`  ${from} > ${to} ${formatMessage(message)}`)
    this.step(to, [{ kind: 'receive', from: node(from), message: throughCodec(message) }])
  }

  /** Delivers everything, and what follows from it, in order; except for these, which are lost. */
  settle(isLost: Loss = () => false): void {
    for (let rounds = 0; this.messages.length > 0; rounds++) {
      if (rounds > 10_000) throw new Error('the cluster does not settle')
      const envelope = this.messages.shift()!
      if (!isLost(envelope)) this.deliver(envelope)
    }
  }

  /** Removes and returns the waiting messages that match. */
  take(matches: Loss): Envelope[] {
    const taken = this.messages.filter(matches)
    const left = this.messages.filter(envelope => !matches(envelope))
    this.messages.splice(0, this.messages.length, ...left)
    return taken
  }

  /** This node's next deadline passes, and nobody else's. */
  expire(id: number): void {
    this.now = Math.max(this.now, this.of(id).core.deadline())
    this.step(id, [{ kind: 'deadline' }])
  }

  /** Long enough that nobody is loyal to a leader any more; then this one canvasses. */
  elect(id: number, isLost?: Loss): void {
    this.now += 2 * ELECTION_MS * 1000
    for (let tries = 0; tries < 5 && this.of(id).core.status().role !== 'leader'; tries++) {
      this.expire(id)
      this.settle(isLost)
    }
  }

  crash(id: number): void {
    this.of(id).isDown = true
  }

  restart(id: number): void {
    this.of(id).restart()
    this.step(id, [])
  }

  /** A member that was added starts for the first time, and was told the configuration that it stands in. */
  join(id: number, configuration: Uint8Array): void {
    this.of(id).disk.lose('none')
    this.of(id).applied = { ...NO_BASE, configuration }
    this.restart(id)
  }

  /** Who is still needed, though no member by what this node has applied. */
  leavingBy(id: number): readonly NodeId[] | undefined {
    const { configuration, index } = this.of(id).applied
    return groupConfiguration(decodeConfiguration(configuration), index).leaving
  }

  values(id: number): string[] {
    return this.of(id).history.map(
      entry => `${entry.index} ${entry.kind === 'noop' ? '-' : utf8Text(entry.data)}`,
    )
  }

  /** What became of a proposal, as its origin was told. */
  outcome(id: number, proposal: ProposalId): string {
    for (const effect of this.of(id).answers) {
      if (effect.kind === 'dropped' && effect.ids.includes(proposal))
        return effect.objection ?? effect.outcome
      if (effect.kind !== 'committed') continue
      if (effect.entries.some(entry => entry.proposal === proposal && entry.origin === node(id)))
        return 'committed'
    }
    return 'open'
  }

  served(id: number, read: ReadId): number | 'unreadable' | 'open' {
    for (const effect of this.of(id).answers) {
      if (effect.kind === 'readable' && effect.ids.includes(read)) return effect.index
      if (effect.kind === 'unreadable' && effect.ids.includes(read)) return 'unreadable'
    }
    return 'open'
  }

  #carryOut(id: number, effect: Effect): void {
    const one = this.of(id)
    switch (effect.kind) {
      case 'persist':
        one.disk.pending.push(effect)
        return
      case 'send': {
        const envelope = { from: id, to: Number(effect.to), message: effect.message }
        if (effect.after === undefined) this.messages.push(envelope)
        else one.gated.push({ after: effect.after, envelope })
        return
      }
      case 'committed':
        for (const entry of effect.entries) apply(one, entry)
        this.told.push(`  ${id} applies ${effect.entries.map(formatEntry).join(' ')}`)
        one.answers.push(effect)
        return this.step(id, [{ kind: 'applied', index: one.applied.index }])
      case 'load':
        return this.step(id, [{ kind: 'loaded', from: effect.from, entries: [] }])
      case 'dropped':
        this.told.push(`  ${id} drops proposals ${effect.ids.join(' ')}: ${effect.outcome}`)
        break
      case 'readable':
        this.told.push(`  ${id} reads at ${effect.index}`)
        break
      default:
        break
    }
    one.answers.push(effect)
  }
}

/** A cluster that node 1 leads. */
export function led(voters: readonly number[] = [1, 2, 3], options: ClusterOptions = {}): Cluster {
  const cluster = new Cluster(voters, options)
  cluster.elect(1)
  assert(cluster.of(1).core.status().role === 'leader', 'whoever waits for an election leads after it')
  return cluster
}

function apply(one: TestNode, entry: Entry): void {
  if (entry.index !== one.applied.index + 1) throw new Error('applied out of order')
  const configuration = entry.kind === 'configuration' ? entry.data : one.applied.configuration
  one.applied = { index: entry.index, ballot: ballotBehind(entry), time: entry.time, configuration }
  one.history.push(entry)
}

function throughCodec(message: PaxosMessage): PaxosMessage {
  const to = new ByteWriter(256)
  encodeMessage(message, to)
  return decodeMessage(new ByteReader(to.finish()))
}

/** One message in a few words, for transcripts. */
function formatMessage({ type, ballot, ...rest }: PaxosMessage): string {
  const fields = Object.entries(rest).map(([key, value]) => `${key} ${formatField(key, value)}`)
  return `${type} ${formatBallot(ballot)}${fields.length > 0 ? `, ${fields.join(', ')}` : ''}`
}

function formatField(key: string, value: unknown): string {
  if (key === 'entries') return `[${(value as Entry[]).map(formatEntry).join(' ')}]`
  if (key === 'promised') return formatBallot(value as Ballot)
  if (key === 'runs') return (value as Run[]).map(({ first, last }) => `${first}..${last}`).join(' ')
  if (key === 'report') {
    const { chosen, entries, next } = value as Report
    const more: Index | string = next === 0 ? 'all' : `more from ${next}`
    return `(chosen ${chosen}, accepted [${entries.map(formatEntry).join(' ')}], ${more})`
  }
  if (key === 'configuration') return '...'
  if (key === 'proposals') return `[${(value as { id: number }[]).map(({ id }) => id).join(' ')}]`
  return String(value)
}

/** `3@1.0:x` is the value x, accepted in slot 3 under the ballot 1.0; `-` is a no-op. */
function formatEntry({ index, ballot, kind, data }: Entry): string {
  const value = kind === 'noop' ? '-' : kind === 'configuration' ? '(members)' : utf8Text(data)
  return `${index}@${formatBallot(ballot)}:${value}`
}

/** Whatever goes to or comes from these. */
export function touches(...ids: readonly number[]): Loss {
  return ({ from, to }) => ids.includes(from) || ids.includes(to)
}
