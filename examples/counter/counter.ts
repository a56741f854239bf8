/**
 * A counter that many processes add to, each addition at most once, though the protocol knows no request ids.
 *
 * Beside the counter's key stands one for each adder: the number of its last addition that counts. An addition is a
 * transaction that writes both, and holds only if neither has changed since they were read. One that is sent again,
 * because nobody knows what became of it, finds its own number there, or fails; so does one that arrives late.
 */
import type { Client } from '../../src/client/index.ts'
import { utf8Bytes, utf8Text } from '../../src/core/utf8.ts'
import type { Compare } from '../../src/wire/etcd/compare.ts'
import { PUT_DEFAULTS } from '../../src/wire/etcd/put.ts'
import { RANGE_DEFAULTS } from '../../src/wire/etcd/range.ts'

const EQUAL = 0
const MOD = 2

/** What an addition finds. */
interface Sight {
  readonly total: Cell
  readonly last: Cell
}

/** A key that holds a number; absent, it is zero, at revision zero. */
interface Cell {
  readonly key: Uint8Array
  readonly number: number
  readonly revision: number
}

export function totalKey(counter: string): string {
  return `${counter}/total`
}

export function lastKey(counter: string, adder: string): string {
  return `${counter}/last/${adder}`
}

export class Counter {
  readonly #client: Client
  readonly #total: Uint8Array
  readonly #last: Uint8Array

  constructor(client: Client, counter: string, adder: string) {
    this.#client = client
    this.#total = utf8Bytes(totalKey(counter))
    this.#last = utf8Bytes(lastKey(counter, adder))
  }

  /** How many of this adder's additions count. */
  async last(): Promise<number> {
    return (await this.#look()).last.number
  }

  /**
   * The addition of this number, the one behind `last()`. Throws if it cannot be told what became of it: then it counts
   * or does not, and the same call again finds out. Never twice.
   */
  async add(number: number, amount: number): Promise<void> {
    for (;;) {
      const { total, last } = await this.#look()
      if (last.number >= number) return
      if (await this.#write(total, total.number + amount, last, number)) return
      // Somebody else was quicker: nothing was written.
    }
  }

  async #look(): Promise<Sight> {
    const read = (key: Uint8Array) => ({ kind: 'range', range: { ...RANGE_DEFAULTS, key } }) as const
    const { responses } = await this.#client.txn(
      { compare: [], success: [read(this.#total), read(this.#last)], failure: [] },
      { idempotent: true },
    )
    const [total, last] = responses.map(each => (each.kind === 'range' ? each.range.kvs[0] : undefined))
    const cell = (key: Uint8Array, found: typeof total): Cell =>
      found === undefined
        ? { key, number: 0, revision: 0 }
        : { key, number: Number(utf8Text(found.value)), revision: found.modRevision }
    return { total: cell(this.#total, total), last: cell(this.#last, last) }
  }

  /** Not sent again by the client: what became of it is to be looked at first. */
  async #write(total: Cell, sum: number, last: Cell, number: number): Promise<boolean> {
    const { succeeded } = await this.#client.txn({
      compare: [unchanged(total), unchanged(last)],
      success: [put(total.key, sum), put(last.key, number)],
      failure: [],
    })
    return succeeded
  }
}

function unchanged({ key, revision }: Cell): Compare {
  const nothing = new Uint8Array()
  return { result: EQUAL, target: MOD, key, rangeEnd: nothing, number: revision, value: nothing, lease: 0n }
}

function put(key: Uint8Array, number: number) {
  return { kind: 'put', put: { ...PUT_DEFAULTS, key, value: utf8Bytes(String(number)) } } as const
}
