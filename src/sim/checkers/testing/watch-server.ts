/**
 * One watch stream of an ideal server: it answers requests in order, lets watchers fall behind and catch up in
 * batches, sends long responses in parts to who asked for it, cancels who needs what was compacted, and tells of
 * progress only when nothing is outstanding.
 */
import type { Random } from '../../../core/prng.ts'
import { type KeyEvent, wantedEvents } from '../committed-log.ts'
import { EVERY_WATCH, type WatchCreate, type WatchResponse } from '../watch-record.ts'
import type { ModelReplica } from './model-store.ts'

export type WatchRequest =
  | { readonly kind: 'create'; readonly create: WatchCreate }
  | { readonly kind: 'cancel'; readonly watchId: bigint }
  | { readonly kind: 'progress' }

interface ServerWatcher {
  readonly id: bigint
  readonly create: WatchCreate
  /** The first revision that it has not looked at yet. */
  next: number
}

const NOTHING: Omit<WatchResponse, 'revision' | 'watchId'> = {
  created: false,
  canceled: false,
  compactRevision: 0,
  cancelReason: '',
  fragment: false,
  events: [],
}

export class ModelWatchStream {
  readonly requests: WatchRequest[] = []
  /** Sent, and not received yet. */
  readonly responses: WatchResponse[] = []
  readonly #replica: ModelReplica
  readonly #random: Random
  readonly #watchers = new Map<bigint, ServerWatcher>()
  #nextId = 0n

  constructor(replica: ModelReplica, random: Random) {
    this.#replica = replica
    this.#random = random
  }

  /** Does one thing that is to be done, if there is any. */
  step(): void {
    const draw = this.#random.below(4)
    const watchers = [...this.#watchers.values()]
    if (draw === 0) this.#handle(this.requests.shift())
    else if (watchers.length > 0) {
      const watcher = watchers[this.#random.below(watchers.length)]!
      if (draw === 1) this.#tellProgress(watcher)
      else this.#deliver(watcher, Math.min(this.#replica.revision, watcher.next + this.#random.below(8)))
    }
  }

  handleAll(): void {
    while (this.requests.length > 0) this.#handle(this.requests.shift())
  }

  /** Does everything that is to be done. */
  settle(): void {
    this.handleAll()
    for (const watcher of [...this.#watchers.values()]) this.#deliver(watcher, this.#replica.revision)
  }

  #handle(request: WatchRequest | undefined): void {
    if (request?.kind === 'create') this.#create(request.create)
    else if (request?.kind === 'cancel') {
      if (this.#watchers.delete(request.watchId))
        this.#send({ revision: this.#replica.revision, watchId: request.watchId, canceled: true })
    } else if (request?.kind === 'progress') {
      const isBehind = [...this.#watchers.values()].some(watcher => !this.#isSynced(watcher))
      if (!isBehind) this.#send({ revision: this.#replica.revision, watchId: EVERY_WATCH })
    }
  }

  #create(create: WatchCreate): void {
    const { revision } = this.#replica
    const isTaken = create.watchId !== 0n && this.#watchers.has(create.watchId)
    if (isTaken || create.startRevision < 0 || isEmptyRange(create)) {
      this.#send({ revision, watchId: EVERY_WATCH, created: true, canceled: true, cancelReason: 'no' })
      return
    }
    const id = create.watchId === 0n ? this.#nextId++ : create.watchId
    const next = create.startRevision === 0 ? revision + 1 : create.startRevision
    this.#watchers.set(id, { id, create, next })
    this.#send({ revision, watchId: id, created: true })
  }

  #tellProgress(watcher: ServerWatcher): void {
    if (watcher.create.progressNotify && this.#isSynced(watcher))
      this.#send({ revision: this.#replica.revision, watchId: watcher.id })
  }

  /** Nothing is outstanding, nothing compacted, and the start is not in the future: it needs nothing up to here. */
  #isSynced(watcher: ServerWatcher): boolean {
    const { revision, compacted } = this.#replica
    if (watcher.next < compacted || watcher.next > revision + 1) return false
    if (this.#eventsFor(watcher, revision).length > 0) return false
    watcher.next = revision + 1
    return true
  }

  #deliver(watcher: ServerWatcher, upTo: number): void {
    const { revision, compacted } = this.#replica
    if (watcher.next < compacted) {
      this.#watchers.delete(watcher.id)
      this.#send({ revision: 0, watchId: watcher.id, canceled: true, compactRevision: compacted })
      return
    }
    if (upTo < watcher.next) return
    const events = this.#eventsFor(watcher, upTo)
    watcher.next = upTo + 1
    while (events.length > 0) {
      const count = watcher.create.fragment ? 1 + this.#random.below(events.length) : events.length
      const part = events.splice(0, count)
      this.#send({ revision, watchId: watcher.id, events: part, fragment: events.length > 0 })
    }
  }

  #eventsFor({ create, next }: ServerWatcher, upTo: number): KeyEvent[] {
    const changes = this.#replica.changes.filter(({ revision }) => next <= revision && revision <= upTo)
    return changes
      .flatMap(change => wantedEvents(create, change))
      .map(event => {
        const isReadable = create.prevKv && this.#replica.compacted < event.kv.modRevision
        return isReadable ? event : { ...event, prevKv: undefined }
      })
  }

  #send(response: Pick<WatchResponse, 'revision' | 'watchId'> & Partial<WatchResponse>): void {
    this.responses.push({ ...NOTHING, ...response })
  }
}

function isEmptyRange({ key, rangeEnd }: WatchCreate): boolean {
  const textOf = (bytes: Uint8Array) => String.fromCharCode(...bytes)
  return rangeEnd.length > 0 && textOf(rangeEnd) !== '\0' && textOf(key) >= textOf(rangeEnd)
}
