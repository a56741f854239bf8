/**
 * The acceptor of Paxos Made Simple §2.2: what it remembers, and when it answers. Two rules, no I/O; whoever
 * calls makes the new state durable before any answer leaves (§2.5: "stable storage").
 *
 * - P1. An acceptor must accept the first proposal that it receives.
 * - P1a. An acceptor can accept a proposal numbered n iff it has not responded to a prepare request having
 *   a number greater than n. (This subsumes P1.)
 */
import type { Entry } from '../../core/entry.ts'
import type { Ballot } from '../../core/ids.ts'
import { NO_BALLOT } from './ballot.ts'

/** "An acceptor needs to remember only" these two. */
export interface Acceptor {
  /** The highest-numbered prepare request to which it has responded. */
  readonly promised: Ballot
  /** The highest-numbered proposal that it has accepted; its number is the entry's ballot. */
  readonly accepted: Entry | undefined
}

export const NEW_ACCEPTOR: Acceptor = { promised: NO_BALLOT, accepted: undefined }

/**
 * Phase 1b. The acceptor after it has promised never again to accept a proposal numbered less than `ballot`;
 * undefined if it must not answer. A request that comes twice is answered twice, with the same words, until
 * its number's proposal has been accepted: then it is an echo of what has passed.
 */
export function prepare(acceptor: Acceptor, ballot: Ballot): Acceptor | undefined {
  if (ballot < acceptor.promised || ballot === acceptor.accepted?.ballot) return undefined
  return { promised: ballot, accepted: acceptor.accepted }
}

/** Phase 2b. The acceptor after it has accepted the proposal; undefined if P1a forbids that. */
export function accept(acceptor: Acceptor, proposal: Entry): Acceptor | undefined {
  if (proposal.ballot < acceptor.promised) return undefined
  return { promised: proposal.ballot, accepted: proposal }
}
