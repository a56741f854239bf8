/**
 * Nodes that commit transactions on a stage: node 1 coordinates, all others take part. The host's part is as small as
 * it can be: whoever is asked to prepare says yes, unless the fault wants a refusal; a register keeps the first
 * decision that it is given, and answers those who reach a majority.
 */
import { formatNodeId, type NodeId } from '../../core/ids.ts'
import type { Random } from '../../core/prng.ts'
import {
  type CommitEffect,
  type CommitInput,
  type CommitMessage,
  CommitNode,
  type Decision,
  decodeMessage,
  encodeMessage,
  type Flavour,
  type TransactionId,
  transactionName,
} from '../../protocols/commit/index.ts'
import { CoreWorld } from '../../sim/core-world.ts'
import type { Opening, Subject } from '../algorithm.ts'
import { observed } from '../observed-core.ts'
import { Stage } from '../stage.ts'
import { commitWords } from './commit-words.ts'

/** Longer than two messages and a write take here. */
export const TIMEOUT_MS = 100

/** Who has held its locks for so long without being told what to do, is blocked. */
export const BLOCKED_MS = 10 * TIMEOUT_MS

/** Ten milliseconds a message and one a write, always: what is late is late because of a fault. */
const QUALITY = { delay: { minimumUs: 10_000, meanUs: 0 }, bytesPerMs: 0 }
const DISK = { minimumUs: 1000, meanUs: 0 }
const PREPARING = { minimumUs: 500, meanUs: 0 }
const REGISTER = { minimumUs: 20_000, meanUs: 0 }

type OwnEffect = Exclude<CommitEffect, { readonly kind: 'persist' | 'send' }>
type Ended = Extract<CommitEffect, { readonly kind: 'finish' | 'outcome' }>

export class CommitSubject implements Subject {
  readonly stage: Stage
  /** Who says no to whatever it is asked. */
  readonly refusers = new Set<NodeId>()
  /** What must not be, and is. */
  contradiction: string | undefined
  illegitimate: string | undefined
  readonly #opening: Opening
  readonly #world: CoreWorld<CommitInput, CommitMessage, OwnEffect>
  readonly #nodes = new Map<NodeId, CommitNode>()
  /** What everybody made of each transaction, by name, and who has said no to it. */
  readonly #ends = new Map<string, Map<NodeId, Decision>>()
  readonly #refused = new Set<string>()
  readonly #outcomes = new Map<string, Decision>()
  readonly #register = new Map<string, Decision>()
  /** Since when a node has not known what becomes of what it has prepared. */
  readonly #uncertainSinceMs = new Map<NodeId, number>()
  #number = 0

  constructor(flavour: Flavour, opening: Opening) {
    const { seed, nodes, recorder } = opening
    this.#opening = opening
    this.#world = new CoreWorld<CommitInput, CommitMessage, OwnEffect>({
      seed,
      nodes,
      quality: QUALITY,
      diskDelay: DISK,
      onFlight: recorder.flightsIn(commitWords),
      protocol: {
        create: ({ id, records }) => {
          const node = new CommitNode({ id, flavour, timeoutMs: TIMEOUT_MS }, records)
          this.#nodes.set(id, node)
          return observed(id, node, (_, state) => this.#stepped(id, state))
        },
        encode: encodeMessage,
        decode: decodeMessage,
      },
      perform: (id, effect) => this.#perform(id, effect),
    })
    this.stage = new Stage(this.#world, recorder)
    this.#world.startAll()
  }

  get coordinator(): NodeId {
    return this.stage.ids[0]!
  }

  get participants(): readonly NodeId[] {
    return this.stage.ids.slice(1)
  }

  /** A node that lives begins a transaction of these participants. */
  begin(coordinator = this.coordinator, participants = this.participants): TransactionId {
    const transaction = { coordinator, number: ++this.#number }
    const name = transactionName(transaction)
    this.#ends.set(name, new Map())
    this.#opening.recorder.event(
      'ask',
      coordinator,
      `begins transaction ${name} of ${participants.join(', ')}`,
    )
    const shares = participants.map(node => ({ node, work: Uint8Array.of(transaction.number) }))
    this.#world.give(coordinator, { kind: 'begin', number: transaction.number, shares })
    return transaction
  }

  /** Transactions whose locks a node that lives holds without knowing how they end. */
  uncertainAt(id: NodeId): readonly TransactionId[] {
    return this.stage.isAlive(id) ? this.#nodes.get(id)!.uncertain() : []
  }

  endAt(id: NodeId, transaction: TransactionId): Decision | undefined {
    return this.#ends.get(transactionName(transaction))?.get(id)
  }

  /** Who has been uncertain for long. */
  blocked(): string | undefined {
    for (const [id, sinceMs] of this.#uncertainSinceMs) {
      const waitedMs = this.stage.nowMs - sinceMs
      if (this.stage.isAlive(id) && waitedMs > BLOCKED_MS)
        return `node ${formatNodeId(id)} has held its locks for ${Math.floor(waitedMs)} ms, and nobody can tell it`
    }
    return undefined
  }

