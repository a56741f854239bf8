/**
 * When each of many transactions wants to be looked at again: a heap of moments, in which what was put off stays until
 * it is found.
 */
import { type Instant, NEVER } from '../../core/time.ts'

interface Alarm {
  readonly at: Instant
  readonly name: string
}

export class Alarms {
  readonly #times = new Map<string, Instant>()
  /** A binary heap by `at`; of no effect where `#times` says otherwise. */
  readonly #heap: Alarm[] = []

  set(name: string, at: Instant): void {
    this.#times.set(name, at)
    const heap = this.#heap
    let place = heap.push({ at, name }) - 1
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (heap[parent]!.at <= at) break
      ;[heap[place], heap[parent]] = [heap[parent]!, heap[place]!]
      place = parent
    }
  }

  clear(name: string): void {
    this.#times.delete(name)
  }

  has(name: string): boolean {
    return this.#times.has(name)
  }

  next(): Instant {
    this.#dropStale()
    return this.#heap[0]?.at ?? NEVER
  }

  /** Takes one whose time has come. */
  takeDue(now: Instant): string | undefined {
    if (this.next() > now) return undefined
    const { name } = this.#pop()
    this.#times.delete(name)
    return name
  }

  #dropStale(): void {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      if (this.#times.get(top.name) === top.at) return
      this.#pop()
    }
  }

  #pop(): Alarm {
    const heap = this.#heap
    const top = heap[0]!
    const last = heap.pop()!
    if (heap.length === 0) return top
    let place = 0
    for (;;) {
      let child = 2 * place + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && heap[child + 1]!.at < heap[child]!.at) child++
      if (heap[child]!.at >= last.at) break
      heap[place] = heap[child]!
      place = child
    }
    heap[place] = last
    return top
  }
}
