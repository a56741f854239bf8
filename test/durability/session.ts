/** One client: random operations over a handful of keys, one after the other, all of them recorded. */
import { type Client, ClientError } from '../../src/client/index.ts'
import { EMPTY } from '../../src/core/bytes.ts'
import type { Random } from '../../src/core/prng.ts'
import { utf8Bytes, utf8Text } from '../../src/core/utf8.ts'
import type { KeyValue } from '../../src/wire/etcd/key-value.ts'
import { PUT_DEFAULTS } from '../../src/wire/etcd/put.ts'
import { RANGE_DEFAULTS } from '../../src/wire/etcd/range.ts'
import type { RequestOp } from '../../src/wire/etcd/txn-request.ts'
import type { TxnResponse } from '../../src/wire/etcd/txn-response.ts'
import type { Action, Answer, History, Seen } from './history.ts'

export interface SessionOptions {
  readonly number: number
  readonly client: Client
  readonly history: History
  readonly random: Random
  readonly keys: readonly string[]
  readonly timeoutMs: number
  /** Values are unique by themselves; so many further characters make them heavy. */
  readonly paddingMax: number
}

export class Session {
  readonly #options: SessionOptions
  /** What this client last saw of each key: what its guards expect. */
  readonly #seen = new Map<string, number>()

  constructor(options: SessionOptions) {
    this.#options = options
  }

  /** Goes on until told to stop, which it looks at between operations. */
  async run(isOver: () => boolean, answered: () => void = () => {}): Promise<void> {
    const { history, number } = this.#options
    while (!isOver()) {
      const action = this.#choose()
      const operation = history.call(number, action)
      try {
        const answer = await this.#perform(action)
        this.#remember(action, answer)
        history.answered(operation, answer)
        answered()
      } catch (error) {
        if (!(error instanceof ClientError)) throw error
        if (error.outcome === 'refused') history.refused(operation)
      }
    }
  }

  #choose(): Action {
    const { random, keys } = this.#options
    const key = keys[random.below(keys.length)]!
    const dice = random.below(20)
    if (dice < 5) return { kind: 'get', key, serializable: false }
    if (dice < 6) return { kind: 'get', key, serializable: true }
    if (dice < 12) return { kind: 'put', key, value: this.#value() }
    if (dice < 14) return { kind: 'delete', key }
    if (dice < 17) {
      return { kind: 'guarded', key, value: this.#value(), modRevision: this.#seen.get(key) ?? 0 }
    }
    const other = keys[random.below(keys.length)]!
    return other === key
      ? { kind: 'put', key, value: this.#value() }
      : { kind: 'pair', keys: [key, other], value: this.#value() }
  }

  #value(): string {
    const { history, number, random, paddingMax } = this.#options
    return `${number}.${history.operations.length}${'.'.repeat(random.below(paddingMax + 1))}`
  }

  async #perform(action: Action): Promise<Answer> {
    const { client, timeoutMs } = this.#options
    const options = { timeoutMs }
    switch (action.kind) {
      case 'get': {
        const { serializable } = action
        const from = utf8Bytes(action.key)
        const to = new Uint8Array([...from, 0])
        const { header, kvs } = await client.range({ from, to }, { ...options, serializable })
        return { revision: header.revision, wrote: false, seen: seenIn(kvs) }
      }
      case 'put': {
        const { header } = await client.put(action.key, action.value, options)
        return { revision: header.revision, wrote: true }
      }
      case 'delete': {
        const { header, deleted } = await client.delete(action.key, options)
        return { revision: header.revision, wrote: deleted > 0 }
      }
      case 'pair': {
        const success = action.keys.map(key => putOf(key, action.value))
        const { header } = await client.txn({ compare: [], success, failure: [] }, options)
        return { revision: header.revision, wrote: true }
      }
      case 'guarded':
        return guardedAnswer(await client.txn(guardedTxn(action), options))
    }
  }

  #remember(action: Action, { revision, wrote, seen }: Answer): void {
    if (action.kind === 'pair') return
    const written = action.kind === 'delete' ? 0 : revision
    this.#seen.set(action.key, wrote ? written : (seen?.modRevision ?? 0))
  }
}

const EQUAL = 0
const MOD_REVISION = 2

function guardedTxn({ key, value, modRevision }: Extract<Action, { kind: 'guarded' }>) {
  const name = utf8Bytes(key)
  const guard = { key: name, rangeEnd: EMPTY, value: EMPTY, lease: 0n }
  return {
    compare: [{ ...guard, result: EQUAL, target: MOD_REVISION, number: modRevision }],
    success: [putOf(key, value)],
    failure: [{ kind: 'range', range: { ...RANGE_DEFAULTS, key: name } } as const],
  }
}

function guardedAnswer({ header, succeeded, responses }: TxnResponse): Answer {
  if (succeeded) return { revision: header.revision, wrote: true }
  const [first] = responses
  const kvs = first?.kind === 'range' ? first.range.kvs : []
  return { revision: header.revision, wrote: false, seen: seenIn(kvs) }
}

function putOf(key: string, value: string): RequestOp {
  return { kind: 'put', put: { ...PUT_DEFAULTS, key: utf8Bytes(key), value: utf8Bytes(value) } }
}

function seenIn([kv]: readonly KeyValue[]): Seen {
  return kv === undefined ? null : { value: utf8Text(kv.value), modRevision: kv.modRevision }
}
