/**
 * A value on several machines that each write at once, and all come to the one that was written last: `write`, `merge`,
 * `read`. By wall clocks alone, whoever has seen a value and replaces it may lose against it, because its clock is
 * behind; by hybrid ones it never does.
 */
import { compareHybrid, HybridClock, type HybridStamp } from 'quorate/protocols/clocks'

interface Written {
  readonly value: string
  readonly stamp: HybridStamp
  /** Which of two that were stamped alike goes first. */
  readonly by: string
}

const UNWRITTEN: Written = { value: '', stamp: { wallMs: 0, counter: 0 }, by: '' }

export class Register {
  readonly #name: string
  readonly #wallMs: () => number
  readonly #clock = new HybridClock(500)
  #written = UNWRITTEN

  /** @param wallMs the wall clock of its machine, right or wrong */
  constructor(name: string, wallMs: () => number) {
    this.#name = name
    this.#wallMs = wallMs
  }

  get value(): string {
    return this.#written.value
  }

  write(value: string): void {
    this.#written = { value, stamp: this.#clock.tick(this.#wallMs()), by: this.#name }
  }

  /** What is sent to others. */
  read(): Written {
    return this.#written
  }

  /** What another has. Throws `QUORATE_CLOCK_AHEAD`, and changes nothing, if that one's clock is far ahead. */
  merge(other: Written): void {
    this.#clock.receive(other.stamp, this.#wallMs())
    const order = compareHybrid(other.stamp, this.#written.stamp) || (other.by > this.#written.by ? 1 : -1)
    if (order > 0) this.#written = other
  }
}
