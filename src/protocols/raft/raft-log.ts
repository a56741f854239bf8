/**
 * The log as the core sees it. Positions, from old to new:
 *
 *     base ........ window.first ........ durable ........ unissued ........ last
 *          on disk only     in memory and on disk    being written    to be written
 *
 * The log knows the term of every entry above its base, the entries themselves from the window on. It
 * gathers what has to be made durable, hands it out once per step, and believes an acknowledgement only for
 * what was not truncated since: the token of a write whose entries were replaced says nothing about those
 * that replaced them, however alike their indexes are (the ABA problem of asynchronous storage).
 */
import { assert } from '../../core/assert.ts'
import type { Entry } from '../../core/entry.ts'
import type { Ballot, Index, Token } from '../../core/ids.ts'
import type { LogBase, LogUpdate } from '../../core/log-update.ts'
import { bug } from '../../core/seams.ts'
import type { ClusterTime } from '../../core/time.ts'
import { EntryWindow } from '../replica/entry-window.ts'
import type { LogPosition } from './promise.ts'
import { TermRuns } from './term-runs.ts'

/** A write that was handed out: once `token` is durable, so is everything up to `through`. */
interface Issued {
  readonly token: Token
  through: Index
}

export class RaftLog {
  #base: LogBase
  readonly #terms = new TermRuns()
  readonly #window: EntryWindow
  #lastIndex: Index
  /** The time of the newest entry that has left the window, or of the base. */
  #leftTime: ClusterTime
  #durableIndex: Index
  #unissued: Index
  #truncated: Index | undefined
  #baseChanged = false
  readonly #issued: Issued[] = []
  /** Entries up to here were checked, and are the same since. */
  #checked = 0

  /** `entries` follow `base` without gaps and are durable. */
  constructor(base: LogBase, entries: readonly Entry[]) {
    this.#base = base
    this.#terms.append(base.index, base.ballot)
    this.#window = new EntryWindow((base.index + 1) as Index)
    this.#leftTime = base.time
    this.#lastIndex = base.index
    this.#durableIndex = base.index
    this.#unissued = (base.index + 1) as Index
    for (const entry of entries) this.append(entry)
    this.#durableIndex = this.#lastIndex
    this.#unissued = (this.#lastIndex + 1) as Index
  }

  get base(): LogBase {
    return this.#base
  }

  get lastIndex(): Index {
    return this.#lastIndex
  }

  get lastBallot(): Ballot {
    return this.#terms.at(this.#lastIndex)
  }

  get lastTime(): ClusterTime {
    return this.#window.at(this.#lastIndex)?.time ?? this.#leftTime
  }

