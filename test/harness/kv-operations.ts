/** Short ways to write the operations of the key-value machine. Text is UTF-8. */
import type { AuthOperation } from '../../src/machines/kv/auth/types.ts'
import { range } from '../../src/machines/kv/range-cursor.ts'
import type {
  Compare,
  DeleteRangeOperation,
  KeyValue,
  KvCommand,
  PlainCommand,
  PutOperation,
  RangeOperation,
  RangeResult,
  RequestOperation,
  TxnOperation,
} from '../../src/machines/kv/types.ts'
import type { StoreView } from '../../src/runtime/store.ts'

export type Bytes = string | Uint8Array

export function bytes(text: Bytes): Uint8Array {
  return typeof text === 'string' ? new Uint8Array(Buffer.from(text)) : text
}

export function text(value: Uint8Array): string {
  return Buffer.from(value).toString()
}

export function rangeOf(
  key: Bytes,
  rangeEnd: Bytes = '',
  options: Partial<RangeOperation> = {},
): RangeOperation {
  return {
    key: bytes(key),
    rangeEnd: bytes(rangeEnd),
    limit: 0,
    revision: 0,
    sortOrder: 0,
    sortTarget: 0,
    keysOnly: false,
    countOnly: false,
    minModRevision: 0,
    maxModRevision: 0,
    minCreateRevision: 0,
    maxCreateRevision: 0,
    ...options,
  }
}

export function putOf(key: Bytes, value: Bytes = '', options: Partial<PutOperation> = {}): PutOperation {
  return {
    key: bytes(key),
    value: bytes(value),
    lease: 0n,
    prevKv: false,
    ignoreValue: false,
    ignoreLease: false,
    ...options,
  }
}

export function deleteOf(key: Bytes, rangeEnd: Bytes = '', prevKv = false): DeleteRangeOperation {
  return { key: bytes(key), rangeEnd: bytes(rangeEnd), prevKv }
}

export function compareOf(
  key: Bytes,
  target: number,
  result: number,
  to: number | bigint | Bytes,
  rangeEnd: Bytes = '',
): Compare {
  return {
    key: bytes(key),
    rangeEnd: bytes(rangeEnd),
    target,
    result,
    number: typeof to === 'number' ? to : 0,
    lease: typeof to === 'bigint' ? to : 0n,
    value: typeof to === 'number' || typeof to === 'bigint' ? bytes('') : bytes(to),
  }
}

export const put = (key: Bytes, value?: Bytes, options?: Partial<PutOperation>) =>
  ({ kind: 'put', put: putOf(key, value, options) }) as const
export const remove = (key: Bytes, rangeEnd?: Bytes, prevKv?: boolean) =>
  ({ kind: 'deleteRange', deleteRange: deleteOf(key, rangeEnd, prevKv) }) as const
export const get = (key: Bytes, rangeEnd?: Bytes, options?: Partial<RangeOperation>) =>
  ({ kind: 'range', range: rangeOf(key, rangeEnd, options) }) as const
export const compact = (revision: number): PlainCommand => ({ kind: 'compact', compact: { revision } })

export const grant = (id: bigint, ttlSeconds = 60): PlainCommand => ({
  kind: 'leaseGrant',
  leaseGrant: { id, ttlSeconds },
})
export const revoke = (id: bigint): PlainCommand => ({ kind: 'leaseRevoke', leaseRevoke: { id } })
export const renew = (...ids: bigint[]): PlainCommand => ({ kind: 'leaseRenew', leaseRenew: { ids } })
export const expire = (...ids: bigint[]): PlainCommand => ({ kind: 'leaseExpire', leaseExpire: { ids } })

/** On users, roles and tokens. */
export const auth = (operation: AuthOperation): PlainCommand => ({ kind: 'auth', auth: operation })
export const asked = (user: string, authRevision: number, command: PlainCommand): KvCommand => ({
  kind: 'asked',
  asker: { user, authRevision },
  command,
})

export function txnOf(
  compare: readonly Compare[],
  success: readonly RequestOperation[],
  failure: readonly RequestOperation[] = [],
): { readonly kind: 'txn'; readonly txn: TxnOperation } {
  return { kind: 'txn', txn: { compare, success, failure } }
}

/** The answer to a range that is not refused. */
export function read(
  view: StoreView,
  key: Bytes,
  rangeEnd?: Bytes,
  options?: Partial<RangeOperation>,
): RangeResult {
  const outcome = range(view, rangeOf(key, rangeEnd, options))
  if (outcome.kind === 'refused') throw new Error(`refused: ${outcome.reason}`)
  return outcome.range
}

/** `key=value` of each. */
export function pairs(kvs: readonly KeyValue[]): string[] {
  return kvs.map(({ key, value }) => `${text(key)}=${text(value)}`)
}
