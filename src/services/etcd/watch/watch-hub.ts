/**
 * All watchers of a node. Who has seen everything is told of changes as they are made: a change is matched once, and
 * costs as much as there are watchers of its key. Who has not, because it starts in the past, could not keep up, or a
 * snapshot came, catches up from the store, which holds the history: nothing is kept for anybody.
 *
 * Every watcher is told of every change that concerns it from its `next` on, in order, each revision in one response,
 * exactly once; or is cancelled, if compaction was quicker.
 */
import { assert } from '../../../core/assert.ts'
import type { Gauge } from '../../../core/gauge.ts'
import { bug, probe } from '../../../core/seams.ts'
import type { ChangeFeed, ChangeListener } from '../../../machines/kv/change-feed.ts'
import type { Change } from '../../../machines/kv/changes.ts'
import { currentRevision } from '../../../machines/kv/revisions.ts'
import type { StoreView } from '../../../runtime/store.ts'
import type { Responder } from '../responder.ts'
import { Slices } from '../slices.ts'
import { CatchUp } from './catch-up.ts'
import { CATCH_UPS_MAX, SHARED_WALK_REVISIONS, WATCHERS_MAX } from './limits.ts'
import { EventPress, type SharedEvent } from './shared-event.ts'
import type { Watcher } from './watcher.ts'
import { WatcherIndex } from './watcher-index.ts'

export class WatchHub implements ChangeListener {
  readonly press: EventPress
  readonly #responder: Responder
  readonly #view: StoreView
  readonly #slices: Slices
  readonly #synced = new WatcherIndex<Watcher>()
  readonly #waiting = new Set<Watcher>()
  readonly #walks = new Set<CatchUp>()
  #walksWanted = false
  /** Applied, and not handed out yet: until the end of the turn. */
  #news: Change[] = []
  /** The newest revision that was handed out. */
  #handedOut = 0

  constructor(responder: Responder, changes: ChangeFeed) {
    const { replica, clock } = responder.options
    this.#responder = responder
    this.#view = replica.view
    this.press = new EventPress(this.#view)
    this.#slices = new Slices(clock)
    changes.listen(this)
  }

  /** Everything up to here has been handed out to whoever is synced. */
  get reached(): number {
    const [first] = this.#news
    return first === undefined ? currentRevision(this.#view) : first.revision.main - 1
  }

  /** Whether there is room for one more. */
  get hasRoom(): boolean {
    return this.#responder.options.counters.watchers < WATCHERS_MAX
  }

  gauges(): readonly Gauge[] {
    const { watchers } = this.#responder.options.counters
    return [
      { name: 'watch: watchers', value: watchers, max: WATCHERS_MAX },
      {
        name: 'watch: walks through the history',
        value: this.#walks.size,
        max: CATCH_UPS_MAX,
        empties: true,
      },
    ]
  }

  add(watcher: Watcher): void {
    this.#responder.options.counters.watchers++
    this.goOn(watcher)
  }

  remove(watcher: Watcher): void {
    if (watcher.state === 'gone') return
    watcher.moveTo('gone')
    this.#responder.options.counters.watchers--
    this.#count()
  }

  /** From its `next` on: with everybody else, or first from the store. */
  goOn(watcher: Watcher): void {
    if (watcher.next > this.reached) {
      watcher.moveTo('synced', this.#synced)
    } else {
      watcher.moveTo('waiting', this.#waiting)
      this.#walkSoon()
    }
    this.#count()
  }

  /** Sends what was gathered for a watcher, who then knows everything up to `through`; or as much as it takes. */
  deliver(watcher: Watcher, through: number): void {
    const reached = watcher.stream.deliver(watcher, watcher.take(), through)
    if (reached >= through) return
    this.#fallBehind(watcher, bug('watch-lost-when-slow') ? through + 1 : reached + 1)
  }

  /** Its `next` was compacted, and nobody can tell what it missed. */
  cancelCompacted(watcher: Watcher, compacted: number): void {
    if (watcher.stream.isFull) return this.#fallBehind(watcher, watcher.next)
    probe('watch: a compaction was quicker than a watcher')
    watcher.stream.cancelCompacted(watcher, compacted)
  }

  walkEnded(walk: CatchUp): void {
    this.#walks.delete(walk)
    if (this.#waiting.size > 0) this.#walkSoon()
  }

  changed(changes: readonly Change[]): void {
    this.#responder.options.counters.changed(changes)
    // Whoever is not synced finds them in the store.
    if (this.#synced.size === 0) return
    if (this.#news.length === 0) this.#responder.options.clock.soon(this.#handOut)
    for (const change of changes) this.#news.push(change)
  }

  /**
   * What was not handed out, and what the snapshot brought, is in the store. Where everybody was is not: going back to
   * where they began would tell them everything twice (etcd #15271).
   */
  replaced(): void {
    if (this.#synced.size === 0) return
    probe('watch: a snapshot came while watchers were synced')
    const next = this.#handedOut + 1
    this.#news = []
    for (const watcher of this.#synced.all()) {
      if (watcher.next < next && !bug('watch-back-after-snapshot')) watcher.next = next
      this.goOn(watcher)
    }
  }

  readonly #handOut = (): void => {
    const news = this.#news
    this.#news = []
    if (news.length === 0) return
    const told: Watcher[] = []
    let event: SharedEvent | undefined
    let change = news[0]!
    const tell = (watcher: Watcher): void => {
      if (!watcher.wants(change)) return
      event ??= this.press.event(change)
      if (watcher.gathered.length === 0) told.push(watcher)
      watcher.gather(event)
    }
    for (change of news) {
      event = undefined
      this.#synced.visit(change.kv.key, tell)
    }
    this.#handedOut = change.revision.main
    for (const watcher of told) this.deliver(watcher, this.#handedOut)
  }

  #fallBehind(watcher: Watcher, next: number): void {
    assert(watcher.stream.isFull, 'a watcher falls behind when its stream takes no more')
    probe('watch: a slow watcher fell behind')
    watcher.next = next
    watcher.moveTo('stalled', watcher.stream.stalled)
    this.#count()
  }

  #walkSoon(): void {
    if (this.#walksWanted) return
    this.#walksWanted = true
    this.#responder.options.clock.soon(this.#startWalks)
  }

  /** Whoever starts near the first goes with it. */
  readonly #startWalks = (): void => {
    this.#walksWanted = false
    const waiting = [...this.#waiting].sort((a, b) => a.next - b.next)
    for (let at = 0; at < waiting.length && this.#walks.size < CATCH_UPS_MAX; ) {
      const { next } = waiting[at]!
      const walk = new CatchUp(this, this.#view, next)
      this.#walks.add(walk)
      for (; at < waiting.length && waiting[at]!.next < next + SHARED_WALK_REVISIONS; at++) {
        waiting[at]!.moveTo('walking', walk)
      }
      assert(this.#slices.add(walk), 'there are fewer walks than slices')
    }
  }

  #count(): void {
    const { counters } = this.#responder.options
    counters.slowWatchers = counters.watchers - this.#synced.size
  }
}