  get end(): LogPosition {
    return { ballot: this.lastBallot, index: this.#lastIndex }
  }

  /** Everything up to here is durable, and is what the log holds now. */
  get durableIndex(): Index {
    return this.#durableIndex
  }

  /** The first entry in memory. */
  get windowFirst(): Index {
    return this.#window.first
  }

  get windowBytes(): number {
    return this.#window.bytes
  }

  /** The point from which everything is in memory. */
  windowBase(configuration: Uint8Array): LogBase {
    const index = (this.#window.first - 1) as Index
    return { index, ballot: this.#terms.at(index), time: this.#leftTime, configuration }
  }

  entryAt(index: Index): Entry | undefined {
    return this.#window.at(index)
  }

  /** The term of the entry at `index`; undefined below the base and behind the end. */
  ballotAt(index: Index): Ballot | undefined {
    if (index < this.#base.index || index > this.#lastIndex) return undefined
    return this.#terms.at(index)
  }

  /** Whether the log holds this very entry; then, by log matching, everything before it agrees too. */
  has(index: Index, ballot: Ballot): boolean {
    return this.ballotAt(index) === ballot
  }

  /**
   * The last index at or below `index` whose term is at most `ballot`: where two logs may agree again, when
   * the other one has `ballot` at `index`. Below the base nothing is known, and everything is possible.
   */
  agreementBelow(index: Index, ballot: Ballot): Index {
    let at = Math.min(index, this.#lastIndex) as Index
    while (at >= this.#base.index && this.#terms.at(at) > ballot) at = (this.#terms.startOf(at) - 1) as Index
    return at
  }

  slice(from: Index, to: Index, bytesMax: number, countMax: number): Entry[] {
    return this.#window.slice(from, to, bytesMax, countMax)
  }

  append(entry: Entry): void {
    assert(entry.index === this.#lastIndex + 1, 'a log grows without gaps')
    this.#terms.append(entry.index, entry.ballot)
    this.#window.push(entry)
    this.#lastIndex = entry.index
  }

  truncateFrom(index: Index): void {
    assert(index >= this.#window.first && index <= this.#lastIndex, 'only what is in memory is truncated')
    this.#terms.truncateFrom(index)
    this.#window.truncateFrom(index)
    this.#lastIndex = (index - 1) as Index
    this.#checked = Math.min(this.#checked, index - 1)
    this.#forgetWritesFrom(index)
  }

  /** The store holds everything up to `base`, durably; what follows in the log stays. */
  rebase(base: LogBase): void {
    assert(this.has(base.index, base.ballot), 'a log is rebased onto an entry that it holds')
    while (this.#window.first <= base.index) this.#leftTime = this.#window.shift()!.time
    this.#terms.dropBelow(base.index)
    this.#base = base
    this.#baseChanged = true
    this.#durableIndex = Math.max(this.#durableIndex, base.index) as Index
    this.#unissued = Math.max(this.#unissued, base.index + 1) as Index
  }

  /** The store holds exactly `base`, durably; nothing of the log belongs to it. */
  reset(base: LogBase): void {
    this.#forgetWritesFrom(Math.min(this.#base.index + 1, base.index + 1) as Index)
    this.#truncated = (base.index + 1) as Index
    this.#terms.clear()
    this.#terms.append(base.index, base.ballot)
    this.#window.reset((base.index + 1) as Index)
    this.#leftTime = base.time
    this.#lastIndex = base.index
    this.#checked = base.index
    this.#base = base
    this.#baseChanged = true
    this.#durableIndex = base.index
    this.#unissued = (base.index + 1) as Index
  }

  /** Forces the base into the next update: a new log has never written one. */
  issueBase(): void {
    this.#baseChanged = true
  }

  /** What has to be made durable now, under this token; undefined if there is nothing. */
  issue(token: Token, promise: Uint8Array | undefined): LogUpdate | undefined {
    const writes =
      this.#unissued <= this.#lastIndex
        ? this.slice(this.#unissued, (this.#lastIndex + 1) as Index, Infinity, Infinity)
        : undefined
    if (!promise && !writes && this.#truncated === undefined && !this.#baseChanged) return undefined
    const base = this.#baseChanged ? this.#base : undefined
    const truncateFrom = bug('truncation-forgotten') ? undefined : this.#truncated
    const update: LogUpdate = { promise, truncateFrom, writes, base }
    this.#issued.push({ token, through: this.#lastIndex })
    this.#unissued = (this.#lastIndex + 1) as Index
    this.#truncated = undefined
    this.#baseChanged = false
    return update
  }

  persisted(token: Token): void {
    let count = 0
    for (; count < this.#issued.length && this.#issued[count]!.token <= token; count++) {
      const { through } = this.#issued[count]!
      if (through > this.#durableIndex) this.#durableIndex = through
    }
    if (count > 0) this.#issued.splice(0, count)
  }

  /** The token with which everything up to `index` will be durable; undefined if it is, or is not issued. */
  tokenFor(index: Index): Token | undefined {
    if (index <= this.#durableIndex) return undefined
    return this.#issued.find(issued => issued.through >= index)?.token
  }

  /** Lets the oldest entries go while the window is too large. They must be durable and applied. */
  evict(upTo: Index, bytesMax: number): void {
    const end = Math.min(upTo, this.#durableIndex)
    while (this.#window.bytes > bytesMax && this.#window.first <= end) {
      this.#leftTime = this.#window.shift()!.time
    }
  }

  check(): void {
    assert(this.#durableIndex >= this.#base.index, 'what lies at the base is durable')
    assert(this.#durableIndex <= this.#lastIndex, 'nothing behind the end is durable')
    assert(this.#durableIndex < this.#unissued, 'only what was issued is durable')
    assert(this.#window.first > this.#base.index, 'memory begins behind the base')
    assert(this.#window.first + this.#window.length === this.#lastIndex + 1, 'memory reaches to the end')
    assert(this.#window.first <= this.#durableIndex + 1, 'only durable entries have left memory')
    for (const { through } of this.#issued)
      assert(through <= this.#lastIndex, 'no write reaches behind the end')
    // The first again each time, for it is at the front that the log forgets; all others once.
    this.#checkEntries(this.#window.first, Math.min(this.#window.first, this.#lastIndex))
    this.#checkEntries(Math.max(this.#window.first, this.#checked + 1), this.#lastIndex)
    this.#checked = this.#lastIndex
  }

  #checkEntries(from: number, to: number): void {
    for (let index = from as Index; index <= to; index++) {
      const entry = this.#window.at(index)!
      assert(entry.index === index && entry.ballot === this.#terms.at(index), 'entries and terms agree')
    }
  }

  /** Writes under way no longer say anything about `index` and above. */
  #forgetWritesFrom(index: Index): void {
    const kept = (index - 1) as Index
    for (const issued of this.#issued) {
      if (issued.through > kept && !bug('stale-write-believed')) issued.through = kept
    }
    if (this.#durableIndex > kept) this.#durableIndex = kept
    if (this.#unissued <= index) return
    this.#unissued = index
    if (this.#truncated === undefined || index < this.#truncated) this.#truncated = index
  }
}
