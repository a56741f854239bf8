/** What lies between two nodes: one direction, or both. */
import type { Fault } from '../faults/fault.ts'
import type { Director } from './director.ts'

export class ScenarioLink {
  readonly #director: Director
  readonly #from: string
  readonly #to: string

  constructor(director: Director, from: string, to: string) {
    this.#director = director
    this.#from = from
    this.#to = to
  }

  /** They no longer reach each other. */
  cut(): void {
    this.#bothWays('cut', (from, to) => ({ kind: 'cut', from, to }))
  }

  /** What the first sends no longer reaches the second. */
  cutOneWay(): void {
    this.#director.cause({ kind: 'cut', from: this.#from, to: this.#to })
  }

  /** Takes cuts away, in both directions. */
  heal(): void {
    this.#bothWays('heal', (from, to) => ({ kind: 'heal', from, to }))
  }

  /** What is sent takes so much longer, in both directions. */
  clog(ms: number): void {
    this.#bothWays(`clog for ${ms} ms`, (from, to) => ({ kind: 'clog', from, to, delayUs: ms * 1000 }))
  }

  /** What the first sends to the second takes so much longer. */
  clogOneWay(ms: number): void {
    this.#director.cause({ kind: 'clog', from: this.#from, to: this.#to, delayUs: ms * 1000 })
  }

  /** The paths are clear again. */
  unclog(): void {
    this.#bothWays('unclog', (from, to) => ({ kind: 'clog', from, to, delayUs: 0 }))
  }

  /** At most so many packets are under way in each direction; what is beyond is lost. */
  narrow(packets: number): void {
    this.#bothWays(`narrow to ${packets} packets`, (from, to) => ({ kind: 'narrow', from, to, packets }))
  }

  /** All connections break. */
  reset(): void {
    this.#director.cause({ kind: 'reset', a: this.#from, b: this.#to })
  }

  /** All connections go half open: bytes vanish, and nobody is told. */
  hush(): void {
    this.#director.cause({ kind: 'hush', a: this.#from, b: this.#to })
  }

  #bothWays(what: string, fault: (from: string, to: string) => Fault): void {
    const [a, b] = [this.#from, this.#to]
    this.#director.causeAll(`${a} and ${b}: ${what}`, [fault(a, b), fault(b, a)])
  }
}
