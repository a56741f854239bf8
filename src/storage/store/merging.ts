/** Merges in the background: one at a time, whenever one is due. */
import { probe } from '../../core/seams.ts'
import { DiskError } from '../../runtime/disk.ts'
import type { StoreCallback } from '../../runtime/store.ts'
import type { StoreContent } from './content.ts'
import { type MergePlan, planMerge } from './merge-plan.ts'
import { chooseMerge, type Merge } from './merge-policy.ts'
import type { Table } from './table.ts'
import type { TableMaker } from './table-maker.ts'
import type { TableMeta } from './table-meta.ts'

export interface MergingHost {
  openTable(meta: TableMeta): Table
  /** The disk failed in a way that nobody can vouch for. */
  failed(error: DiskError): void
}

export class Merging {
  readonly #maker: TableMaker
  readonly #tableBytes: number
  readonly #content: StoreContent
  readonly #host: MergingHost
  /** Ends the merge that is under way, and leaves nothing of it. */
  #giveUp: (() => void) | undefined
  /** A merge was carried out, and the switch to its tables is under way. */
  #isSwitching = false
  #isStopped = false
  /** Keyspaces of which all runs are still to become one, and who waits for that. */
  #whole: number[] = []
  #wholeDone: StoreCallback[] = []

  /** @param tableBytes how large merges make a table */
  constructor(maker: TableMaker, tableBytes: number, content: StoreContent, host: MergingHost) {
    this.#maker = maker
    this.#tableBytes = tableBytes
    this.#content = content
    this.#host = host
  }

  get isBusy(): boolean {
    return this.#giveUp !== undefined || this.#isSwitching
  }

  /** The content has changed: begins a merge if one is due and none is under way. */
  consider(): void {
    if (this.isBusy || this.#isStopped) return
    const merge = chooseMerge(this.#content.version, this.#tableBytes) ?? this.#nextWhole()
    if (merge === undefined) return this.#wholeEnded(null)
    const plan = planMerge(merge)
    this.#giveUp = this.#maker.merge(plan.islands, outcome => this.#ended(merge.keyspace, plan, outcome))
  }

  /** All runs that there are become one for each keyspace; what is superseded then takes no room on disk. */
  mergeAll(done: StoreCallback): void {
    this.#whole = this.#content.version.keyspaces
    this.#wholeDone.push(done)
    this.consider()
  }

  /** The content is about to be replaced, or the store closed: what is under way is of no use. */
  stop(): void {
    this.#isStopped = true
    if (this.#giveUp !== undefined) probe('store: a merge was given up, since all was replaced')
    this.#giveUp?.()
    this.#giveUp = undefined
    // What replaces it has no runs to spare; a closed store tells nobody.
    this.#whole = []
  }

  resume(): void {
    this.#isStopped = false
    this.consider()
  }

  #nextWhole(): Merge | undefined {
    for (let keyspace = this.#whole.shift(); keyspace !== undefined; keyspace = this.#whole.shift()) {
      const runs = this.#content.version.runs(keyspace)
      if (runs.length > 1) return { keyspace, sources: runs.map(({ tables }) => tables), isJoin: false }
    }
    return undefined
  }

  #wholeEnded(error: DiskError | null): void {
    for (const done of this.#wholeDone.splice(0)) done(error)
  }

  #ended(keyspace: number, { inputs, moved }: MergePlan, outcome: readonly TableMeta[] | DiskError): void {
    this.#giveUp = undefined
    if (outcome instanceof DiskError) return this.#failed(outcome)
    probe('store: tables were merged')
    const made = outcome.map(meta => this.#host.openTable(meta))
    const outputs = [...moved, ...made]
    this.#isSwitching = true
    this.#content.switch(
      version => version.withMerged(keyspace, inputs, outputs),
      made,
      error => {
        this.#isSwitching = false
        if (error === null) this.consider()
        else this.#failed(error)
      },
    )
  }

  /** A full disk passes: the next checkpoint that finds room brings the next attempt. */
  #failed(error: DiskError): void {
    if (error.kind !== 'full') return this.#host.failed(error)
    probe('store: a merge was given up, for want of room')
    this.#whole = []
    this.#wholeEnded(error)
  }
}
