/**
 * Looks at every watch of a node again when permissions have moved, a slice at a time; one that has something to tell
 * meanwhile is looked at before it tells it (`WatchStream.deliver`). One walk at a time: what changes during one is
 * followed by another.
 */
import { assert } from '../../../core/assert.ts'
import type { Clock } from '../../../runtime/clock.ts'
import { type SlicedWork, Slices } from '../slices.ts'
import type { WatchStream } from './watch-stream.ts'
import type { Watcher } from './watcher.ts'

export class PermissionWalks {
  readonly #clock: Clock
  readonly #slices: Slices
  readonly #streams: () => Iterable<WatchStream>
  #isWanted = false
  #isUnderWay = false

  constructor(clock: Clock, streams: () => Iterable<WatchStream>) {
    this.#clock = clock
    this.#slices = new Slices(clock)
    this.#streams = streams
  }

  /** What changed is committed by the end of the turn: it begins then. */
  want(): void {
    if (!this.#isWanted && !this.#isUnderWay) this.#clock.soon(() => this.#begin())
    this.#isWanted = true
  }

  #begin(): void {
    this.#isWanted = false
    this.#isUnderWay = true
    const walk = new PermissionWalk(this.#streams(), () => this.#ended())
    assert(this.#slices.add(walk), 'there is one walk at a time')
  }

  #ended(): void {
    this.#isUnderWay = false
    if (this.#isWanted) this.#clock.soon(() => this.#begin())
  }
}

class PermissionWalk implements SlicedWork {
  readonly #watchers: Iterator<Watcher>
  readonly #ended: () => void

  constructor(streams: Iterable<WatchStream>, ended: () => void) {
    this.#watchers = watchersOf([...streams])
    this.#ended = ended
  }

  advance(rows: number): boolean {
    for (let left = rows; left > 0; left--) {
      const { value: watcher } = this.#watchers.next()
      if (watcher === undefined) {
        this.#ended()
        return false
      }
      watcher.stream.recheck(watcher)
    }
    return true
  }
}

/** Those of streams that end meanwhile are gone by then. */
function* watchersOf(streams: readonly WatchStream[]): Generator<Watcher, undefined> {
  for (const stream of streams) yield* stream.watchers
  return undefined
}
