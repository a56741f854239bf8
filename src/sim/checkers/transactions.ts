/**
 * Histories of transactions as Elle understands them (Kingsbury & Alvaro, "Elle: Inferring Isolation Anomalies from
 * Experimental Observations", VLDB 2020): each write is of a value that no other writes to the same key, so that
 * whoever reads it tells whose write it saw.
 */

export type Value = number | string

export type ListOperation =
  | { readonly kind: 'append'; readonly key: string; readonly value: Value }
  /** Null: not known, because the transaction did not come to an end. */
  | { readonly kind: 'read'; readonly key: string; readonly values: readonly Value[] | null }

export type RegisterOperation =
  | { readonly kind: 'write'; readonly key: string; readonly value: Value }
  /** Null: there was nothing. Undefined: not known. */
  | { readonly kind: 'read'; readonly key: string; readonly value: Value | null | undefined }

export interface Transaction<Operation> {
  /** Names it in sentences; unique in its history. */
  readonly id: number
  /** Of one process, one transaction follows the other. */
  readonly process: number
  readonly calledAt: number
  /** What returns before (`<`) another is called, comes before it. Absent if it never did. */
  readonly returnedAt?: number
  /** `unknown`: committed or not, and perhaps only later. */
  readonly outcome: 'committed' | 'aborted' | 'unknown'
  readonly operations: readonly Operation[]
}

/** How transactions must follow each other, beyond what they read and wrote. */
export type Order =
  /** Serializable. */
  | 'none'
  /** Also in the order of each process. */
  | 'process'
  /** Also in real time: strict serializability. */
  | 'realtime'

export interface Anomaly {
  /** Adya's name, or Elle's: `G0`, `G1a`, `G-single-realtime`, `incompatible-order` ... */
  readonly name: string
  /** What happened, for people. */
  readonly sentence: string
  /** Ids of the transactions in it; of a cycle, in its order. */
  readonly transactions: readonly number[]
}

/** How sentences call a transaction. */
export function nameOf({ id }: { readonly id: number }): string {
  return `T${id}`
}

export function spell(value: Value | null): string {
  return JSON.stringify(value)
}
