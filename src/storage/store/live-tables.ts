/**
 * Which tables some version still needs: the newest one, and those that pins hold. A table that none needs any more
 * is closed, and its file removed: the manifest that names it is no longer the one on disk.
 */
import { assert } from '../../core/assert.ts'
import { removeLeftover } from '../leftover.ts'
import type { Table } from './table.ts'
import type { Version } from './version.ts'

export class LiveTables {
  readonly #holders = new Map<Table, number>()

  retain(version: Version): void {
    for (const table of version.tables()) this.#holders.set(table, (this.#holders.get(table) ?? 0) + 1)
  }

  release(version: Version): void {
    for (const table of this.#letGo(version)) table.removeLater()
  }

  /** As `release`, of a version that never was. A file that cannot be removed goes when the store is next opened. */
  forget(version: Version): void {
    for (const table of this.#letGo(version)) removeLeftover(() => table.remove())
  }

  /** Closes all files and removes none. */
  close(): void {
    for (const table of this.#holders.keys()) table.close()
    this.#holders.clear()
  }

  /** Those of the version's tables that nobody holds any more. */
  #letGo(version: Version): Table[] {
    const free: Table[] = []
    for (const table of version.tables()) {
      const holders = this.#holders.get(table)
      assert(holders !== undefined, 'a version is released once')
      if (holders > 1) {
        this.#holders.set(table, holders - 1)
      } else {
        this.#holders.delete(table)
        free.push(table)
      }
    }
    return free
  }
}
