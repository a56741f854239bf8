/** Decides when the power goes: at a moment of a chosen kind, drawn anew each time. */
import type { Random } from '../../src/core/prng.ts'
import type { DiskStep } from './power-loss-disk.ts'

/**
 * - `start`: at a step of some disk while the nodes start and recover.
 * - `election`: a while after the start, whatever is going on.
 * - `load`: at any step of any disk, after a few answers.
 * - `checkpoint`, `roll`: at a step of that, under load.
 */
export const STRIKE_KINDS = ['start', 'election', 'load', 'load', 'checkpoint', 'roll'] as const
export type StrikeKind = (typeof STRIKE_KINDS)[number]

/** With so many answers, the moment that was hoped for is not waited for any longer. */
const ANSWERS_MAX = 400
const START_STEPS_MAX = 60
const ELECTION_MS_MAX = 250
const ANSWERS_BEFORE_MAX = 80
const LOAD_STEPS_MAX = 12
const SPECIAL_STEPS_MAX = 40

export class Strike {
  readonly kind: StrikeKind
  /** For `election`: how long after the start. */
  readonly afterMs: number
  struck = false
  /** What was going on when the power went. */
  moment = ''
  readonly #cut: () => void
  #stepsLeft: number
  #answersLeft: number
  #answers = 0

  constructor(kind: StrikeKind, random: Random, cut: () => void) {
    this.kind = kind
    this.#cut = cut
    this.afterMs = random.below(ELECTION_MS_MAX)
    const steps = { start: START_STEPS_MAX, election: 1, load: LOAD_STEPS_MAX }
    const isSpecial = kind === 'checkpoint' || kind === 'roll'
    this.#stepsLeft = random.below(isSpecial ? SPECIAL_STEPS_MAX : steps[kind])
    this.#answersLeft = kind === 'start' ? 0 : random.below(ANSWERS_BEFORE_MAX)
  }

  step({ operation, path }: DiskStep): void {
    if (this.struck || this.kind === 'election' || this.#answersLeft > 0) return
    if (this.kind === 'checkpoint' && !path.includes('/store')) return
    if (this.kind === 'roll' && !isRoll(operation, path)) return
    if (this.#stepsLeft-- === 0) this.strike(`${operation} ${path.slice(path.lastIndexOf('/n') + 1)}`)
  }

  get answers(): number {
    return this.#answers
  }

  /** A client got an answer. */
  answered(): void {
    this.#answersLeft--
    if (++this.#answers >= ANSWERS_MAX) this.strike('after many answers')
  }

  strike(moment: string): void {
    if (this.struck) return
    this.struck = true
    this.moment = moment
    this.#cut()
  }
}

function isRoll(operation: string, path: string): boolean {
  if (path.endsWith('/prepared') || path.endsWith('/log')) return true
  return path.includes('/log/') && (operation === 'rename' || operation === 'remove')
}
