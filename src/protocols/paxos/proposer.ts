/**
 * The proposer of Paxos Made Simple §2.2: one attempt to get a value chosen, or to find out which one was.
 *
 * - P2c. For any v and n, if a proposal with value v and number n is issued, then there is a set S consisting
 *   of a majority of acceptors such that either (a) no acceptor in S has accepted any proposal numbered less
 *   than n, or (b) v is the value of the highest-numbered proposal among all proposals numbered less than n
 *   accepted by the acceptors in S.
 */
import { assert } from '../../core/assert.ts'
import type { Entry } from '../../core/entry.ts'
import type { Ballot, NodeId } from '../../core/ids.ts'
import { bug } from '../../core/seams.ts'

/** A majority: any two of them share an acceptor. */
export function quorumSize(acceptors: number): number {
  return Math.floor(acceptors / 2) + 1
}

/** What P2c binds a proposer to: the accepted proposal with the highest number, if there is any. */
export function bindingProposal(accepted: Iterable<Entry | undefined>): Entry | undefined {
  let highest: Entry | undefined
  for (const proposal of accepted) {
    if (proposal !== undefined && (highest === undefined || proposal.ballot > highest.ballot))
      highest = proposal
  }
  return highest
}

/** One attempt, under one number: it asks for promises (phase 1), then for acceptance (phase 2). */
export class Attempt {
  readonly ballot: Ballot
  readonly #quorum: number
  /** By acceptor, so that an answer that comes twice counts once. */
  readonly #promises = new Map<NodeId, Entry | undefined>()
  #issued: Entry | undefined

  constructor(ballot: Ballot, acceptors: number) {
    this.ballot = ballot
    this.#quorum = quorumSize(acceptors)
  }

  /** The proposal of phase 2; undefined during phase 1. */
  get issued(): Entry | undefined {
    return this.#issued
  }

  /** How many acceptors have promised. */
  get promises(): number {
    return this.#promises.size
  }

  /** An acceptor promised. True when that completes the majority. */
  promised(from: NodeId, accepted: Entry | undefined): boolean {
    if (this.#promises.has(from)) return false
    assert(
      accepted === undefined || accepted.ballot < this.ballot,
      'a promise reports proposals numbered less',
    )
    this.#promises.set(from, accepted)
    return this.#promises.size === this.#quorum
  }

  /** Phase 2a: the proposal to issue, by P2c; undefined if none binds and there is no `own` value. */
  issue(own: Entry | undefined): Entry | undefined {
    assert(this.#promises.size >= this.#quorum, 'a proposal is issued on the promises of a majority')
    assert(this.#issued === undefined, 'one number, one proposal')
    const binding = bindingProposal(this.#promises.values())
    const value = bug('paxos-own-value') ? (own ?? binding) : (binding ?? own)
    this.#issued = value === undefined ? undefined : { ...value, ballot: this.ballot }
    return this.#issued
  }
}
