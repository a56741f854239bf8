/**
 * A register that is decided once: whoever comes first settles it, and everybody who proposes anything later is told
 * what was settled. To etcd it is a guarded transaction: the key is put if it was never there, and read if it was.
 *
 * The decision lasts for as long as nobody writes or deletes the key by other means; a key that was overwritten is
 * taken for no decision any more.
 */
import { createdAt } from '../wire/etcd/contenders.ts'
import { PUT_DEFAULTS } from '../wire/etcd/put.ts'
import { RANGE_DEFAULTS } from '../wire/etcd/range.ts'
import type { Client } from './client.ts'
import { ClientError, ClientErrors } from './errors.ts'
import type { RequestOptions } from './failover.ts'

/** What a register was settled to. */
export interface Decision {
  readonly value: Uint8Array
  /** When, in the store's history: the same for all who ask. */
  readonly revision: number
  /** Whether this call settled it, as far as it knows: sent again, it finds its own value as somebody else's. */
  readonly isOwn: boolean
}

/** Sent again when nobody knows what became of it: whoever settled it, it is settled once. */
export async function decide(
  client: Client,
  key: Uint8Array,
  value: Uint8Array,
  options: Omit<RequestOptions, 'idempotent'>,
): Promise<Decision> {
  const txn = {
    compare: [createdAt(key, 0)],
    success: [{ kind: 'put', put: { ...PUT_DEFAULTS, key, value } } as const],
    failure: [{ kind: 'range', range: { ...RANGE_DEFAULTS, key } } as const],
  }
  const { succeeded, header, responses } = await client.txn(txn, { ...options, idempotent: true })
  if (succeeded) return { value, revision: header.revision, isOwn: true }
  const [found] = responses
  const held = found?.kind === 'range' ? found.range.kvs[0] : undefined
  if (held?.version !== 1) {
    const message = 'the key was written by other means than a decision, so that it holds none'
    throw new ClientError(ClientErrors.protocol, message, 'refused')
  }
  return { value: held.value, revision: held.createRevision, isOwn: false }
}
