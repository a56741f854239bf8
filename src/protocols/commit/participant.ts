/**
 * The participant's half of atomic commitment. Until it has voted yes it may abort by itself; from then on it is
 * *uncertain*, and holds its locks until it learns the decision.
 *
 * An uncertain participant that hears nothing asks: with two phases the coordinator and its fellow participants
 * (cooperative termination; Bernstein, Hadzilacos and Goodman, 1987, §7.4), of whom one that never voted refuses there
 * and then, for all; with three phases see `termination.ts`; with a register it proposes to abort, and is told what was
 * decided first.
 */
import { assert } from '../../core/assert.ts'
import type { NodeId, Token } from '../../core/ids.ts'
import type { Instant } from '../../core/time.ts'
import { Alarms } from './alarms.ts'
import { REMEMBERED_MAX } from './limits.ts'
import type { CommitMessage, Standing } from './message.ts'
import { type CommitOptions, PATIENCE_TIMEOUTS } from './options.ts'
import type { Outbox } from './outbox.ts'
import type { Participated } from './participated.ts'
import type { CommitRecord } from './record.ts'
import { Settlements } from './settlements.ts'
import { advance, type Termination } from './termination.ts'
import { type Decision, type TransactionId, transactionName } from './transaction.ts'

type Prepare = Extract<CommitMessage, { readonly kind: 'prepare' }>

export class Participant {
  readonly #options: CommitOptions
  readonly #outbox: Outbox
  readonly #known = new Map<string, Participated>()
  readonly #settlements = new Settlements()
  readonly #alarms = new Alarms()

  constructor(options: CommitOptions, outbox: Outbox) {
    this.#options = options
    this.#outbox = outbox
  }

  deadline(): Instant {
    return this.#alarms.next()
  }

  recover(record: CommitRecord): void {
    const { transaction } = record
    const one = this.#find(transaction)
    if (record.kind === 'prepared') {
      const { participants, work } = record
      this.#learn({ transaction, participants, work, phase: 'prepared', isRecovered: true })
    } else if (record.kind === 'preCommitted' && one !== undefined) one.phase = 'preCommitted'
    else if (record.kind === 'settled') this.#settle(transaction)
    else if (record.kind === 'decided') {
      const { decision } = record
      if (one === undefined) this.#learn({ transaction, participants: [], phase: 'finished', decision })
      else Object.assign(one, { phase: 'finished', decision })
      this.#remember(transaction)
    }
  }

  /** After a restart: what was uncertain still is, and asks; what was finished is finished once more. */
  resume(): void {
    for (const one of this.#known.values()) {
      const { transaction, work, decision } = one
      if (decision !== undefined) this.#outbox.put({ kind: 'finish', transaction, decision })
      else {
        this.#outbox.put({ kind: 'restore', transaction, work })
        this.#onSilence(one)
      }
    }
  }