  ask(random: Random): void {
    const { alive, ids } = this.stage
    const coordinator = alive[random.below(Math.max(1, alive.length))]
    if (coordinator === undefined) return
    const others = ids.filter(id => id !== coordinator)
    const drawn = others.filter(() => random.chance(2, 3))
    this.begin(coordinator, drawn.length > 0 ? drawn : others)
  }

  conclude(): string[] {
    const lines = [...this.#ends].map(([name, ends]) => {
      const told = this.#outcomes.get(name)
      const where = (decision: Decision): string =>
        [...ends]
          .filter(([, end]) => end === decision)
          .map(([id]) => formatNodeId(id))
          .sort()
          .join(', ')
      const parts = (['commit', 'abort'] as const)
        .filter(decision => where(decision) !== '')
        .map(decision => `${decision} at ${where(decision)}`)
      return `transaction ${name}: ${parts.join('; ') || 'no end anywhere'}; its caller was told ${told ?? 'nothing'}`
    })
    for (const id of this.stage.ids) {
      const open = this.uncertainAt(id).map(transactionName)
      if (!this.stage.isAlive(id)) lines.push(`node ${formatNodeId(id)} is down`)
      else if (open.length > 0)
        lines.push(
          `node ${formatNodeId(id)} holds its locks, and does not know the end of ${open.join(', ')}`,
        )
    }
    return lines
  }

  #stepped(id: NodeId, state: string): void {
    const { recorder, look } = this.#opening
    recorder.state(id, state, phaseOf(state))
    if (this.uncertainAt(id).length === 0) this.#uncertainSinceMs.delete(id)
    else if (!this.#uncertainSinceMs.has(id)) this.#uncertainSinceMs.set(id, this.stage.nowMs)
    look()
  }

  #perform(id: NodeId, effect: OwnEffect): void {
    const { transaction } = effect
    const name = transactionName(transaction)
    switch (effect.kind) {
      case 'prepare': {
        const isYes = !this.refusers.has(id)
        if (!isYes) this.#refused.add(name)
        this.#opening.recorder.event('note', id, isYes ? `prepares ${name}` : `cannot prepare ${name}`)
        this.#world.giveLater(id, { kind: 'voted', transaction, isYes }, PREPARING)
        return
      }
      case 'restore':
        this.#opening.recorder.event('note', id, `takes its locks for ${name} again`)
        return
      case 'propose':
        return this.#proposeToRegister(id, transaction, effect.decision)
      default:
        this.#ended(id, effect)
    }
  }

  #ended(id: NodeId, { kind, transaction, decision }: Ended): void {
    const name = transactionName(transaction)
    const { recorder, look } = this.#opening
    if (kind === 'outcome') {
      this.#outcomes.set(name, decision)
      recorder.event('decision', id, `tells its caller: ${name} is ${pastOf(decision)}`)
    } else {
      this.#ends.get(name)?.set(id, decision)
      recorder.event('decision', id, `finishes ${name}: ${decision}`)
    }
    this.#compare(name, decision)
    look()
  }

  #compare(name: string, decision: Decision): void {
    const known = [...(this.#ends.get(name) ?? [])]
    const other = known.find(([, end]) => end !== decision)
    const told = this.#outcomes.get(name)
    const now = pastOf(decision)
    if (other !== undefined)
      this.contradiction ??= `${name} is ${pastOf(other[1])} at ${formatNodeId(other[0])}, and ${now} elsewhere`
    else if (told !== undefined && told !== decision)
      this.contradiction ??= `the caller of ${name} was told ${told}, and it is ${now}`
    if (decision === 'commit' && this.#refused.has(name))
      this.illegitimate ??= `${name} was refused by somebody, and is committed`
  }

  /** The register is a model of a replicated one: it keeps what it was given first, wherever a majority is reached. */
  #proposeToRegister(id: NodeId, transaction: TransactionId, decision: Decision): void {
    const name = transactionName(transaction)
    const { links } = this.#world.network
    const own = formatNodeId(id)
    const reached = this.stage.ids.filter(other => {
      const there = formatNodeId(other)
      const isJoined = !links.link(own, there).isCut && !links.link(there, own).isCut
      return other === id || (this.stage.isAlive(other) && isJoined)
    })
    const asks = `asks the register to ${decision} ${name}`
    if (2 * reached.length <= this.stage.ids.length) {
      this.#opening.recorder.event('note', id, `${asks}: it reaches no majority`)
      return
    }
    const first = this.#register.get(name) ?? decision
    this.#register.set(name, first)
    this.#opening.recorder.event('note', id, `${asks}: it holds ${first}`)
    this.#world.giveLater(id, { kind: 'decided', transaction, decision: first }, REGISTER)
  }
}

function pastOf(decision: Decision): string {
  return decision === 'commit' ? 'committed' : 'aborted'
}

/** `voting`, `prepared`: how its newest transaction stands. */
function phaseOf(state: string): string {
  const [coordinates = '', takesPart = ''] = state.split('; ')
  const words = (part: string): string[] => part.split(' ').filter(word => /^[a-zA-Z]+$/.test(word))
  return (
    words(takesPart.replace('takes part:', '')).at(-1) ??
    words(coordinates.replace('coordinates:', '')).at(-1) ??
    ''
  )
}
