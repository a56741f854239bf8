/** The segment files that are open, in order. The last one is written, the others are only read. */
import { assert } from '../../core/assert.ts'
import type { Segment } from './segment.ts'
import type { SegmentUse } from './segment-use.ts'

export class Segments {
  readonly use: SegmentUse
  readonly #list: Segment[] = []

  constructor(use: SegmentUse) {
    this.use = use
  }

  /** The one that is written; undefined before the very first. */
  get active(): Segment | undefined {
    return this.#list.at(-1)
  }

  /** The number of the segment before which nothing is needed. Every segment starts with all promises and bases. */
  get oldestNeeded(): number {
    for (const { header } of this.#list) {
      if (this.use.liveBytes(header.sequence) > 0) return header.sequence
    }
    return this.active?.header.sequence ?? 1
  }

  get(sequence: number): Segment {
    const segment = this.#list[sequence - this.#list[0]!.header.sequence]
    assert(segment !== undefined, 'a segment that holds live entries is open')
    return segment
  }

  add(segment: Segment): void {
    const last = this.active
    assert(!last || segment.header.sequence === last.header.sequence + 1, 'segments follow each other')
    this.#list.push(segment)
  }

  /** Takes out the segments before this one. */
  takeBefore(sequence: number): Segment[] {
    let count = 0
    while (count < this.#list.length && this.#list[count]!.header.sequence < sequence) count++
    const taken = this.#list.splice(0, count)
    for (const { header } of taken) this.use.forget(header.sequence)
    return taken
  }

  close(): void {
    for (const { file } of this.#list) file.close()
    this.#list.length = 0
  }
}
