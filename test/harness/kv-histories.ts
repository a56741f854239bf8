/** Random requests to a key-value store: few keys and values, so that they meet; now and then nonsense. */
import type { Random } from '../../src/core/prng.ts'
import type {
  Compare,
  DeleteRangeOperation,
  KvCommand,
  PutOperation,
  RangeOperation,
  RequestOperation,
  TxnOperation,
} from '../../src/machines/kv/types.ts'
import { bytes, compareOf, deleteOf, expire, grant, putOf, rangeOf, renew, revoke } from './kv-operations.ts'

/** Zero bytes, ones that end in them, and prefixes of one another are what escaping can get wrong. */
export const KEYS: readonly Uint8Array[] = [
  bytes('a'),
  bytes('a\0'),
  bytes('a\0\0b'),
  bytes('a\0b'),
  bytes('aa'),
  bytes('ab'),
  bytes('b'),
  bytes('b\x01'),
  bytes('c'),
  Uint8Array.of(0),
  Uint8Array.of(0xff),
  Uint8Array.of(0xff, 0xff),
]
const OPEN = Uint8Array.of(0)
/** Few, so that they are granted again; both ends of what a lease's id may be. */
export const LEASES: readonly bigint[] = [7n, 8n, -1n, 2n ** 63n - 1n, -(2n ** 63n)]
const VALUES: readonly Uint8Array[] = ['', 'x', 'y', 'yy', 'a longer one'].map(bytes)

export interface HistoryState {
  /** The store's revision, and how far it is compacted. */
  readonly current: number
  readonly compacted: number
  /** Leases that exist; others are made up now and then. */
  readonly leases: readonly bigint[]
  /** Also orders and targets that do not exist: etcd refuses them since 3.5. */
  readonly unknownOrders: boolean
}

export class KvHistory {
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  /** 0 .. bound - 1 */
  below(bound: number): number {
    return this.#random.below(bound)
  }

  chance(numerator: number, denominator: number): boolean {
    return this.#random.chance(numerator, denominator)
  }

  pick<T>(from: readonly T[]): T {
    return from[this.#random.below(from.length)]!
  }

  range(state: HistoryState): RangeOperation {
    const bound = () => (this.chance(1, 12) ? this.#revision(state) : 0)
    const odd = state.unknownOrders && this.chance(1, 10) ? 1 : 0
    return rangeOf(this.#key(), this.#rangeEnd(), {
      limit: this.chance(1, 3) ? this.below(5) - 1 : 0,
      revision: this.chance(1, 2) ? this.#revision(state) : 0,
      sortOrder: this.chance(1, 3) ? this.below(3 + odd) : 0,
      sortTarget: this.chance(1, 3) ? this.below(5 + odd) : 0,
      keysOnly: this.chance(1, 6),
      countOnly: this.chance(1, 8),
      minModRevision: bound(),
      maxModRevision: bound(),
      minCreateRevision: bound(),
      maxCreateRevision: bound(),
    })
  }

  put(state: HistoryState): PutOperation {
    const ignoreValue = this.chance(1, 12)
    const ignoreLease = this.chance(1, 12)
    const odd = this.chance(1, 40)
    return putOf(this.#key(), ignoreValue && !odd ? '' : this.pick(VALUES), {
      lease: ignoreLease && !odd ? 0n : this.#lease(state),
      prevKv: this.chance(1, 3),
      ignoreValue,
      ignoreLease,
    })
  }

  deleteRange(): DeleteRangeOperation {
    return deleteOf(this.#key(), this.chance(1, 2) ? this.#rangeEnd() : '', this.chance(1, 3))
  }

  /** A revision to compact at: mostly a sensible one. */
  compaction(state: HistoryState): number {
    return this.chance(1, 5) ? this.#revision(state) : state.current - this.below(8)
  }

  /** Grants, mostly short, and what ends or prolongs what was granted. */
  leaseCommand(): KvCommand {
    const draw = this.below(10)
    if (draw < 4) return grant(this.pick(LEASES), 1 + this.below(this.chance(1, 5) ? 1_000 : 8))
    if (draw < 5) return revoke(this.pick(LEASES))
    const some = Array.from({ length: this.below(4) }, () => this.pick(LEASES))
    return draw < 7 ? renew(...some) : expire(...some)
  }

  txn(state: HistoryState, depth = 3): TxnOperation {
    const compare = this.#some(3, () => this.#compare(state))
    const branch = () => this.#some(4, () => this.#operation(state, depth))
    return { compare, success: branch(), failure: branch() }
  }

  #operation(state: HistoryState, depth: number): RequestOperation {
    const draw = this.below(10)
    if (draw < 2 && depth > 0) return { kind: 'txn', txn: this.txn(state, depth - 1) }
    if (draw < 4) return { kind: 'range', range: this.#innerRange(state) }
    if (draw < 6) return { kind: 'deleteRange', deleteRange: this.deleteRange() }
    return { kind: 'put', put: this.put(state) }
  }

  /** Mostly of a revision that can be read, or a transaction would hardly ever pass. */
  #innerRange(state: HistoryState): RangeOperation {
    const range = this.range(state)
    const isFine = range.revision >= Math.max(0, state.compacted) && range.revision <= state.current
    return isFine || this.chance(1, 6) ? range : { ...range, revision: 0 }
  }

  #compare(state: HistoryState): Compare {
    const target = this.below(5)
    const rangeEnd = this.chance(1, 4) ? this.#rangeEnd() : ''
    const to =
      target === 0
        ? this.below(4)
        : target < 3
          ? this.chance(1, 3)
            ? 0
            : this.#revision(state)
          : target === 3
            ? this.pick(VALUES)
            : this.#lease(state)
    return compareOf(this.#key(), target, this.below(4), to, rangeEnd)
  }

  #key(): Uint8Array {
    return this.chance(1, 80) ? bytes('') : this.pick(KEYS)
  }

  #rangeEnd(): Uint8Array {
    const draw = this.below(10)
    if (draw < 2) return bytes('')
    return draw < 5 ? OPEN : this.pick(KEYS)
  }

  /** Around what exists: mostly readable, at times compacted, in the future or negative. */
  #revision({ current, compacted }: HistoryState): number {
    const lowest = Math.max(0, compacted)
    if (this.chance(1, 12)) return lowest - 1 - this.below(3)
    return lowest + this.below(current - lowest + (this.chance(1, 12) ? 3 : 1))
  }

  #lease({ leases }: HistoryState): bigint {
    if (this.chance(1, 40)) return 4242n
    return leases.length > 0 && this.chance(1, 4) ? this.pick(leases) : 0n
  }

  #some<T>(countMax: number, make: () => T): T[] {
    return Array.from({ length: this.below(countMax + 1) }, make)
  }
}
