/**
 * The proposals of this node's callers, from `propose` to their one answer. A proposal waits here while no
 * leader is known, and again if it was refused: a refused one is surely in no log, so trying again cannot
 * execute it twice. One whose outcome is unknown is never tried again; only its caller can decide that.
 */
import { QuorateError } from '../core/errors.ts'
import type { Gauge } from '../core/gauge.ts'
import type { ProposalId } from '../core/ids.ts'
import { buggify, probe } from '../core/seams.ts'
import { addMs, type Instant, NEVER } from '../core/time.ts'
import type { Membership, Objection, Proposal } from '../protocols/consensus.ts'
import {
  GROUP_LIMITS,
  type GroupLimits,
  OWN_PROPOSAL_BYTES_ON_TOP,
  OWN_PROPOSALS_ON_TOP,
  RETRY_DELAY_MS,
} from './limits.ts'
import { type ProposalOutcome, ReplicaErrors } from './replica.ts'

/** A change of the group's configuration, but for its context, which takes the place of a command. */
export interface ConfigurationChange {
  readonly membership: Membership
  /** The version of the configuration that it was made from. */
  readonly basis: number
}

interface Pending<Result> extends Proposal {
  /** Absent: it is a command. */
  readonly change: ConfigurationChange | undefined
  readonly deadline: Instant
  readonly done: (outcome: ProposalOutcome<Result>) => void
}

export class Proposals<Result> {
  readonly #waiting: Pending<Result>[] = []
  readonly #proposed = new Map<ProposalId, Pending<Result>>()
  /** Applied changes that await that nobody who left with them is needed any more; they stand in `#proposed`. */
  readonly #settling = new Map<ProposalId, Result>()
  readonly #limits: GroupLimits
  #nextId: number
  #bytes = 0
  #retryAt = 0 as Instant

  /**
   * @param firstId random over 2^52: an entry of an earlier incarnation of this node can then not be taken
   *   for the answer to a new proposal.
   */
  constructor(firstId: number, limits: GroupLimits = GROUP_LIMITS) {
    this.#nextId = firstId
    this.#limits = limits
  }

  get count(): number {
    return this.#waiting.length + this.#proposed.size
  }

  gauges(): Gauge[] {
    const { pendingProposalsMax, pendingProposalBytesMax } = this.#limits
    return [
      {
        name: 'group: proposals that wait',
        value: this.count,
        max: pendingProposalsMax + OWN_PROPOSALS_ON_TOP,
        empties: true,
      },
      {
        name: 'group: bytes of proposals that wait',
        value: this.#bytes,
        max: pendingProposalBytesMax + OWN_PROPOSAL_BYTES_ON_TOP,
        empties: true,
      },
    ]
  }

  /** @param isOwn the node itself asks for it, which is not kept from what it has to do by those who ask for more */
  add(
    command: Uint8Array,
    deadline: Instant,
    done: (outcome: ProposalOutcome<Result>) => void,
    isOwn: boolean,
    change?: ConfigurationChange,
  ): void {
    const countMax = this.#limits.pendingProposalsMax + (isOwn ? OWN_PROPOSALS_ON_TOP : 0)
    const bytesMax = this.#limits.pendingProposalBytesMax + (isOwn ? OWN_PROPOSAL_BYTES_ON_TOP : 0)
    if (this.count >= countMax || this.#bytes + command.length > bytesMax) {
      probe('group: too many proposals were waiting')
      done(failed(ReplicaErrors.overloaded, 'too many proposals are waiting', 'refused'))
      return
    }
    this.#bytes += command.length
    this.#waiting.push({ id: this.#nextId++ as ProposalId, command, change, deadline, done })
  }

