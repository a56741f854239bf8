/**
 * Properties of a run: what an algorithm promises, and what it does not although it is often taken to. They are looked
 * at after every step of every core; the first instant at which one does not hold is kept.
 */
import type { Recorder } from './recorder.ts'
import type { Promised, Verdict } from './recording.ts'

export interface Property<Subject> {
  readonly name: string
  /** What holds while it holds, as a sentence. */
  readonly says: string
  readonly promised: Promised
  /** Looked at after every step: what is wrong. */
  readonly broken?: (subject: Subject) => string | undefined
  /** Looked at in the end: what has not come about. */
  readonly missing?: (subject: Subject) => string | undefined
}

/** The name under which is reported what every core's own `check()`, or the simulator's referee, finds broken. */
export const OWN_INVARIANTS = 'invariants'

export class Judge<Subject> {
  readonly #properties: readonly Property<Subject>[]
  readonly #recorder: Recorder
  readonly #broken = new Map<string, { atUs: number; what: string }>()

  constructor(properties: readonly Property<Subject>[], recorder: Recorder) {
    this.#properties = properties
    this.#recorder = recorder
  }

  look(subject: Subject): void {
    for (const { name, broken } of this.#properties) {
      if (broken === undefined || this.#broken.has(name)) continue
      const what = broken(subject)
      if (what !== undefined) this.break(name, what)
    }
  }

  lookAtEnd(subject: Subject): void {
    for (const { name, missing } of this.#properties) {
      if (missing === undefined || this.#broken.has(name)) continue
      const what = missing(subject)
      if (what !== undefined) this.break(name, what)
    }
  }

  break(name: string, what: string): void {
    if (this.#broken.has(name)) return
    this.#broken.set(name, { atUs: this.#recorder.nowUs(), what })
    this.#recorder.event('broken', undefined, `${name}: ${what}`)
  }

  /** @param isLate something was late or lost in this run */
  verdicts(isLate: boolean): Verdict[] {
    const own = {
      name: OWN_INVARIANTS,
      says: 'every node finds its own invariants kept after every step',
      promised: 'always',
    } as const
    return [own, ...this.#properties].map(({ name, says, promised }) => ({
      property: name,
      says,
      promised,
      isPromisedHere: promised === 'always' || (promised === 'unless-late' && !isLate),
      broken: this.#broken.get(name) ?? null,
    }))
  }
}
