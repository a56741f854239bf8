/**
 * The operations of the key-value machine and their results: the semantics of etcd's v3 KV API. The field
 * names are etcd's in camel case, so that decoded requests of the wire can be handed over as they are.
 * Revisions and counts are numbers; lease ids are signed 64-bit and exact.
 */

import type { AlarmOperation, AlarmRefusal, AlarmResult } from './alarms.ts'
import type { Asker, AuthOperation, AuthRefusal, AuthResult } from './auth/types.ts'
import type { ClusterVersionOperation, ClusterVersionResult } from './cluster-version.ts'
import type { DowngradeOperation, DowngradeRefusal } from './downgrade.ts'
import type { HashReport } from './hash-report.ts'

export interface KeyValue {
  readonly key: Uint8Array
  readonly createRevision: number
  readonly modRevision: number
  readonly version: number
  readonly value: Uint8Array
  readonly lease: bigint
}

export const SortOrder = { none: 0, ascend: 1, descend: 2 } as const
export const SortTarget = { key: 0, version: 1, create: 2, mod: 3, value: 4 } as const
export const CompareResult = { equal: 0, greater: 1, less: 2, notEqual: 3 } as const
export const CompareTarget = { version: 0, create: 1, mod: 2, value: 3, lease: 4 } as const

/** An empty `rangeEnd` is the single key; a single zero byte means "to the end". */
export interface RangeOperation {
  readonly key: Uint8Array
  readonly rangeEnd: Uint8Array
  /** 0: no limit. */
  readonly limit: number
  /** 0 or below: the newest. */
  readonly revision: number
  readonly sortOrder: number
  readonly sortTarget: number
  readonly keysOnly: boolean
  readonly countOnly: boolean
  readonly minModRevision: number
  readonly maxModRevision: number
  readonly minCreateRevision: number
  readonly maxCreateRevision: number
}

export interface RangeResult {
  /** The store's revision when it was read, not the one that was asked for. */
  readonly revision: number
  readonly kvs: readonly KeyValue[]
  readonly more: boolean
  readonly count: number
}

export interface PutOperation {
  readonly key: Uint8Array
  readonly value: Uint8Array
  readonly lease: bigint
  readonly prevKv: boolean
  readonly ignoreValue: boolean
  readonly ignoreLease: boolean
}

export interface PutResult {
  readonly revision: number
  readonly prevKv: KeyValue | undefined
}

export interface DeleteRangeOperation {
  readonly key: Uint8Array
  readonly rangeEnd: Uint8Array
  readonly prevKv: boolean
}

export interface DeleteRangeResult {
  readonly revision: number
  readonly deleted: number
  readonly prevKvs: readonly KeyValue[]
}

export interface Compare {
  readonly result: number
  readonly target: number
  readonly key: Uint8Array
  readonly rangeEnd: Uint8Array
  /** What to compare with, by target: version, create and mod revision. */
  readonly number: number
  readonly value: Uint8Array
  readonly lease: bigint
}

export interface TxnOperation {
  readonly compare: readonly Compare[]
  readonly success: readonly RequestOperation[]
  readonly failure: readonly RequestOperation[]
}

export type RequestOperation =
  | { readonly kind: 'range'; readonly range: RangeOperation }
  | { readonly kind: 'put'; readonly put: PutOperation }
  | { readonly kind: 'deleteRange'; readonly deleteRange: DeleteRangeOperation }
  | { readonly kind: 'txn'; readonly txn: TxnOperation }

export interface TxnResult {
  readonly revision: number
  readonly succeeded: boolean
  readonly responses: readonly ResponseOperation[]
}

export type ResponseOperation =
  | { readonly kind: 'range'; readonly range: RangeResult }
  | { readonly kind: 'put'; readonly put: PutResult }
  | { readonly kind: 'deleteRange'; readonly deleteRange: DeleteRangeResult }
  | { readonly kind: 'txn'; readonly txn: TxnResult }

export interface CompactOperation {
  readonly revision: number
}

export interface CompactResult {
  readonly revision: number
}

export interface LeaseGrantOperation {
  /** Any number but 0. */
  readonly id: bigint
  readonly ttlSeconds: number
}

export interface LeaseGrantResult extends LeaseGrantOperation {
  readonly revision: number
}

