/** Locks and elections over leases: `client.lock` and `client.elect`. */
import type { Compare } from '../wire/etcd/compare.ts'
import type { KeyValue } from '../wire/etcd/key-value.ts'
import { type BytesLike, type Client, prefixSpan } from './client.ts'
import { Contender, eventsFrom, holderOf, prefixOf } from './contender.ts'
import type { Lease } from './lease.ts'
import { HOLD_TTL_SECONDS } from './limits.ts'

export interface HoldOptions {
  /** How long it stays taken when this process dies. Default 60, at least 2. */
  readonly ttlSeconds?: number
  /** A lease to hold it under instead of one of its own; it is left alone afterwards. */
  readonly lease?: Lease
  /** Gives up waiting; what was entered is taken back, and the signal's reason thrown. */
  readonly signal?: AbortSignal
}

/**
 * Something that one holds at a time. Nobody can be stopped from acting a moment after the loss of it, so whatever is
 * written under it should compare `guard` in the same transaction, or hand `token` to whoever can compare.
 */
export class Holding {
  readonly #contender: Contender
  readonly #isOwnLease: boolean

  constructor(contender: Contender, isOwnLease: boolean) {
    this.#contender = contender
    this.#isOwnLease = isOwnLease
  }

  get key(): Uint8Array {
    return this.#contender.key
  }

  /** The fencing token: greater than that of everybody who held it before. */
  get token(): number {
    return this.#contender.token
  }

  /** A condition for transactions: it holds as long as this is held. */
  get guard(): Compare {
    return this.#contender.guard
  }

  /** Aborted when it is lost, or may be. */
  get signal(): AbortSignal {
    return this.#contender.lease.signal
  }

  /** Of whoever is elected: says something else. Throws QUORATE_CLIENT_LEASE_LOST if it holds it no more. */
  proclaim(value: BytesLike): Promise<void> {
    return this.#contender.tell(value)
  }

  /** Lets the next have it. */
  async release(): Promise<void> {
    if (this.#isOwnLease) await this.#contender.lease.revoke()
    else await this.#contender.leave()
  }
}

/** Waits until it holds `name`, under which it says `value`. */
export async function hold(
  client: Client,
  name: BytesLike,
  value: BytesLike,
  options: HoldOptions = {},
): Promise<Holding> {
  options.signal?.throwIfAborted()
  const lease = options.lease ?? (await client.lease(options.ttlSeconds ?? HOLD_TTL_SECONDS))
  const isOwnLease = options.lease === undefined
  let contender: Contender | undefined
  try {
    contender = await Contender.enter(client, name, lease, value)
    await contender.wait(options.signal)
    return new Holding(contender, isOwnLease)
  } catch (error) {
    // What comes of this is not what went wrong; the lease ends by itself in the end.
    const taken = isOwnLease ? lease.revoke() : contender?.leave()
    await taken?.catch(() => {})
    throw error
  }
}

/** Who is elected, and every time when somebody else is or says something else. Ends when `signal` is aborted. */
export async function* observe(
  client: Client,
  name: BytesLike,
  signal?: AbortSignal,
): AsyncGenerator<KeyValue, void, undefined> {
  const signals = [signal]
  while (signal?.aborted !== true) {
    const { kv, revision } = await holderOf(client, name)
    if (kv !== undefined) yield kv
    // Of nobody it is told who comes first; of somebody, until its key is gone.
    const which = kv === undefined ? prefixSpan(prefixOf(name)) : kv.key
    for await (const event of eventsFrom(client, which, revision + 1, signals)) {
      if (kv === undefined || event.kind === 'delete') break
      yield event.kv
    }
  }
}
