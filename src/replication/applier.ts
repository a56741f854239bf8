/**
 * Applies committed entries: one atomic store write for the whole batch, the applied position included,
 * and then the answers. Nothing here waits; a result is handed out in the turn that applied it.
 */
import { assert } from '../core/assert.ts'
import { ballotBehind, type Entry } from '../core/entry.ts'
import type { Index, NodeId, ProposalId } from '../core/ids.ts'
import type { LogBase } from '../core/log-update.ts'
import type { ReplicaWitness } from '../core/replica-witness.ts'
import { bug } from '../core/seams.ts'
import { hashState } from '../runtime/state-hash.ts'
import type { StateMachine } from '../runtime/state-machine.ts'
import type { Store } from '../runtime/store.ts'
import { MACHINE_KEYS, writeApplied } from './applied-state.ts'

export class Applier<Result> {
  readonly #node: NodeId
  readonly #machine: StateMachine<Result>
  readonly #store: Store
  readonly #witness: ReplicaWitness | undefined
  readonly #answer: (id: ProposalId, result: Result | undefined) => void
  #applied: LogBase

  /** @param answer called for every entry that this node proposed; a configuration has no result. */
  constructor(
    node: NodeId,
    machine: StateMachine<Result>,
    store: Store,
    applied: LogBase,
    witness: ReplicaWitness | undefined,
    answer: (id: ProposalId, result: Result | undefined) => void,
  ) {
    this.#node = node
    this.#machine = machine
    this.#store = store
    this.#applied = applied
    this.#witness = witness
    this.#answer = answer
  }

  get applied(): LogBase {
    return this.#applied
  }

  /** Entries that the state already covers (a snapshot came first) are passed over. */
  apply(committed: readonly Entry[]): void {
    const entries = committed.filter(entry => entry.index > this.#applied.index)
    const last = entries.at(-1)
    if (last === undefined) return
    assert(last.index === this.#applied.index + entries.length, 'entries are applied in order, without gaps')
    const commands = entries.filter(entry => entry.kind === 'command')
    const configuration = entries.findLast(entry => entry.kind === 'configuration')?.data
    const batch = this.#store.batch()
    const results = commands.length === 0 ? [] : this.#machine.apply(commands, batch)
    assert(results.length === commands.length, 'a state machine answers every command')
    const before = this.#applied
    this.#applied = {
      index: last.index as Index,
      ballot: ballotBehind(last),
      time: last.time,
      configuration: configuration ?? this.#applied.configuration,
    }
    writeApplied(batch, bug('applied-index-apart') ? before : this.#applied)
    batch.commit()
    this.#witness?.applied(entries, results, this.hashState)
    this.#answerAll(entries, results)
  }

  /** The store's content was replaced by a snapshot at `base`. */
  installed(base: LogBase): void {
    this.#applied = base
    this.#machine.open(this.#store)
    this.#witness?.snapshotInstalled(base, this.hashState)
  }

  /** For who compares replicas; looks at all that is there. */
  readonly hashState = (): number => {
    return hashState(this.#store, this.#machine.isLive(this.#store), MACHINE_KEYS)
  }

  #answerAll(entries: readonly Entry[], results: readonly Result[]): void {
    let next = 0
    for (const entry of entries) {
      const result = entry.kind === 'command' ? results[next++] : undefined
      if (entry.origin === this.#node && entry.kind !== 'noop') this.#answer(entry.proposal, result)
    }
  }
}