  /** What may be proposed now; counts as proposed from here on. */
  take(now: Instant): (Proposal & { readonly change: ConfigurationChange | undefined })[] {
    if (this.#waiting.length === 0 || now < this.#retryAt) return []
    const countMax = buggify('group: proposals are made one by one') ? 1 : this.#waiting.length
    const taken = this.#waiting.splice(0, countMax)
    for (const pending of taken) this.#proposed.set(pending.id, pending)
    return taken
  }

  /** A leader appeared: what was refused need not wait longer. */
  retryNow(): void {
    this.#retryAt = 0 as Instant
  }

  /** When `take` has something to give again; `NEVER` if nothing is waiting. */
  retryAt(): Instant {
    return this.#waiting.length === 0 ? NEVER : this.#retryAt
  }

  /** @param isSettled whether a change of the members needs nobody any more who left with it */
  applied(id: ProposalId, result: Result, isSettled: boolean): void {
    const pending = this.#proposed.get(id)
    if (pending === undefined) return
    if (pending.change !== undefined && !isSettled) {
      probe('group: a change was answered when those who left were needed no longer')
      this.#settling.set(id, result)
      return
    }
    this.#proposed.delete(id)
    this.#bytes -= pending.command.length
    pending.done({ kind: 'done', result })
  }

  /** Whoever removed a member may take its machine away as soon as it hears of it. */
  settled(): void {
    const settling = [...this.#settling]
    this.#settling.clear()
    for (const [id, result] of settling) this.applied(id, result, true)
  }

  /** The core refused these: they go back to waiting, in front. */
  refused(ids: readonly ProposalId[], now: Instant): void {
    const again: Pending<Result>[] = []
    for (const id of ids) {
      const pending = this.#proposed.get(id)
      if (pending === undefined) continue
      this.#proposed.delete(id)
      again.push(pending)
    }
    if (again.length > 0) probe('group: a refused proposal was proposed again')
    this.#waiting.unshift(...again)
    this.#retryAt = addMs(now, RETRY_DELAY_MS)
  }

  /** The core refused a change for good, as it was made: only its caller can make another one. */
  objected(id: ProposalId, objection: Exclude<Objection, 'busy'>): void {
    const pending = this.#proposed.get(id)
    if (pending === undefined) return
    this.#proposed.delete(id)
    this.#bytes -= pending.command.length
    const { code, message } = OBJECTIONS[objection]
    pending.done(failed(code, message, 'refused'))
  }

  lost(ids: readonly ProposalId[]): void {
    for (const id of ids) {
      const pending = this.#proposed.get(id)
      if (pending === undefined) continue
      this.#proposed.delete(id)
      this.#bytes -= pending.command.length
      probe('group: a proposal was lost with its leader')
      pending.done(
        failed(ReplicaErrors.outcomeUnknown, 'the leader that had the proposal was lost', 'unknown'),
      )
    }
  }

  /** Answers what has passed its deadline: refused if it never left this node, unknown otherwise. */
  expire(now: Instant): void {
    for (const pending of this.#proposed.values()) {
      if (pending.deadline > now) continue
      this.#proposed.delete(pending.id)
      this.#bytes -= pending.command.length
      probe('group: a proposal had no answer in time')
      pending.done(failed(ReplicaErrors.outcomeUnknown, 'no answer before the deadline', 'unknown'))
    }
    const expired = this.#waiting.filter(pending => pending.deadline <= now)
    if (expired.length === 0) return
    this.#keepWaiting(pending => pending.deadline > now)
    for (const pending of expired) {
      this.#bytes -= pending.command.length
      pending.done(failed(ReplicaErrors.noLeader, 'no leader before the deadline', 'refused'))
    }
  }

  /** The node stops: what never left it is refused, the rest unknown. */
  stop(): void {
    const waiting = this.#waiting.splice(0)
    const proposed = [...this.#proposed.values()]
    this.#proposed.clear()
    this.#bytes = 0
    for (const pending of waiting)
      pending.done(failed(ReplicaErrors.stopping, 'the node is stopping', 'refused'))
    for (const pending of proposed) {
      pending.done(
        failed(ReplicaErrors.outcomeUnknown, 'the node stopped before the outcome was known', 'unknown'),
      )
    }
  }

  #keepWaiting(keep: (pending: Pending<Result>) => boolean): void {
    const kept = this.#waiting.filter(keep)
    this.#waiting.length = 0
    this.#waiting.push(...kept)
  }
}

const OBJECTIONS: Readonly<
  Record<Exclude<Objection, 'busy'>, { readonly code: string; readonly message: string }>
> = {
  outdated: { code: ReplicaErrors.configurationOutdated, message: 'the configuration has changed meanwhile' },
  behind: { code: ReplicaErrors.learnerBehind, message: 'the learner lacks too much of the log to vote' },
  invalid: { code: ReplicaErrors.configurationInvalid, message: 'a group has voters, who are no learners' },
}

function failed(code: string, message: string, outcome: 'refused' | 'unknown') {
  return { kind: 'failed', error: new QuorateError(code, message, outcome) } as const
}
