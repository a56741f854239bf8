/**
 * What will happen, by time: a binary heap that is first in, first out among equal times, and from which an
 * event can be taken out or moved, so that a timer set a thousand times leaves nothing behind.
 */
import type { Instant } from '../core/time.ts'

/** One thing that will happen. It belongs to whoever made it and may be pushed again after it was popped. */
export class QueuedEvent {
  readonly run: () => void
  at = 0 as Instant
  /** Orders events of one instant. */
  sequence = 0
  /** Where it stands in the heap; -1 while it is not queued. */
  slot = -1

  constructor(run: () => void) {
    this.run = run
  }

  get isQueued(): boolean {
    return this.slot >= 0
  }
}

/** A priority queue of events by `at`, then by the order of the pushes. */
export class EventQueue<Event extends QueuedEvent> {
  readonly #heap: Event[] = []
  #sequence = 0

  get size(): number {
    return this.#heap.length
  }

  /** The next event, or undefined if there is none. */
  peek(): Event | undefined {
    return this.#heap[0]
  }

  /** Queues an event, or moves it if it is queued; either way behind all others of that instant. */
  push(event: Event, at: Instant): void {
    event.at = at
    event.sequence = this.#sequence++
    if (event.slot < 0) {
      event.slot = this.#heap.length
      this.#heap.push(event)
      this.#rise(event)
    } else {
      this.#rise(event)
      this.#sink(event)
    }
  }

  pop(): Event | undefined {
    const first = this.#heap[0]
    if (first !== undefined) this.remove(first)
    return first
  }

  /** No effect on an event that is not queued. */
  remove(event: Event): void {
    const slot = event.slot
    if (slot < 0) return
    event.slot = -1
    const last = this.#heap.pop()!
    if (last === event) return
    this.#place(last, slot)
    this.#rise(last)
    this.#sink(last)
  }

  #rise(event: Event): void {
    while (event.slot > 0) {
      const parent = this.#heap[(event.slot - 1) >> 1]!
      if (!isBefore(event, parent)) return
      const slot = parent.slot
      this.#place(parent, event.slot)
      this.#place(event, slot)
    }
  }

  #sink(event: Event): void {
    for (;;) {
      const left = this.#heap[2 * event.slot + 1]
      if (left === undefined) return
      const right = this.#heap[2 * event.slot + 2]
      const child = right !== undefined && isBefore(right, left) ? right : left
      if (!isBefore(child, event)) return
      const slot = child.slot
      this.#place(child, event.slot)
      this.#place(event, slot)
    }
  }

  #place(event: Event, slot: number): void {
    this.#heap[slot] = event
    event.slot = slot
  }
}

function isBefore(a: QueuedEvent, b: QueuedEvent): boolean {
  return a.at < b.at || (a.at === b.at && a.sequence < b.sequence)
}
