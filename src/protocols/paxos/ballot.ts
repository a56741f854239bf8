/**
 * Ballot numbers: a total order in which no two proposers ever use the same number ("different proposers
 * choose their numbers from disjoint sets of numbers", Paxos Made Simple §2.2).
 *
 * A ballot is `round * MEMBERS_MAX + position`, where `position` is the proposer's place in the sorted list of
 * members. That leaves 2^45 rounds below 2^53, and ties the numbers to a membership that never changes.
 */
import { assert } from '../../core/assert.ts'
import type { Ballot } from '../../core/ids.ts'
import { MEMBERS_MAX } from './limits.ts'

/** The ballot of a proposer that no proposal has: "none yet". */
export const NO_BALLOT = 0 as Ballot

/** The smallest ballot of the proposer at this position that is higher than `above`. */
export function nextBallot(above: Ballot, position: number): Ballot {
  assert(position >= 0 && position < MEMBERS_MAX, 'a position is a place in the list of members')
  const next = (Math.floor(above / MEMBERS_MAX) + 1) * MEMBERS_MAX + position
  assert(next <= Number.MAX_SAFE_INTEGER, 'rounds never run out')
  return next as Ballot
}

/** Whose ballot it is: a place in the sorted list of members. */
export function positionOf(ballot: Ballot): number {
  return ballot % MEMBERS_MAX
}
