/** Random operations on a `Store`, compared with a model that is too simple to be wrong. */
import { describe, expect, it } from 'vitest'
import { type Random, randomFromSeed } from '../core/prng.ts'
import type { Direction, Presence, Store, StorePin, StoreView } from '../runtime/store.ts'
import { bytes, pairs, range, text } from './store-pairs.conformance.ts'
import { type OpenStore, StoreWorld } from './store-world.conformance.ts'

const SEEDS = 7
const ROUNDS = 900
/** How far a scan is compared. */
const SCANNED_MAX = 20

export function describeModel(name: string, open: OpenStore): void {
  describe(`${name} and random operations`, () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      it(`is a sorted map with pins, through crashes (seed ${seed})`, () => {
        const run = new ModelRun(open, seed)
        for (let round = 0; round < ROUNDS; round++) run.round()
        run.checkAll()
        expect(run.operations).toBeGreaterThan(20_000)
      })
    }
  })
}

/** Sorted pairs; a copy is a pin. */
class Model {
  readonly #keys: string[] = []
  readonly #values = new Map<string, string>()

  constructor(source?: Model) {
    if (source === undefined) return
    this.#keys = source.#keys.slice()
    this.#values = new Map(source.#values)
  }

  get size(): number {
    return this.#keys.length
  }

  get(key: string): string | undefined {
    return this.#values.get(key)
  }

  presence(key: string): Presence {
    return this.#values.has(key) ? 'present' : 'absent'
  }

