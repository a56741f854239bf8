/**
 * Whose proposal comes next. So many of the clients' are under way at a time, and the others wait in lines, one for
 * each connection, which take turns: whoever has thousands in flight waits behind its own, and who asks for one thing
 * waits for those under way and for one of each other line. So no client makes the others wait for all that it asks.
 *
 * Nothing here knows time: a proposal that was given up is told so by its own deadline, at the latest in its turn.
 */
import { buggify } from '../../core/seams.ts'
import { PROPOSALS_IN_LINE_BYTES_MAX, PROPOSALS_IN_LINE_MAX, PROPOSALS_UNDERWAY_MAX } from './limits.ts'

/** Calls of one connection give the same. */
export type Line = object | string

interface Waiting {
  readonly bytes: number
  readonly begin: () => void
}

export class Turns {
  /** In the order of their turns; none is empty. */
  readonly #lines = new Map<Line, Waiting[]>()
  #underway = 0
  #waiting = 0
  #waitingBytes = 0
  #isHandingOut = false

  /** That have begun, and are not over. */
  get underway(): number {
    return this.#underway
  }

  get waiting(): number {
    return this.#waiting
  }

  get waitingBytes(): number {
    return this.#waitingBytes
  }

  /** Whether somebody waits in this line. */
  hasLine(line: Line): boolean {
    return this.#lines.has(line)
  }

  /**
   * Calls `begin` once it is its turn, perhaps at once; `leave` has to be called when what it began is over. False if
   * too much waits already.
   */
  enter(line: Line, bytes: number, begin: () => void): boolean {
    if (this.#lines.size === 0 && this.#underway < PROPOSALS_UNDERWAY_MAX && !this.#standsInLine()) {
      this.#underway++
      begin()
      return true
    }
    if (this.#waiting >= PROPOSALS_IN_LINE_MAX || this.#waitingBytes + bytes > PROPOSALS_IN_LINE_BYTES_MAX) {
      return false
    }
    const waiting = this.#lines.get(line)
    if (waiting === undefined) this.#lines.set(line, [{ bytes, begin }])
    else waiting.push({ bytes, begin })
    this.#waiting++
    this.#waitingBytes += bytes
    return true
  }

  /** Something that had its turn is over. */
  leave(): void {
    this.#underway--
    // What begins may be over at once.
    if (this.#isHandingOut) return
    this.#isHandingOut = true
    while (this.#lines.size > 0 && this.#underway < PROPOSALS_UNDERWAY_MAX) {
      this.#underway++
      this.#next().begin()
    }
    this.#isHandingOut = false
  }

  /** Nobody waits for its turn unless another is under way, for else nobody would give it to him. */
  #standsInLine(): boolean {
    return this.#underway > 0 && buggify('etcd: a proposal stands in line though there is room')
  }

  /** The first of the line whose turn it is; the line goes behind all others. */
  #next(): Waiting {
    const [line, waiting] = this.#lines.entries().next().value!
    this.#lines.delete(line)
    const first = waiting.shift()!
    if (waiting.length > 0) this.#lines.set(line, waiting)
    this.#waiting--
    this.#waitingBytes -= first.bytes
    return first
  }
}
