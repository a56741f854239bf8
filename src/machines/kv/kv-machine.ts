/**
 * The key-value state machine: etcd's v3 semantics over an ordered store. Everything that it knows is in the
 * store; the fields are caches of what `open` reads back.
 */
import { DecodeError } from '../../core/bytes.ts'
import type { Entry } from '../../core/entry.ts'
import { buggify, probe } from '../../core/seams.ts'
import type { StateMachine } from '../../runtime/state-machine.ts'
import type { Store, StoreBatch, StoreView } from '../../runtime/store.ts'
import { decodeCommand } from './command-codec.ts'
import { livePairs, refusalOfCompaction } from './compaction.ts'
import { SWEEP_BUDGET } from './limits.ts'
import {
  decideTxn,
  executeDeleteRange,
  executePut,
  executeTxn,
  type LeaseExists,
  refusalOfPut,
  refusalOfTxn,
} from './operations.ts'
import {
  compactedRevision,
  currentRevision,
  EMPTY_REVISION,
  NEVER_COMPACTED,
  writeCompactedRevision,
  writeCurrentRevision,
} from './revisions.ts'
import { Slab } from './slab.ts'
import { sweep } from './sweep.ts'
import { beginSweep, isSweepPending } from './sweep-state.ts'
import type { KvCommand, KvRefusal, KvResult, PutOperation, TxnOperation } from './types.ts'
import { WriteTxn } from './write-txn.ts'

export interface KvMachineOptions {
  /** Absent: no lease exists, and whatever names one is refused. */
  readonly leaseExists?: LeaseExists
}

export function kvMachine(options: KvMachineOptions = {}): StateMachine<KvResult> {
  return new KvMachine(options.leaseExists ?? (() => false))
}

class KvMachine implements StateMachine<KvResult> {
  readonly #leaseExists: LeaseExists
  readonly #slab = new Slab()
  #current = EMPTY_REVISION
  #compacted = NEVER_COMPACTED
  #mustSweep = false

  constructor(leaseExists: LeaseExists) {
    this.#leaseExists = leaseExists
  }

  open(store: Store): void {
    this.#current = currentRevision(store)
    this.#compacted = compactedRevision(store)
    this.#mustSweep = isSweepPending(store)
  }

  apply(entries: readonly Entry[], batch: StoreBatch): KvResult[] {
    const before = this.#current
    const results = entries.map(entry => this.#applyOne(entry.data, batch))
    if (this.#current !== before) writeCurrentRevision(batch, this.#current)
    return results
  }

  sweep(batch: StoreBatch): boolean {
    const budget = buggify('kv: a sweep looks at one version at a time') ? 1 : SWEEP_BUDGET
    if (this.#mustSweep) this.#mustSweep = sweep(batch, budget)
    return this.#mustSweep
  }

  get mustSweep(): boolean {
    return this.#mustSweep
  }

  isLive(view: StoreView): (key: Uint8Array, value: Uint8Array) => boolean {
    return livePairs(view)
  }

  #applyOne(data: Uint8Array, batch: StoreBatch): KvResult {
    const command = readable(data)
    if (command === undefined) return refused('unknownCommand')
    if (command.kind === 'compact') return this.#compact(command.compact.revision, batch)
    const txn = new WriteTxn(batch, this.#slab, this.#current, this.#compacted)
    const result = this.#write(command, txn)
    this.#current = txn.revision
    return result
  }

  #write(command: Exclude<KvCommand, { kind: 'compact' }>, txn: WriteTxn): KvResult {
    switch (command.kind) {
      case 'put':
        return this.#put(command.put, txn)
      case 'deleteRange':
        return { kind: 'deleteRange', deleteRange: executeDeleteRange(txn, command.deleteRange) }
      case 'txn':
        return this.#txn(command.txn, txn)
    }
  }

  #put(put: PutOperation, txn: WriteTxn): KvResult {
    const refusal = refusalOfPut(txn.readPoint, put, this.#leaseExists)
    return refusal === undefined ? { kind: 'put', put: executePut(txn, put) } : refused(refusal)
  }

  #txn(operation: TxnOperation, txn: WriteTxn): KvResult {
    const decided = decideTxn(txn.readPoint, operation)
    const refusal = refusalOfTxn(txn.readPoint, decided, this.#leaseExists)
    return refusal === undefined ? { kind: 'txn', txn: executeTxn(txn, decided) } : refused(refusal)
  }

  #compact(revision: number, batch: StoreBatch): KvResult {
    const at = { view: batch, current: this.#current, compacted: this.#compacted }
    const refusal = refusalOfCompaction(at, revision)
    if (refusal !== undefined) return refused(refusal)
    if (this.#mustSweep) probe('kv: a compaction came before an earlier one was swept')
    writeCompactedRevision(batch, revision)
    beginSweep(batch)
    this.#compacted = revision
    this.#mustSweep = true
    return { kind: 'compact', compact: { revision: this.#current } }
  }
}

function refused(reason: KvRefusal): KvResult {
  return { kind: 'refused', reason }
}

/** Bytes that this version cannot read yield nothing, here as on every other replica. */
function readable(data: Uint8Array): KvCommand | undefined {
  try {
    return decodeCommand(data)
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}
