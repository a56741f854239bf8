/**
 * The group's own record in its store: how far the state is applied. It is written in the same batch as
 * the state itself, so the two can never disagree (etcd #13766 is what happens otherwise).
 */
import { ByteReader, ByteWriter } from '../core/bytes.ts'
import type { Ballot, Index } from '../core/ids.ts'
import type { LogBase } from '../core/log-update.ts'
import type { ClusterTime } from '../core/time.ts'
import type { KeyRange, StoreBatch, StoreView } from '../runtime/store.ts'

/** Sorts before every key of a state machine, whose tables start with a letter. */
export const APPLIED_KEY: Uint8Array = new Uint8Array([0])

/** What the state machine keeps, all of it. */
export const MACHINE_KEYS: KeyRange = { from: new Uint8Array([1]) }

const FORMAT_VERSION = 1

export function writeApplied(batch: StoreBatch, applied: LogBase): void {
  writeLogBase(records, applied)
  batch.put(APPLIED_KEY, records.finish())
}

/** What is finished stays as it is, so that all records may be pieces of one buffer. */
const records = new ByteWriter()

/** Undefined for a store that nothing was ever applied to. */
export function readApplied(view: StoreView): LogBase | undefined {
  const bytes = view.get(APPLIED_KEY)
  return bytes === undefined ? undefined : readLogBase(new ByteReader(bytes))
}

export function writeLogBase(to: ByteWriter, base: LogBase): void {
  to.u8(FORMAT_VERSION)
  to.u64(base.index)
  to.u64(base.ballot)
  to.u64(base.time)
  to.sizedBytes(base.configuration)
}

/** Throws `DecodeError`. The configuration is copied. */
export function readLogBase(from: ByteReader): LogBase {
  if (from.u8() !== FORMAT_VERSION) throw from.error('unknown version of a log base')
  const index = from.u64() as Index
  const ballot = from.u64() as Ballot
  const time = from.u64() as ClusterTime
  return { index, ballot, time, configuration: from.sizedBytes().slice() }
}
