/**
 * What a member says about itself. It alone knows whether it lives: whatever others claim that outranks its own word
 * it takes back, by a higher incarnation (SWIM §4.2).
 */
import { equalBytes } from '../../core/bytes.ts'
import type { NodeId } from '../../core/ids.ts'
import { type Claim, compareStandings } from './member.ts'

export class Self {
  readonly id: NodeId
  #incarnation = 0
  #meta: Uint8Array
  #isLeaving = false

  constructor(id: NodeId, meta: Uint8Array) {
    this.id = id
    this.#meta = meta
  }

  get incarnation(): number {
    return this.#incarnation
  }

  get isLeaving(): boolean {
    return this.#isLeaving
  }

  /** Its word about itself. */
  get claim(): Claim {
    const { id } = this
    const incarnation = this.#incarnation
    return this.#isLeaving
      ? { state: 'left', id, incarnation }
      : { state: 'alive', id, incarnation, meta: this.#meta }
  }

  update(meta: Uint8Array): void {
    this.#meta = meta
    this.#incarnation++
  }

  leave(): void {
    this.#isLeaving = true
  }

  /** What others say of it. True if it had to contradict, and now has a new word about itself. */
  contradicts(claim: Claim): boolean {
    const own = this.claim
    const order = compareStandings(claim, own)
    // It has told something else about itself before it was begun anew.
    const isOutdated =
      order === 0 && claim.state === 'alive' && own.state === 'alive' && !equalBytes(claim.meta, own.meta)
    if (order <= 0 && !isOutdated) return false
    this.#incarnation = claim.incarnation + 1
    return true
  }
}
