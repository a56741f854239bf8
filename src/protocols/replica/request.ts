/**
 * What a member asks of its leader on behalf of its own callers, and how it is told apart from all that it ever
 * asked.
 */
import type { ProposalId } from '../../core/ids.ts'
import type { Membership } from '../consensus.ts'

/** Names a forward or a read among all that its sender ever made. */
export interface RequestId {
  readonly incarnation: number
  readonly sequence: number
}

export interface ForwardedProposal {
  readonly id: ProposalId
  /** A command, or the context of a change of configuration. */
  readonly command: Uint8Array
  readonly change: Change | undefined
}

/** A change of configuration, but for its context. */
export interface Change {
  readonly membership: Membership
  /** The version that it was made from; absent if that does not matter. */
  readonly basis?: number | undefined
}
