/** A line on standard error that is drawn over itself, ten times a second at most; nothing off a terminal. */
const DRAW_EVERY_MS = 100
const WIDTH = 30

export class ProgressBar {
  readonly #stream: NodeJS.WriteStream
  #drawnAt = 0
  #drawn = false

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.#stream = stream
  }

  /** @param fraction from 0 to 1, or undefined where the end is not known. */
  draw(fraction: number | undefined, text: string): void {
    if (!this.#stream.isTTY) return
    const now = performance.now()
    if (now - this.#drawnAt < DRAW_EVERY_MS) return
    this.#drawnAt = now
    this.#drawn = true
    const filled = fraction === undefined ? 0 : Math.round(Math.min(1, fraction) * WIDTH)
    const bar = fraction === undefined ? '' : `[${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}] `
    this.#stream.write(`\r\x1b[K${bar}${text}`)
  }

  clear(): void {
    if (this.#drawn) this.#stream.write('\r\x1b[K')
  }
}
