/**
 * Compares every byte of a store that nobody uses with its checksums, and its tables with what the manifest says of
 * them, in slices. Goes on behind damage: what is reported is all there is, but for a table with more than
 * DAMAGES_REPORTED_MAX places, and for one whose index is lost, of which nobody knows where the blocks begin.
 */
import { assert } from '../../core/assert.ts'
import { compareBytes } from '../../core/bytes.ts'
import type { StoreDamage } from '../../runtime/store.ts'
import type { InspectedStore } from './inspect-store.ts'
import { keyspaceOf } from './keyspace.ts'
import type { ManifestTable } from './manifest.ts'
import { Table } from './table.ts'
import type { TableMeta } from './table-meta.ts'
import type { TableVerification } from './table-verification.ts'

/** A table and its place in the manifest. */
interface Place {
  readonly keyspace: number
  readonly isFirstOfRun: boolean
  readonly named: ManifestTable
}

export class StoreVerification {
  /** How many tables the manifest names. */
  readonly tables: number
  /** Of all of them. */
  readonly bytes: number
  /** Of the tables that could be opened so far. */
  records = 0
  readonly #store: InspectedStore
  readonly #report: (damage: StoreDamage) => void
  readonly #places: readonly Place[]
  #position = 0
  #bytesBefore = 0
  #bytesWithin = 0
  #current: { readonly table: Table; readonly verification: TableVerification } | undefined
  /** That of the table before, in the same run. */
  #lastKey: Uint8Array | undefined

  /** @param report is told of each place that is damaged, in the order of the manifest. */
  constructor(store: InspectedStore, report: (damage: StoreDamage) => void) {
    this.#store = store
    this.#report = report
    this.#places = store.manifest.keyspaces.flatMap(({ keyspace, runs }) =>
      runs.flatMap(run => run.map((named, i) => ({ keyspace, isFirstOfRun: i === 0, named }))),
    )
    this.tables = this.#places.length
    this.bytes = this.#places.reduce((sum, { named }) => sum + named.fileBytes, 0)
  }

  /** How much of `bytes` is behind it. */
  get bytesDone(): number {
    return this.#bytesBefore + this.#bytesWithin
  }

  /** Reads about so many bytes more, at least one block, and of one table only; false if nothing is left. */
  nextSlice(bytesMax: number): boolean {
    assert(bytesMax > 0, 'a slice is of some bytes')
    const place = this.#places[this.#position]
    if (place === undefined) return false
    if (this.#current === undefined) this.#open(place)
    else if (this.#current.verification.nextSlice(bytesMax)) {
      this.#bytesWithin = Math.min(this.#bytesWithin + bytesMax, place.named.fileBytes)
    } else this.#end(place)
    return this.#position < this.tables
  }

  #open(place: Place): void {
    if (place.isFirstOfRun) this.#lastKey = undefined
    const table = this.#store.openTable(place.named)
    if (!(table instanceof Table)) {
      this.#report(table)
      return this.#end(place)
    }
    this.records += table.meta.records
    this.#current = { table, verification: table.verification(this.#report) }
    const what = this.#misplacement(place, table.meta)
    if (what !== undefined) this.#report(this.#store.damageOf(place.named.id, what))
    this.#lastKey = table.meta.lastKey
  }

  #misplacement({ keyspace }: Place, { firstKey, lastKey }: TableMeta): string | undefined {
    if (keyspaceOf(firstKey) !== keyspace || keyspaceOf(lastKey) !== keyspace) {
      return 'its keys are not of the keyspace that the manifest names it in'
    }
    if (this.#lastKey !== undefined && compareBytes(this.#lastKey, firstKey) >= 0) {
      return 'its keys are not behind those of the table before it in its run'
    }
    return undefined
  }

  #end({ named }: Place): void {
    this.#current?.table.close()
    this.#current = undefined
    this.#bytesBefore += named.fileBytes
    this.#bytesWithin = 0
    this.#position++
  }
}