  put(key: string, value: string): void {
    if (!this.#values.has(key)) this.#keys.splice(this.#lowerBound(key), 0, key)
    this.#values.set(key, value)
  }

  delete(key: string): void {
    if (this.#values.delete(key)) this.#keys.splice(this.#lowerBound(key), 1)
  }

  pairs(): [string, string][] {
    return this.#keys.map(key => [key, this.#values.get(key)!])
  }

  count(from: string, to: string | undefined): number {
    const end = to === undefined ? this.#keys.length : this.#lowerBound(to)
    return Math.max(0, end - this.#lowerBound(from))
  }

  /** The first pairs of a range, from the side where a cursor begins. */
  first(from: string, to: string | undefined, direction: Direction, max: number): [string, string][] {
    const count = Math.min(max, this.count(from, to))
    const end = to === undefined ? this.#keys.length : this.#lowerBound(to)
    const start = direction === 'forward' ? this.#lowerBound(from) : end - count
    const keys = this.#keys.slice(start, start + count)
    if (direction === 'backward') keys.reverse()
    return keys.map(key => [key, this.#values.get(key)!])
  }

  #lowerBound(key: string): number {
    let low = 0
    let high = this.#keys.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#keys[middle]! < key) low = middle + 1
      else high = middle
    }
    return low
  }
}

class ModelRun {
  operations = 0
  readonly #random: Random
  readonly #world: StoreWorld
  #store: Store
  #model = new Model()
  /** What a crash may leave: the last durable content, and what is being made durable since. */
  #durable = new Model()
  #pending: Model[] = []
  #isInstalling = false
  #isCheckpointing = false
  #pins: { pin: StorePin; model: Model }[] = []
  /** How many keys there are to choose from: few make collisions, many make height. */
  readonly #keySpace: number
  /** Every other run is calm: without crashes and installations, so that the store grows. */
  readonly #isCalm: boolean

  constructor(open: OpenStore, seed: number) {
    this.#random = randomFromSeed(seed)
    this.#world = new StoreWorld(open, seed)
    this.#store = this.#world.open()
    this.#keySpace = [30, 300, 3000, 100_000][(seed >>> 1) % 4]!
    this.#isCalm = seed % 2 === 1
  }

  round(): void {
    const dice = this.#random.below(100)
    if (dice < 60) this.#write()
    else if (dice < 84) this.#read()
    else if (dice < 88) this.#pin()
    else if (dice < 92) this.#release()
    else if (dice < 95) this.#checkpoint()
    else if (dice < 96 && !this.#isCalm) this.#install()
    else if (dice < 98 && !this.#isCalm) this.#crash()
    for (let steps = this.#random.below(6); steps > 0; steps--) this.#world.step()
  }

  checkAll(): void {
    expect(pairs(this.#store)).toEqual(this.#model.pairs())
    expect(pairs(this.#store, '', undefined, 'backward')).toEqual(this.#model.pairs().toReversed())
    expect(this.#store.verify()).toEqual([])
    for (const { pin, model } of this.#pins) expect(pairs(pin)).toEqual(model.pairs())
  }

  #write(): void {
    const batch = this.#store.batch()
    // Some batches mostly delete, so that pages are merged and the tree shrinks.
    const deletes = this.#random.chance(1, 4) ? 85 : 15
    const isRun = this.#random.chance(1, 5)
    let key = this.#key()
    for (let count = this.#random.below(100); count > 0; count--) {
      key = isRun ? successor(key) : this.#key()
      const known = this.#random.chance(1, 2) ? this.#model.presence(key) : undefined
      if (this.#random.below(100) < deletes) {
        batch.delete(bytes(key), known)
        this.#model.delete(key)
      } else {
        const value = this.#value()
        batch.put(bytes(key), bytes(value), known)
        this.#model.put(key, value)
      }
      this.operations++
      if (this.#random.chance(1, 40)) this.#compare(batch, this.#model)
    }
    batch.commit()
  }

  #read(): void {
    for (let count = 0; count < 5; count++) {
      const pinned = this.#pins[this.#random.below(this.#pins.length + 1)]
      this.#compare(pinned?.pin ?? this.#store, pinned?.model ?? this.#model)
    }
  }

  #compare(view: StoreView, model: Model): void {
    this.operations++
    const key = this.#key()
    const value = view.get(bytes(key))
    expect(value && text(value)).toBe(model.get(key))
    const from = this.#random.chance(1, 5) ? '' : key
    const to = this.#random.chance(1, 5) ? undefined : this.#key()
    expect(view.count(range(from, to))).toBe(model.count(from, to))
    const direction: Direction = this.#random.chance(1, 2) ? 'forward' : 'backward'
    const cursor = view.scan(range(from, to), direction)
    const found: [string, string][] = []
    while (found.length <= SCANNED_MAX && cursor.next()) found.push([text(cursor.key), text(cursor.value)])
    expect(found).toEqual(model.first(from, to, direction, SCANNED_MAX + 1))
  }

  #pin(): void {
    if (this.#pins.length < 8) this.#pins.push({ pin: this.#store.pin(), model: new Model(this.#model) })
  }

  #release(): void {
    if (this.#pins.length === 0) return
    const [released] = this.#pins.splice(this.#random.below(this.#pins.length), 1)
    released!.pin.release()
  }

  #checkpoint(): void {
    if (this.#isCheckpointing || this.#isInstalling) return
    this.#isCheckpointing = true
    const content = new Model(this.#model)
    this.#pending.push(content)
    this.#store.checkpoint(error => {
      expect(error).toBeNull()
      this.#isCheckpointing = false
      this.#becameDurable(content)
    })
  }

  #install(): void {
    if (this.#isInstalling) return
    this.#isInstalling = true
    const content = new Model()
    for (let count = this.#random.below(500); count > 0; count--) content.put(this.#key(), this.#value())
    this.#pending.push(content)
    const installation = this.#store.install()
    for (const [key, value] of content.pairs()) installation.put(bytes(key), bytes(value))
    installation.commit(error => {
      expect(error).toBeNull()
      this.#isInstalling = false
      this.#model = new Model(content)
      this.#becameDurable(content)
    })
  }

  #becameDurable(content: Model): void {
    expect(this.#pending.shift()).toBe(content)
    this.#durable = content
  }

  #crash(): void {
    this.#world.crash()
    this.#store = this.#world.open()
    const found = pairs(this.#store)
    const expected = [this.#durable, ...this.#pending]
    const left = expected.find(model => JSON.stringify(model.pairs()) === JSON.stringify(found))
    expect(left, 'a crash leaves what was made durable last, or what was about to be').toBeDefined()
    this.#durable = left!
    this.#model = new Model(left)
    this.#pending = []
    this.#pins = []
    this.#isInstalling = false
    this.#isCheckpointing = false
  }

  /** Keys of very different lengths, with long shared beginnings. */
  #key(): string {
    const number = this.#random.below(this.#keySpace)
    const kind = (number * 31) % 9
    if (kind === 0) return String.fromCharCode(number & 0xff, (number >> 8) & 0xff)
    if (kind === 1) return `${'\xff'.repeat(number % 5)}${'\x00'.repeat(number % 3)}`
    if (kind === 2) return `long ${'l'.repeat(number % 7 === 0 ? 1500 : 60)}${number}`
    return `/registry/pods/${String(number).padStart(6, '0')}`
  }

  #value(): string {
    const length = this.#random.below(100) < 97 ? this.#random.below(30) : this.#random.below(3000)
    return String.fromCharCode(97 + this.#random.below(26)).repeat(length)
  }
}

/** A key right behind another. */
function successor(key: string): string {
  const match = /^(.*?)(\d+)$/.exec(key)
  if (match === null) return `${key}\x00`
  return `${match[1]}${String(Number(match[2]) + 1).padStart(match[2]!.length, '0')}`
}
