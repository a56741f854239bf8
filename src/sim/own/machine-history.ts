/** What clients asked of a machine in a run, and what they were told: written while it happens. */
import { assert } from '../../core/assert.ts'

/** What its client knows of a request in the end. */
export type Told =
  | { readonly kind: 'done'; readonly index: number; readonly answer: string }
  /** Surely not carried out. */
  | { readonly kind: 'refused' }
  /** Perhaps carried out, perhaps later, perhaps never. */
  | { readonly kind: 'unknown' }

/** One request, however often it was repeated. */
export interface Asked {
  /** Counted from 1, in the order of the calls. */
  readonly request: number
  readonly client: number
  readonly command: string
  readonly isRead: boolean
  /** Moments: numbered over calls and returns alike, in the order in which they happened. */
  readonly calledAt: number
  /** Absent while nobody was told anything. */
  readonly returnedAt?: number
  readonly told: Told
}

export class MachineHistory {
  readonly #asked: Asked[] = []
  #moments = 0

  get asked(): readonly Asked[] {
    return this.#asked
  }

  /** Gives the number of the request. */
  call(client: number, command: string, isRead: boolean): number {
    const request = this.#asked.length + 1
    const calledAt = ++this.#moments
    this.#asked.push({ request, client, command, isRead, calledAt, told: { kind: 'unknown' } })
    return request
  }

  returned(request: number, told: Told): void {
    const called = this.#asked[request - 1]
    assert(called !== undefined && called.returnedAt === undefined, 'a request returns once, after its call')
    this.#asked[request - 1] = { ...called, returnedAt: ++this.#moments, told }
  }
}
