/** The clocks of a node's machine. */
import type { Director } from './director.ts'

export class ScenarioClock {
  readonly #director: Director
  readonly #member: string

  constructor(director: Director, member: string) {
    this.#director = director
    this.#member = member
  }

  /** So many of its seconds pass in so many true ones, from now on: `goes(1, { in: 10 })` is slow. */
  goes(seconds: number, { in: trueSeconds }: { readonly in: number }): void {
    const drift = { numerator: seconds, denominator: trueSeconds }
    this.#director.cause({ kind: 'drift', member: this.#member, drift })
  }

  /** The wall clock jumps, forward or back. */
  step(ms: number): void {
    this.#director.cause({ kind: 'stepWall', member: this.#member, ms })
  }
}