  /** What has to be recovered from now on, if nothing is being written. */
  *records(): Generator<CommitRecord> {
    for (const transaction of this.#settlements.marks()) yield { kind: 'settled', transaction }
    for (const { transaction, participants, work, phase, decision } of this.#known.values()) {
      if (decision !== undefined) yield { kind: 'decided', transaction, decision }
      else if (phase !== 'working') yield { kind: 'prepared', transaction, participants, work }
      if (phase === 'preCommitted') yield { kind: 'preCommitted', transaction }
    }
  }

  onPrepare(from: NodeId, { transaction, participants, settledBelow, work }: Prepare): void {
    const { coordinator } = transaction
    if (from !== coordinator) return
    this.#settle({ coordinator, number: settledBelow })
    if (this.#settlements.includes(transaction)) return
    const one = this.#find(transaction)
    if (one !== undefined) return this.#repeatVote(one)
    if (this.#known.size >= REMEMBERED_MAX) {
      this.#outbox.send(from, { kind: 'vote', transaction, isYes: false })
      return
    }
    this.#learn({ transaction, participants, work, phase: 'working' })
    this.#outbox.put({ kind: 'prepare', transaction, work })
  }

  /** The work has been prepared, or cannot be. */
  onVoted(transaction: TransactionId, isYes: boolean): void {
    const one = this.#find(transaction)
    if (one?.phase !== 'working') return
    if (!isYes) this.#conclude(one, 'abort')
    else {
      const { participants, work } = one
      one.phase = 'prepared'
      one.after = this.#outbox.persist({ kind: 'prepared', transaction, participants, work })
      this.#wait(one, PATIENCE_TIMEOUTS)
    }
    this.#outbox.send(transaction.coordinator, { kind: 'vote', transaction, isYes }, one.after)
  }

  /** Three phases: all have voted yes, says the coordinator or a participant that has taken its place. */
  onPreCommit(from: NodeId, transaction: TransactionId): void {
    const one = this.#find(transaction)
    if (one === undefined || one.phase === 'working') return
    if (one.phase === 'finished') return this.#sayDecision(from, one)
    if (one.phase === 'prepared') this.#preCommit(one)
    one.termination = undefined
    this.#wait(one, PATIENCE_TIMEOUTS)
    this.#outbox.send(from, { kind: 'preCommitted', transaction }, one.after)
  }

  onDecision(from: NodeId, transaction: TransactionId, decision: Decision): void {
    const one = this.#find(transaction)
    if (one !== undefined && one.phase !== 'finished') {
      // It never commits what it has not voted for; nobody says so.
      if (decision === 'abort' || one.phase !== 'working') this.#conclude(one, decision)
    }
    const hasCommitted =
      one === undefined ? this.#settlements.includes(transaction) : one.decision === 'commit'
    if (decision === 'abort' || !hasCommitted || from !== transaction.coordinator) return
    this.#outbox.send(from, { kind: 'acknowledge', transaction }, one?.after)
  }

  /** A fellow participant is uncertain. */
  onInquiry(from: NodeId, transaction: TransactionId): void {
    let one = this.#find(transaction)
    if (one === undefined) {
      if (this.#settlements.includes(transaction)) {
        // Whoever committed it has told the coordinator so: who still asks is told what became of all others.
        this.#outbox.send(from, { kind: 'decision', transaction, decision: 'abort' })
        return
      }
      if (this.#known.size >= REMEMBERED_MAX) return
      one = this.#learn({ transaction, participants: [], phase: 'working' })
    }
    if (one.phase === 'working') this.#conclude(one, 'abort')
    if (one.phase === 'finished') this.#sayDecision(from, one)
    else this.#outbox.send(from, { kind: 'standing', transaction, standing: standingOf(one) }, one.after)
  }

  onStanding(from: NodeId, transaction: TransactionId, standing: Standing): void {
    this.#find(transaction)?.termination?.answers.set(from, standing)
  }

  /** The register holds this decision. */
  onDecided(transaction: TransactionId, decision: Decision): void {
    const one = this.#find(transaction)
    if (one !== undefined && one.phase !== 'finished') this.#conclude(one, decision)
  }

  onDeadline(): void {
    for (let name = this.#alarms.takeDue(this.#outbox.now); name !== undefined; ) {
      const one = this.#known.get(name)
      if (one !== undefined) this.#onSilence(one)
      name = this.#alarms.takeDue(this.#outbox.now)
    }
  }

  check(): void {
    assert(this.#known.size <= REMEMBERED_MAX, 'who is full votes no')
    for (const [name, { phase, decision, transaction }] of this.#known) {
      assert((phase === 'finished') === (decision !== undefined), 'finished is what was decided')
      const isUncertain = phase === 'prepared' || phase === 'preCommitted'
      assert(this.#alarms.has(name) === isUncertain, 'who is uncertain will ask, and nobody else')
      assert(!this.#settlements.includes(transaction) || phase !== 'finished', 'what is settled is forgotten')
    }
  }

  /** Those whose locks are held until somebody says what was decided. */
  uncertain(): TransactionId[] {
    const all = [...this.#known.values()]
    return all
      .filter(one => one.phase === 'prepared' || one.phase === 'preCommitted')
      .map(one => one.transaction)
  }

  describe(): string {
    const parts = [...this.#known].map(([name, { phase, decision }]) => `${name} ${decision ?? phase}`)
    return parts.join(', ') || '-'
  }

  #onSilence(one: Participated): void {
    const { transaction, participants } = one
    const { flavour, id } = this.#options
    const others = participants.filter(other => other !== id)
    if (flavour === 'three-phase') {
      this.#perform(one, advance(one, others))
      return
    }
    if (flavour === 'replicated') this.#outbox.put({ kind: 'propose', transaction, decision: 'abort' })
    else {
      this.#outbox.send(transaction.coordinator, { kind: 'inquiry', transaction, isPeer: false })
      for (const to of others) this.#outbox.send(to, { kind: 'inquiry', transaction, isPeer: true })
    }
    this.#wait(one, PATIENCE_TIMEOUTS)
  }

  /** One step of a termination; see there. */
  #perform(one: Participated, termination: Termination): void {
    const { transaction } = one
    one.termination = termination
    if (termination.decision !== undefined) {
      this.#conclude(one, termination.decision)
      for (const to of termination.tell) this.#sayDecision(to, one)
      return
    }
    if (termination.isMoving && one.phase === 'prepared') this.#preCommit(one)
    const kind = termination.isMoving ? 'preCommit' : 'inquiry'
    for (const to of termination.tell) {
      if (kind === 'inquiry') this.#outbox.send(to, { kind, transaction, isPeer: true })
      else this.#outbox.send(to, { kind, transaction }, one.after)
    }
    this.#wait(one, 1)
  }

  #preCommit(one: Participated): void {
    one.phase = 'preCommitted'
    one.after = this.#outbox.persist({ kind: 'preCommitted', transaction: one.transaction })
  }

  #conclude(one: Participated, decision: Decision): void {
    const { transaction } = one
    one.phase = 'finished'
    one.decision = decision
    one.termination = undefined
    one.after = this.#outbox.persist({ kind: 'decided', transaction, decision })
    this.#outbox.putAfter(one.after, { kind: 'finish', transaction, decision })
    this.#alarms.clear(transactionName(transaction))
    this.#remember(transaction)
  }

  /** What is finished is remembered until it is settled; it may be already, if this node was the last. */
  #remember(transaction: TransactionId): void {
    if (this.#settlements.includes(transaction)) this.#known.delete(transactionName(transaction))
    else this.#settlements.finished(transaction)
  }

  #sayDecision(to: NodeId, { transaction, decision, after }: Participated): void {
    assert(decision !== undefined, 'who says the decision knows it')
    this.#outbox.send(to, { kind: 'decision', transaction, decision }, after)
  }

  /** The coordinator asks again. */
  #repeatVote({ transaction, phase, decision, after }: Participated): void {
    const to = transaction.coordinator
    if (decision === 'commit') this.#outbox.send(to, { kind: 'acknowledge', transaction }, after)
    else if (phase !== 'working') {
      this.#outbox.send(to, { kind: 'vote', transaction, isYes: decision === undefined }, after)
    }
  }

  #learn(
    one: Pick<Participated, 'transaction' | 'participants' | 'phase'> & Partial<Participated>,
  ): Participated {
    const learned: Participated = {
      work: new Uint8Array(0),
      decision: undefined,
      after: 0 as Token,
      isRecovered: false,
      termination: undefined,
      ...one,
    }
    this.#known.set(transactionName(one.transaction), learned)
    return learned
  }

  #settle(below: TransactionId): void {
    for (const forgotten of this.#settlements.settle(below)) this.#known.delete(transactionName(forgotten))
  }

  #wait(one: Participated, timeouts: number): void {
    this.#alarms.set(transactionName(one.transaction), this.#outbox.in(timeouts * this.#options.timeoutMs))
  }

  #find(transaction: TransactionId): Participated | undefined {
    return this.#known.get(transactionName(transaction))
  }
}

function standingOf({ phase, isRecovered }: Participated): Standing {
  if (isRecovered) return 'recovering'
  return phase === 'preCommitted' ? 'preCommitted' : 'uncertain'
}
