/** The state of a machine as it is kept: keys, and values as JSON text. */
import { compareBytes, prefixEnd } from '../../core/bytes.ts'
import { utf8Bytes, utf8Text } from '../../core/utf8.ts'
import type { StoreBatch, StoreView } from '../../runtime/store.ts'
import { shortened } from './describe-operation.ts'

/** All of a state, in the order of the keys. */
export type Content = readonly (readonly [key: string, value: string])[]

export interface RawView {
  get(key: string): string | undefined
  /** In the order of the keys' bytes. */
  scan(prefix: string): (readonly [key: string, value: string])[]
}

export interface RawState extends RawView {
  put(key: string, value: string): void
  delete(key: string): void
}

/** A letter, as tables of machines begin with one. */
const TABLE = 's'

/** What a member's store holds. */
export class StoredView implements RawView {
  readonly #view: StoreView
  /** What the store threw: the member's end, whoever may have caught it on its way. */
  #broken: { readonly error: unknown } | undefined

  constructor(view: StoreView) {
    this.#view = view
  }

  get broken(): { readonly error: unknown } | undefined {
    return this.#broken
  }

  get(key: string): string | undefined {
    const value = this.#reading(() => this.#view.get(storeKey(key)))
    return value && utf8Text(value)
  }

  scan(prefix: string): (readonly [string, string])[] {
    const from = storeKey(prefix)
    return this.#reading(() => {
      const cursor = this.#view.scan({ from, to: prefixEnd(from) })
      const pairs: (readonly [string, string])[] = []
      while (cursor.next()) pairs.push([utf8Text(cursor.key).slice(TABLE.length), utf8Text(cursor.value)])
      return pairs
    })
  }

  #reading<T>(read: () => T): T {
    try {
      return read()
    } catch (error) {
      this.#broken ??= { error }
      throw error
    }
  }
}

/** What a member's store will hold once the batch is committed. */
export class StoredState extends StoredView implements RawState {
  readonly #batch: StoreBatch

  constructor(batch: StoreBatch) {
    super(batch)
    this.#batch = batch
  }

  put(key: string, value: string): void {
    this.#batch.put(storeKey(key), utf8Bytes(value))
  }

  delete(key: string): void {
    this.#batch.delete(storeKey(key))
  }
}

/** In memory, for machines that run alone. */
export class PlainState implements RawState {
  readonly #pairs: Map<string, string>

  constructor(pairs: Content = []) {
    this.#pairs = new Map(pairs)
  }

  /** Another with the same pairs, for now. */
  copy(): PlainState {
    return new PlainState([...this.#pairs])
  }

  get(key: string): string | undefined {
    return this.#pairs.get(key)
  }

  scan(prefix: string): (readonly [string, string])[] {
    const pairs = [...this.#pairs].filter(([key]) => key.startsWith(prefix))
    return pairs.sort(([a], [b]) => compareBytes(utf8Bytes(a), utf8Bytes(b)))
  }

  put(key: string, value: string): void {
    this.#pairs.set(key, value)
  }

  delete(key: string): void {
    this.#pairs.delete(key)
  }
}

/** The first key that stands for different things, in a sentence. */
export function stateDifference(one: Content, other: Content): string {
  const theirs = new Map(other)
  const ours = new Map(one)
  const key = [...ours.keys(), ...theirs.keys()].find(each => ours.get(each) !== theirs.get(each))
  if (key === undefined) return 'their order'
  const told = (value: string | undefined): string => (value === undefined ? 'nothing' : shortened(value))
  return `${JSON.stringify(key)} is ${told(ours.get(key))} here, ${told(theirs.get(key))} there`
}

function storeKey(key: string): Uint8Array {
  return utf8Bytes(TABLE + key)
}
