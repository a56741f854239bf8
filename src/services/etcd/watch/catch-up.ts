/**
 * A walk through the history, for watchers who have not seen it: one reading for all who go along. In slices, each from
 * the store as it then is, so that nothing is pinned; a revision of any size comes out whole, because what was found of
 * it is only sent once the next one begins. A watcher leaves the walk when it has caught up, when its stream takes no
 * more, or when a compaction overtakes it.
 */
import { bug, buggify, probe } from '../../../core/seams.ts'
import { type Change, ChangeCursor } from '../../../machines/kv/changes.ts'
import { readPoint } from '../../../machines/kv/read-point.ts'
import type { StoreView } from '../../../runtime/store.ts'
import { BYTES_PER_ROW } from '../limits.ts'
import type { SlicedWork } from '../slices.ts'
import type { SharedEvent } from './shared-event.ts'
import type { WatchHub } from './watch-hub.ts'
import type { Watcher, WatcherPlace } from './watcher.ts'
import { WatcherIndex } from './watcher-index.ts'

export class CatchUp implements SlicedWork, WatcherPlace {
  readonly #hub: WatchHub
  readonly #view: StoreView
  readonly #walkers = new WatcherIndex<Watcher>()
  /** Whom something was found for that was not sent yet. */
  #told: Watcher[] = []
  /** Where the next slice begins: at this change. */
  #main: number
  #sub = 0
  /** Everything up to here was sent. */
  #sent: number
  /** Somebody's stream would take no more than what was found. */
  #isEnough = false

  constructor(hub: WatchHub, view: StoreView, from: number) {
    this.#hub = hub
    this.#view = view
    this.#main = from
    this.#sent = from - 1
  }

  add(watcher: Watcher): void {
    this.#walkers.add(watcher)
  }

  delete(watcher: Watcher): void {
    this.#walkers.delete(watcher)
  }

  advance(rows: number): boolean {
    const { current, compacted } = readPoint(this.#view)
    if (this.#sent + 1 < compacted) this.#passOver(compacted)
    if (this.#walkers.size === 0) return this.#end()
    const cursor = new ChangeCursor(this.#view, this.#main, current + 1, this.#sub)
    let budget = buggify('watch: a walk reads one change at a time') ? 1 : rows
    for (let change = cursor.next(); change !== undefined; change = cursor.next()) {
      const { main, sub } = change.revision
      const isNewRevision = main !== this.#main
      if (budget <= 0 || (this.#isEnough && isNewRevision)) return this.#rest(main, sub, isNewRevision)
      this.#main = main
      this.#sub = sub + 1
      this.#gather(change)
      budget -= 1 + change.kv.value.length / BYTES_PER_ROW
    }
    this.#send(current)
    for (const watcher of this.#walkers.all()) {
      watcher.next = Math.max(watcher.next, current + 1)
      this.#hub.goOn(watcher)
    }
    return this.#end()
  }

  /** The next slice begins here. What was found is complete where a new revision begins. */
  #rest(main: number, sub: number, isNewRevision: boolean): boolean {
    if (isNewRevision || bug('watch-revision-torn')) this.#send(main - 1)
    else probe('watch: a revision was read in several slices')
    this.#main = main
    this.#sub = sub
    return true
  }

  #gather(change: Change): void {
    let event: SharedEvent | undefined
    this.#walkers.visit(change.kv.key, watcher => {
      if (!watcher.wants(change)) return
      event ??= this.#hub.press.event(change)
      if (watcher.gathered.length === 0) this.#told.push(watcher)
      watcher.gather(event)
      if (watcher.stream.hasEnough) this.#isEnough = true
    })
  }

  /** Whoever left meanwhile has nothing gathered here. */
  #send(through: number): void {
    const told = this.#told
    this.#told = []
    this.#isEnough = false
    this.#sent = through
    for (const watcher of told) if (watcher.isIn(this)) this.#hub.deliver(watcher, through)
  }

  /** Compaction has overtaken: whoever still needed something below it cannot go on. */
  #passOver(compacted: number): void {
    for (const watcher of this.#walkers.all()) {
      watcher.next = Math.max(watcher.next, this.#sent + 1)
      if (watcher.next < compacted) this.#hub.cancelCompacted(watcher, compacted)
    }
    this.#sent = compacted - 1
    if (this.#main >= compacted) return
    this.#main = compacted
    this.#sub = 0
  }

  #end(): false {
    this.#hub.walkEnded(this)
    return false
  }
}
