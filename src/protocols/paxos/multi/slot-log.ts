/**
 * An acceptor's slots, and what of them is known to be chosen:
 *
 *     base ........ window.first ........ chosen | open: any slots, in any order, with gaps
 *          on disk only     in memory            |  accepted, and not known to be chosen
 *
 * Below `chosen` there are no gaps, and no entry will ever be another. Above it stands what was accepted last in each
 * slot; a proposal of a higher ballot takes its place. Nothing is ever truncated: there is no order among
 * acceptances.
 *
 * The log gathers what has to be made durable, hands it out once per step, and knows of every slot which write it
 * waits for; of a slot that was written twice only the second one counts.
 *
 * An entry that is chosen bears the time that the log tells up to there (`log-time.ts`), not its proposer's.
 */
import { assert } from '../../../core/assert.ts'
import { type Entry, entryBytes } from '../../../core/entry.ts'
import type { Ballot, Index, Token } from '../../../core/ids.ts'
import type { LogBase, LogUpdate } from '../../../core/log-update.ts'
import { EntryWindow } from '../../replica/entry-window.ts'
import { type LogTime, timeAfter, withLogTime } from './log-time.ts'

interface Issued {
  readonly token: Token
  readonly slots: readonly Index[]
}

/** A base's ballot is that of the run that goes on behind it. */
function timeOf({ time, ballot }: LogBase): LogTime {
  return { time, run: ballot }
}

/** Of a slot whose write has not been handed out. */
const NOT_ISSUED = Number.POSITIVE_INFINITY as Token

export class SlotLog {
  #base: LogBase
  readonly #window: EntryWindow
  readonly #open = new Map<Index, Entry>()
  #openBytes = 0
  #chosen: Index
  /** The highest slot in which anything was accepted. */
  #last: Index
  /** Up to what is known to be chosen. */
  #time: LogTime
  /** By slot, the write that it waits for. */
  readonly #writing = new Map<Index, Token>()
  #unissued: Index[] = []
  readonly #issued: Issued[] = []
  #baseChanged = false

  /** `entries`, above the base, are durable; those up to `chosen` are known to be chosen, and have no gaps. */
  constructor(base: LogBase, chosen: Index, entries: readonly Entry[]) {
    this.#base = base
    this.#window = new EntryWindow((base.index + 1) as Index)
    this.#time = timeOf(base)
    this.#chosen = base.index
    this.#last = base.index
    for (const entry of entries) this.#hold(entry)
    this.choose(chosen)
  }

  get base(): LogBase {
    return this.#base
  }

  /** Everything up to here is known to be chosen. */
  get chosen(): Index {
    return this.#chosen
  }

  /** The highest slot in which anything was accepted, or known to be chosen. */
  get last(): Index {
    return this.#last
  }

  get windowFirst(): Index {
    return this.#window.first
  }

  get windowBytes(): number {
    return this.#window.bytes
  }

  get openBytes(): number {
    return this.#openBytes
  }

  get openCount(): number {
    return this.#open.size
  }

  /** What is chosen at `index`, if that is in memory; or what was accepted there last. */
  at(index: Index): Entry | undefined {
    return index > this.#chosen ? this.#open.get(index) : this.#window.at(index)
  }

  ballotAt(index: Index): Ballot | undefined {
    return this.at(index)?.ballot
  }

