/** What loses its un-synced pages, and who looks at the rest: down to the byte, for the content is known. */
import { randomFromSeed } from '../../src/core/prng.ts'
import { ALL_TABLES } from '../../src/machines/kv/store-keys.ts'
import type { Engine, Operation } from './engine.ts'
import { engineKind } from './engines.ts'
import type { JudgeTask, LoseTask, Outcome } from './tasks.ts'
import { BATCH_KEY, shuffled, Workload } from './workload.ts'
import { BATCH_PUTS } from './write-phase.ts'
import { settled, Writer } from './writer.ts'

/** Writes after the start: what was lost of the free space shows only then. */
const BATCHES_AFTERWARDS = 20

/** All batches of the trial, one after the other: every key once, and then overwrites. */
function* batches(keys: number): Generator<readonly Operation[]> {
  const workload = new Workload(keys)
  const order = shuffled(keys, 2)
  for (let i = 0; i < keys; i += BATCH_PUTS) yield workload.batch(order.subarray(i, i + BATCH_PUTS))
  const random = randomFromSeed(6)
  for (;;) yield workload.batch(Array.from({ length: BATCH_PUTS }, () => random.below(keys)))
}

function take(source: Iterator<readonly Operation[]>): readonly Operation[] {
  return source.next().value as readonly Operation[]
}

/** @param durable called when all keys are durable and nothing is being written; returns when to go on */
export async function lose(task: LoseTask, durable: () => Promise<void>): Promise<void> {
  const engine = await (await engineKind(task.engine)).open(task.directory)
  const writer = new Writer(engine, Number.MAX_SAFE_INTEGER)
  const source = batches(task.keys)
  for (let i = 0; i < task.keys; i += BATCH_PUTS) await writer.write(take(source))
  await writer.flush()
  await settled()
  await durable()
  for (let i = 0; i < task.batches; i++) await writer.write(take(source))
}

/** What the store holds must be the first so many batches, at least those that were synced. */
export async function judge(task: JudgeTask): Promise<{ outcome: Outcome; why: string }> {
  let engine: Engine
  try {
    engine = await (await engineKind(task.engine)).open(task.directory)
  } catch (error) {
    return { outcome: 'refuses to open', why: String(error) }
  }
  try {
    const synced = Math.ceil(task.keys / BATCH_PUTS)
    const held = batchNumber(engine)
    const source = batches(task.keys)
    const expected = new Map<string, Uint8Array>()
    const advance = (): readonly Operation[] => {
      const operations = take(source)
      for (const { key, value } of operations) expected.set(nameOf(key), value!)
      return operations
    }
    for (let batch = 0; batch < Math.min(held, synced + task.batches); batch++) advance()
    const wrong = await difference(engine, expected)
    if (wrong !== undefined) return { outcome: 'opens, silently wrong', why: wrong }
    if (held < synced)
      return { outcome: 'opens, older than what was synced', why: `batch ${held} of ${synced}` }
    for (let batch = 0; batch < BATCHES_AFTERWARDS; batch++) await engine.write(advance())
    await engine.checkpoint()
    const later = await difference(engine, expected)
    if (later !== undefined) return { outcome: 'opens, silently wrong', why: `after more writes: ${later}` }
    return { outcome: 'opens, holds what was synced or more', why: `${held - synced} batches more` }
  } catch (error) {
    return { outcome: 'opens, fails later', why: String(error) }
  }
}

function batchNumber(engine: Engine): number {
  const value = engine.get(BATCH_KEY)
  return value === undefined ? 0 : new DataView(value.buffer, value.byteOffset, value.length).getUint32(0)
}

async function difference(
  engine: Engine,
  expected: ReadonlyMap<string, Uint8Array>,
): Promise<string | undefined> {
  let wrong: string | undefined
  let found = 0
  const { from, to } = ALL_TABLES
  await engine.scan({ from, to: to! }, 'forward', 2 ** 31 - 1, (key, value) => {
    found++
    const should = expected.get(nameOf(key))
    if (should === undefined) wrong ??= 'a key that should not be there'
    else if (Buffer.compare(should, value) !== 0) wrong ??= 'a value of another time'
  })
  if (found < expected.size) wrong ??= `${expected.size - found} of ${expected.size} pairs lost`
  for (const name of expected.keys()) {
    if (wrong !== undefined) break
    if (engine.get(Buffer.from(name, 'latin1')) === undefined)
      wrong = 'a key that a scan finds and a read does not'
  }
  return wrong
}

function nameOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1')
}
