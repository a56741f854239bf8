/** Reads as the machine makes them: a head first, and its record where the value is wanted. */
import { setImmediate as turn } from 'node:timers/promises'
import type { Random } from '../../src/core/prng.ts'
import { Slab } from '../../src/machines/kv/slab.ts'
import { revisionKey } from '../../src/machines/kv/store-keys.ts'
import { decodeHead } from '../../src/machines/kv/version.ts'
import type { Direction } from '../../src/runtime/store.ts'
import type { BoundedRange, Engine } from './engine.ts'
import { type ReadCost, stopwatch } from './process-usage.ts'
import type { Workload } from './workload.ts'

const RANGE_KEYS = 1_000
const READS_PER_TURN = 100

/** Counts stop after this time: where a count is a scan, many would take all day. */
const COUNT_MS = 2_000

const slab = new Slab()

/** Reads the record that a head names; returns its bytes' number. */
function readRecord(engine: Engine, head: Uint8Array): number {
  const { main, sub } = decodeHead(head)
  const record = engine.get(revisionKey(slab, main, sub))
  if (record === undefined) throw new Error(`the record of revision ${main} is lost`)
  return record.length
}

/** For a head and its record. */
export async function pointRead(
  engine: Engine,
  workload: Workload,
  random: Random,
  reads: number,
): Promise<ReadCost> {
  const stop = stopwatch()
  for (let i = 0; i < reads; i++) {
    const head = engine.get(workload.head(random.below(workload.keys)))
    if (head === undefined) throw new Error('a key is lost')
    readRecord(engine, head)
    if (i % READS_PER_TURN === 0) await turn()
  }
  return stop(reads)
}

/** For a thousand keys in order. */
export async function rangeRead(
  engine: Engine,
  workload: Workload,
  random: Random,
  options: { readonly ranges: number; readonly direction: Direction; readonly withRecords: boolean },
): Promise<ReadCost> {
  const { ranges, direction, withRecords } = options
  const keys = Math.min(RANGE_KEYS, workload.keys)
  const stop = stopwatch()
  for (let i = 0; i < ranges; i++) {
    const from = random.below(workload.keys - keys + 1)
    const heads: Uint8Array[] = []
    await engine.scan(workload.heads(from, from + keys), direction, keys, (_, head) => heads.push(head))
    if (heads.length !== keys) throw new Error(`a range holds ${heads.length} keys and not ${keys}`)
    if (withRecords) for (const head of heads) readRecord(engine, head)
    await turn()
  }
  return stop(ranges)
}

/** Microseconds for the number of keys in a range of any width. */
export async function countRead(
  engine: Engine,
  workload: Workload,
  random: Random,
  counts: number,
): Promise<number> {
  const start = performance.now()
  let done = 0
  for (; done < counts && performance.now() - start < COUNT_MS; done++) {
    const one = random.below(workload.keys)
    const other = random.below(workload.keys)
    const from = Math.min(one, other)
    const to = Math.max(one, other)
    const count = await countOf(engine, workload.heads(from, to))
    if (count !== to - from) throw new Error(`a range of ${to - from} keys counts ${count}`)
  }
  return ((performance.now() - start) * 1_000) / done
}

async function countOf(engine: Engine, range: BoundedRange): Promise<number> {
  if (engine.count !== undefined) return engine.count(range)
  let count = 0
  await engine.scan(range, 'forward', 2 ** 31 - 1, () => count++)
  return count
}
