/**
 * Nodes that commit transactions in a simulated world, with a referee: the work that each node has prepared, what was
 * finished how, and a register that gives every proposer the first decision that it was given.
 */
import { assert } from '../../core/assert.ts'
import type { NodeId } from '../../core/ids.ts'
import { formatNodeId } from '../../core/ids.ts'
import { CoreWorld, type CoreWorldOptions } from '../../sim/core-world.ts'
import { decodeMessage, encodeMessage } from './commit-codec.ts'
import { type CommitInput, CommitNode } from './commit-node.ts'
import type { CommitMessage } from './message.ts'
import type { Flavour } from './options.ts'
import type { CommitEffect } from './outbox.ts'
import { type Decision, type TransactionId, transactionName } from './transaction.ts'

/** Longer than two messages and a write ever take here. */
export const TIMEOUT_MS = 100

type OwnEffect = Exclude<CommitEffect, { readonly kind: 'persist' | 'send' }>
type Propose = (id: NodeId, transaction: TransactionId, decision: Decision) => void

export interface CommitWorldOptions
  extends Partial<
    Pick<CoreWorldOptions<CommitInput, CommitMessage, OwnEffect>, 'quality' | 'diskDelay' | 'trace'>
  > {
  readonly flavour: Flavour
  readonly seed: number
  readonly nodes?: number
  /** How a participant votes; by chance if absent. */
  readonly votes?: (id: NodeId) => boolean
  /** Writes into the register; the model of one if absent. */
  readonly propose?: Propose
}

export class CommitWorld {
  readonly world: CoreWorld<CommitInput, CommitMessage, OwnEffect>
  /** What must not happen, and did. */
  readonly violations: string[] = []
  /** By name: how it was finished, or told to its caller, first. */
  readonly decisions = new Map<string, Decision>()
  /** Where it was finished. */
  readonly finished = new Map<string, Set<NodeId>>()
  readonly participants = new Map<string, readonly NodeId[]>()
  readonly outcomes = new Map<string, Decision>()
  readonly #nodes = new Map<NodeId, CommitNode>()
  readonly #register = new Map<string, Decision>()
  readonly #refusals = new Set<string>()
  readonly #options: CommitWorldOptions
  #number = 0

  constructor(options: CommitWorldOptions) {
    this.#options = options
    const { flavour, quality, diskDelay, trace } = options
    this.world = new CoreWorld<CommitInput, CommitMessage, OwnEffect>({
      seed: options.seed,
      nodes: options.nodes ?? 3,
      quality: quality ?? { delay: { minimumUs: 500, meanUs: 4000 }, bytesPerMs: 0 },
      ...(diskDelay && { diskDelay }),
      ...(trace && { trace }),
      protocol: {
        create: ({ id, records }) => {
          const node = new CommitNode({ id, flavour, timeoutMs: TIMEOUT_MS }, records)
          this.#nodes.set(id, node)
          return node
        },
        encode: encodeMessage,
        decode: decodeMessage,
      },
      perform: (id, effect) => this.#perform(id, effect),
    })
    this.world.startAll()
  }

  node(id: NodeId): CommitNode {
    const node = this.#nodes.get(id)
    assert(node !== undefined && this.world.isAlive(id), 'the node is alive')
    return node
  }

  /** A node begins a transaction with these participants. */
  begin(coordinator: NodeId, participants: readonly NodeId[]): TransactionId {
    const transaction = { coordinator, number: ++this.#number }
    this.participants.set(transactionName(transaction), participants)
    const shares = participants.map(node => ({ node, work: Uint8Array.of(transaction.number) }))
    this.world.give(coordinator, { kind: 'begin', number: transaction.number, shares })
    return transaction
  }

  isFinished(id: NodeId, transaction: TransactionId): boolean {
    return this.finished.get(transactionName(transaction))?.has(id) ?? false
  }

  /** Nobody holds a lock, or has anything left to say. */
  get isSettled(): boolean {
    return this.world.ids.every(
      id => this.world.core(id).describe().startsWith('coordinates: -;') && !this.#isOpen(id),
    )
  }

  #isOpen(id: NodeId): boolean {
    return / (working|prepared|preCommitted)\b/.test(this.world.core(id).describe())
  }

  #perform(id: NodeId, effect: OwnEffect): void {
    const { transaction } = effect
    const name = transactionName(transaction)
    this.#options.trace?.(
      `${formatNodeId(id)} ${effect.kind} ${name}${'decision' in effect ? ` ${effect.decision}` : ''}`,
    )
    switch (effect.kind) {
      case 'prepare': {
        const isYes = this.#options.votes?.(id) ?? this.world.random.chance(9, 10)
        if (!isYes) this.#refusals.add(name)
        this.world.giveLater(id, { kind: 'voted', transaction, isYes }, { minimumUs: 50, meanUs: 500 })
        return
      }
      case 'restore':
        return
      case 'finish': {
        this.#note(name, effect.decision, `node ${formatNodeId(id)}`)
        const where = this.finished.get(name) ?? new Set()
        this.finished.set(name, where.add(id))
        return
      }
      case 'outcome':
        this.outcomes.set(name, effect.decision)
        this.#note(name, effect.decision, 'the caller')
        return
      case 'propose': {
        const propose = this.#options.propose ?? ((...all) => this.#proposeToModel(...all))
        propose(id, transaction, effect.decision)
        return
      }
    }
  }

  #note(name: string, decision: Decision, who: string): void {
    const known = this.decisions.get(name)
    if (known === undefined) this.decisions.set(name, decision)
    else if (known !== decision) this.violations.push(`${name} is ${known}, and ${decision} at ${who}`)
    if (decision === 'commit' && this.#refusals.has(name))
      this.violations.push(`${name} was refused, and committed`)
  }

  /** Answers those who can reach a majority, a while later. */
  #proposeToModel(id: NodeId, transaction: TransactionId, decision: Decision): void {
    const { links } = this.world.network
    const own = formatNodeId(id)
    const reached = this.world.ids.filter(other => {
      const name = formatNodeId(other)
      return (
        other === id ||
        (this.world.isAlive(other) && !links.link(own, name).isCut && !links.link(name, own).isCut)
      )
    })
    if (2 * reached.length <= this.world.ids.length) return
    const name = transactionName(transaction)
    // Written though its proposer may not hear of it.
    const first = this.#register.get(name) ?? decision
    this.#register.set(name, first)
    const answer = { kind: 'decided', transaction, decision: first } as const
    this.world.giveLater(id, answer, { minimumUs: 1000, meanUs: 5000 })
  }
}
