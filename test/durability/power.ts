/**
 * The power of one machine. While it is on, call-backs run; once it is cut, nothing of that incarnation runs
 * any more: no timer, no turn, no completion of a disk, no byte from or to a socket.
 */

/** Unwinds whatever of a machine is on the stack when its power goes. */
export class PowerOff extends Error {
  override readonly name = 'PowerOff'
}

export class Power {
  /** Why the machine stopped by itself, if it did: a halt, or an exception that nobody caught. */
  fault: unknown
  #on = true
  readonly #cutters = new Set<() => void>()

  get on(): boolean {
    return this.#on
  }

  /** Runs a call-back of the outside world. An exception ends the machine, as it would a process. */
  run(callBack: () => void): void {
    if (!this.#on) return
    try {
      callBack()
    } catch (error) {
      if (!(error instanceof PowerOff)) this.fail(error)
    }
  }

  /** Every way from the machine to the world passes here: a dead machine goes no step further. */
  require(): void {
    if (!this.#on) throw new PowerOff('the power is off')
  }

  /** Called when the power goes, unless the returned function was called before. */
  onCut(cut: () => void): () => void {
    this.#cutters.add(cut)
    return () => this.#cutters.delete(cut)
  }

  fail(reason: unknown): void {
    this.fault ??= reason
    this.cut()
  }

  cut(): void {
    if (!this.#on) return
    this.#on = false
    for (const cut of this.#cutters) cut()
    this.#cutters.clear()
  }
}
