/**
 * What the store committed, for whom watches are held against: every entry when the first replica applied it, carried
 * out once more, alone, when the run is judged.
 */
import type { Entry } from '../../core/entry.ts'
import { ChangeFeed } from '../../machines/kv/change-feed.ts'
import type { Change as StoreChange } from '../../machines/kv/changes.ts'
import { decodeCommand } from '../../machines/kv/command-codec.ts'
import { kvMachine } from '../../machines/kv/kv-machine.ts'
import { currentRevision } from '../../machines/kv/revisions.ts'
import { plainCommandOf } from '../../machines/kv/types.ts'
import type { Store } from '../../runtime/store.ts'
import type { Change, CommittedLog, Compaction, KeyEvent } from '../checkers/committed-log.ts'
import type { KeyValue } from '../checkers/history.ts'
import { textOf } from '../checkers/json-codec.ts'
import { PlainStore } from './plain-store.ts'

interface Applied {
  readonly entry: Entry
  readonly at: number
}

export class StoreLog {
  readonly #applied: Applied[] = []
  /** Of everything so far: several oracles ask, and each reading carries out the whole log. */
  #read: CommittedLog | undefined

  /** In the order of the log, each entry once. The data may change afterwards. */
  add(entry: Entry, at: number): void {
    if (entry.kind !== 'command') return
    this.#applied.push({ entry: { ...entry, data: entry.data.slice() }, at })
    this.#read = undefined
  }

  read(): CommittedLog {
    this.#read ??= this.#carryOut()
    return this.#read
  }

  #carryOut(): CommittedLog {
    const store = new PlainStore()
    const feed = new ChangeFeed()
    const machine = kvMachine(feed)
    machine.open(store as unknown as Store)
    const changes: Change[] = []
    const compactions: Compaction[] = []
    const before = new Map<string, KeyValue>()
    let now = 0
    let authenticatedAt: number | undefined
    feed.listen({
      changed: told => {
        for (const each of byRevision(told)) {
          changes.push({ at: now, revision: each[0]!.revision.main, events: eventsOf(each, before) })
        }
      },
      replaced: () => {},
    })
    for (const { entry, at } of this.#applied) {
      now = at
      const [result] = machine.apply([entry], store)
      if (feed.auth.enabled) authenticatedAt ??= at
      if (result?.kind !== 'compact') continue
      const command = plainCommandOf(decodeCommand(entry.data))
      if (command.kind !== 'compact') continue
      compactions.push({ at, revision: command.compact.revision, storeRevision: currentRevision(store) })
    }
    return { changes, compactions, authenticatedAt }
  }
}

/** One entry may make several revisions: of leases that end together each has its own. */
function byRevision(told: readonly StoreChange[]): StoreChange[][] {
  const groups: StoreChange[][] = []
  for (const change of told) {
    const last = groups.at(-1)
    if (last?.[0]?.revision.main === change.revision.main) last.push(change)
    else groups.push([change])
  }
  return groups
}

/** @param before what every key was, which the changes change */
function eventsOf(told: readonly StoreChange[], before: Map<string, KeyValue>): KeyEvent[] {
  const revision = told[0]!.revision.main
  const earlier = new Map(told.map(({ kv }) => [textOf(kv.key), before.get(textOf(kv.key))]))
  return told.map(({ deleted, kv }) => {
    const key = textOf(kv.key)
    if (deleted) before.delete(key)
    else before.set(key, kv)
    const isCreation = !deleted && kv.createRevision === revision
    return { kind: deleted ? 'delete' : 'put', kv, prevKv: isCreation ? undefined : earlier.get(key) }
  })
}
