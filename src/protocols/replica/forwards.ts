/**
 * Proposals that a follower sent to its leader. The follower remembers them until it sees them committed, is
 * told that they were refused, or has reason to believe that it will never be told; then their outcome is
 * unknown. Leaders take each forward once, however often the network delivers it.
 */
import type { NodeId, ProposalId } from '../../core/ids.ts'
import { buggify, probe } from '../../core/seams.ts'
import type { Instant } from '../../core/time.ts'
import { NEVER } from '../../core/time.ts'
import { lifeOf } from './incarnation.ts'
import type { ReplicaLimits } from './limits.ts'
import type { ForwardedProposal, RequestId } from './request.ts'

interface Underway {
  readonly proposals: readonly ForwardedProposal[]
  readonly bytes: number
  readonly giveUpAt: Instant
}

/** The follower's side. */
export class Forwards {
  readonly #limits: ReplicaLimits
  readonly #underway = new Map<number, Underway>()
  readonly #sequences = new Map<ProposalId, number>()
  /** Nobody will tell about these; but the step that finds out may still see some of them committed. */
  readonly #lost = new Set<ProposalId>()
  #bytes = 0
  #sequence = 0

  constructor(limits: ReplicaLimits) {
    this.#limits = limits
  }

  /** Proposals that have no outcome yet. */
  get size(): number {
    return this.#sequences.size + this.#lost.size
  }

  /** Of commands that are under way. */
  get bytes(): number {
    return this.#bytes
  }

  /** Whether so much more may be forwarded. */
  admits(bytes: number): boolean {
    return (
      this.#sequences.size < this.#limits.forwardedEntriesMax &&
      this.#bytes + bytes <= this.#limits.forwardedBytesMax
    )
  }

  /** Remembers one message's worth of proposals, and returns its sequence number, never used before. */
  begin(proposals: readonly ForwardedProposal[], giveUpAt: Instant): number {
    const sequence = ++this.#sequence
    let bytes = 0
    for (const { id, command } of proposals) {
      this.#sequences.set(id, sequence)
      bytes += command.length
    }
    this.#bytes += bytes
    this.#underway.set(sequence, { proposals, bytes, giveUpAt })
    return sequence
  }

  /** The proposal was committed. */
  committed(id: ProposalId): void {
    const sequence = this.#sequences.get(id)
    if (sequence === undefined) {
      this.#lost.delete(id)
      return
    }
    this.#sequences.delete(id)
    const { proposals } = this.#underway.get(sequence)!
    if (proposals.at(-1)!.id === id && proposals.every(one => !this.#sequences.has(one.id)))
      this.#end(sequence)
  }

  /** The leader refused the message; returns the proposals that have no outcome yet. */
  refused(sequence: number): ForwardedProposal[] {
    return this.#underway.has(sequence) ? this.#end(sequence) : []
  }

  /** Gives up waiting for those that have waited long enough. */
  expire(now: Instant): void {
    for (const [sequence, { giveUpAt }] of this.#underway) {
      if (giveUpAt > now) break
      probe('replica: nobody told what became of a forwarded proposal')
      for (const { id } of this.#end(sequence)) this.#lost.add(id)
    }
  }

  /** The leader is lost, and with it everything that is under way. */
  abandon(): void {
    for (const id of this.#sequences.keys()) this.#lost.add(id)
    this.#sequences.clear()
    this.#underway.clear()
    this.#bytes = 0
  }

  /** At the end of a step: what was lost in it and not committed. */
  takeLost(): ProposalId[] {
    if (this.#lost.size === 0) return []
    const ids = [...this.#lost]
    this.#lost.clear()
    return ids
  }

  deadline(): Instant {
    for (const { giveUpAt } of this.#underway.values()) return giveUpAt
    return NEVER
  }

  #end(sequence: number): ForwardedProposal[] {
    const { proposals, bytes } = this.#underway.get(sequence)!
    this.#underway.delete(sequence)
    this.#bytes -= bytes
    return proposals.filter(({ id }) => this.#sequences.delete(id))
  }
}

/** Splits proposals into messages. */
export function chunks(
  proposals: readonly ForwardedProposal[],
  limits: ReplicaLimits,
): ForwardedProposal[][] {
  const all: ForwardedProposal[][] = []
  let chunk: ForwardedProposal[] = []
  let bytes = 0
  const countMax = buggify('replica: a forward brings one proposal') ? 1 : limits.forwardEntriesMax
  for (const proposal of proposals) {
    const full = bytes + proposal.command.length > limits.forwardBytesMax
    if (chunk.length > 0 && (full || chunk.length >= countMax)) {
      all.push(chunk)
      chunk = []
      bytes = 0
    }
    chunk.push(proposal)
    bytes += proposal.command.length
  }
  if (chunk.length > 0) all.push(chunk)
  return all
}

interface Taken {
  readonly incarnation: number
  highest: number
  /** Sequence numbers below `highest` that have not arrived: they were lost or overtaken. */
  readonly missing: Set<number>
}

/**
 * The leader's side: which forwards it has dealt with, per origin. It outlives a leadership, so that a node
 * which lost its office can tell a forward that it never saw (to be refused) from a copy of one that it has
 * appended (whose outcome it must not guess). Of what a former incarnation saw it knows nothing; the core
 * does not ask it about forwards that were meant for one.
 */
export class ForwardWindow {
  readonly #gapsMax: number
  readonly #livesMax: number
  /** Of each origin its lives: which of them is the present one, their numbers do not say. */
  readonly #origins = new Map<NodeId, Map<number, Taken>>()

  constructor(limits: ReplicaLimits) {
    this.#gapsMax = limits.forwardGapsMax
    this.#livesMax = limits.forwardLivesMax
  }

  /** True the first time that it is asked about a request. */
  take(origin: NodeId, { incarnation, sequence }: RequestId): boolean {
    const lives = this.#livesOf(origin)
    const life = lifeOf(incarnation)
    let taken = lives.get(life)
    if (!taken || taken.incarnation < incarnation) {
      if (!taken && lives.size >= this.#livesMax) return false
      taken = { incarnation, highest: 0, missing: new Set() }
      lives.set(life, taken)
    }
    if (taken.incarnation > incarnation) return false
    if (sequence <= taken.highest) return taken.missing.delete(sequence)
    const firstGap = Math.max(taken.highest + 1, sequence - this.#gapsMax)
    for (let gap = firstGap; gap < sequence; gap++) taken.missing.add(gap)
    taken.highest = sequence
    for (const gap of taken.missing) {
      if (taken.missing.size <= this.#gapsMax) break
      taken.missing.delete(gap)
    }
    return true
  }

  #livesOf(origin: NodeId): Map<number, Taken> {
    let lives = this.#origins.get(origin)
    if (!lives) {
      lives = new Map()
      this.#origins.set(origin, lives)
    }
    return lives
  }
}

export function forwardBytes(proposals: readonly ForwardedProposal[]): number {
  let bytes = 0
  for (const { command } of proposals) bytes += command.length
  return bytes
}
