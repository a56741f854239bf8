/**
 * LMDB by way of lmdb-js: one table, binary keys and values, no sync but at checkpoints. Values are copied out
 * of the map (`get`), as our store's stay valid, too.
 */
import { open, type RangeOptions } from 'lmdb'
import type { BoundedRange, Engine, EngineKind } from './engine.ts'

/** lmdb-js hands out the environment below the database; its types do not say so. */
interface WithEnvironment {
  readonly env: { sync(done: (error: unknown) => void): void }
}

function openLmdb(directory: string, useWritemap: boolean): Promise<Engine> {
  const database = open<Uint8Array, Uint8Array>({
    path: `${directory}/lmdb`,
    noSubdir: false,
    encoding: 'binary',
    keyEncoding: 'binary',
    cache: false,
    noSync: true,
    useWritemap,
  })
  const { env } = database as unknown as WithEnvironment
  return Promise.resolve({
    write(operations) {
      database.transactionSync(() => {
        for (const { key, value } of operations) {
          if (value === undefined) database.removeSync(key)
          else database.putSync(key, value)
        }
      })
    },
    get: key => database.get(key),
    scan(range, direction, limit, visit) {
      const bounds = direction === 'forward' ? forward(range) : backward(range)
      for (const { key, value } of database.getRange({ ...bounds, limit })) visit(key, value)
    },
    count: range => database.getKeysCount(forward(range)),
    checkpoint: () =>
      new Promise((resolve, reject) => {
        env.sync(error => (error ? reject(error) : resolve()))
      }),
    close: () => database.close(),
  })
}

function forward({ from, to }: BoundedRange): RangeOptions {
  return { start: from, end: to }
}

function backward({ from, to }: BoundedRange): RangeOptions {
  return { start: to, exclusiveStart: true, end: from, inclusiveEnd: true, reverse: true }
}

export const lmdb: EngineKind = {
  open: directory => openLmdb(directory, false),
  syncsByItself: () => false,
}

export const lmdbWritemap: EngineKind = {
  open: directory => openLmdb(directory, true),
  syncsByItself: () => false,
}
