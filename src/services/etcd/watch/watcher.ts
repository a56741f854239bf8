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

/** A set of watchers in the same state. */
export interface WatcherPlace {
  add(watcher: Watcher): void
  delete(watcher: Watcher): void
}

export class Watcher {
  readonly stream: WatchStream
  readonly id: bigint
  readonly keys: KeySet
  /** What it asked for; 0: from its creation on. */
  readonly startRevision: number
  readonly withBefore: boolean
  readonly wantsProgress: boolean
  readonly mayFragment: boolean
  /** The first revision of which it may still be told; every one below it that concerns it was told. */
  next: number
  #state: WatcherState = 'new'
  #place: WatcherPlace | undefined
  /** Found for it in what is being handed out, and not sent yet. */
  gathered: SharedEvent[] = []
  gatheredBytes = 0
  /** It was told of nothing since the last time for progress. */
  wasQuiet = true
  readonly #skipsPuts: boolean
  readonly #skipsDeletions: boolean

  /** @param create keeps none of its bytes */
  constructor(stream: WatchStream, id: bigint, create: WatchCreateRequest, next: number) {
    this.stream = stream
    this.id = id
    this.keys = keysOf(create)
    this.startRevision = create.startRevision
    this.withBefore = create.prevKv
    this.wantsProgress = create.progressNotify
    this.mayFragment = create.fragment
    this.next = next
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
    this.gatheredBytes += event.bytes
  }

  /** What was gathered; it is forgotten here. */
  take(): readonly SharedEvent[] {
    const { gathered } = this
    this.gathered = []
    this.gatheredBytes = 0
    return gathered
  }
}

/** The smallest key there is stands for none. */
function keysOf({ key, rangeEnd }: WatchCreateRequest): KeySet {
  return keySet(key.length === 0 ? SMALLEST_KEY : key.slice(), rangeEnd.slice())
}

const SMALLEST_KEY = new Uint8Array([0])
