/**
 * Ballot numbers: a total order in which no two proposers ever use the same number ("different proposers
 * choose their numbers from disjoint sets of numbers", Paxos Made Simple §2.2).
 *
 * A ballot is `round * SEATS_MAX + seat`. That leaves 2^37 rounds below 2^53. In the Synod, whose membership never
 * changes, a proposer's seat is its place in the sorted list of members; in Multi-Paxos every member is given one of
 * its own when it joins, and nobody else ever gets it (`multi/configuration.ts`).
 */
import { assert } from '../../core/assert.ts'
import type { Ballot } from '../../core/ids.ts'
import { SEATS_MAX } from './limits.ts'

/** The ballot of a proposer that no proposal has: "none yet". */
export const NO_BALLOT = 0 as Ballot

/** The smallest ballot of the proposer in this seat that is higher than `above`. */
export function nextBallot(above: Ballot, seat: number): Ballot {
  assert(seat >= 0 && seat < SEATS_MAX, 'there is room for every seat')
  const next = (Math.floor(above / SEATS_MAX) + 1) * SEATS_MAX + seat
  assert(next <= Number.MAX_SAFE_INTEGER, 'rounds never run out')
  return next as Ballot
}

/** Whose ballot it is. */
export function seatOf(ballot: Ballot): number {
  return ballot % SEATS_MAX
}

/** The higher the round, the higher the ballot, whoever's it is. */
export function roundOf(ballot: Ballot): number {
  return Math.floor(ballot / SEATS_MAX)
}

/** The highest ballot of a round. */
export function lastOfRound(round: number): Ballot {
  return nextBallot(((round - 1) * SEATS_MAX) as Ballot, SEATS_MAX - 1)
}

/** For people, who count seats from one: `3.1` is round 3 of the first seat, of node 1 where nodes are numbered so. */
export function formatBallot(ballot: Ballot): string {
  return ballot === NO_BALLOT ? '-' : `${roundOf(ballot)}.${seatOf(ballot) + 1}`
}
