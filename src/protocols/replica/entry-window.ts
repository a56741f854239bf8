/** The newest entries of a log, in memory: a queue that is cut at both ends and knows how many bytes it holds. */
import { assert } from '../../core/assert.ts'
import { EMPTY } from '../../core/bytes.ts'
import { type Entry, entryBytes } from '../../core/entry.ts'
import { type Ballot, type Index, NOBODY, type ProposalId } from '../../core/ids.ts'
import type { ClusterTime } from '../../core/time.ts'

/** Dead slots at the front before the array is moved. */
const SLACK = 1024

/** Takes the place of an entry that has left, so that its bytes are freed at once. */
const GONE: Entry = {
  index: 0 as Index,
  ballot: 0 as Ballot,
  kind: 'noop',
  time: 0 as ClusterTime,
  origin: NOBODY,
  proposal: 0 as ProposalId,
  data: EMPTY,
}

export class EntryWindow {
  #entries: Entry[] = []
  #head = 0
  #first: Index
  #bytes = 0

  constructor(first: Index) {
    this.#first = first
  }

  /** The index of the first entry held, or of the next one to come. */
  get first(): Index {
    return this.#first
  }

  get length(): number {
    return this.#entries.length - this.#head
  }

  get bytes(): number {
    return this.#bytes
  }

  at(index: Index): Entry | undefined {
    return index < this.#first ? undefined : this.#entries[this.#head + index - this.#first]
  }

  push(entry: Entry): void {
    assert(entry.index === this.#first + this.length, 'entries are appended without gaps')
    this.#entries.push(entry)
    this.#bytes += entryBytes(entry)
  }

  truncateFrom(index: Index): void {
    const keep = index < this.#first ? 0 : index - this.#first
    for (let i = this.#entries.length - 1; i >= this.#head + keep; i--) {
      this.#bytes -= entryBytes(this.#entries[i]!)
    }
    if (keep < this.length) this.#entries.length = this.#head + keep
  }

  /** Removes and returns the oldest entry. */
  shift(): Entry | undefined {
    const entry = this.#entries[this.#head]
    if (!entry) return undefined
    this.#entries[this.#head++] = GONE
    this.#first = (this.#first + 1) as Index
    this.#bytes -= entryBytes(entry)
    if (this.#head >= SLACK && this.#head * 2 >= this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head)
      this.#head = 0
    }
    return entry
  }

  reset(first: Index): void {
    this.#entries = []
    this.#head = 0
    this.#first = first
    this.#bytes = 0
  }

  /** Entries `from` <= index < `to`, at most `countMax` and about `bytesMax` of them, but at least one. */
  slice(from: Index, to: Index, bytesMax: number, countMax: number): Entry[] {
    const start = this.#head + from - this.#first
    const end = Math.min(this.#head + to - this.#first, start + countMax, this.#entries.length)
    assert(from >= this.#first && start < end, 'a slice of the window begins within it')
    let bytes = 0
    let stop = start
    while (stop < end) {
      bytes += entryBytes(this.#entries[stop]!)
      if (bytes > bytesMax && stop > start) break
      stop++
    }
    return this.#entries.slice(start, stop)
  }
}
