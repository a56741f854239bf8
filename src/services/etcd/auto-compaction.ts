/**
 * Compacts by itself, as etcd's two modes do. `periodic` keeps the history of a time: every member notes a revision ten
 * times an interval (the time itself, or an hour if that is shorter), and compacts at the one that is as old as the
 * history to be kept. `revision` keeps so many revisions, and looks every five minutes.
 *
 * Only who leads proposes; the others go on noting, so that a new leader knows what was when.
 */
import { addMs, type Instant, msBetween } from '../../core/time.ts'
import { encodeCommand } from '../../machines/kv/command-codec.ts'
import { currentRevision } from '../../machines/kv/revisions.ts'
import type { KvResult } from '../../machines/kv/types.ts'
import type { ProposalOutcome, Replica } from '../../replication/replica.ts'
import type { Clock, Timer } from '../../runtime/clock.ts'
import type { Logger } from '../../runtime/logger.ts'
import {
  COMPACTION_INTERVAL_MS_MAX,
  COMPACTION_LOOKS_PER_INTERVAL,
  COMPACTION_TIMEOUT_MS,
  REVISION_LOOK_MS,
} from './limits.ts'

/** How much history is kept: of this time, or so many revisions. */
export type Retention =
  | { readonly mode: 'periodic'; readonly ms: number }
  | { readonly mode: 'revision'; readonly revisions: number }

export interface AutoCompactionOptions {
  readonly replica: Replica<KvResult>
  readonly clock: Clock
  readonly log: Logger
  readonly retention: Retention
}

export class AutoCompaction {
  readonly #options: AutoCompactionOptions
  readonly #timer: Timer
  readonly #lookMs: number
  /** Revisions at the last looks, the oldest first; the first is as old as the history to be kept. */
  readonly #noted: number[] = []
  readonly #notedMax: number
  /** How long after the last compaction the next is due: at first the whole time, then an interval. */
  #waitMs: number
  #compactedAt: Instant
  #compacted = 0

  constructor(options: AutoCompactionOptions) {
    const { clock, retention } = options
    this.#options = options
    const intervalMs = intervalOf(retention)
    this.#lookMs =
      retention.mode === 'revision'
        ? REVISION_LOOK_MS
        : Math.max(1, Math.floor(intervalMs / COMPACTION_LOOKS_PER_INTERVAL))
    this.#waitMs = retention.mode === 'revision' ? 0 : retention.ms
    this.#notedMax = retention.mode === 'revision' ? 1 : Math.floor(retention.ms / this.#lookMs) + 1
    this.#compactedAt = clock.now()
    this.#timer = clock.timer(() => this.#look())
    this.#note()
  }

  stop(): void {
    this.#timer.clear()
  }

  #note(): void {
    const { replica, clock } = this.#options
    this.#noted.push(currentRevision(replica.view))
    if (this.#noted.length > this.#notedMax) this.#noted.shift()
    this.#timer.set(addMs(clock.now(), this.#lookMs))
  }

  #look(): void {
    const revision = this.#due()
    if (revision !== undefined && this.#options.replica.status().role === 'leader') this.#compact(revision)
    this.#note()
  }

  /** The revision to compact at; undefined if it is too early, or nothing has happened. */
  #due(): number | undefined {
    const { retention, replica, clock } = this.#options
    if (retention.mode === 'revision') {
      const revision = currentRevision(replica.view) - retention.revisions
      return revision > 0 && revision !== this.#compacted ? revision : undefined
    }
    const [revision] = this.#noted
    const isEarly = msBetween(this.#compactedAt, clock.now()) < this.#waitMs
    return isEarly || revision === this.#compacted ? undefined : revision
  }

  #compact(revision: number): void {
    const { replica, clock, retention } = this.#options
    const command = encodeCommand({ kind: 'compact', compact: { revision } })
    const deadline = addMs(clock.now(), COMPACTION_TIMEOUT_MS)
    this.#waitMs = intervalOf(retention)
    replica.proposeOwn(command, deadline, outcome => this.#answered(revision, outcome))
  }

  #answered(revision: number, outcome: ProposalOutcome<KvResult>): void {
    const { clock, log } = this.#options
    const refusal =
      outcome.kind === 'done' && outcome.result.kind === 'refused' ? outcome.result.reason : undefined
    // One that somebody else made before is as good.
    if (outcome.kind === 'done' && (refusal === undefined || refusal === 'compacted')) {
      this.#compactedAt = clock.now()
      this.#compacted = revision
      if (refusal === undefined) log.info('auto compaction: compacted', { revision })
      return
    }
    const reason = outcome.kind === 'failed' ? outcome.error.message : (refusal ?? '')
    log.warn('auto compaction: failed, and is tried again', { revision, reason })
  }
}

/** Between two compactions; of `periodic` an hour at most. */
function intervalOf(retention: Retention): number {
  return retention.mode === 'revision' ? REVISION_LOOK_MS : Math.min(retention.ms, COMPACTION_INTERVAL_MS_MAX)
}
