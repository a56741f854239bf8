/**
 * A group's log, reduced to what it promises: updates become durable in order, each whole, after a while; a
 * crash keeps those that were acknowledged and any number of the next ones. For protocols without a disk.
 */
import type { Entry } from '../core/entry.ts'
import type { Doubt, LogBase, LogUpdate, RecoveredLog } from '../core/log-update.ts'
import type { Random } from '../core/prng.ts'
import type { Instant } from '../core/time.ts'
import type { SimulatedClock } from './clock.ts'
import { type Delay, drawDelayUs } from './delay.ts'
import type { NodeClock } from './node-clock.ts'

interface Image {
  promise: Uint8Array | undefined
  base: LogBase | undefined
  readonly entries: Map<number, Entry>
}

export class ModelLog {
  /** How long an update takes to become durable. */
  delay: Delay
  readonly #world: SimulatedClock
  readonly #random: Random
  /** What a reader sees, and what a crash leaves. */
  readonly #written: Image = { promise: undefined, base: undefined, entries: new Map() }
  readonly #durable: Image = { promise: undefined, base: undefined, entries: new Map() }
  #pending: LogUpdate[] = []
  #lastAt = 0
  #incarnation = 0
  #writes = 0
  /** What it would have to tell, because no promise has become durable since it came to that. */
  #doubt: Doubt = 'none'

  constructor(world: SimulatedClock, random: Random, delay: Delay) {
    this.#world = world
    this.#random = random
    this.delay = delay
  }

  /** How many updates were asked for. */
  get writes(): number {
    return this.#writes
  }

  /** Something is on its way to the disk. */
  get isWriting(): boolean {
    return this.#pending.length > 0
  }

  /** Makes an update durable and calls back on the node's clock, in the order of the calls. */
  persist(update: LogUpdate, clock: NodeClock, done: () => void): void {
    this.#writes++
    apply(this.#written, update)
    this.#pending.push(update)
    const incarnation = this.#incarnation
    const at = this.#world.now() + drawDelayUs(this.delay, this.#random)
    this.#lastAt = Math.max(at, this.#lastAt)
    this.#world.at(this.#lastAt as Instant, () => {
      if (incarnation !== this.#incarnation) return
      this.#makeDurable(this.#pending.shift()!)
      clock.event(done).run()
    })
  }

  /** The process dies: of what was not acknowledged, a beginning may have reached the disk. */
  crash(): void {
    this.#incarnation++
    const reached = this.#random.below(this.#pending.length + 1)
    for (const update of this.#pending.slice(0, reached)) this.#makeDurable(update)
    this.#pending = []
    this.#written.promise = this.#durable.promise
    this.#written.base = this.#durable.base
    this.#written.entries.clear()
    for (const [index, entry] of this.#durable.entries) this.#written.entries.set(index, entry)
  }

  recover(): RecoveredLog {
    const { promise, base, entries } = this.#durable
    const sorted = [...entries.values()].sort((a, b) => a.index - b.index)
    return { promise, base, entries: sorted, doubt: this.#doubt }
  }

  /** Nothing has ever been written. */
  get isEmpty(): boolean {
    return this.#durable.entries.size === 0 && this.#durable.base === undefined
  }

  /** Of a process that is dead: everything is gone, and the next log in its place knows no more than that. */
  lose(doubt: Doubt): void {
    for (const image of [this.#written, this.#durable]) {
      image.promise = undefined
      image.base = undefined
      image.entries.clear()
    }
    this.#doubt = doubt
  }

  #makeDurable(update: LogUpdate): void {
    apply(this.#durable, update)
    if (update.promise !== undefined) this.#doubt = 'none'
  }

  /** Consecutive entries `from` <= index < `to`, at most `bytesMax` but at least one, if it holds `from`. */
  load(from: number, to: number, bytesMax: number): Entry[] {
    const loaded: Entry[] = []
    let bytes = 0
    for (let index = from; index < to; index++) {
      const entry = this.#written.entries.get(index)
      if (entry === undefined) break
      bytes += entry.data.length
      if (loaded.length > 0 && bytes > bytesMax) break
      loaded.push(entry)
    }
    return loaded
  }

  /** What a crash would surely leave of this index. */
  durableEntry(index: number): Entry | undefined {
    return this.#durable.entries.get(index)
  }
}

function apply(image: Image, update: LogUpdate): void {
  const { entries } = image
  if (update.promise !== undefined) image.promise = update.promise
  if (update.truncateFrom !== undefined) {
    for (const index of [...entries.keys()]) if (index >= update.truncateFrom) entries.delete(index)
  }
  for (const entry of update.writes ?? []) entries.set(entry.index, entry)
  if (update.base === undefined) return
  image.base = update.base
  for (const index of [...entries.keys()]) if (index <= update.base.index) entries.delete(index)
}
