/** A line on standard error that is drawn over itself, ten times a second at most; nothing off a terminal. */
import { DRAW_INTERVAL_MS } from './limits.ts'

const WIDTH = 30

/** To the beginning of the line, and away with what stands there. */
const CLEAR_LINE = '\r\x1b[K'

/** What a bar needs of a stream. */
export interface ProgressStream {
  readonly isTTY?: boolean
  write(text: string): unknown
}

export class ProgressBar {
  readonly #stream: ProgressStream
  readonly #nowMs: () => number
  #drawnAt = Number.NEGATIVE_INFINITY
  #isDrawn = false

  constructor(stream: ProgressStream = process.stderr, nowMs: () => number = () => performance.now()) {
    this.#stream = stream
    this.#nowMs = nowMs
  }

  /** @param fraction from 0 to 1, or undefined where the end is not known. */
  draw(fraction: number | undefined, text: string): void {
    if (!this.#stream.isTTY) return
    const now = this.#nowMs()
    if (now - this.#drawnAt < DRAW_INTERVAL_MS) return
    this.#drawnAt = now
    this.#isDrawn = true
    const filled = fraction === undefined ? 0 : Math.round(Math.min(1, fraction) * WIDTH)
    const bar = fraction === undefined ? '' : `[${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}] `
    this.#stream.write(`${CLEAR_LINE}${bar}${text}`)
  }

  /** Leaves an empty line for what comes next. */
  clear(): void {
    if (!this.#isDrawn) return
    this.#isDrawn = false
    this.#stream.write(CLEAR_LINE)
  }
}
