/**
 * The store in memory at a million keys: `npx tsx bench/store-memory.ts [keys]`. Keys are 24 bytes and share
 * their first 15, values are 8. Times are processor time of this thread, so that neighbours disturb less.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { QuorateError } from '../src/core/errors.ts'
import { randomFromSeed } from '../src/core/prng.ts'
import { silentLogger } from '../src/runtime/logger.ts'
import { nodeChecksum } from '../src/runtime/node/checksum.ts'
import { nodeClock } from '../src/runtime/node/clock.ts'
import { nodeDisk } from '../src/runtime/node/disk.ts'
import type { Store } from '../src/runtime/store.ts'
import { openMemoryStore } from '../src/storage/memory/memory-store.ts'

const KEYS = Number(process.argv[2] ?? 1_000_000)
const BATCH = 64
const EVERYTHING = { from: new Uint8Array(0) }
const VALUE = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)

/** The key of a number, in a buffer that is used again: the store copies what is small. */
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

const directory = mkdtempSync(join(tmpdir(), 'quorate-bench-'))
let stores = 0

function open(path = `${directory}/${stores++}`): Promise<Store> {
  const options = { disk: nodeDisk(), clock: nodeClock(), checksum: nodeChecksum(), logger: silentLogger }
  return new Promise((resolve, reject) =>
    openMemoryStore({ ...options, directory: path }, outcome =>
      outcome instanceof QuorateError ? reject(outcome) : resolve(outcome),
    ),
  )
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

function putAll(store: Store, numberOf: (i: number) => number): void {
  for (let i = 0; i < KEYS; ) {
    const batch = store.batch()
    for (const end = Math.min(KEYS, i + BATCH); i < end; i++) batch.put(key(numberOf(i)), VALUE)
    batch.commit()
  }
}

const inOrder = (i: number): number => i
const shuffled = (i: number): number => order[i]!

const empty = heldBytes()
let store = await open()
measure('put, ascending', () => putAll(store, inOrder))
console.log(`  bytes held per pair of 32      ${((heldBytes() - empty) / KEYS).toFixed(1).padStart(8)}`)
store.close()
store = await open()
measure('put, random', () => putAll(store, shuffled))
console.log(`  bytes held per pair of 32      ${((heldBytes() - empty) / KEYS).toFixed(1).padStart(8)}`)

for (let round = 0; round < 2; round++) {
  measure('get, random', () => {
    for (let i = 0; i < KEYS; i++) if (store.get(key(shuffled(i))) === undefined) throw new Error('lost')
  })
}
measure('replace, random', () => putAll(store, shuffled))

for (const direction of ['forward', 'backward'] as const) {
  measure(`scan ${direction}, keys and values`, () => {
    const cursor = store.scan(EVERYTHING, direction)
    let bytes = 0
    while (cursor.next()) bytes += cursor.key.length + cursor.value.length
    if (bytes !== 32 * KEYS) throw new Error('lost')
  })
}
measure('scan of one pair, random', () => {
  for (let i = 0; i < KEYS; i++) {
    if (!store.scan({ from: key(shuffled(i)) }).next()) throw new Error('lost')
  }
})
measure('count of a random range', () => {
  const to = key(KEYS - 1).slice()
  for (let i = 0; i < KEYS; i++) store.count({ from: key(shuffled(i)), to })
})
const pin = store.pin()
measure('replace, random, under a pin', () => putAll(store, shuffled))
pin.release()

async function wall(name: string, run: () => Promise<unknown>): Promise<void> {
  const before = performance.now()
  const cpuBefore = process.cpuUsage()
  await run()
  const { user, system } = process.cpuUsage(cpuBefore)
  const cpuMs = ((user + system) / 1000).toFixed(0)
  console.log(
    `${name.padEnd(32)} ${cpuMs.padStart(8)} ms (${(performance.now() - before).toFixed(0)} passed)`,
  )
}

const checkpoint = (): Promise<unknown> => new Promise(resolve => store.checkpoint(resolve))
let longestMs = 0
let lastTurn = performance.now()
const watch = setInterval(() => {
  longestMs = Math.max(longestMs, performance.now() - lastTurn)
  lastTurn = performance.now()
}, 0)
lastTurn = performance.now()
await wall('checkpoint', checkpoint)
clearInterval(watch)
console.log(`  longest time between turns     ${longestMs.toFixed(1).padStart(8)} ms`)
console.log(`  bytes                          ${store.checkpointBytes().toString().padStart(8)}`)
measure('verify', () => store.verify())
store.close()
await wall('open', async () => {
  store = await open(`${directory}/1`)
})
measure('delete, random', () => {
  for (let i = 0; i < KEYS; ) {
    const batch = store.batch()
    for (const end = Math.min(KEYS, i + BATCH); i < end; i++) batch.delete(key(shuffled(i)))
    batch.commit()
  }
})
store.close()
rmSync(directory, { recursive: true })
