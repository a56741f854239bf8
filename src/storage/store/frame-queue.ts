/** Queues of frames, oldest first. They share their links, since a frame is in one of them at most. */

const NONE = -1

export class FrameLinks {
  readonly newer: Int32Array
  readonly older: Int32Array

  constructor(frames: number) {
    this.newer = new Int32Array(frames)
    this.older = new Int32Array(frames)
  }
}

export class FrameQueue {
  length = 0
  readonly #links: FrameLinks
  #oldest = NONE
  #newest = NONE

  constructor(links: FrameLinks) {
    this.#links = links
  }

  /** The one that came first; -1 if there is none. */
  get oldest(): number {
    return this.#oldest
  }

  /** As the newest. The frame must be in no queue. */
  push(frame: number): void {
    const { newer, older } = this.#links
    newer[frame] = NONE
    older[frame] = this.#newest
    if (this.#newest === NONE) this.#oldest = frame
    else newer[this.#newest] = frame
    this.#newest = frame
    this.length++
  }

  /** Takes the oldest out; there must be one. */
  shift(): number {
    const frame = this.#oldest
    this.remove(frame)
    return frame
  }

  /** Takes a frame out that is in this queue. */
  remove(frame: number): void {
    const { newer, older } = this.#links
    const [after, before] = [newer[frame]!, older[frame]!]
    if (before === NONE) this.#oldest = after
    else newer[before] = after
    if (after === NONE) this.#newest = before
    else older[after] = before
    this.length--
  }
}
