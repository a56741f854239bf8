/**
 * The coordinator's half of atomic commitment: it asks all participants to prepare, and decides to commit if all have
 * voted yes in time (Gray, "Notes on Data Base Operating Systems", 1978).
 *
 * With two phases, aborts are presumed (Mohan, Lindsay and Obermarck, 1986): before a decision nothing is written, of
 * an abort nothing ever, and whoever asks about a transaction that is not known is told that it was aborted. A
 * commitment is durable before anybody hears of it, and told again until all have acknowledged it.
 *
 * With three (Skeen, 1981), all hear that all have voted yes before any hears the decision; nothing is presumed, for
 * the participants may have decided among themselves. With a register (after Gray and Lamport, "Consensus on
 * Transaction Commit", 2006) the decision is what consensus has first been given, and the coordinator's own log is
 * empty.
 */
import { assert } from '../../core/assert.ts'
import type { NodeId, Token } from '../../core/ids.ts'
import type { Instant } from '../../core/time.ts'
import { Alarms } from './alarms.ts'
import { COORDINATED_MAX, PARTICIPANTS_MAX } from './limits.ts'
import type { CommitOptions } from './options.ts'
import type { Outbox } from './outbox.ts'
import type { CommitRecord } from './record.ts'
import { type Decision, type TransactionId, transactionName } from './transaction.ts'

/** What one participant is to do. */
export interface Share {
  readonly node: NodeId
  readonly work: Uint8Array
}

type Phase = 'voting' | 'preCommitting' | 'proposing' | 'telling'

interface Coordinated {
  readonly transaction: TransactionId
  readonly participants: readonly NodeId[]
  /** Those who have yet to vote, to confirm or to acknowledge. */
  readonly awaited: Set<NodeId>
  phase: Phase
  /** What the decision depends on. */
  after: Token
}

export class Coordinator {
  readonly #options: CommitOptions
  readonly #outbox: Outbox
  /** By name, in the order in which they began. */
  readonly #open = new Map<string, Coordinated>()
  readonly #alarms = new Alarms()
  #lastNumber = 0

  constructor(options: CommitOptions, outbox: Outbox) {
    this.#options = options
    this.#outbox = outbox
  }

  deadline(): Instant {
    return this.#alarms.next()
  }

