/**
 * What a group does with a store, a million times: batches of writes, each with its number in it, checkpoints, and
 * power cuts at any call of the disk. After each cut the batches that the store lacks are applied again, as from the
 * log, and everything is compared with a plain map.
 */
import { describe, expect, onTestFinished, test } from 'vitest'
import { assert } from '../../core/assert.ts'
import { type Random, randomFromSeed } from '../../core/prng.ts'
import { openSeams } from '../../core/seams.ts'
import type { Direction } from '../../runtime/store.ts'
import { bytes, range, text } from '../store-pairs.conformance.ts'
import { StoreWorld } from '../store-world.conformance.ts'
import type { LsmStore } from './lsm-store.ts'
import { openStore } from './open-store.ts'

const SEEDS = 12
const OPERATIONS = 90_000

/** So small that every seed sees many flushes, merges of several tiers, joins, and tables that end anywhere. */
const LIMITS = {
  memtableBytes: 24 * 1024,
  memtableBytesMax: 64 * 1024,
  tableBytes: 48 * 1024,
  cacheBytes: 64 * 1024,
}

/** Where the number of the last batch stands, written with it. */
const APPLIED = 'm'

interface Write {
  readonly key: string
  /** Absent: a deletion. */
  readonly value: string | undefined
}

const halt = (reason: Error): never => {
  throw reason
}

const ascii = new TextDecoder()

function line([key, value]: readonly [string, string]): string {
  return `${key}=${value}\n`
}

/** All pairs as one text: a million of them are compared in passing. */
function content(store: LsmStore, direction: Direction): string {
  const cursor = store.scan(range(), direction)
  let all = ''
  while (cursor.next()) all += line([ascii.decode(cursor.key), ascii.decode(cursor.value)])
  return all
}

class Campaign {
  operations = 0
  cuts = 0
  replayed = 0
  readonly #random: Random
  readonly #world: StoreWorld
  readonly #model = new Map<string, string>()
  /** All batches, by their number: the log. */
  readonly #log: (readonly Write[])[] = []
  #store: LsmStore
  /** The last batch whose checkpoint was acknowledged. */
  #durable = 0
  #isCheckpointing = false
  #sequence = 0
  #neighbourhood = 0
  /** The number of the last batch that the store has. */
  #applied = 0

  constructor(seed: number) {
    this.#random = randomFromSeed(seed)
    this.#world = new StoreWorld(
      (options, opened) => openStore({ ...options, halt, limits: LIMITS }, opened),
      seed,
    )
    this.#store = this.#open()
  }

  run(operations: number): void {
    while (this.operations < operations) {
      const dice = this.#random.below(1000)
      if (dice < 700) this.#write()
      else if (dice < 740) this.#checkpoint()
      else if (dice < 743) this.#cutPower()
      else this.#look()
      for (let steps = this.#random.below(4); steps > 0; steps--) this.#world.step()
    }
    this.#world.settle()
    this.#compare()
    expect(this.#store.verify()).toEqual([])
  }

  #open(): LsmStore {
    const store = this.#world.open()
    assert('scrub' in store, 'it is the store on disk')
    return store as LsmStore
  }

  #write(): void {
    const writes: Write[] = []
    for (let count = 1 + this.#random.below(30); count > 0; count--) writes.push(this.#draw())
    this.#log.push(writes)
    this.#apply(this.#log.length)
    for (const { key, value } of writes) {
      if (value === undefined) this.#model.delete(key)
      else this.#model.set(key, value)
    }
    this.#model.set(APPLIED, String(this.#log.length))
    this.operations += writes.length
    if (this.#store.checkpointDue) this.#checkpoint()
  }

  #apply(number: number): void {
    const batch = this.#store.batch()
    for (const { key, value } of this.#log[number - 1]!) {
      if (value === undefined) batch.delete(bytes(key))
      else batch.put(bytes(key), bytes(value))
    }
    batch.put(bytes(APPLIED), bytes(String(number)))
    batch.commit()
    this.#applied = number
  }

  #checkpoint(): void {
    if (this.#isCheckpointing) return
    this.#isCheckpointing = true
    this.#neighbourhood = this.#random.below(10_000)
    const number = this.#applied
    this.#store.checkpoint(error => {
      expect(error).toBeNull()
      this.#isCheckpointing = false
      this.#durable = number
    })
  }

  #look(): void {
    this.operations++
    const { key } = this.#draw()
    const found = this.#store.get(bytes(key))
    expect(found && text(found)).toBe(this.#model.get(key))
  }

  #cutPower(): void {
    this.cuts++
    if (this.#random.chance(3, 4)) this.#checkpoint()
    this.#world.crashAtStep(this.#random.below(40), () => this.#world.settle())
    this.#isCheckpointing = false
    this.#store = this.#open()
    const found = this.#store.get(bytes(APPLIED))
    this.#applied = found === undefined ? 0 : Number(text(found))
    expect(this.#applied).toBeGreaterThanOrEqual(this.#durable)
    for (let number = this.#applied + 1; number <= this.#log.length; number++) {
      this.#apply(number)
      this.replayed++
      if (this.#store.checkpointDue) this.#checkpoint()
    }
    this.#compare()
  }

  #compare(): void {
    const expected = [...this.#model].toSorted(([a], [b]) => (a < b ? -1 : 1))
    expect(content(this.#store, 'forward')).toBe(expected.map(line).join(''))
    expect(content(this.#store, 'backward')).toBe(expected.toReversed().map(line).join(''))
    for (const from of ['', 'h', 'h3', 'p', 'r0002']) {
      const count = expected.filter(([key]) => key >= from && key < 'r9').length
      expect(this.#store.count(range(from, 'r9'))).toBe(count)
    }
  }

  /**
   * Keys of a table that is written at random, of one that grows at its end, of one that does both, and of one of which
   * every checkpoint writes a few neighbours: their tables sink into the gaps that others left.
   */
  #draw(): Write {
    const isDeletion = this.#random.chance(1, 4)
    const value = isDeletion
      ? undefined
      : 'v'.repeat(this.#random.below(this.#random.chance(1, 50) ? 9000 : 60))
    switch (this.#random.below(4)) {
      case 0:
        return { key: `h${this.#random.below(3000)}`, value }
      case 1: {
        const number = isDeletion ? this.#random.below(this.#sequence + 1) : this.#sequence++
        return { key: `r${String(number).padStart(8, '0')}`, value }
      }
      case 2:
        return { key: `c${this.#neighbourhood}/${this.#random.below(20)}`, value: value?.slice(0, 20) }
      default:
        return { key: `p${this.#random.below(200)}/${this.#random.below(20)}`, value }
    }
  }
}

describe('a store under a log', () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    test(`has after every power cut what was durable, and after a replay everything (seed ${seed})`, () => {
      const luck = randomFromSeed(seed)
      // Merges begin late, and what was planned meets what came meanwhile.
      onTestFinished(openSeams({ met: () => {}, takes: () => luck.chance(1, 2) }))
      const campaign = new Campaign(seed)
      campaign.run(OPERATIONS)
      expect(campaign.cuts).toBeGreaterThan(5)
      expect(campaign.replayed).toBeGreaterThan(10)
    }, 120_000)
  }
})
