/**
 * The log at work. Updates gather in a batch while the one before is being written; one write, durable when
 * it calls back, is in flight at most. What it is durable of (`LogState`) follows the disk, never runs ahead.
 *
 * A failed write or sync is never tried again: the log falls silent and halts the node.
 */
import { assert } from '../../core/assert.ts'
import { ByteWriter } from '../../core/bytes.ts'
import { type Entry, entryBytes } from '../../core/entry.ts'
import { QuorateError } from '../../core/errors.ts'
import { doubling, Histogram } from '../../core/histogram.ts'
import type { GroupId, Index } from '../../core/ids.ts'
import type { LogUpdate, RecoveredLog } from '../../core/log-update.ts'
import { bug, buggify } from '../../core/seams.ts'
import { msBetween } from '../../core/time.ts'
import { DiskError } from '../../runtime/disk.ts'
import { emptyBatch, PendingBatch, sealBatch } from './batch.ts'
import { BatchReader } from './batch-reader.ts'
import type { EntryIndex } from './entry-index.ts'
import { logFailed } from './errors.ts'
import type { Log } from './log.ts'
import type { LogState } from './log-state.ts'
import type { LogOptions } from './open-log.ts'
import { newestPending } from './pending-entries.ts'
import { aligned, plannedSegmentBytes, type Segment } from './segment.ts'
import { SegmentMaker } from './segment-maker.ts'
import { hasRoom, placeIn, rollSegment, writeBatch } from './segment-roll.ts'
import type { Segments } from './segments.ts'

/** Seconds, as etcd has them for the same: from a millisecond to eight seconds. */
const SYNC_TIME_BOUNDS = doubling(0.001, 14)

export class WriteAheadLog implements Log {
  readonly syncTimes = new Histogram(SYNC_TIME_BOUNDS)
  readonly #options: LogOptions
  readonly #state: LogState
  readonly #segments: Segments
  readonly #reader: BatchReader
  readonly #maker: SegmentMaker
  readonly #writer: ByteWriter
  /** Which groups have taken what was recovered. */
  readonly #taken = new Set<GroupId>()
  /** In order; the last one is still being filled, the first one may be in flight. */
  readonly #pending: PendingBatch[] = []
  #filling: PendingBatch | undefined
  /** A batch or a mark is being written, or a segment being rolled. */
  #isBusy = false
  #isScheduled = false
  #hasFailed = false
  /** Whether the last batch of the active segment is an `end` mark. */
  #isMarkedEnd: boolean
  #closed: (() => void) | undefined

  constructor(options: LogOptions, state: LogState, segments: Segments, isMarkedEnd: boolean) {
    this.#options = options
    this.#state = state
    this.#segments = segments
    this.#isMarkedEnd = isMarkedEnd
    this.#reader = new BatchReader(segments, options.checksum)
    this.#maker = new SegmentMaker(options.disk, options.directory, this.#fail)
    this.#writer = new ByteWriter(options.limits.batchBytesMax)
  }

