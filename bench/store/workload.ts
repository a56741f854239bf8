/**
 * What the key-value machine writes for a put, without the machine: the record of the change, the head of the
 * key, and the version that the put ended, if there was one. Everything follows from the seed and the order
 * of calls, so that another process can tell what a store must hold.
 */
import { randomFromSeed } from '../../src/core/prng.ts'
import { encodeKeyValue } from '../../src/machines/kv/key-value-record.ts'
import { Slab } from '../../src/machines/kv/slab.ts'
import { headKey, metaKey, pastKey, revisionKey } from '../../src/machines/kv/store-keys.ts'
import { encodeHead, encodePast, type Version } from '../../src/machines/kv/version.ts'
import type { BoundedRange, Operation } from './engine.ts'

const KEY_BYTES = 16
const VALUE_BYTES = 256
const PREFIX = '/pods/'

/** Random bytes to cut values from: no engine gains by compressing them. */
const POOL_BYTES = 1 << 20

/** Where the number of the last batch is written, with each batch. */
export const BATCH_KEY = metaKey('B')

export class Workload {
  readonly keys: number
  /** Keys and values handed in so far. */
  bytes = 0
  readonly #slab = new Slab()
  readonly #pool = new Uint8Array(POOL_BYTES)
  /** By key: the revisions of its creation and of its last change, 0 for none; and how often it changed. */
  readonly #created: Float64Array
  readonly #changed: Float64Array
  readonly #versions: Uint32Array
  #revision: number
  #batches = 0

  /** @param revision behind which the changes go on: one that the store has not seen */
  constructor(keys: number, revision = 1) {
    this.keys = keys
    this.#revision = revision
    this.#created = new Float64Array(keys)
    this.#changed = new Float64Array(keys)
    this.#versions = new Uint32Array(keys)
    const random = randomFromSeed(1)
    for (let i = 0; i < POOL_BYTES; i++) this.#pool[i] = random.below(256)
  }

  /** The puts of these keys (by number, below `keys`) as one batch, its number included. */
  batch(numbers: Iterable<number>): Operation[] {
    const operations: Operation[] = []
    for (const number of numbers) this.#put(number, operations)
    const value = this.#slab.take(4)
    new DataView(value.buffer, value.byteOffset).setUint32(0, ++this.#batches)
    operations.push({ key: BATCH_KEY, value, known: this.#batches === 1 ? 'absent' : 'present' })
    for (const { key, value } of operations) this.bytes += key.length + (value?.length ?? 0)
    return operations
  }

  #put(number: number, operations: Operation[]): void {
    const slab = this.#slab
    const key = this.key(number)
    const before = this.#version(number)
    const main = ++this.#revision
    if (before === undefined) this.#created[number] = main
    this.#changed[number] = main
    this.#versions[number]!++
    const version = this.#version(number)!
    const at = (main * 7_919) % (POOL_BYTES - VALUE_BYTES)
    const value = this.#pool.subarray(at, at + VALUE_BYTES)
    const { createRevision, lease } = version
    const record = { key, value, createRevision, modRevision: main, version: version.version, lease }
    operations.push({ key: revisionKey(slab, main, 0), value: encodeKeyValue(slab, record), known: 'absent' })
    const known = before === undefined ? 'absent' : 'present'
    operations.push({ key: headKey(slab, key), value: encodeHead(slab, version), known })
    if (before === undefined) return
    const past = encodePast(slab, before, { main, sub: 0 }, false)
    operations.push({ key: pastKey(slab, key, before.main, before.sub), value: past, known: 'absent' })
  }

  #version(number: number): Version | undefined {
    const main = this.#changed[number]!
    if (main === 0) return undefined
    const createRevision = this.#created[number]!
    return { main, sub: 0, createRevision, version: this.#versions[number]!, lease: 0n }
  }

  /** As a client names it: ascending with the number. */
  key(number: number): Uint8Array {
    const key = this.#slab.take(KEY_BYTES)
    for (let i = 0; i < PREFIX.length; i++) key[i] = PREFIX.charCodeAt(i)
    for (let i = KEY_BYTES - 1, rest = number; i >= PREFIX.length; i--, rest = Math.floor(rest / 10)) {
      key[i] = 48 + (rest % 10)
    }
    return key
  }

  head(number: number): Uint8Array {
    return headKey(this.#slab, this.key(number))
  }

  /** The heads of `from` <= number < `to`. */
  heads(from: number, to: number): BoundedRange {
    return { from: this.head(from), to: this.head(to) }
  }
}

/** All numbers below `count`, each once, in an order that follows from the seed. */
export function shuffled(count: number, seed: number): Uint32Array {
  const random = randomFromSeed(seed)
  const order = new Uint32Array(count).map((_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const other = random.below(i + 1)
    const moved = order[i]!
    order[i] = order[other]!
    order[other] = moved
  }
  return order
}
