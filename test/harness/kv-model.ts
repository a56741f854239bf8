/**
 * The key-value semantics as plainly as they can be said: the whole state is copied for every revision. It
 * shares nothing with the machine but the types, and stands for etcd where etcd cannot be run.
 */
import { InvariantError } from '../../src/core/assert.ts'
import type {
  Compare,
  DeleteRangeResult,
  KeyValue,
  KvCommand,
  KvRefusal,
  KvResult,
  LeaseRevokeResult,
  PutOperation,
  PutResult,
  RangeOperation,
  RangeResult,
  RequestOperation,
  ResponseOperation,
  TxnOperation,
} from '../../src/machines/kv/types.ts'

/** By key, spelled in hexadecimal so that strings order as bytes do. */
type State = ReadonlyMap<string, KeyValue>

export interface ModelChange {
  readonly main: number
  readonly sub: number
  readonly key: Uint8Array
  readonly kv: KeyValue | undefined
}

type Reading = { readonly kind: 'range'; readonly range: RangeResult } | Refused
interface Refused {
  readonly kind: 'refused'
  readonly reason: KvRefusal
}

class Refusal extends Error {
  readonly reason: KvRefusal
  constructor(reason: KvRefusal) {
    super(reason)
    this.reason = reason
  }
}

interface ModelLease {
  readonly ttlSeconds: number
  readonly overAt: number
}

export class KvModel {
  /** Cluster time, in milliseconds. */
  now = 0
  readonly leases = new Map<bigint, ModelLease>()
  /** The state at every revision. */
  readonly #states: State[] = [new Map(), new Map()]
  readonly changes: ModelChange[] = []
  compacted = -1
  /** Of the request under way: the state so far, and its changes. */
  #now: Map<string, KeyValue> = new Map()
  #pending: ModelChange[] = []

  get current(): number {
    return this.#states.length - 1
  }

  /** The state at the newest revision. */
  get state(): State {
    return this.#states[this.current]!
  }

  apply(command: KvCommand): KvResult {
    this.#begin()
    try {
      const result = this.#execute(command)
      this.#end()
      return result
    } catch (error) {
      if (error instanceof Refusal) return { kind: 'refused', reason: error.reason }
      throw error
    }
  }

  range(operation: RangeOperation): Reading {
    try {
      return { kind: 'range', range: this.#range(operation, this.state, this.current) }
    } catch (error) {
      if (error instanceof Refusal) return { kind: 'refused', reason: error.reason }
      throw error
    }
  }

  /** The keys that go with a lease, as they are now. */
  attached(lease: bigint): Uint8Array[] {
    return within(this.state, new Uint8Array(1), new Uint8Array(1)).flatMap(kv =>
      kv.lease === lease ? [kv.key] : [],
    )
  }

  #begin(): void {
    this.#now = new Map(this.state)
    this.#pending = []
  }

