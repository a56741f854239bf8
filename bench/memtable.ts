/**
 * The memtable at a million keys, far more than a store lets it hold: `npx tsx --expose-gc bench/memtable.ts [KEYS]`.
 * Keys are 24 bytes and share their first 15, values are 8. Times are processor time of this thread, so that
 * neighbours disturb less.
 */
import { randomFromSeed } from '../src/core/prng.ts'
import { Memtable } from '../src/storage/memtable/memtable.ts'

const KEYS = Number(process.argv[2] ?? 1_000_000)
const NOTHING = new Uint8Array(0)
const VALUE = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)

/** The key of a number, in a buffer that is used again: what is small is copied. */
const scratch = Uint8Array.from('/registry/pods/000000000', character => character.charCodeAt(0))
function key(number: number): Uint8Array {
  for (let at = scratch.length - 1, rest = number; at >= 15; at--, rest = Math.floor(rest / 10)) {
    scratch[at] = 48 + (rest % 10)
  }
  return scratch
}

const random = randomFromSeed(1)
const order = new Uint32Array(KEYS).map((_, i) => i)
for (let i = KEYS - 1; i > 0; i--) {
  const other = random.below(i + 1)
  const moved = order[i]!
  order[i] = order[other]!
  order[other] = moved
}

function measure(name: string, run: () => void): void {
  const before = process.cpuUsage()
  run()
  const { user, system } = process.cpuUsage(before)
  console.log(`${name.padEnd(32)} ${((user + system) / KEYS).toFixed(3).padStart(8)} us`)
}

/** What the process holds, after the collector has run (with `--expose-gc`). */
function heldBytes(): number {
  globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** Of nothing is known what lies below, and nothing does. */
function putAll(memtable: Memtable, numberOf: (i: number) => number): void {
  for (let i = 0; i < KEYS; i++) memtable.put(key(numberOf(i)), VALUE, () => false)
}

const inOrder = (i: number): number => i
const shuffled = (i: number): number => order[i]!

const empty = heldBytes()
function printHeld(): void {
  console.log(`  bytes held per pair of 32      ${((heldBytes() - empty) / KEYS).toFixed(1).padStart(8)}`)
}

let memtable = new Memtable()
measure('put, ascending', () => putAll(memtable, inOrder))
printHeld()
memtable = new Memtable()
measure('put, random', () => putAll(memtable, shuffled))
printHeld()

for (let round = 0; round < 2; round++) {
  measure('get, random', () => {
    for (let i = 0; i < KEYS; i++) if (memtable.get(key(shuffled(i))) === undefined) throw new Error('lost')
  })
}
measure('replace, random', () => putAll(memtable, shuffled))

for (const direction of ['forward', 'backward'] as const) {
  measure(`scan ${direction}`, () => {
    const cursor = memtable.scan(NOTHING, undefined, direction)
    let bytes = 0
    while (cursor.next()) bytes += cursor.keyLength + cursor.valueLength
    if (bytes !== 32 * KEYS) throw new Error('lost')
  })
}
measure('scan of one record, random', () => {
  for (let i = 0; i < KEYS; i++) {
    if (!memtable.scan(key(shuffled(i)), undefined, 'forward').next()) throw new Error('lost')
  }
})
measure('weight below a random key', () => {
  for (let i = 0; i < KEYS; i++) memtable.weightBelow(key(shuffled(i)))
})
const pin = memtable.pin()
measure('replace, random, under a pin', () => putAll(memtable, shuffled))
pin.release()
measure('delete, random', () => {
  for (let i = 0; i < KEYS; i++) memtable.delete(key(shuffled(i)), 'present')
})
