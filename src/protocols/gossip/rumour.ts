/** Rumours and their names: no two are named alike, whoever started them and however often that one began anew. */
import type { NodeId } from '../../core/ids.ts'

/** One incarnation of one member, which numbers its rumours. */
export interface Source {
  readonly origin: NodeId
  /** A number that this member has not used in an earlier life. */
  readonly epoch: number
}

export interface RumourId extends Source {
  /** From 1, without gaps. */
  readonly number: number
}

export interface Rumour extends RumourId {
  readonly payload: Uint8Array
}

/** By origin, then by epoch: the order in which sources are compared between two members. */
export function compareSources(a: Source, b: Source): number {
  if (a.origin !== b.origin) return a.origin < b.origin ? -1 : 1
  return a.epoch - b.epoch
}
