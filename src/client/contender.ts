/**
 * One of those who want what only one may have at a time: a lock, or to be elected. This is etcd's recipe
 * (`client/v3/concurrency`), key by key and request by request, so that its tools and programs contend with ours.
 *
 * Each puts a key of its own under the name, with its lease. Who came first, by create revision, has it; everybody else
 * waits for the one right in front to go. The create revision is the fencing token: it only grows from holder to
 * holder, and a write that compares it (`guard`) is refused once the key is gone.
 */
import { EMPTY, equalBytes } from '../core/bytes.ts'
import { bug, probe } from '../core/seams.ts'
import { utf8Bytes } from '../core/utf8.ts'
import type { Compare } from '../wire/etcd/compare.ts'
import {
  allContenders,
  contenderBefore,
  contenderKey,
  contestPrefix,
  createdAt,
  firstContender,
  unchangedSince,
} from '../wire/etcd/contenders.ts'
import type { KeyValue } from '../wire/etcd/key-value.ts'
import { PUT_DEFAULTS } from '../wire/etcd/put.ts'
import { RANGE_DEFAULTS, type RangeRequest, type RangeResponse } from '../wire/etcd/range.ts'
import type { BytesLike, Client, KeySpan } from './client.ts'
import { ClientError, ClientErrors } from './errors.ts'
import type { Lease } from './lease.ts'
import type { WatchEvent } from './watch.ts'

/** Of comparisons: one that holds whatever there is. */
const ALWAYS = { result: 1, number: -1 } as const

/** Under which everybody who wants `name` has a key. */
export function prefixOf(name: BytesLike): Uint8Array {
  return contestPrefix(bytesOf(name))
}

/** Everybody who wants it: who has it, and then who waits, in the order in which they came. */
export async function contendersFor(client: Client, name: BytesLike): Promise<readonly KeyValue[]> {
  const { kvs } = await ask(client, allContenders(bytesOf(name)))
  return kvs
}

/** Who has it, if anybody does. */
export async function holderOf(
  client: Client,
  name: BytesLike,
): Promise<{ kv?: KeyValue; revision: number }> {
  const { kvs, header } = await ask(client, firstContender(bytesOf(name)))
  return { revision: header.revision, ...(kvs[0] !== undefined && { kv: kvs[0] }) }
}

export class Contender {
  readonly key: Uint8Array
  /** The create revision of its key. */
  readonly token: number
  readonly lease: Lease
  readonly #client: Client
  readonly #name: Uint8Array
  #isFirst: boolean
  /** When its key was last put to, as far as it knows. */
  #changedAt: number

  private constructor(client: Client, name: Uint8Array, key: Uint8Array, lease: Lease, found: Found) {
    this.#client = client
    this.#name = name
    this.key = key
    this.lease = lease
    this.token = found.token
    this.#isFirst = found.isFirst
    this.#changedAt = found.changedAt
  }

  /** Puts its key, unless it is there already. Asked again if nobody knows: the second time it finds what it did. */
  static async enter(client: Client, named: BytesLike, lease: Lease, value: BytesLike): Promise<Contender> {
    const name = bytesOf(named)
    const key = contenderKey(name, lease.id)
    const first = { kind: 'range', range: firstContender(name) } as const
    const put = { ...PUT_DEFAULTS, key, value: bytesOf(value), lease: lease.id }
    const txn = {
      compare: [createdAt(key, 0)],
      success: [{ kind: 'put', put } as const, first],
      failure: [{ kind: 'range', range: { ...RANGE_DEFAULTS, key } } as const, first],
    }
    const { succeeded, header, responses } = await client.txn(txn, { idempotent: true })
    const [own, holder] = responses.map(each => (each.kind === 'range' ? each.range.kvs[0] : undefined))
    const [token, changedAt] = succeeded
      ? [header.revision, header.revision]
      : [own!.createRevision, own!.modRevision]
    const isFirst = holder === undefined || holder.createRevision === token
    return new Contender(client, name, key, lease, { token, isFirst, changedAt })
  }

  /** Holds for what it guards as long as this contender's key is there. */
  get guard(): Compare {
    const guard = createdAt(this.key, this.token)
    return bug('lock-guard-left-out') ? { ...guard, ...ALWAYS } : guard
  }

  /**
   * Resolves once everybody in front has gone. Throws what `signal` was aborted with, and the loss of the lease: its
   * key may have gone while it waited, and somebody else may have it then.
   */
  async wait(signal?: AbortSignal): Promise<void> {
    while (!this.#isFirst) {
      throwIfAborted([signal, this.lease.signal])
      const { kvs, header } = await ask(this.#client, contenderBefore(this.#name, this.token))
      const [before] = kvs
      if (before === undefined) this.#isFirst = true
      else {
        const events = eventsFrom(this.#client, before.key, header.revision, [signal, this.lease.signal])
        for await (const { kind } of events) if (kind === 'delete') break
      }
    }
    throwIfAborted([signal, this.lease.signal])
    const own = await this.#client.get(this.key)
    if (own?.createRevision === this.token) return
    probe('client: a lock was lost before its turn was known')
    throw lost()
  }

  /** Deletes its key, if it is still its own. */
  async leave(): Promise<void> {
    const deletion = { key: this.key, rangeEnd: EMPTY, prevKv: false }
    const success = [{ kind: 'deleteRange', deleteRange: deletion } as const]
    await this.#client.txn({ compare: [this.guard], success, failure: [] }, { idempotent: true })
  }

  /**
   * Puts another value to its key. Throws if the key has gone. Asked again if nobody knows; and what comes of the first
   * time only when it has said something else is refused, for then the key has changed.
   */
  async tell(value: BytesLike): Promise<void> {
    const { key, lease } = this
    const put = { ...PUT_DEFAULTS, key, value: bytesOf(value), lease: lease.id }
    const success = [{ kind: 'put', put } as const]
    const failure = [{ kind: 'range', range: { ...RANGE_DEFAULTS, key } } as const]
    for (;;) {
      const compare = [this.guard, unchangedSince(key, this.#changedAt)]
      const txn = { compare, success, failure }
      const { succeeded, header, responses } = await this.#client.txn(txn, { idempotent: true })
      const [answer] = responses
      const own = answer?.kind === 'range' ? answer.range.kvs[0] : undefined
      if (!succeeded && own?.createRevision !== this.token) throw lost()
      this.#changedAt = own?.modRevision ?? header.revision
      // Else it said something else meanwhile, in another call.
      if (succeeded || equalBytes(own!.value, put.value)) return
    }
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
  readonly changedAt: number
}

function ask(client: Client, { key, rangeEnd, ...options }: RangeRequest): Promise<RangeResponse> {
  return client.range({ from: key, to: rangeEnd }, options)
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