  #end(): void {
    if (this.#pending.length === 0) return
    this.#states.push(this.#now)
    this.changes.push(...this.#pending)
  }

  #execute(command: KvCommand): KvResult {
    switch (command.kind) {
      case 'put':
        this.#checkPut(command.put)
        return { kind: 'put', put: this.#put(command.put) }
      case 'deleteRange':
        return { kind: 'deleteRange', deleteRange: this.#deleteRange(command.deleteRange) }
      case 'txn': {
        const branches = new Map<TxnOperation, boolean>()
        this.#decide(command.txn, branches)
        this.#check(command.txn, branches)
        const responses = this.#run(command.txn, branches)
        const succeeded = branches.get(command.txn)!
        return { kind: 'txn', txn: { revision: this.#revision(), succeeded, responses } }
      }
      case 'compact': {
        const { revision } = command.compact
        if (revision <= this.compacted) throw new Refusal('compacted')
        if (revision > this.current) throw new Refusal('futureRevision')
        this.compacted = revision
        return { kind: 'compact', compact: { revision: this.current } }
      }
      case 'leaseGrant': {
        const { id, ttlSeconds } = command.leaseGrant
        if (this.leases.has(id)) throw new Refusal('leaseExists')
        this.#promise(id, ttlSeconds)
        return { kind: 'leaseGrant', leaseGrant: { revision: this.current, id, ttlSeconds } }
      }
      case 'leaseRevoke':
        if (!this.leases.has(command.leaseRevoke.id)) throw new Refusal('leaseNotFound')
        return { kind: 'leaseRevoke', leaseRevoke: this.#revoke(command.leaseRevoke.id) }
      case 'leaseRenew': {
        const ttlsSeconds = command.leaseRenew.ids.map(id => {
          const ttlSeconds = this.leases.get(id)?.ttlSeconds ?? 0
          if (ttlSeconds > 0) this.#promise(id, ttlSeconds)
          return ttlSeconds
        })
        return { kind: 'leaseRenew', leaseRenew: { revision: this.current, ttlsSeconds } }
      }
      case 'leaseExpire': {
        const revoked = command.leaseExpire.ids.flatMap(id => {
          if (!((this.leases.get(id)?.overAt ?? Number.POSITIVE_INFINITY) <= this.now)) return []
          const ended = { id, ...this.#revoke(id) }
          this.#end()
          this.#begin()
          return [ended]
        })
        return { kind: 'leaseExpire', leaseExpire: { revoked } }
      }
      default:
        throw new InvariantError(`the model knows of no ${command.kind}`)
    }
  }

  #promise(id: bigint, ttlSeconds: number): void {
    this.leases.set(id, { ttlSeconds, overAt: this.now + ttlSeconds * 1000 })
  }

  #revoke(id: bigint): LeaseRevokeResult {
    const keys = this.attached(id)
    for (const key of keys) this.#deleteRange({ key, rangeEnd: new Uint8Array(), prevKv: false })
    this.leases.delete(id)
    return { revision: this.#revision(), keys }
  }

  // --- Transactions ---

  #decide(txn: TxnOperation, branches: Map<TxnOperation, boolean>): void {
    branches.set(
      txn,
      txn.compare.every(compare => this.#holds(compare)),
    )
    for (const operation of taken(txn, branches)) {
      if (operation.kind === 'txn') this.#decide(operation.txn, branches)
    }
  }

  #holds(compare: Compare): boolean {
    const found = within(this.state, compare.key, compare.rangeEnd)
    if (found.length > 0) return found.every(kv => satisfies(kv, compare))
    return compare.target !== 3 && satisfies(undefined, compare)
  }

  #check(txn: TxnOperation, branches: Map<TxnOperation, boolean>): void {
    for (const operation of taken(txn, branches)) {
      if (operation.kind === 'put') this.#checkPut(operation.put)
      if (operation.kind === 'txn') this.#check(operation.txn, branches)
      if (operation.kind !== 'range') continue
      const { revision } = operation.range
      if (revision > this.current) throw new Refusal('futureRevision')
      if (revision !== 0 && revision < this.compacted) throw new Refusal('compacted')
    }
  }

  #checkPut(put: PutOperation): void {
    if (put.lease !== 0n && !this.leases.has(put.lease)) throw new Refusal('leaseNotFound')
    if ((put.ignoreValue || put.ignoreLease) && !this.state.has(hex(put.key)))
      throw new Refusal('keyNotFound')
  }

  #run(txn: TxnOperation, branches: Map<TxnOperation, boolean>): ResponseOperation[] {
    return taken(txn, branches).map((operation): ResponseOperation => {
      if (operation.kind === 'put') return { kind: 'put', put: this.#put(operation.put) }
      if (operation.kind === 'deleteRange') {
        return { kind: 'deleteRange', deleteRange: this.#deleteRange(operation.deleteRange) }
      }
      if (operation.kind === 'range') {
        return { kind: 'range', range: this.#range(operation.range, this.#now, this.#revision()) }
      }
      const responses = this.#run(operation.txn, branches)
      const succeeded = branches.get(operation.txn)!
      return { kind: 'txn', txn: { revision: 0, succeeded, responses } }
    })
  }

  // --- Changes ---

  /** What the store's revision would be if the request ended now. */
  #revision(): number {
    return this.#pending.length === 0 ? this.current : this.current + 1
  }

  #put(put: PutOperation): PutResult {
    const main = this.current + 1
    const before = this.#now.get(hex(put.key))
    const kv: KeyValue = {
      key: put.key,
      createRevision: before?.createRevision ?? main,
      modRevision: main,
      version: (before?.version ?? 0) + 1,
      value: put.ignoreValue ? (before?.value ?? new Uint8Array()) : put.value,
      lease: put.ignoreLease ? (before?.lease ?? 0n) : put.lease,
    }
    this.#now.set(hex(put.key), kv)
    this.#pending.push({ main, sub: this.#pending.length, key: put.key, kv })
    return { revision: main, prevKv: put.prevKv ? before : undefined }
  }

  #deleteRange(operation: { key: Uint8Array; rangeEnd: Uint8Array; prevKv: boolean }): DeleteRangeResult {
    const found = within(this.#now, operation.key, operation.rangeEnd)
    for (const { key } of found) {
      this.#now.delete(hex(key))
      this.#pending.push({ main: this.current + 1, sub: this.#pending.length, key, kv: undefined })
    }
    const prevKvs = operation.prevKv ? found : []
    return { revision: this.#revision(), deleted: found.length, prevKvs }
  }

  // --- Ranges ---

  #range(operation: RangeOperation, now: State, revision: number): RangeResult {
    const asked = operation.revision
    if (asked > revision) throw new Refusal('futureRevision')
    if (asked > 0 && asked < this.compacted) throw new Refusal('compacted')
    const state = asked <= 0 || asked === revision ? now : this.#states[asked]!
    const all = within(state, operation.key, operation.rangeEnd)
    if (operation.countOnly) return { revision, kvs: [], more: false, count: all.length }
    const { limit } = operation
    const hasFilters = [
      operation.minModRevision,
      operation.maxModRevision,
      operation.minCreateRevision,
      operation.maxCreateRevision,
    ].some(bound => bound !== 0)
    const isCutFirst = limit > 0 && operation.sortOrder === 0 && !hasFilters
    const kept = sorted(
      (isCutFirst ? all.slice(0, limit + 1) : all).filter(kv => isKept(kv, operation)),
      operation,
    )
    const more = limit > 0 && kept.length > limit
    const kvs = (more ? kept.slice(0, limit) : kept).map(kv =>
      operation.keysOnly ? { ...kv, value: new Uint8Array() } : kv,
    )
    return { revision, kvs, more, count: all.length }
  }
}

function taken(txn: TxnOperation, branches: Map<TxnOperation, boolean>): readonly RequestOperation[] {
  return branches.get(txn) === true ? txn.success : txn.failure
}

function within(state: State, key: Uint8Array, rangeEnd: Uint8Array): KeyValue[] {
  const from = hex(key)
  const to = hex(rangeEnd)
  const isIn = (each: string) =>
    to === '' ? each === from : to === '00' ? each >= from : each >= from && each < to
  return [...state.keys()]
    .filter(isIn)
    .sort()
    .map(each => state.get(each)!)
}

function satisfies(kv: KeyValue | undefined, { target, result, number, value, lease }: Compare): boolean {
  const sides: [number | bigint | string, number | bigint | string] =
    target === 0
      ? [kv?.version ?? 0, number]
      : target === 1
        ? [kv?.createRevision ?? 0, number]
        : target === 2
          ? [kv?.modRevision ?? 0, number]
          : target === 3
            ? [hex(kv?.value ?? new Uint8Array()), hex(value)]
            : [kv?.lease ?? 0n, lease]
  const [left, right] = sides
  return [left === right, left > right, left < right, left !== right][result]!
}

function isKept(kv: KeyValue, operation: RangeOperation): boolean {
  const isIn = (value: number, min: number, max: number) =>
    (min === 0 || value >= min) && (max === 0 || value <= max)
  return (
    isIn(kv.modRevision, operation.minModRevision, operation.maxModRevision) &&
    isIn(kv.createRevision, operation.minCreateRevision, operation.maxCreateRevision)
  )
}

function sorted(kvs: KeyValue[], { sortOrder, sortTarget }: RangeOperation): KeyValue[] {
  const by = (kv: KeyValue): string | number =>
    [hex(kv.key), kv.version, kv.createRevision, kv.modRevision, hex(kv.value)][sortTarget]!
  const ascending = (a: KeyValue, b: KeyValue) => (by(a) < by(b) ? -1 : by(a) > by(b) ? 1 : 0)
  return kvs.sort(sortOrder === 2 ? (a, b) => ascending(b, a) : ascending)
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