export interface LeaseRevokeOperation {
  readonly id: bigint
}

export interface LeaseRevokeResult {
  readonly revision: number
  /** What went with it, at that revision. */
  readonly keys: readonly Uint8Array[]
}

/** Of many clients at once: together they cost one entry of the log. */
export interface LeaseRenewOperation {
  readonly ids: readonly bigint[]
}

export interface LeaseRenewResult {
  readonly revision: number
  /** Of each id in its place: for how long it is granted again, or 0 if there is no such lease. */
  readonly ttlsSeconds: readonly number[]
}

/**
 * What a leader takes for over. Each is looked at again by the time of the entry: one that was renewed meanwhile
 * stays. Without ids it does nothing but tell the time, which is what a leader to come goes on from.
 */
export interface LeaseExpireOperation {
  readonly ids: readonly bigint[]
}

export interface LeaseExpireResult {
  /** Those that were over, in the order in which they were revoked, each with a revision of its own if it had keys. */
  readonly revoked: readonly RevokedLease[]
}

export interface RevokedLease extends LeaseRevokeResult {
  readonly id: bigint
}

/** A command of the log: with who asks for it, while authentication is on. */
export type KvCommand =
  | PlainCommand
  | { readonly kind: 'asked'; readonly asker: Asker; readonly command: PlainCommand }

export type PlainCommand =
  | { readonly kind: 'put'; readonly put: PutOperation }
  | { readonly kind: 'deleteRange'; readonly deleteRange: DeleteRangeOperation }
  | { readonly kind: 'txn'; readonly txn: TxnOperation }
  | { readonly kind: 'compact'; readonly compact: CompactOperation }
  | { readonly kind: 'leaseGrant'; readonly leaseGrant: LeaseGrantOperation }
  | { readonly kind: 'leaseRevoke'; readonly leaseRevoke: LeaseRevokeOperation }
  | { readonly kind: 'leaseRenew'; readonly leaseRenew: LeaseRenewOperation }
  | { readonly kind: 'leaseExpire'; readonly leaseExpire: LeaseExpireOperation }
  | { readonly kind: 'alarm'; readonly alarm: AlarmOperation }
  | { readonly kind: 'auth'; readonly auth: AuthOperation }
  | { readonly kind: 'clusterVersion'; readonly clusterVersion: ClusterVersionOperation }
  | { readonly kind: 'downgrade'; readonly downgrade: DowngradeOperation }
  | { readonly kind: 'hashReport'; readonly hashReport: HashReport }

/** Without who asks for it. */
export function plainCommandOf(command: KvCommand): PlainCommand {
  return command.kind === 'asked' ? command.command : command
}

export type KvResult =
  | { readonly kind: 'put'; readonly put: PutResult }
  | { readonly kind: 'deleteRange'; readonly deleteRange: DeleteRangeResult }
  | { readonly kind: 'txn'; readonly txn: TxnResult }
  | { readonly kind: 'compact'; readonly compact: CompactResult }
  | { readonly kind: 'leaseGrant'; readonly leaseGrant: LeaseGrantResult }
  | { readonly kind: 'leaseRevoke'; readonly leaseRevoke: LeaseRevokeResult }
  | { readonly kind: 'leaseRenew'; readonly leaseRenew: LeaseRenewResult }
  | { readonly kind: 'leaseExpire'; readonly leaseExpire: LeaseExpireResult }
  | { readonly kind: 'alarm'; readonly alarm: AlarmResult }
  | { readonly kind: 'auth'; readonly auth: AuthResult }
  | { readonly kind: 'clusterVersion'; readonly clusterVersion: ClusterVersionResult }
  | { readonly kind: 'downgrade' }
  | { readonly kind: 'hashReport' }
  | { readonly kind: 'refused'; readonly reason: KvRefusal }

/** Why an operation was refused, without any effect. The service maps these to etcd's codes and strings. */
export type KvRefusal =
  | AlarmRefusal
  | DowngradeRefusal
  | 'keyNotFound'
  | 'leaseNotFound'
  | 'leaseExists'
  | 'compacted'
  | 'futureRevision'
  /** A command format that this version does not know. */
  | 'unknownCommand'
  | AuthRefusal
