/** What is killed in the middle of writing, and what starts on what it left. */
import { setImmediate as turn } from 'node:timers/promises'
import { randomFromSeed } from '../../src/core/prng.ts'
import { engineKind } from './engines.ts'
import { pointRead } from './read-phase.ts'
import type { Note } from './store-figures.ts'
import type { RestartTask, WriteUntilKilledTask } from './tasks.ts'
import { Workload } from './workload.ts'
import { BATCH_PUTS } from './write-phase.ts'
import { Writer } from './writer.ts'

/** More than any run makes changes. */
const REVISIONS_EACH = 1e9

/** Batches after which it is in the middle of it. */
const BATCHES_BEFORE_READY = 20
const READS_CHECKED = 1_000

export async function writeUntilKilled(task: WriteUntilKilledTask, ready: () => void): Promise<never> {
  const engine = await (await engineKind(task.engine)).open(task.directory)
  const writer = new Writer(engine, task.checkpointBytes)
  const workload = new Workload(task.keys, REVISIONS_EACH * (task.attempt + 1))
  const random = randomFromSeed(task.attempt)
  for (let batches = 1; ; batches++) {
    const operations = workload.batch(Array.from({ length: BATCH_PUTS }, () => random.below(task.keys)))
    // The workload begins anew and the store does not: what the one knows of keys is not true of the other.
    await writer.write(operations.map(({ known: _, ...operation }) => operation))
    await writer.relieved()
    if (batches === BATCHES_BEFORE_READY) ready()
    await turn()
  }
}

/** Every key and the record that its head names must be there, whichever of its versions it is. */
export async function restart(task: RestartTask, note: Note): Promise<void> {
  const kind = await engineKind(task.engine)
  const workload = new Workload(task.keys)
  const start = performance.now()
  const engine = await kind.open(task.directory)
  engine.get(workload.head(0))
  note('start after SIGKILL, ms', performance.now() - start)
  await pointRead(engine, workload, randomFromSeed(8), READS_CHECKED)
  await engine.close()
}
