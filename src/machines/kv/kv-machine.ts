/**
 * The key-value state machine: etcd's v3 semantics over an ordered store. Everything that it knows is in the
 * store; the fields are caches of what `open` reads back.
 */
import { DecodeError } from '../../core/bytes.ts'
import type { Entry } from '../../core/entry.ts'
import { NODE_VERSION } from '../../core/node-version.ts'
import { bug, buggify, probe } from '../../core/seams.ts'
import type { ClusterTime } from '../../core/time.ts'
import type { StateMachine } from '../../runtime/state-machine.ts'
import type { Store, StoreBatch, StoreView } from '../../runtime/store.ts'
import { type Alarm, type AlarmOperation, changeAlarms, readAlarms, refusalOfAlarms } from './alarms.ts'
import { AuthMachine } from './auth/auth-machine.ts'
import type { AuthOperation } from './auth/types.ts'
import { ChangeFeed } from './change-feed.ts'
import type { Change } from './changes.ts'
import { clusterVersion, raiseClusterVersion, versionOfCommand } from './cluster-version.ts'
import { decodeCommand } from './command-codec.ts'
import { livePairs, refusalOfCompaction } from './compaction.ts'
import { changeDowngrade, type DowngradeOperation } from './downgrade.ts'
import { writeHashReport } from './hash-report.ts'
import { addLease, type Lease, leaseExists, leaseOf, overAtFrom, removeLease, renewLease } from './leases.ts'
import { SWEEP_BUDGET } from './limits.ts'
import {
  decideTxn,
  executeDeleteRange,
  executePut,
  executeTxn,
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
import {
  type KvCommand,
  type KvRefusal,
  type KvResult,
  type LeaseGrantOperation,
  type LeaseRevokeResult,
  type PlainCommand,
  type PutOperation,
  plainCommandOf,
  type RevokedLease,
  type TxnOperation,
} from './types.ts'
import { WriteTxn } from './write-txn.ts'

/**
 * @param changes who is to know of every change
 * @param version what it understands: what is younger it refuses, as the program of that version does
 */
export function kvMachine(
  changes: ChangeFeed = new ChangeFeed(),
  version = NODE_VERSION,
): StateMachine<KvResult> {
  return new KvMachine(changes, version)
}

class KvMachine implements StateMachine<KvResult> {
  readonly #slab = new Slab()
  readonly #feed: ChangeFeed
  readonly #version: number
  readonly #auth: AuthMachine
  #current = EMPTY_REVISION
  #compacted = NEVER_COMPACTED
  #mustSweep = false
  #alarms: readonly Alarm[] = []
  /** Of the hand-out that is being applied; absent while nobody listens. */
  #told: Change[] | undefined

  constructor(feed: ChangeFeed, version: number) {
    this.#feed = feed
    this.#version = version
    this.#auth = new AuthMachine(feed.auth)
  }

  open(store: Store): void {
    this.#current = currentRevision(store)
    this.#compacted = compactedRevision(store)
    this.#mustSweep = isSweepPending(store)
    this.#alarms = readAlarms(store)
    this.#auth.open(store)
    clusterVersion(store, this.#version)
    this.#feed.tellReplaced()
  }

  apply(entries: readonly Entry[], batch: StoreBatch): KvResult[] {
    const before = this.#current
    this.#told = this.#feed.isHeard ? [] : undefined
    const results = entries.map(entry => this.#applyOne(entry, batch))
    if (this.#current !== before) writeCurrentRevision(batch, this.#current)
    if (this.#told !== undefined) this.#feed.tell(this.#told)
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

  #applyOne(entry: Entry, batch: StoreBatch): KvResult {
    const asked = readable(entry.data)
    if (asked === undefined) return refused('unknownCommand')
    const command = plainCommandOf(asked)
    if (versionOfCommand(command.kind) > this.#version) return refused('unknownCommand')
    const refusal = this.#auth.refusalOf(asked, batch)
    if (refusal !== undefined) return refused(refusal)
    const alarmed = refusalOfAlarms(this.#alarms, command)
    if (alarmed !== undefined) return refused(alarmed)
    return this.#execute(command, entry, batch)
  }

  #execute(command: PlainCommand, entry: Entry, batch: StoreBatch): KvResult {
    const { time } = entry
    switch (command.kind) {
      case 'compact':
        return this.#compact(command.compact.revision, batch)
      case 'leaseGrant':
        return this.#grant(command.leaseGrant, time, batch)
      case 'leaseRevoke':
        return this.#revoke(command.leaseRevoke.id, batch)
      case 'leaseRenew':
        return this.#renew(command.leaseRenew.ids, time, batch)
      case 'leaseExpire':
        return this.#expire(command.leaseExpire.ids, time, batch)
      case 'alarm':
        return this.#alarm(command.alarm, batch)
      case 'auth':
        return this.#authorize(command.auth, entry, batch)
      case 'clusterVersion':
        return {
          kind: 'clusterVersion',
          clusterVersion: { version: raiseClusterVersion(batch, command.clusterVersion, this.#version) },
        }
      case 'downgrade':
        return this.#downgrade(command.downgrade, batch)
      case 'hashReport':
        writeHashReport(batch, command.hashReport)
        return { kind: 'hashReport' }
      default:
        return this.#change(batch, txn => this.#write(command, txn))
    }
  }

  /** What is changed by `write` is changed at one revision. */
  #change<T>(batch: StoreBatch, write: (txn: WriteTxn) => T): T {
    const txn = new WriteTxn(batch, this.#slab, this.#current, this.#compacted, this.#told)
    const result = write(txn)
    this.#current = txn.revision
    return result
  }

  #write(command: PlainCommand & { kind: 'put' | 'deleteRange' | 'txn' }, txn: WriteTxn): KvResult {
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
    const refusal = refusalOfPut(txn.readPoint, put)
    return refusal === undefined ? { kind: 'put', put: executePut(txn, put) } : refused(refusal)
  }

  #txn(operation: TxnOperation, txn: WriteTxn): KvResult {
    const decided = decideTxn(txn.readPoint, operation)
    const refusal = refusalOfTxn(txn.readPoint, decided)
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

  #grant({ id, ttlSeconds }: LeaseGrantOperation, now: ClusterTime, batch: StoreBatch): KvResult {
    if (leaseExists(batch, id)) return refused('leaseExists')
    addLease(batch, this.#slab, { id, ttlSeconds, overAt: overAtFrom(now, ttlSeconds) })
    return { kind: 'leaseGrant', leaseGrant: { revision: this.#current, id, ttlSeconds } }
  }

  #revoke(id: bigint, batch: StoreBatch): KvResult {
    const lease = leaseOf(batch, id)
    if (lease === undefined) return refused('leaseNotFound')
    return { kind: 'leaseRevoke', leaseRevoke: this.#end(lease, batch) }
  }

  #renew(ids: readonly bigint[], now: ClusterTime, batch: StoreBatch): KvResult {
    const ttlsSeconds = ids.map(id => {
      const lease = leaseOf(batch, id)
      if (lease === undefined) return 0
      if (lease.overAt <= now) probe('kv: a lease was renewed when it was over')
      renewLease(batch, this.#slab, lease, now)
      return lease.ttlSeconds
    })
    return { kind: 'leaseRenew', leaseRenew: { revision: this.#current, ttlsSeconds } }
  }

  #expire(ids: readonly bigint[], now: ClusterTime, batch: StoreBatch): KvResult {
    const revoked: RevokedLease[] = []
    for (const id of ids) {
      const lease = leaseOf(batch, id)
      if (lease !== undefined && isOver(lease, now)) revoked.push({ id, ...this.#end(lease, batch) })
    }
    return { kind: 'leaseExpire', leaseExpire: { revoked } }
  }

  #alarm(operation: AlarmOperation, batch: StoreBatch): KvResult {
    const { alarms, alarm } = changeAlarms(batch, this.#alarms, operation)
    this.#alarms = alarms
    return { kind: 'alarm', alarm: { revision: this.#current, alarm } }
  }

  #authorize(operation: AuthOperation, entry: Entry, batch: StoreBatch): KvResult {
    const refusal = this.#auth.apply(operation, entry, batch)
    if (refusal !== undefined) return refused(refusal)
    return { kind: 'auth', auth: { revision: this.#current, index: entry.index } }
  }

  #downgrade(operation: DowngradeOperation, batch: StoreBatch): KvResult {
    const refusal = changeDowngrade(batch, operation)
    return refusal === undefined ? { kind: 'downgrade' } : refused(refusal)
  }

  /** A lease and all of its keys, at one revision. */
  #end(lease: Lease, batch: StoreBatch): LeaseRevokeResult {
    const keys = this.#change(batch, txn => txn.deleteAttached(lease.id))
    removeLease(batch, this.#slab, lease)
    return { revision: this.#current, keys }
  }
}

/** Whoever said that it was over may have been a leader that was replaced since, or known of no renewal. */
function isOver({ overAt }: Lease, now: ClusterTime): boolean {
  if (overAt <= now) return true
  probe('kv: a lease that was said to be over was renewed before')
  return bug('lease-expiry-believed')
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
