/**
 * Leases as the store holds them. A lease is there from its grant until it is revoked, by somebody's wish or because
 * its time was over, and its keys go with it in the same batch; that it is overdue changes nothing until then.
 *
 * Their only clock is the cluster time that a leader stamps on the entries of the log: it stands still while nobody
 * leads, and no leader has another one. So the time that a lease has left survives every change of leader.
 */
import { EMPTY, varintBytes } from '../../core/bytes.ts'
import type { ClusterTime } from '../../core/time.ts'
import type { StoreBatch, StoreCursor, StoreView } from '../../runtime/store.ts'
import type { Interval } from './interval-set.ts'
import { RecordReader } from './record-reader.ts'
import { Slab } from './slab.ts'
import {
  attachedKey,
  attachedRange,
  keyOfAttached,
  LEASE_END_TABLE,
  leaseEndKey,
  leaseKey,
  leaseOfEnd,
  overAtOfEnd,
} from './store-keys.ts'
import { writeVarint } from './varint.ts'

export interface Lease {
  /** Signed 64-bit, never 0. */
  readonly id: bigint
  readonly ttlSeconds: number
  /** From then on it may be revoked by nobody's wish. */
  readonly overAt: ClusterTime
}

/** The id that stands for none. */
export const NO_LEASE = 0n

/** For keys that are only looked up: nobody keeps them. */
const lookups = new Slab()

export function leaseExists(view: StoreView, id: bigint): boolean {
  return view.get(leaseKey(lookups, id)) !== undefined
}

export function leaseOf(view: StoreView, id: bigint): Lease | undefined {
  const record = view.get(leaseKey(lookups, id))
  if (record === undefined) return undefined
  const from = new RecordReader(record)
  return { id, ttlSeconds: from.varint(), overAt: from.varint() as ClusterTime }
}

/** When a lease that is granted or renewed now will be over. */
export function overAtFrom(now: ClusterTime, ttlSeconds: number): ClusterTime {
  return (now + ttlSeconds * 1000) as ClusterTime
}

export function addLease(batch: StoreBatch, slab: Slab, lease: Lease): void {
  batch.put(leaseKey(slab, lease.id), leaseRecord(slab, lease), 'absent')
  batch.put(leaseEndKey(slab, lease.overAt, lease.id), EMPTY, 'absent')
}

export function renewLease(batch: StoreBatch, slab: Slab, lease: Lease, now: ClusterTime): void {
  const renewed = { ...lease, overAt: overAtFrom(now, lease.ttlSeconds) }
  if (renewed.overAt === lease.overAt) return
  batch.put(leaseKey(slab, lease.id), leaseRecord(slab, renewed), 'present')
  batch.delete(leaseEndKey(slab, lease.overAt, lease.id), 'present')
  batch.put(leaseEndKey(slab, renewed.overAt, lease.id), EMPTY, 'absent')
}

/** The lease itself; its keys are `WriteTxn`'s. */
export function removeLease(batch: StoreBatch, slab: Slab, lease: Lease): void {
  batch.delete(leaseKey(slab, lease.id), 'present')
  batch.delete(leaseEndKey(slab, lease.overAt, lease.id), 'present')
}

function leaseRecord(slab: Slab, { ttlSeconds, overAt }: Lease): Uint8Array {
  const record = slab.take(varintBytes(ttlSeconds) + varintBytes(overAt))
  writeVarint(record, writeVarint(record, 0, ttlSeconds), overAt)
  return record
}

/** All leases, the one that is over first coming first. */
export class LeaseCursor {
  readonly #cursor: StoreCursor

  constructor(view: StoreView) {
    this.#cursor = view.scan(LEASE_END_TABLE)
  }

  /** False at the end. */
  next(): boolean {
    return this.#cursor.next()
  }

  get id(): bigint {
    return leaseOfEnd(this.#cursor.key)
  }

  get overAt(): ClusterTime {
    return overAtOfEnd(this.#cursor.key) as ClusterTime
  }
}

/** The keys that go with a lease, in their order. */
export class AttachedCursor {
  readonly #cursor: StoreCursor

  constructor(view: StoreView, lease: bigint) {
    this.#cursor = view.scan(attachedRange(lookups, lease))
  }

  /** Undefined at the end. */
  next(): Uint8Array | undefined {
    return this.#cursor.next() ? keyOfAttached(this.#cursor.key) : undefined
  }
}

/** How many keys go with a lease, in less than linear time. */
export function countAttached(view: StoreView, lease: bigint): number {
  return view.count(attachedRange(lookups, lease))
}

/** How many of them are in an interval. */
export function countAttachedWithin(view: StoreView, lease: bigint, { from, to }: Interval): number {
  const all = attachedRange(lookups, lease)
  const end = to === undefined ? all.to : attachedKey(lookups, lease, to)
  return view.count({ ...all, from: attachedKey(lookups, lease, from), ...(end && { to: end }) })
}