  /** Accepted, not known to be chosen, from this slot on: by slot. */
  openFrom(from: Index): Entry[] {
    const entries = [...this.#open.values()].filter(({ index }) => index >= from)
    return entries.sort((a, b) => a.index - b.index)
  }

  /** Chosen entries, `from` <= index < `to`. */
  slice(from: Index, to: Index, bytesMax: number, countMax: number): Entry[] {
    assert(to <= this.#chosen + 1, 'only what is chosen is sliced')
    return this.#window.slice(from, to, bytesMax, countMax)
  }

  /** Accepts: takes the place of what was accepted in the slot before. It is written with the next update. */
  put(entry: Entry): void {
    assert(entry.index > this.#chosen, 'what is chosen is never replaced')
    this.#hold(entry)
    if (this.#writing.get(entry.index) !== NOT_ISSUED) this.#unissued.push(entry.index)
    this.#writing.set(entry.index, NOT_ISSUED)
  }

  /** What stands in the slots up to here is chosen. Returns the configurations among it. */
  choose(through: Index): Entry[] {
    const configurations: Entry[] = []
    for (let index = (this.#chosen + 1) as Index; index <= through; index++) {
      const entry = this.#open.get(index as Index)
      assert(entry !== undefined, 'what is chosen is held')
      this.#open.delete(index as Index)
      this.#openBytes -= entryBytes(entry)
      this.#time = timeAfter(this.#time, entry)
      this.#window.push(withLogTime(entry, this.#time))
      if (entry.kind === 'configuration') configurations.push(entry)
    }
    if (through > this.#chosen) this.#chosen = through
    return configurations
  }

  /** What time it is by what is known to be chosen. */
  get time(): LogTime {
    return this.#time
  }

  /** Up to where everything behind `from` is chosen and durable. */
  durableFrom(from: Index, countMax: number): Index {
    const end = Math.min(this.#chosen, from + countMax)
    if (this.#writing.size === 0) return Math.max(from, end) as Index
    let index = from
    while (index < end && !this.#writing.has((index + 1) as Index)) index++
    return index
  }

  isDurable(index: Index): boolean {
    return !this.#writing.has(index)
  }

  /** The store holds everything up to `base`, durably; what follows stays. */
  rebase(base: LogBase): void {
    assert(base.index <= this.#chosen, 'a log is rebased onto what is chosen')
    while (this.#window.first <= base.index) this.#window.shift()
    this.#base = base
    this.#baseChanged = true
    this.#forgetWrites()
  }

  /** The store holds the state at `base`, which lies beyond all that was known to be chosen here. */
  reset(base: LogBase): void {
    assert(base.index > this.#chosen, 'a state that is behind takes nothing away')
    this.#window.reset((base.index + 1) as Index)
    for (const [index, entry] of this.#open) if (index <= base.index) this.#release(index, entry)
    this.#base = base
    this.#baseChanged = true
    this.#chosen = base.index
    this.#time = timeOf(base)
    if (base.index > this.#last) this.#last = base.index
    this.#forgetWrites()
  }

  /** Forces the base into the next update: a new log has never written one. */
  issueBase(): void {
    this.#baseChanged = true
  }

  get hasNews(): boolean {
    return this.#unissued.length > 0 || this.#baseChanged
  }

  /** What has to be made durable now, under this token. */
  issue(token: Token, promise: Uint8Array | undefined): LogUpdate {
    const writes: Entry[] = []
    const slots: Index[] = []
    for (const index of this.#unissued) {
      const entry = this.at(index)
      if (entry === undefined || this.#writing.get(index) !== NOT_ISSUED) continue
      this.#writing.set(index, token)
      slots.push(index)
      writes.push(entry)
    }
    this.#unissued = []
    const base = this.#baseChanged ? this.#base : undefined
    this.#baseChanged = false
    if (slots.length > 0) this.#issued.push({ token, slots })
    return { promise, writes: writes.length > 0 ? writes : undefined, base }
  }

  /** Returns the slots whose newest write has thereby become durable. */
  persisted(token: Token): Index[] {
    const durable: Index[] = []
    let count = 0
    for (; count < this.#issued.length && this.#issued[count]!.token <= token; count++) {
      const { token: of, slots } = this.#issued[count]!
      for (const index of slots) {
        if (this.#writing.get(index) !== of) continue
        this.#writing.delete(index)
        durable.push(index)
      }
    }
    if (count > 0) this.#issued.splice(0, count)
    return durable
  }

  /** Lets the oldest entries go while the window is too large. They must be durable and applied. */
  evict(applied: Index, bytesMax: number): void {
    while (this.#window.bytes > bytesMax && this.#window.first <= Math.min(applied, this.#chosen)) {
      if (this.#writing.has(this.#window.first)) return
      this.#window.shift()
    }
  }

  check(): void {
    assert(this.#window.first > this.#base.index, 'memory begins behind the base')
    assert(this.#window.first + this.#window.length === this.#chosen + 1, 'memory reaches to what is chosen')
    let bytes = 0
    for (const [index, entry] of this.#open) {
      assert(index > this.#chosen && index <= this.#last, 'what is open is not chosen yet')
      assert(entry.index === index, 'an entry stands in its slot')
      bytes += entryBytes(entry)
    }
    assert(bytes === this.#openBytes, 'bytes of what is open add up')
    for (const index of this.#writing.keys()) assert(this.at(index) !== undefined, 'what is written is held')
  }

  #hold(entry: Entry): void {
    const before = this.#open.get(entry.index)
    if (before !== undefined) this.#openBytes -= entryBytes(before)
    this.#open.set(entry.index, entry)
    this.#openBytes += entryBytes(entry)
    if (entry.index > this.#last) this.#last = entry.index
  }

  #release(index: Index, entry: Entry): void {
    this.#open.delete(index)
    this.#openBytes -= entryBytes(entry)
  }

  /** What the base covers waits for no write any more. */
  #forgetWrites(): void {
    for (const index of this.#writing.keys()) if (index <= this.#base.index) this.#writing.delete(index)
  }
}
