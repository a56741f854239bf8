/**
 * Imports key-value pairs so that it can be interrupted, repeated and resumed: each write is a transaction
 * guarded by the revision that the key was last seen at, so one that comes late (its answer was lost, a
 * leader died) changes nothing, and a key that already holds its value is not written again.
 */

import type { Client } from '../client/client.ts'
import { compareBytes, EMPTY } from '../core/bytes.ts'
import { PUT_DEFAULTS } from '../wire/etcd/put.ts'
import { RANGE_DEFAULTS } from '../wire/etcd/range.ts'
import type { TxnRequest } from '../wire/etcd/txn-request.ts'
import type { BytesPair } from './json-pair.ts'
import { IMPORT_WRITES_MAX } from './limits.ts'

/** etcd's numbers: Compare.CompareResult EQUAL, Compare.CompareTarget MOD. */
const EQUAL = 0
const TARGET_MOD_REVISION = 2

export interface ImportProgress {
  written: number
  unchanged: number
}

export interface ImportOptions {
  readonly client: Client
  /** Milliseconds without any progress after which the import gives up. */
  readonly patienceMs: number
  readonly progress: (progress: Readonly<ImportProgress>) => void
}

/** Pairs with the same key are written in their order: the last one stays. */
export async function importPairs(
  pairs: AsyncIterable<BytesPair>,
  options: ImportOptions,
): Promise<ImportProgress> {
  const progress: ImportProgress = { written: 0, unchanged: 0 }
  const inFlight = new Map<string, Promise<void>>()
  let failure: unknown
  let broken: unknown
  try {
    for await (const pair of pairs) {
      const name = Buffer.from(pair.key).toString('latin1')
      // One write of a key at a time; and room for one more in all.
      await inFlight.get(name)
      while (inFlight.size >= IMPORT_WRITES_MAX) await Promise.race(inFlight.values())
      if (failure !== undefined) break
      const write = importPair(pair, options)
        .then(outcome => {
          progress[outcome]++
          options.progress(progress)
        })
        .catch((error: unknown) => {
          failure ??= error
        })
        .finally(() => inFlight.delete(name))
      inFlight.set(name, write)
    }
  } catch (error) {
    broken = error
  }
  // Also if the source breaks: what was begun is finished before anyone is told, and a write that failed comes
  // first, because "the lines before were imported" would not be true.
  await Promise.all(inFlight.values())
  failure ??= broken
  if (failure !== undefined) throw failure
  return progress
}

async function importPair(
  pair: BytesPair,
  { client, patienceMs }: ImportOptions,
): Promise<'written' | 'unchanged'> {
  let seenAt = 0
  for (;;) {
    // Guarded by the revision: doing it twice is doing it once.
    const response = await client.txn(guardedPut(pair, seenAt), { idempotent: true, timeoutMs: patienceMs })
    if (response.succeeded) return 'written'
    const found = response.responses[0]
    const current = found?.kind === 'range' ? found.range.kvs[0] : undefined
    if (current !== undefined && compareBytes(current.value, pair.value) === 0) return 'unchanged'
    seenAt = current?.modRevision ?? 0
  }
}

function guardedPut({ key, value }: BytesPair, seenAt: number): TxnRequest {
  return {
    compare: [
      {
        result: EQUAL,
        target: TARGET_MOD_REVISION,
        key,
        rangeEnd: EMPTY,
        number: seenAt,
        value: EMPTY,
        lease: 0n,
      },
    ],
    success: [{ kind: 'put', put: { ...PUT_DEFAULTS, key, value } }],
    failure: [{ kind: 'range', range: { ...RANGE_DEFAULTS, key } }],
  }
}