  recovered(group: GroupId): RecoveredLog {
    assert(!this.#taken.has(group), 'what was recovered is taken once per group')
    this.#taken.add(group)
    const state = this.#state.groups.get(group)
    const doubt = this.#state.doubtOf(group)
    if (state === undefined) return { promise: undefined, base: undefined, entries: [], doubt }
    const entries: Entry[] = []
    for (let slot = state.entries.firstSlot; slot < state.entries.endSlot; slot++) {
      entries.push(this.#read(state.entries, slot))
    }
    return { promise: state.promise, base: state.base, entries, doubt }
  }

  persist(group: GroupId, update: LogUpdate, done: () => void): void {
    assert(this.#closed === undefined, 'a log that is being closed takes no updates')
    if (this.#hasFailed) return
    if (this.#filling === undefined) {
      this.#filling = new PendingBatch(this.#writer)
      this.#pending.push(this.#filling)
    }
    const bytes = this.#filling.add(group, update, done)
    if (bytes >= this.#options.limits.batchBytesMax) this.#finishFilling()
    if (!this.#isBusy) this.#schedule()
  }

  load(group: GroupId, from: Index, to: Index, bytesMax: number): Entry[] {
    const entries: Entry[] = []
    const state = this.#state.groups.get(group)
    const pending = this.#pending.flatMap(batch => batch.updates.filter(update => update.group === group))
    let bytes = 0
    let slot = state?.entries.lowerBound(from) ?? 0
    for (let index = from; index < to; index++) {
      let entry = newestPending(pending, index)
      if (state && slot < state.entries.endSlot && state.entries.indexAt(slot) === index) {
        if (entry === undefined) entry = this.#read(state.entries, slot)
        slot++
      }
      if (!entry) break
      bytes += entryBytes(entry)
      if (bytes > bytesMax && entries.length > 0) break
      entries.push(entry)
    }
    return entries
  }

  close(done: () => void): void {
    assert(this.#closed === undefined, 'a log is closed once')
    this.#closed = done
    // Whoever met damage while it was opened lets go of it, and repairs what it can.
    if (this.#hasFailed) this.#letGo(done)
    else if (!this.#isBusy) this.#next()
  }

  /** Rolls over to a new segment, before anything else: recovery has found one that cannot go on. */
  roll(done: () => void): void {
    this.#isBusy = true
    this.#roll(0, () => {
      this.#isBusy = false
      done()
    })
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    // What the rest of this turn brings goes into the same batch.
    this.#options.clock.soon(() => {
      this.#isScheduled = false
      if (!this.#isBusy) this.#next()
    })
  }

  #finishFilling(): void {
    this.#filling?.finish()
    this.#filling = undefined
  }

  #next(): void {
    if (this.#hasFailed) return
    const batch = this.#pending[0]
    if (batch !== undefined) {
      if (batch === this.#filling) this.#finishFilling()
      this.#isBusy = true
      const bytes = batch.finish()
      const isEarly = buggify('log: goes over to a new segment early')
      if (hasRoom(this.#active, bytes.length) && !isEarly) this.#write(batch, bytes)
      else this.#roll(bytes.length, () => this.#write(batch, bytes))
    } else if (this.#closed !== undefined) {
      this.#isBusy = true
      this.#finish(this.#closed)
    }
  }

  #write(batch: PendingBatch, bytes: Uint8Array): void {
    const segment = this.#active
    const { sequence, alignmentBytes } = segment.header
    const oldest = this.#segments.oldestNeeded
    const sum = sealBatch(bytes, 'updates', placeIn(segment), oldest, this.#options.checksum)
    const { clock } = this.#options
    const began = clock.now()
    writeBatch(segment, bytes, error => {
      this.syncTimes.observe(msBetween(began, clock.now()) / 1_000)
      if (error !== null && !bug('failed-write-believed')) return this.#fail(segment.path, error)
      if (this.#hasFailed) return
      batch.applyTo(this.#state, sequence, segment.end)
      segment.end += aligned(bytes.length, alignmentBytes)
      segment.checksum = sum
      this.#isMarkedEnd = false
      this.#pending.shift()
      this.#isBusy = false
      this.#removeBefore(oldest)
      this.#prepareNext(segment)
      // The disk works while the callers do.
      this.#next()
      for (const { done } of batch.updates) done()
    })
  }

  #roll(batchBytes: number, done: () => void): void {
    const context = {
      options: this.#options,
      state: this.#state,
      segments: this.#segments,
      reader: this.#reader,
      maker: this.#maker,
      fail: this.#fail,
    }
    this.#onDisk(this.#options.directory, () =>
      rollSegment(context, batchBytes, () => {
        if (this.#hasFailed) return
        this.#isMarkedEnd = false
        done()
      }),
    )
  }

  #prepareNext({ end, header }: Segment): void {
    if (end < header.segmentBytes / 2) return
    this.#maker.prepare(plannedSegmentBytes(header.sequence + 1, this.#options.limits))
  }

  /** A durable batch has said that these are not needed: they may go now. What stays, the next start removes. */
  #removeBefore(oldest: number): void {
    const removed = this.#segments.takeBefore(oldest)
    if (removed.length === 0) return
    const { disk, log: logger } = this.#options
    for (const { path, file } of removed) {
      file.close()
      disk.removeLater(path)
    }
    logger.debug('log segments removed', { count: removed.length, oldest })
  }

  #finish(closed: () => void): void {
    const segment = this.#active
    const stop = () => this.#letGo(closed)
    if (this.#isMarkedEnd) return stop()
    const mark = emptyBatch()
    sealBatch(mark, 'end', placeIn(segment), this.#segments.oldestNeeded, this.#options.checksum)
    writeBatch(segment, mark, error => {
      if (error !== null) this.#fail(segment.path, error)
      else stop()
    })
  }

  #letGo(closed: () => void): void {
    this.#maker.stop(() => {
      this.#segments.close()
      closed()
    })
  }

  get #active(): Segment {
    const { active } = this.#segments
    assert(active !== undefined, 'an open log has a segment to write')
    return active
  }

  #read(entries: EntryIndex, slot: number): Entry {
    const { path } = this.#segments.get(entries.segmentAt(slot))
    return this.#onDisk(path, () => this.#reader.entry(entries, slot))
  }

  /** What cannot be read, or is not what was written, stops the node. */
  #onDisk<T>(path: string, read: () => T): T {
    try {
      return read()
    } catch (error) {
      this.#hasFailed = true
      if (error instanceof DiskError) return this.#options.halt(logFailed('read', path, error))
      if (error instanceof QuorateError) return this.#options.halt(error)
      throw error
    }
  }

  readonly #fail = (path: string, error: DiskError): void => {
    if (this.#hasFailed) return
    this.#hasFailed = true
    this.#options.halt(logFailed('write', path, error))
  }
}
