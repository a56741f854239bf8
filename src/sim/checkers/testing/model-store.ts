/** A store of a few keys that writes its committed log, and replicas that follow it at their own pace. */
import type { Random } from '../../../core/prng.ts'
import type { Change, CommittedLog, Compaction, KeyEvent } from '../committed-log.ts'
import type { KeyValue } from '../history.ts'

export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, character => character.charCodeAt(0))
}

/** What the store's log holds, in its order. */
type Entry =
  | { readonly kind: 'change'; readonly change: Change }
  | { readonly kind: 'compaction'; readonly compaction: Compaction }

export const MODEL_KEYS = ['a', 'a/1', 'a/2', 'b', 'b/1', 'c'] as const

export class ModelStore {
  readonly entries: Entry[] = []
  readonly #current = new Map<string, KeyValue>()
  #revision = 1
  #compacted = 0

  get revision(): number {
    return this.#revision
  }

  /** One transaction of one to four puts and deletes of different keys. */
  write(random: Random, at: number): void {
    const keys: string[] = [...MODEL_KEYS]
    const revision = this.#revision + 1
    const events: KeyEvent[] = []
    for (let left = 1 + random.below(4); left > 0; left--) {
      const key = keys.splice(random.below(keys.length), 1)[0]!
      const event = this.#change(key, revision, random)
      if (event !== undefined) events.push(event)
    }
    if (events.length === 0) return
    this.#revision = revision
    this.entries.push({ kind: 'change', change: { at, revision, events } })
  }

  compact(random: Random, at: number): void {
    if (this.#compacted === this.#revision) return
    const revision = this.#compacted + 1 + random.below(this.#revision - this.#compacted)
    this.#compacted = revision
    this.entries.push({ kind: 'compaction', compaction: { at, revision, storeRevision: this.#revision } })
  }

  log(): CommittedLog {
    const changes = this.entries.flatMap(entry => (entry.kind === 'change' ? [entry.change] : []))
    const compactions = this.entries.flatMap(entry => (entry.kind === 'compaction' ? [entry.compaction] : []))
    return { changes, compactions }
  }

  #change(text: string, revision: number, random: Random): KeyEvent | undefined {
    const prevKv = this.#current.get(text)
    const key = bytesOf(text)
    if (random.chance(1, 3)) {
      if (prevKv === undefined) return undefined
      this.#current.delete(text)
      const nothing = { createRevision: 0, version: 0, value: bytesOf(''), lease: 0n }
      return { kind: 'delete', kv: { ...nothing, key, modRevision: revision }, prevKv }
    }
    const kv: KeyValue = {
      key,
      createRevision: prevKv?.createRevision ?? revision,
      modRevision: revision,
      version: (prevKv?.version ?? 0) + 1,
      value: bytesOf(`v${random.below(3)}`),
      lease: 0n,
    }
    this.#current.set(text, kv)
    return { kind: 'put', kv, prevKv }
  }
}

/** A member that has applied the beginning of the log. */
export class ModelReplica {
  revision = 1
  compacted = 0
  readonly changes: Change[] = []
  readonly #store: ModelStore
  #applied = 0

  constructor(store: ModelStore) {
    this.#store = store
  }

  /** Applies the next entries of the log. */
  catchUp(countMax: number): void {
    for (const entry of this.#store.entries.slice(this.#applied, this.#applied + countMax)) {
      this.#applied++
      if (entry.kind === 'compaction') this.compacted = entry.compaction.revision
      else {
        this.changes.push(entry.change)
        this.revision = entry.change.revision
      }
    }
  }
}
