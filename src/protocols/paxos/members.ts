/** Who takes part in the Synod, and as what. Settled at the start, for ever. */
import { NOBODY, type NodeId } from '../../core/ids.ts'
import type { Membership } from '../consensus.ts'

export class Members {
  readonly membership: Membership
  /** Everyone, sorted: a proposer's place here is part of its ballot numbers. */
  readonly all: readonly NodeId[]
  readonly #self: NodeId

  constructor(membership: Membership, self: NodeId) {
    this.membership = membership
    this.all = [...membership.voters, ...membership.learners].sort((a, b) => (a < b ? -1 : 1))
    this.#self = self
  }

  get voters(): readonly NodeId[] {
    return this.membership.voters
  }

  get others(): NodeId[] {
    return this.all.filter(id => id !== this.#self)
  }

  /** This node's place among all; -1 if it is no member. */
  get position(): number {
    return this.all.indexOf(this.#self)
  }

  /** Whether this node may propose. */
  get includeSelf(): boolean {
    return this.voters.length > 0 && this.position >= 0
  }

  includes(id: NodeId): boolean {
    return this.all.includes(id)
  }

  isVoter(id: NodeId): boolean {
    return this.voters.includes(id)
  }

  at(position: number): NodeId {
    return this.all[position] ?? NOBODY
  }
}
