/** What proposers, acceptors and learners of the Synod say to each other. A proposal is an entry; its number
 * is the entry's ballot. */
import type { Entry } from '../../core/entry.ts'
import type { Ballot } from '../../core/ids.ts'

export type SynodMessage =
  /** Phase 1a: promise to accept nothing numbered less, and tell what you have accepted. */
  | { readonly kind: 'prepare'; readonly ballot: Ballot }
  /** Phase 1b. */
  | { readonly kind: 'promise'; readonly ballot: Ballot; readonly accepted: Entry | undefined }
  /** Phase 2a: accept this. */
  | { readonly kind: 'accept'; readonly proposal: Entry }
  /** Phase 2b, to every learner. */
  | { readonly kind: 'accepted'; readonly proposal: Entry }
  /** The optimisation of §2.2: an acceptor that has promised more tells the proposer to abandon its number. */
  | { readonly kind: 'rejected'; readonly ballot: Ballot; readonly promised: Ballot }
  /** The sender has learned that this is chosen. */
  | { readonly kind: 'chosen'; readonly proposal: Entry }
  /** The sender knows what is chosen, and need not be told again. */
  | { readonly kind: 'known' }
