/**
 * The deadlines of a connection's calls. Nearly all calls end in time, so nothing is kept in order: the calls are
 * looked through, but only once the earliest deadline since the last look has passed.
 */
import { type Instant, NEVER } from '../../core/time.ts'

export class Deadlines<Call extends { readonly deadline: Instant }> {
  readonly #calls = new Set<Call>()
  #from: Instant = NEVER

  /** Before this none is due. */
  get from(): Instant {
    return this.#from
  }

  add(call: Call): void {
    if (call.deadline === NEVER) return
    this.#calls.add(call)
    if (call.deadline < this.#from) this.#from = call.deadline
  }

  delete(call: Call): void {
    if (call.deadline !== NEVER) this.#calls.delete(call)
  }

  /** Takes out the calls that are due. */
  takeDue(now: Instant): Call[] {
    if (now < this.#from) return []
    const due: Call[] = []
    let next: Instant = NEVER
    for (const call of this.#calls) {
      if (call.deadline <= now) due.push(call)
      else if (call.deadline < next) next = call.deadline
    }
    for (const call of due) this.#calls.delete(call)
    this.#from = next
    return due
  }
}
