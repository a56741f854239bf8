/**
 * What the key-value machine costs on the store, without log and network: puts of new keys and of existing ones, with
 * the checkpoints and merges that they bring, reads, counts, a compaction with its sweep.
 * `npx tsx bench/kv-machine.ts [KEYS]`
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { encodeCommand } from '../src/machines/kv/command-codec.ts'
import { hashKv } from '../src/machines/kv/hash-kv.ts'
import { range, rangeCost } from '../src/machines/kv/range-cursor.ts'
import { currentRevision } from '../src/machines/kv/revisions.ts'
import { stateHash } from '../src/machines/kv/state-hash.ts'
import { compact, put, rangeOf } from '../test/harness/kv-operations.ts'
import { KvReplica } from '../test/harness/kv-replica.ts'
import { openStoreOnDisk } from './store-on-disk.ts'

const KEYS = Number(process.argv[2] ?? 1_000_000)
const BATCH = 64
const OVERWRITES = Math.min(KEYS, 300_000)
const READS = 200_000

const directory = mkdtempSync(join(tmpdir(), 'quorate-bench-'))
const store = await openStoreOnDisk(directory)
const replica = new KvReplica(store)
const value = 'v'.repeat(100)

/** Neither ascending nor clustered, every key once in `KEYS`. */
const keyOf = (i: number) => `/registry/pods/${((i * 7_919) % KEYS).toString().padStart(9, '0')}`

/** Time of the processor and not of the wall: other programs of the machine do not count. */
function cpuMicros(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

function report(what: string, count: number, micros: number): void {
  const each = (micros / count).toFixed(2).padStart(8)
  console.log(`${what.padEnd(50)} ${each} us each ${(micros / 1_000).toFixed(0).padStart(8)} ms`)
}

function measure(what: string, count: number, run: () => void): void {
  const start = cpuMicros()
  run()
  report(what, count, cpuMicros() - start)
}

let checkpoint: Promise<void> | undefined

/** As a group does it: a checkpoint whenever one is due, beside the writes, which wait if it does not keep up. */
async function written(): Promise<void> {
  if (store.checkpointDue) {
    checkpoint ??= new Promise((resolve, reject) => {
      store.checkpoint(error => {
        checkpoint = undefined
        if (error === null) resolve()
        else reject(error)
      })
    })
  }
  if (store.isCongested) await new Promise<void>(resolve => store.whenRelieved(resolve))
  else await turn()
}

/** Encoding is measured apart: it happens on another node, or at another time. */
async function applyPuts(what: string, count: number): Promise<void> {
  const encoded: Uint8Array[] = []
  measure(`${what}: encoding`, count, () => {
    for (let i = 0; i < count; i++) encoded.push(encodeCommand(put(keyOf(i), value)))
  })
  const start = cpuMicros()
  for (let from = 0; from < count; from += BATCH) {
    replica.applyBytes(encoded.slice(from, from + BATCH))
    await written()
  }
  await checkpoint
  report(what, count, cpuMicros() - start)
}

await applyPuts(`put of a new key, up to ${KEYS}`, KEYS)
await applyPuts('put of an existing key', OVERWRITES)
measure('get', READS, () => {
  for (let i = 0; i < READS; i++) range(replica.store, rangeOf(keyOf(i)))
})
measure('get at an old revision', READS, () => {
  for (let i = 0; i < READS; i++) range(replica.store, rangeOf(keyOf(i), '', { revision: KEYS }))
})
measure('count of everything', 1_000, () => {
  for (let i = 0; i < 1_000; i++) range(replica.store, rangeOf('/', '\0', { countOnly: true }))
})
measure('list of everything, per key', KEYS, () => range(replica.store, rangeOf('/', '\0')))
measure('list of everything at an old revision, per key', KEYS, () => {
  range(replica.store, rangeOf('/', '\0', { revision: KEYS, limit: 500 }))
})
measure('HashKV, per change', KEYS + OVERWRITES, () => hashKv(replica.store, 0))
measure('state hash, per pair', rangeCost(replica.store, rangeOf('\0', '\0')) * 3, () =>
  stateHash(replica.store),
)
replica.apply(compact(currentRevision(replica.store)))
let slowestMs = 0
const sweepStart = cpuMicros()
for (let more = true; more; ) {
  const start = performance.now()
  more = replica.sweep()
  slowestMs = Math.max(slowestMs, performance.now() - start)
  await written()
}
await checkpoint
report('sweep, per removed version', OVERWRITES, cpuMicros() - sweepStart)
console.log(`slowest slice of the sweep: ${slowestMs.toFixed(1)} ms`)
console.log(`resident: ${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)} MiB`)
store.close()
rmSync(directory, { recursive: true })
