/**
 * One of those who want what only one may have at a time: a lock, or to be elected. This is etcd's recipe
 * (`client/v3/concurrency`), key by key and request by request, so that its tools and programs contend with ours.
 *
 * Each puts a key of its own under the name, with its lease. Who came first, by create revision, has it; everybody else
 * waits for the one right in front to go. The create revision is the fencing token: it only grows from holder to
 * holder, and a write that compares it (`guard`) is refused once the key is gone.
 */
import { concatBytes, EMPTY } from '../core/bytes.ts'
import { utf8Bytes } from '../core/utf8.ts'
import type { Compare } from '../wire/etcd/compare.ts'
import type { KeyValue } from '../wire/etcd/key-value.ts'
import { PUT_DEFAULTS } from '../wire/etcd/put.ts'
import { RANGE_DEFAULTS, type RangeRequest } from '../wire/etcd/range.ts'
import type { RequestOp } from '../wire/etcd/txn-request.ts'
import { type BytesLike, type Client, type KeySpan, prefixSpan } from './client.ts'
import { ClientError, ClientErrors } from './errors.ts'
import type { Lease } from './lease.ts'
import type { WatchEvent } from './watch.ts'

const EQUAL = 0
const CREATE = 1
const ASCEND = 1
const DESCEND = 2
const BY_CREATE = 2

const SLASH = utf8Bytes('/')

/** Under which everybody who wants `name` has a key. */
export function prefixOf(name: BytesLike): Uint8Array {
  return concatBytes([typeof name === 'string' ? utf8Bytes(name) : name, SLASH])
}

/** Everybody who wants it: who has it, and then who waits, in the order in which they came. */
export async function contendersFor(client: Client, name: BytesLike): Promise<readonly KeyValue[]> {
  const { kvs } = await client.range(prefixSpan(prefixOf(name)), { sortTarget: BY_CREATE, sortOrder: ASCEND })
  return kvs
}

/** Who has it, if anybody does. */
export async function holderOf(
  client: Client,
  name: BytesLike,
): Promise<{ kv?: KeyValue; revision: number }> {
  const { kvs, header } = await client.range(prefixSpan(prefixOf(name)), {
    sortTarget: BY_CREATE,
    sortOrder: ASCEND,
    limit: 1,
  })
  return { revision: header.revision, ...(kvs[0] !== undefined && { kv: kvs[0] }) }
}

export class Contender {
  readonly key: Uint8Array
  /** The create revision of its key. */
  readonly token: number
  readonly lease: Lease
  readonly #client: Client
  readonly #prefix: Uint8Array
  #isFirst: boolean

  private constructor(client: Client, prefix: Uint8Array, key: Uint8Array, lease: Lease, found: Found) {
    this.#client = client
    this.#prefix = prefix
    this.key = key
    this.lease = lease
    this.token = found.token
    this.#isFirst = found.isFirst
  }

  /** Puts its key, unless it is there already. Asked again if nobody knows: the second time it finds what it did. */
  static async enter(client: Client, name: BytesLike, lease: Lease, value: BytesLike): Promise<Contender> {
    const prefix = prefixOf(name)
    const key = concatBytes([prefix, utf8Bytes(BigInt.asUintN(64, lease.id).toString(16))])
    const put = { ...PUT_DEFAULTS, key, value: bytesOf(value), lease: lease.id }
    const txn = {
      compare: [createdAt(key, 0)],
      success: [{ kind: 'put', put } as const, firstOf(prefix)],
      failure: [{ kind: 'range', range: { ...RANGE_DEFAULTS, key } } as const, firstOf(prefix)],
    }
    const { succeeded, header, responses } = await client.txn(txn, { idempotent: true })
    const [own, first] = responses.map(each => (each.kind === 'range' ? each.range.kvs[0] : undefined))
    const token = succeeded ? header.revision : own!.createRevision
    return new Contender(client, prefix, key, lease, {
      token,
      isFirst: first === undefined || first.createRevision === token,
    })
  }

  /** Holds for what it guards as long as this contender's key is there. */
  get guard(): Compare {
    return createdAt(this.key, this.token)
  }

  /**
   * Resolves once everybody in front has gone. Throws what `signal` was aborted with, and the loss of the lease: its
   * key may have gone while it waited, and somebody else may have it then.
   */
  async wait(signal?: AbortSignal): Promise<void> {
    while (!this.#isFirst) {
      throwIfAborted([signal, this.lease.signal])
      const span = prefixSpan(this.#prefix)
      const { kvs, header } = await this.#client.range(span, {
        sortTarget: BY_CREATE,
        sortOrder: DESCEND,
        limit: 1,
        maxCreateRevision: this.token - 1,
      })
      const [before] = kvs
      if (before === undefined) this.#isFirst = true
      else {
        const events = eventsFrom(this.#client, before.key, header.revision, [signal, this.lease.signal])
        for await (const { kind } of events) if (kind === 'delete') break
      }
    }
    throwIfAborted([signal, this.lease.signal])
    const own = await this.#client.get(this.key)
    if (own?.createRevision !== this.token) throw lost()
  }

  /** Deletes its key, if it is still its own. */
  async leave(): Promise<void> {
    const deletion = { key: this.key, rangeEnd: EMPTY, prevKv: false }
    const success = [{ kind: 'deleteRange', deleteRange: deletion } as const]
    await this.#client.txn({ compare: [this.guard], success, failure: [] }, { idempotent: true })
  }

  /** Puts another value to its key. Throws if the key has gone. */
  async tell(value: BytesLike): Promise<void> {
    const put = { ...PUT_DEFAULTS, key: this.key, value: bytesOf(value), lease: this.lease.id }
    const { succeeded } = await this.#client.txn(
      { compare: [this.guard], success: [{ kind: 'put', put }], failure: [] },
      { idempotent: true },
    )
    if (!succeeded) throw lost()
  }
}

/** What happens to keys from a revision on, until one of the signals is aborted. */
export async function* eventsFrom(
  client: Client,
  which: BytesLike | KeySpan,
  startRevision: number,
  signals: readonly (AbortSignal | undefined)[],
): AsyncGenerator<WatchEvent, void, undefined> {
  const watch = client.watch(which, { startRevision })
  const close = (): void => watch.close()
  for (const signal of signals) signal?.addEventListener('abort', close)
  try {
    if (signals.some(signal => signal?.aborted)) return
    for await (const { events } of watch) yield* events
  } finally {
    for (const signal of signals) signal?.removeEventListener('abort', close)
  }
}

interface Found {
  readonly token: number
  readonly isFirst: boolean
}

function firstOf(prefix: Uint8Array): RequestOp {
  const { from, to } = prefixSpan(prefix)
  const range: RangeRequest = {
    ...RANGE_DEFAULTS,
    key: from as Uint8Array,
    rangeEnd: to as Uint8Array,
    sortTarget: BY_CREATE,
    sortOrder: ASCEND,
    limit: 1,
  }
  return { kind: 'range', range }
}

function createdAt(key: Uint8Array, revision: number): Compare {
  return { result: EQUAL, target: CREATE, key, rangeEnd: EMPTY, number: revision, value: EMPTY, lease: 0n }
}

function bytesOf(value: BytesLike): Uint8Array {
  return typeof value === 'string' ? utf8Bytes(value) : value
}

function throwIfAborted(signals: readonly (AbortSignal | undefined)[]): void {
  for (const signal of signals) signal?.throwIfAborted()
}

function lost(): ClientError {
  return new ClientError(ClientErrors.leaseLost, 'the key under which it was held has gone', 'unknown')
}
