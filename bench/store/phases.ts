/** One engine through all phases that need no other process. */
import { setImmediate as turn } from 'node:timers/promises'
import { randomFromSeed } from '../../src/core/prng.ts'
import { percentile } from '../figures.ts'
import { bareRead } from './bare-read.ts'
import { compact } from './compaction-phase.ts'
import type { Engine } from './engine.ts'
import { engineKind } from './engines.ts'
import { diskBytes, type ReadCost, residentMiB } from './process-usage.ts'
import { countRead, pointRead, rangeRead } from './read-phase.ts'
import type { Note } from './store-figures.ts'
import type { InOrderTask, PhasesTask } from './tasks.ts'
import { shuffled, Workload } from './workload.ts'
import { putAll, type WriteCost } from './write-phase.ts'
import { settled, Writer } from './writer.ts'

const MIB = 2 ** 20
const READS = 200_000
const RANGES = 200
const COUNTS = 1_000
const SMALL_BATCH_PUTS = 10

/** A small part of each kind of read comes first and is not counted: code that is not compiled yet. */
const WARM_UP_SHARE = 0.1

/** Reads are measured in so many slices. */
const READ_SLICES = 20

export async function measurePhases(task: PhasesTask, note: Note): Promise<void> {
  const { directory, keys, puts } = task
  const engine = await (await engineKind(task.engine)).open(directory)
  const writer = new Writer(engine, task.checkpointBytes)
  const workload = new Workload(keys)
  const random = randomFromSeed(3)
  const order = shuffled(keys, 2)
  noteCost('preload at random', await putAll(writer, workload, keys, i => order[i]!), note)
  const overwrites = await putAll(writer, workload, puts, () => random.below(keys))
  noteCost('random overwrites', overwrites, note)
  note('random overwrites, ms until it rests', overwrites.restMs)
  await noteReads(engine, workload, note)
  const bare = await sliced(count => Promise.resolve(bareRead(directory, random, count)), READS)
  note('a block of 4 KiB read and checked bare, us of processor', bare.cpuMicros)
  const { all, anonymous, peak } = residentMiB()
  note('resident, MiB', all)
  note('resident without files, MiB', anonymous)
  note('resident at most, MiB', peak)

  note('on disk before compaction, MiB', diskBytes(directory) / MIB)
  const start = performance.now()
  const versions = await compact(engine, writer)
  note('compaction, us a version', ((performance.now() - start) * 1_000) / Math.max(1, versions))
  note('compaction, ms until it rests', await settled())
  note('on disk after compaction, MiB', diskBytes(directory) / MIB)
  await notePauses(writer, workload, puts, note)
  await engine.close()
}

export async function measureInOrder(task: InOrderTask, note: Note): Promise<void> {
  const engine = await (await engineKind(task.engine)).open(task.directory)
  const writer = new Writer(engine, task.checkpointBytes)
  noteCost('preload in order', await putAll(writer, new Workload(task.keys), task.keys, i => i), note)
  await engine.close()
}

function noteCost(
  phase: 'preload at random' | 'preload in order' | 'random overwrites',
  cost: WriteCost,
  note: Note,
): void {
  note(`${phase}, us a put`, cost.micros)
  note(`${phase}, us a put, calls only`, cost.callMicros)
  note(`${phase}, us of processor a put`, cost.cpuMicros)
  note(`${phase}, bytes written a byte`, cost.amplification)
}

async function noteReads(engine: Engine, workload: Workload, note: Note): Promise<void> {
  const random = randomFromSeed(4)
  const reads = Math.min(READS, 4 * workload.keys)
  await pointRead(engine, workload, random, reads * WARM_UP_SHARE)
  const point = await sliced(count => pointRead(engine, workload, random, count), reads)
  note('point reads (head, record), us', point.micros)
  note('point reads (head, record), us of processor', point.cpuMicros)
  for (const withRecords of [false, true]) {
    for (const direction of ['forward', 'backward'] as const) {
      const options = { direction, withRecords }
      await rangeRead(engine, workload, random, { ...options, ranges: RANGES * WARM_UP_SHARE })
      const what = withRecords ? 'heads and records' : 'heads'
      const read = (ranges: number): Promise<ReadCost> =>
        rangeRead(engine, workload, random, { ...options, ranges })
      const range = await sliced(read, RANGES)
      note(`ranges of ${what}, ${direction}, us`, range.micros)
      note(`ranges of ${what}, ${direction}, us of processor`, range.cpuMicros)
    }
  }
  note('count of a range, us', await countRead(engine, workload, random, COUNTS))
}

/**
 * By the clock, the mean of all slices; of the processor, the lower quartile: what else a busy machine does takes the
 * processor's caches away, in some slices more than in others.
 */
async function sliced(read: (count: number) => Promise<ReadCost>, count: number): Promise<ReadCost> {
  const slices: ReadCost[] = []
  for (let i = 0; i < READ_SLICES; i++) slices.push(await read(count / READ_SLICES))
  const micros = slices.reduce((sum, slice) => sum + slice.micros, 0) / READ_SLICES
  const cpuMicros = percentile(
    slices.map(slice => slice.cpuMicros),
    0.25,
  )
  return { micros, cpuMicros }
}

/** Small batches one after the other, with checkpoints and merges beside them and a turn between two. */
async function notePauses(writer: Writer, workload: Workload, puts: number, note: Note): Promise<void> {
  const random = randomFromSeed(5)
  const callsMs: number[] = []
  const turnsMs: number[] = []
  const heldMs: number[] = []
  const began = performance.now()
  for (let done = 0; done < puts; done += SMALL_BATCH_PUTS) {
    const operations = workload.batch(
      Array.from({ length: SMALL_BATCH_PUTS }, () => random.below(workload.keys)),
    )
    const start = performance.now()
    await writer.write(operations)
    await turn()
    turnsMs.push(performance.now() - start)
    callsMs.push(writer.lastCallMs)
    const held = performance.now()
    await writer.relieved()
    heldMs.push(performance.now() - held)
  }
  const allMs = performance.now() - began
  const heldAllMs = heldMs.reduce((sum, ms) => sum + ms, 0)
  await writer.flush()
  note('batches of 10 while merging, p99.9 ms', percentile(callsMs, 0.999))
  note('batches of 10 while merging, longest ms', percentile(callsMs, 1))
  note('turns with a batch of 10, p99.9 ms', percentile(turnsMs, 0.999))
  note('turns with a batch of 10, longest ms', percentile(turnsMs, 1))
  note('writers held back between batches, % of the time', (heldAllMs * 100) / allMs)
  note('writers held back between batches, longest ms', percentile(heldMs, 1))
}
