/**
 * LevelDB by way of classic-level, with its default options. A checkpoint is one more key, written with `sync`:
 * there is no other way to ask for it.
 */
import { ClassicLevel } from 'classic-level'
import type { Engine, EngineKind } from './engine.ts'

/** Behind all keys of the workload, so that no range meets it. */
const SYNC_KEY = Uint8Array.of(0xff)
const SYNC_VALUE = new Uint8Array(0)

async function openClassicLevel(directory: string): Promise<Engine> {
  const database = new ClassicLevel<Uint8Array, Uint8Array>(`${directory}/classic-level`, {
    keyEncoding: 'view',
    valueEncoding: 'view',
  })
  await database.open()
  return {
    write: operations =>
      database.batch(
        operations.map(({ key, value }) =>
          value === undefined ? { type: 'del', key } : { type: 'put', key, value },
        ),
      ),
    get: key => database.getSync(key),
    async scan({ from, to }, direction, limit, visit) {
      const reverse = direction === 'backward'
      const iterator = database.iterator({ gte: from, lt: to, reverse, limit })
      for (const [key, value] of await iterator.all()) visit(key, value)
    },
    checkpoint: () => database.batch([{ type: 'put', key: SYNC_KEY, value: SYNC_VALUE }], { sync: true }),
    close: () => database.close(),
  }
}

export const classicLevel: EngineKind = {
  open: openClassicLevel,
  // Tables and manifests are synced when they are made; only the log waits for `sync`.
  syncsByItself: file => !file.endsWith('.log'),
}
