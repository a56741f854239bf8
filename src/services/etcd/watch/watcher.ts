/** One watch: what it is to be told, and how far it has been. */
import type { Change } from '../../../machines/kv/changes.ts'
import { type KeySet, keySet } from '../../../machines/kv/key-range.ts'
import { type WatchCreateRequest, WatchFilter } from '../../../wire/etcd/watch-request.ts'
import type { SharedEvent } from './shared-event.ts'
import type { WatchStream } from './watch-stream.ts'

/**
 * Where a watcher stands. `synced`: it is told of changes as they are made. `waiting`: it has to catch up, and a walk
 * through the history will take it along. `walking`: one has. `stalled`: it has to catch up, when its stream takes
 * more again. `gone`: it was cancelled, or its stream ended.
 */
export type WatcherState = 'new' | 'synced' | 'waiting' | 'walking' | 'stalled' | 'gone'

/** Whose it is, and when that user's permissions were looked at. */
export interface WatchedBy {
  readonly user: string | undefined
  readonly generation: number
}

/** A set of watchers in the same state. */
export interface WatcherPlace {
  add(watcher: Watcher): void
  delete(watcher: Watcher): void
}

export class Watcher {
  readonly stream: WatchStream
  readonly id: bigint
  readonly keys: KeySet
  /** The same, as it was asked for. */
  readonly asked: { readonly key: Uint8Array; readonly rangeEnd: Uint8Array }
  /** What it asked for; 0: from its creation on. */
  readonly startRevision: number
  readonly withBefore: boolean
  readonly wantsProgress: boolean
  readonly mayFragment: boolean
  /** Who asked for it, if anybody had to say so. */
  readonly user: string | undefined
  /** As of which generation of permissions its user may read its keys. */
  allowedAt: number
  /** The first revision of which it may still be told; every one below it that concerns it was told. */
  next: number
  #state: WatcherState = 'new'
  #place: WatcherPlace | undefined
  /** Found for it in what is being handed out, and not sent yet. */
  gathered: SharedEvent[] = []
  #gatheredBytes = 0
  /** It was told of nothing since the last time for progress. */
  wasQuiet = true
  readonly #skipsPuts: boolean
  readonly #skipsDeletions: boolean

  /** @param create keeps none of its bytes */
  constructor(stream: WatchStream, id: bigint, create: WatchCreateRequest, next: number, by: WatchedBy) {
    this.stream = stream
    this.id = id
    const key = create.key.length === 0 ? SMALLEST_KEY : create.key.slice()
    this.asked = { key, rangeEnd: create.rangeEnd.slice() }
    this.keys = keySet(key, this.asked.rangeEnd)
    this.startRevision = create.startRevision
    this.withBefore = create.prevKv
    this.wantsProgress = create.progressNotify
    this.mayFragment = create.fragment
    this.next = next
    this.user = by.user
    this.allowedAt = by.generation
    this.#skipsPuts = create.filters.includes(WatchFilter.noPut)
    this.#skipsDeletions = create.filters.includes(WatchFilter.noDelete)
  }

  get state(): WatcherState {
    return this.#state
  }

  isIn(place: WatcherPlace): boolean {
    return this.#place === place
  }

  /** Stands in one place at a time; what was gathered for it where it stood is forgotten. */
  moveTo(state: WatcherState, place?: WatcherPlace): void {
    this.#place?.delete(this)
    this.#state = state
    this.#place = place
    if (this.gathered.length > 0) this.take()
    place?.add(this)
  }

  wants({ revision, deleted }: Change): boolean {
    return revision.main >= this.next && !(deleted ? this.#skipsDeletions : this.#skipsPuts)
  }

  gather(event: SharedEvent): void {
    this.gathered.push(event)
    this.#gatheredBytes += event.bytes
    this.stream.gatheredBytes += event.bytes
  }

  /** What was gathered; it is forgotten here. */
  take(): readonly SharedEvent[] {
    const { gathered } = this
    this.gathered = []
    this.stream.gatheredBytes -= this.#gatheredBytes
    this.#gatheredBytes = 0
    return gathered
  }
}

/** It stands for no key at all. */
export const SMALLEST_KEY = new Uint8Array([0])
