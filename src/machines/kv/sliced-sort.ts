/**
 * A stable merge sort that can be interrupted: sorting a million rows takes a second, and a node has other
 * things to do. Short runs are sorted at once, then merged in passes of doubling width.
 */
import { SORT_RUN_ELEMENTS } from './limits.ts'

export class SlicedSort<T> {
  readonly #compare: (a: T, b: T) => number
  #from: T[]
  #to: T[] = []
  /** Length of the runs that are being merged; 0 while they are being made. */
  #width = 0
  /** Where the next run to make, or the next pair of runs to merge, begins. */
  #start = 0
  #left = 0
  #right = 0

  constructor(items: readonly T[], compare: (a: T, b: T) => number) {
    this.#from = items.slice()
    this.#compare = compare
  }

  /** One piece of work, of about `SORT_RUN_ELEMENTS` elements. True while more remains. */
  step(): boolean {
    if (this.#width === 0) this.#makeRun()
    else this.#merge()
    if (this.#start < this.#from.length) return true
    return this.#nextPass()
  }

  /** What it was given, in order, once `step` has returned false. */
  get sorted(): T[] {
    return this.#from
  }

  #makeRun(): void {
    const end = this.#start + SORT_RUN_ELEMENTS
    for (const item of this.#from.slice(this.#start, end).sort(this.#compare)) this.#to.push(item)
    this.#start = end
  }

  #nextPass(): boolean {
    const sorted = this.#to
    this.#to = []
    this.#from = sorted
    this.#width = this.#width === 0 ? SORT_RUN_ELEMENTS : this.#width * 2
    this.#beginPair(0)
    return this.#width < sorted.length
  }

  #beginPair(start: number): void {
    this.#start = start
    this.#left = start
    this.#right = Math.min(start + this.#width, this.#from.length)
  }

  #merge(): void {
    const middle = Math.min(this.#start + this.#width, this.#from.length)
    const end = Math.min(middle + this.#width, this.#from.length)
    for (let count = 0; count < SORT_RUN_ELEMENTS; count++) {
      if (this.#left === middle && this.#right === end) return this.#beginPair(end)
      this.#to.push(this.#takeLeft(middle, end) ? this.#from[this.#left++]! : this.#from[this.#right++]!)
    }
    if (this.#left === middle && this.#right === end) this.#beginPair(end)
  }

  /** Of equals, the left one comes first. */
  #takeLeft(middle: number, end: number): boolean {
    if (this.#left === middle) return false
    return this.#right === end || this.#compare(this.#from[this.#left]!, this.#from[this.#right]!) <= 0
  }
}
