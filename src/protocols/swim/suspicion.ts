/**
 * How long a suspect has to say that it lives. Long, while one member alone suspects it: that one may be slow itself.
 * With each other member that has come to the same by its own probes it is shorter (Lifeguard §IV.B), down to what
 * SWIM gives everybody.
 */
import type { NodeId } from '../../core/ids.ts'
import { naturalLog } from '../../core/natural-log.ts'
import { addMs, type Instant } from '../../core/time.ts'
import { CONFIRMATIONS_MAX } from './limits.ts'
import { hasPart, type SwimOptions } from './options.ts'

/** Lifeguard's beta: what a suspicion that nobody confirms takes, by what it takes at least. */
const PATIENCE = 6

export class Suspicion {
  readonly #suspectedBy: NodeId[]
  readonly #confirmationsMax: number
  readonly #leastMs: number
  readonly #mostMs: number
  #begunAt: Instant
  #endsAt: Instant
  /** The last look found that its time is over: then comes the verdict. */
  #verdictAt: Instant | undefined

  constructor(now: Instant, by: NodeId, members: number, options: Required<SwimOptions>) {
    this.#begunAt = now
    this.#suspectedBy = [by]
    // Where so many others do not exist, nobody waits for them.
    this.#confirmationsMax = hasPart(options, 'suspicion')
      ? Math.max(0, Math.min(CONFIRMATIONS_MAX, members - 2))
      : 0
    this.#leastMs = options.suspicionPeriods * Math.max(1, naturalLog(members) / Math.LN10) * options.periodMs
    this.#mostMs = this.#confirmationsMax > 0 ? PATIENCE * this.#leastMs : this.#leastMs
    this.#endsAt = addMs(now, this.#mostMs)
  }

  /** Who came to it first. */
  get by(): NodeId {
    return this.#suspectedBy[0]!
  }

  /** How many others have confirmed it. */
  get confirmations(): number {
    return this.#suspectedBy.length - 1
  }

  /** Somebody suspects it too. True if that is news, and matters. */
  confirm(by: NodeId): boolean {
    if (this.confirmations >= this.#confirmationsMax || this.#suspectedBy.includes(by)) return false
    this.#suspectedBy.push(by)
    const share = naturalLog(this.confirmations + 1) / naturalLog(this.#confirmationsMax + 1)
    this.#endsAt = addMs(this.#begunAt, this.#mostMs - (this.#mostMs - this.#leastMs) * share)
    return true
  }

  /** When to look at it again. */
  get lookAt(): Instant {
    return this.#verdictAt ?? this.#endsAt
  }

  /** What is to be done: the suspect is called once more before the verdict, which waits so long for its answer. */
  look(now: Instant, answerMs: number): 'wait' | 'call' | 'verdict' {
    if (now < this.lookAt) return 'wait'
    if (answerMs === 0) return 'verdict'
    if (this.#verdictAt !== undefined) return 'verdict'
    this.#verdictAt = addMs(now, answerMs)
    return 'call'
  }

  /** Gives the suspect more time: so long nobody here could hear it. */
  excuse(milliseconds: number): void {
    this.#begunAt = addMs(this.#begunAt, milliseconds)
    this.#endsAt = addMs(this.#endsAt, milliseconds)
    this.#verdictAt = undefined
  }
}
