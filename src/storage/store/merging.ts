/** Merges in the background: one at a time, whenever one is due. */
import type { DiskError } from '../../runtime/disk.ts'
import type { StoreContent } from './content.ts'
import { MergeJob, type MergeResult } from './merge-job.ts'
import { chooseMerge, type Merge } from './merge-policy.ts'
import type { Table } from './table.ts'
import type { TableMakingOptions } from './table-making.ts'
import type { TableMeta } from './table-meta.ts'

export interface MergingHost {
  openTable(meta: TableMeta): Table
  /** The disk failed in a way that nobody can vouch for. */
  failed(error: DiskError): void
}

export class Merging {
  readonly #options: TableMakingOptions
  readonly #content: StoreContent
  readonly #host: MergingHost
  #job: MergeJob | undefined
  /** A merge was carried out, and the switch to its tables is under way. */
  #isSwitching = false
  #isStopped = false

  constructor(options: TableMakingOptions, content: StoreContent, host: MergingHost) {
    this.#options = options
    this.#content = content
    this.#host = host
  }

  get isBusy(): boolean {
    return this.#job !== undefined || this.#isSwitching
  }

  /** The content has changed: begins a merge if one is due and none is under way. */
  consider(): void {
    if (this.isBusy || this.#isStopped) return
    const merge = chooseMerge(this.#content.version, this.#options.tableBytes)
    if (merge === undefined) return
    this.#job = new MergeJob(this.#options, merge, outcome => this.#ended(merge, outcome))
  }

  /** The content is about to be replaced, or the store closed: what is under way is of no use. */
  stop(): void {
    this.#isStopped = true
    this.#job?.stop()
    this.#job = undefined
  }

  resume(): void {
    this.#isStopped = false
    this.consider()
  }

  #ended(merge: Merge, outcome: MergeResult | DiskError): void {
    this.#job = undefined
    if (outcome instanceof Error) return this.#failed(outcome)
    const made = outcome.made.map(meta => this.#host.openTable(meta))
    const outputs = [...outcome.moved, ...made]
    this.#isSwitching = true
    this.#content.switch(
      version => version.withMerged(merge.keyspace, outcome.inputs, outputs),
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
    if (error.kind !== 'full') this.#host.failed(error)
  }
}
