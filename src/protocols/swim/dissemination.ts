/**
 * What is passed on: the newest claim about each member, so many times and no more. It travels on messages that are
 * sent anyway, the claims that were passed on least often first (SWIM §4.1 and §5).
 */
import { assert } from '../../core/assert.ts'
import type { NodeId } from '../../core/ids.ts'
import { LeastTold, type Tellable } from '../../core/least-told.ts'
import type { Claim } from './member.ts'
import { claimBytes } from './swim-codec.ts'

interface Queued extends Tellable {
  readonly claim: Claim
}

export class Dissemination {
  readonly #queued = new Map<NodeId, Queued>()
  readonly #line = new LeastTold<Queued>()

  get size(): number {
    return this.#queued.size
  }

  /** Takes the place of whatever was claimed about that member before. */
  add(claim: Claim): void {
    this.remove(claim.id)
    const queued = { claim, bytes: claimBytes(claim), sends: 0 }
    this.#queued.set(claim.id, queued)
    this.#line.add(queued)
  }

  remove(id: NodeId): void {
    const queued = this.#queued.get(id)
    if (queued === undefined) return
    this.#queued.delete(id)
    this.#line.remove(queued)
  }

  has(id: NodeId): boolean {
    return this.#queued.has(id)
  }

  /**
   * Adds to a message what has room in it.
   *
   * @param sendsMax what was sent so often with this is done
   */
  fill(claims: Claim[], roomBytes: number, sendsMax: number): void {
    // What the message says already need not stand there twice.
    const told = claims.map(({ id }) => id)
    for (const queued of this.#line.front(roomBytes, ({ claim }) => told.includes(claim.id))) {
      claims.push(queued.claim)
      this.#line.told(queued)
      if (queued.sends >= sendsMax) this.remove(queued.claim.id)
    }
  }

  check(): void {
    const count = this.#line.check(queued => {
      assert(this.#queued.get(queued.claim.id) === queued, 'of each member the newest claim is passed on')
    })
    assert(count === this.#queued.size, 'each claim stands in line once')
  }
}
