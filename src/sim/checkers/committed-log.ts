/**
 * What the store committed, in its order: the truth that watches and leases are held against. Taken down where
 * commands are applied, once for all replicas (`replicas.ts` sees to it that they agree).
 */
import { compareBytes, equalBytes } from '../../core/bytes.ts'
import type { KeyValue } from './history.ts'

/** A key was put or deleted; a deletion's `kv` holds the key and the revision and nothing else, as etcd has it. */
export interface KeyEvent {
  readonly kind: 'put' | 'delete'
  readonly kv: KeyValue
  /** What the key was before; undefined if it was not there. */
  readonly prevKv: KeyValue | undefined
}

/** All that happened at one revision. */
export interface Change {
  /** When the first replica applied it. */
  readonly at: number
  readonly revision: number
  readonly events: readonly KeyEvent[]
}

export interface Compaction {
  readonly at: number
  readonly revision: number
  /** The store's own when it was compacted: the compaction stands right behind that change in the log. */
  readonly storeRevision: number
}

export interface CommittedLog {
  /** Ascending by revision, without gaps; the first change of a store has revision 2. */
  readonly changes: readonly Change[]
  /** Ascending. */
  readonly compactions: readonly Compaction[]
  /** Since when everybody has to say who they are. Absent: nobody ever had to. */
  readonly authenticatedAt?: number | undefined
}

/** The revision of a store that was never written to. */
const EMPTY_STORE_REVISION = 1

const FIRST_KEY = Uint8Array.of(0)

export interface EventFilter {
  readonly key: Uint8Array
  readonly rangeEnd: Uint8Array
  readonly noPut: boolean
  readonly noDelete: boolean
}

/** Whether the key lies in the range, as etcd reads ranges of watches: the empty key is the first of all. */
export function isInRange({ key, rangeEnd }: EventFilter, of: Uint8Array): boolean {
  const from = key.length === 0 ? FIRST_KEY : key
  if (rangeEnd.length === 0) return equalBytes(from, of)
  const isOpen = rangeEnd.length === 1 && rangeEnd[0] === 0
  return compareBytes(from, of) <= 0 && (isOpen || compareBytes(of, rangeEnd) < 0)
}

export function isFilteredOut({ noPut, noDelete }: EventFilter, { kind }: KeyEvent): boolean {
  return kind === 'put' ? noPut : noDelete
}

/** Looks things up in a log. */
export class LogIndex {
  readonly #log: CommittedLog
  readonly #first: number

  constructor(log: CommittedLog) {
    this.#log = log
    this.#first = log.changes[0]?.revision ?? EMPTY_STORE_REVISION + 1
  }

  change(revision: number): Change | undefined {
    return this.#log.changes[revision - this.#first]
  }

  /** The changes from one revision to another, both included, that say something to this filter. */
  *changesFor(filter: EventFilter, from: number, to: number): Iterable<Change> {
    const last = Math.min(to, this.#first + this.#log.changes.length - 1)
    for (let revision = Math.max(from, this.#first); revision <= last; revision++) {
      const change = this.change(revision)!
      if (change.events.some(event => isWanted(filter, event))) yield change
    }
  }

  firstChangeFor(filter: EventFilter, from: number, to: number): Change | undefined {
    for (const change of this.changesFor(filter, from, to)) return change
    return undefined
  }

  /** The highest revision that anybody can know of at this time. */
  newestAt(at: number): number {
    let low = 0
    let high = this.#log.changes.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#log.changes[middle]!.at <= at) low = middle + 1
      else high = middle
    }
    return this.#first - 1 + low
  }

  /** Whether everybody has to say who they are, as far as anybody can know at this time. */
  isAuthenticatedBy(at: number): boolean {
    const { authenticatedAt } = this.#log
    return authenticatedAt !== undefined && authenticatedAt <= at
  }

  /** Those that anybody can know of at this time. */
  compactionsBy(at: number): Compaction[] {
    return this.#log.compactions.filter(compaction => compaction.at <= at)
  }
}

/** The events of a change that are in the range and of a kind that was asked for. */
export function wantedEvents(filter: EventFilter, { events }: Change): KeyEvent[] {
  return events.filter(event => isWanted(filter, event))
}

function isWanted(filter: EventFilter, event: KeyEvent): boolean {
  return isInRange(filter, event.kv.key) && !isFilteredOut(filter, event)
}

export function equalKeyValues(a: KeyValue | undefined, b: KeyValue | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return (
    a.createRevision === b.createRevision &&
    a.modRevision === b.modRevision &&
    a.version === b.version &&
    a.lease === b.lease &&
    equalBytes(a.key, b.key) &&
    equalBytes(a.value, b.value)
  )
}
