/** Deletes every version that ended, with its record: what the machine's sweep does after a compaction. */
import { setImmediate as turn } from 'node:timers/promises'
import { Slab } from '../../src/machines/kv/slab.ts'
import { PAST_TABLE, revisionKey, revisionOfPast } from '../../src/machines/kv/store-keys.ts'
import type { Engine, Operation } from './engine.ts'
import { BATCH_PUTS } from './write-phase.ts'
import type { Writer } from './writer.ts'

/** Versions that one scan finds, and so the deletions of a few batches. */
const SLICE_VERSIONS = 500

/** Returns how many versions there were. */
export async function compact(engine: Engine, writer: Writer): Promise<number> {
  const slab = new Slab()
  const { to } = PAST_TABLE
  let versions = 0
  for (let from = PAST_TABLE.from; ; ) {
    const keys: Uint8Array[] = []
    await engine.scan({ from, to: to! }, 'forward', SLICE_VERSIONS, key => keys.push(key.slice()))
    versions += keys.length
    for (let i = 0; i < keys.length; i += BATCH_PUTS) {
      const operations: Operation[] = keys.slice(i, i + BATCH_PUTS).flatMap(key => {
        const { main, sub } = revisionOfPast(key)
        return [
          { key, known: 'present' },
          { key: revisionKey(slab, main, sub), known: 'present' },
        ]
      })
      await writer.write(operations)
      await writer.relieved()
      await turn()
    }
    if (keys.length < SLICE_VERSIONS) break
    from = Uint8Array.of(...keys.at(-1)!, 0)
  }
  await writer.flush()
  return versions
}
