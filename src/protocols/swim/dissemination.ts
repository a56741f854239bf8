/**
 * What is passed on: the newest claim about each member, so many times and no more. It travels on messages that are
 * sent anyway, the claims that were passed on least often first (SWIM §4.1 and §5), so that what is new gets through
 * even when there is much of it.
 */
import { assert } from '../../core/assert.ts'
import type { NodeId } from '../../core/ids.ts'
import type { Claim } from './member.ts'
import { claimBytes } from './swim-codec.ts'

interface Queued {
  readonly claim: Claim
  readonly bytes: number
  sends: number
}

export class Dissemination {
  readonly #queued = new Map<NodeId, Queued>()
  /** By how often they were sent, and there in the order in which they came. */
  readonly #bySends: Set<Queued>[] = []

  get size(): number {
    return this.#queued.size
  }

  /** Takes the place of whatever was claimed about that member before. */
  add(claim: Claim): void {
    this.remove(claim.id)
    const queued = { claim, bytes: claimBytes(claim), sends: 0 }
    this.#queued.set(claim.id, queued)
    this.#rank(queued)
  }

  remove(id: NodeId): void {
    const queued = this.#queued.get(id)
    if (queued === undefined) return
    this.#queued.delete(id)
    this.#bySends[queued.sends]!.delete(queued)
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
    const told = claims.map(({ id }) => id)
    const taken: Queued[] = []
    for (const queued of this.#inLine()) {
      // What the message says already need not stand there twice.
      if (told.includes(queued.claim.id)) continue
      // Nothing is passed on before what stands in front of it, however small it is.
      if (queued.bytes > roomBytes) break
      roomBytes -= queued.bytes
      taken.push(queued)
      claims.push(queued.claim)
    }
    for (const queued of taken) this.#sent(queued, sendsMax)
  }

  check(): void {
    let ranked = 0
    for (const [sends, queue] of this.#bySends.entries()) {
      ranked += queue.size
      for (const queued of queue) {
        assert(queued.sends === sends, 'a claim stands with those that were sent as often')
        assert(this.#queued.get(queued.claim.id) === queued, 'of each member the newest claim is passed on')
      }
    }
    assert(ranked === this.#queued.size, 'each claim stands in line once')
  }

  *#inLine(): Generator<Queued> {
    for (const queue of this.#bySends) yield* queue
  }

  #sent(queued: Queued, sendsMax: number): void {
    this.#bySends[queued.sends]!.delete(queued)
    queued.sends++
    if (queued.sends >= sendsMax) this.#queued.delete(queued.claim.id)
    else this.#rank(queued)
  }

  #rank(queued: Queued): void {
    while (this.#bySends.length <= queued.sends) this.#bySends.push(new Set())
    this.#bySends[queued.sends]!.add(queued)
  }
}