  recover(record: CommitRecord): void {
    if (record.kind === 'committing') {
      const { transaction, participants } = record
      this.#lastNumber = Math.max(this.#lastNumber, transaction.number)
      const awaited = new Set(participants)
      this.#open.set(transactionName(transaction), {
        transaction,
        participants,
        awaited,
        phase: 'telling',
        after: 0 as Token,
      })
    } else if (record.kind === 'ended') this.#open.delete(transactionName(record.transaction))
  }

  /** After a restart: those that were decided are told again. */
  resume(): void {
    for (const one of this.#open.values()) this.#tell(one)
  }

  /** What has to be recovered from now on, if nothing is being written. */
  *records(): Generator<CommitRecord> {
    for (const { phase, transaction, participants } of this.#open.values()) {
      if (phase === 'telling') yield { kind: 'committing', transaction, participants }
    }
  }

  begin(number: number, shares: readonly Share[]): void {
    assert(number > this.#lastNumber, 'numbers of transactions ascend')
    assert(shares.length >= 1 && shares.length <= PARTICIPANTS_MAX, 'a transaction has participants')
    this.#lastNumber = number
    const transaction = { coordinator: this.#options.id, number }
    if (this.#open.size >= COORDINATED_MAX) {
      this.#outbox.put({ kind: 'outcome', transaction, decision: 'abort' })
      return
    }
    const sorted = shares.toSorted((a, b) => (a.node < b.node ? -1 : 1))
    const participants = sorted.map(share => share.node)
    const awaited = new Set(participants)
    assert(awaited.size === participants.length, 'every participant is named once')
    const one: Coordinated = { transaction, participants, awaited, phase: 'voting', after: 0 as Token }
    this.#open.set(transactionName(transaction), one)
    const settledBelow = this.#settledBelow()
    for (const { node, work } of sorted) {
      this.#outbox.send(node, { kind: 'prepare', transaction, participants, settledBelow, work })
    }
    this.#wait(one)
  }

  onVote(from: NodeId, transaction: TransactionId, isYes: boolean): void {
    const one = this.#find(transaction)
    if (one === undefined) return this.#presume(from, transaction)
    if (one.phase === 'telling') return this.#sayDecision(from, one)
    if (one.phase !== 'voting' || !one.participants.includes(from)) return
    if (!isYes) return this.#abort(one)
    one.awaited.delete(from)
    if (one.awaited.size === 0) this.#allVotedYes(one)
  }

  onPreCommitted(from: NodeId, transaction: TransactionId): void {
    const one = this.#find(transaction)
    if (one?.phase !== 'preCommitting') return
    one.awaited.delete(from)
    if (one.awaited.size === 0) this.#commit(one)
  }

  /** Three phases: participants that took this coordinator for dead, and were wrong, have decided without it. */
  onDecision(from: NodeId, transaction: TransactionId, decision: Decision): void {
    const one = this.#find(transaction)
    if (one?.phase !== 'preCommitting' || !one.participants.includes(from)) return
    if (decision === 'abort') this.#abort(one)
    else this.#commit(one)
  }

  onAcknowledge(from: NodeId, transaction: TransactionId): void {
    const one = this.#find(transaction)
    if (one?.phase !== 'telling') return
    one.awaited.delete(from)
    if (one.awaited.size > 0) return
    this.#outbox.persist({ kind: 'ended', transaction })
    this.#forget(one)
  }

  onInquiry(from: NodeId, transaction: TransactionId): void {
    const one = this.#find(transaction)
    if (one === undefined) this.#presume(from, transaction)
    else if (one.phase === 'telling') this.#sayDecision(from, one)
  }

  /** The register holds this decision. */
  onDecided(transaction: TransactionId, decision: Decision): void {
    const one = this.#find(transaction)
    if (one === undefined) return
    this.#outbox.put({ kind: 'outcome', transaction, decision })
    for (const to of one.participants) this.#outbox.send(to, { kind: 'decision', transaction, decision })
    this.#forget(one)
  }

  onDeadline(): void {
    for (let name = this.#alarms.takeDue(this.#outbox.now); name !== undefined; ) {
      const one = this.#open.get(name)
      if (one !== undefined) this.#onSilence(one)
      name = this.#alarms.takeDue(this.#outbox.now)
    }
  }

  check(): void {
    assert(this.#open.size <= COORDINATED_MAX, 'who is full begins nothing')
    for (const [name, { transaction, phase, awaited }] of this.#open) {
      assert(transaction.coordinator === this.#options.id, 'a coordinator coordinates its own')
      assert(this.#alarms.has(name), 'nothing is waited for without an end')
      assert((awaited.size === 0) === (phase === 'proposing'), 'who has all answers goes on')
    }
  }

  describe(): string {
    const parts = [...this.#open].map(([name, { phase, awaited }]) => `${name} ${phase} ${awaited.size}`)
    return parts.join(', ') || '-'
  }

  #onSilence(one: Coordinated): void {
    switch (one.phase) {
      case 'voting':
        return this.#abort(one)
      case 'preCommitting':
        // Whoever did not confirm is taken for dead; that is the assumption which a partition breaks.
        return this.#commit(one)
      case 'proposing':
        return this.#propose(one)
      case 'telling':
        return this.#tell(one)
    }
  }

  #allVotedYes(one: Coordinated): void {
    if (this.#options.flavour === 'replicated') return this.#propose(one)
    if (this.#options.flavour === 'two-phase') return this.#commit(one)
    one.phase = 'preCommitting'
    const { transaction, participants } = one
    for (const to of participants) {
      one.awaited.add(to)
      this.#outbox.send(to, { kind: 'preCommit', transaction })
    }
    this.#wait(one)
  }

  #propose(one: Coordinated): void {
    one.phase = 'proposing'
    this.#outbox.put({ kind: 'propose', transaction: one.transaction, decision: 'commit' })
    this.#wait(one)
  }

  #commit(one: Coordinated): void {
    const { transaction, participants } = one
    one.phase = 'telling'
    one.after = this.#outbox.persist({ kind: 'committing', transaction, participants })
    for (const node of participants) one.awaited.add(node)
    this.#outbox.putAfter(one.after, { kind: 'outcome', transaction, decision: 'commit' })
    this.#tell(one)
  }

  /** Nobody has heard of a commitment, and nobody ever will: only this coordinator would have proposed one. */
  #abort(one: Coordinated): void {
    const { transaction, participants } = one
    for (const to of participants) this.#outbox.send(to, { kind: 'decision', transaction, decision: 'abort' })
    this.#outbox.put({ kind: 'outcome', transaction, decision: 'abort' })
    this.#forget(one)
  }

  #tell(one: Coordinated): void {
    for (const to of one.awaited) this.#sayDecision(to, one)
    this.#wait(one)
  }

  #sayDecision(to: NodeId, { transaction, after }: Coordinated): void {
    this.#outbox.send(to, { kind: 'decision', transaction, decision: 'commit' }, after)
  }

  #presume(to: NodeId, transaction: TransactionId): void {
    const isOurs = transaction.coordinator === this.#options.id
    if (!isOurs || this.#options.flavour !== 'two-phase') return
    this.#outbox.send(to, { kind: 'decision', transaction, decision: 'abort' })
  }

  /**
   * The oldest that is open: whatever began before it has ended everywhere, or will never be committed. Participants
   * that may decide among themselves are told nothing of the kind.
   */
  #settledBelow(): number {
    if (this.#options.flavour === 'three-phase') return 1
    for (const { transaction } of this.#open.values()) return transaction.number
    return this.#lastNumber
  }

  #wait(one: Coordinated): void {
    this.#alarms.set(transactionName(one.transaction), this.#outbox.in(this.#options.timeoutMs))
  }

  #forget(one: Coordinated): void {
    const name = transactionName(one.transaction)
    this.#open.delete(name)
    this.#alarms.clear(name)
  }

  #find(transaction: TransactionId): Coordinated | undefined {
    return this.#open.get(transactionName(transaction))
  }
}
