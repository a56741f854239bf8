/**
 * Changes the membership of a running cluster as a patient operator does, through a client like any other: one change
 * at a time, asked for again until it is done, or until it was surely refused for long enough. An outcome that nobody
 * knows is found out from the list of members before anything else is changed.
 *
 * Of a run that goes on without it, it is known at any instant whose votes may count by then (`votersAfter`): what was
 * asked for may come about whenever it likes.
 */
import type { Client } from '../../client/client.ts'
import { ClientError } from '../../client/errors.ts'
import { QuorateError } from '../../core/errors.ts'
import type { NodeId } from '../../core/ids.ts'
import { addMs, type Instant } from '../../core/time.ts'
import { MembershipErrors } from '../../server/membership-errors.ts'
import type { Member } from '../../wire/etcd/cluster.ts'
import { peerUrlOf } from '../cluster/member-cluster.ts'
import type { SimulatedCluster } from '../cluster/simulated-cluster.ts'
import type { Atlas, VoterSets } from './atlas.ts'
import type { Fault } from './fault.ts'
import type { FaultCounts } from './fault-counts.ts'
import { startMember } from './start-member.ts'

/** What an operator is told to do. */
export type MembershipFault = Extract<Fault, { kind: 'addMember' | 'removeMember' | 'moveMember' }>

type Addition = Extract<MembershipFault, { kind: 'addMember' }>

/** Whom it works for. */
export interface OperatorSetting {
  readonly cluster: SimulatedCluster
  readonly atlas: Atlas
  readonly counts: FaultCounts
  /** Takes what breaks it: a bug of the client, or its own. */
  readonly broken: (error: unknown) => void
}

/** How long it asks for what is refused, and waits for a learner's vote. */
const PATIENCE_MS = 20_000
const ASK_AGAIN_MS = 500
const TIMEOUT_MS = 5_000

/** What a node says that is not, or not yet, a member: of these, and no others, it stops itself in good order. */
const OUTSIDERS: ReadonlySet<string> = new Set([
  MembershipErrors.removed,
  MembershipErrors.notAMember,
  MembershipErrors.joinUnanswered,
])

export class Operator {
  readonly #setting: OperatorSetting
  readonly #waiting: MembershipFault[] = []
  #client: Client | undefined
  /** Each knows one member alone. */
  readonly #clients = new Map<string, Client>()
  #now: MembershipFault | undefined
  #isFrozen = false
  /** Learners that may get their vote at any time. */
  readonly #learning = new Set<string>()
  /** Asked to be, whatever came of it. */
  readonly #added = new Set<string>()
  readonly #removed = new Set<string>()
  /** Known to have been removed. */
  readonly #gone = new Set<string>()
  readonly #moves = new Map<string, number>()

  constructor(setting: OperatorSetting) {
    this.#setting = setting
  }

  /** Does it when everything before is done, if it may be done then; false if it never can. */
  ask(change: MembershipFault): boolean {
    const { member, kind } = change
    const isKnown = this.#setting.cluster.has(member)
    if (this.#isFrozen || (kind === 'addMember') === isKnown) return false
    this.#waiting.push(change)
    if (this.#now === undefined) this.#work().catch(this.#setting.broken)
    return true
  }

  /** Begins with nothing any more; what it has begun, it ends. */
  freeze(): void {
    this.#isFrozen = true
    this.#waiting.length = 0
  }

  /** Those who follow already, or will soon, and may get their vote at any time. */
  get newcomers(): readonly string[] {
    return [...this.#learning]
  }

  /** Whether it is known to have left, and stops itself for good. Until then its vote may be what its leaving takes. */
  hasRemoved(member: string): boolean {
    return this.#gone.has(member)
  }

  /** Whether a member that comes or goes stopped because it is none. */
  explains(member: string, reason: Error): boolean {
    const isOutsider = this.#added.has(member) || this.#removed.has(member)
    return isOutsider && reason instanceof QuorateError && OUTSIDERS.has(reason.code)
  }

  /** The name of a member whose machine is not there yet: one at most is being added. */
  get nameless(): string | undefined {
    return this.#now?.kind === 'addMember' ? this.#now.member : undefined
  }

  /** These sets of voters, and all that may come of them through what it has asked for. */
  votersAfter(sets: VoterSets): VoterSets {
    let all = [...sets]
    const now = this.#now
    if (now?.kind === 'addMember' && now.as === 'voter')
      all = [...all, ...all.map(set => withMember(set, now.member))]
    if (now?.kind === 'removeMember') all = [...all, ...all.map(set => without(set, now.member))]
    for (const learner of this.#learning) all = [...all, ...all.map(set => withMember(set, learner))]
    return all.filter(set => set.length > 0)
  }

  async #work(): Promise<void> {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      if (!this.#mayDo(next)) {
        this.#note(`${next.kind} ${next.member} is not permitted`)
        continue
      }
      if (next.kind === 'addMember' && this.#learnsFirst(next)) this.#learning.add(next.member)
      this.#now = next
      await this.#do(next)
      this.#now = undefined
    }
  }

  #mayDo(change: MembershipFault): boolean {
    const { atlas, cluster } = this.#setting
    switch (change.kind) {
      case 'addMember':
        return !cluster.has(change.member) && atlas.mayAdd(change.as !== 'voter')
      case 'removeMember':
        return !this.#removed.has(change.member) && atlas.mayRemove(change.member)
      case 'moveMember':
        return !this.#removed.has(change.member)
    }
  }

  /** A second voter does, whatever was asked for (`services/etcd/strict-checks.ts`). */
  #learnsFirst({ as }: Addition): boolean {
    return as !== 'voter' || this.#setting.atlas.hasOneVoter
  }

  #do(change: MembershipFault): Promise<void> {
    switch (change.kind) {
      case 'addMember':
        return this.#add(change)
      case 'removeMember':
        return this.#remove(change.member)
      case 'moveMember':
        return this.#move(change.member)
    }
  }

  async #add({ member: name, as }: Addition): Promise<void> {
    const { cluster, atlas } = this.#setting
    const learnsFirst = this.#learning.has(name)
    this.#added.add(name)
    const url = peerUrlOf(name)
    const options = { isLearner: as !== 'voter', isToVote: as === 'learnerToVote', timeoutMs: TIMEOUT_MS }
    const found = await this.#until(
      members => members.find(({ peerUrls }) => peerUrls.includes(url)),
      client => client.cluster.add([url], options),
    )
    if (found === undefined) {
      this.#learning.delete(name)
      return this.#note(`${name} was not added`)
    }
    cluster.addMachine(name, this.#present(), found.id as NodeId)
    this.#happened('P8', `${name} was added`)
    startMember(cluster.member(name), atlas)
    if (learnsFirst) await this.#awaitVote(name, found.id, as === 'learnerToPromote')
  }

  /** It may vote before that is known, and whenever it likes if it was promised a vote. */
  async #awaitVote(name: string, id: bigint, isToBePromoted: boolean): Promise<void> {
    const voter = await this.#until(
      members => members.find(each => each.id === id && !each.isLearner),
      isToBePromoted ? client => client.cluster.promote(id, { timeoutMs: TIMEOUT_MS }) : undefined,
    )
    if (voter !== undefined) this.#happened('P8', `${name} votes`)
    if (voter !== undefined || isToBePromoted) this.#learning.delete(name)
  }

  async #remove(name: string): Promise<void> {
    const id = this.#setting.cluster.ids.get(name)!
    this.#removed.add(name)
    const isGone = await this.#until(
      members => members.every(each => each.id !== id) || undefined,
      client => client.cluster.remove(id, { timeoutMs: TIMEOUT_MS }),
    )
    if (isGone === undefined) {
      this.#removed.delete(name)
      return this.#note(`${name} was not removed`)
    }
    this.#learning.delete(name)
    this.#gone.add(name)
    this.#happened('P8', `${name} was removed`)
  }

  /**
   * The others are told first; then its process is ended and started where it is looked for by now. Who is moved must
   * know where those are that were moved before: two that look for each other in the wrong place never meet again.
   */
  async #move(name: string): Promise<void> {
    const { cluster, atlas } = this.#setting
    const id = cluster.ids.get(name)!
    if (!(await this.#isUpToDate(name))) return this.#note(`${name} is not moved, for it does not answer`)
    const moves = (this.#moves.get(name) ?? 0) + 1
    const url = peerUrlOf(name, moves)
    const isTold = await this.#until(
      members => members.find(each => each.id === id && each.peerUrls.includes(url)),
      client => client.cluster.update(id, [url], { timeoutMs: TIMEOUT_MS }),
    )
    if (isTold === undefined) return this.#note(`${name} was not moved`)
    this.#moves.set(name, moves)
    cluster.member(name).kill()
    cluster.move(name, url, this.#present())
    this.#happened('N12', `${name} was moved`)
    startMember(cluster.member(name), atlas)
  }

  /**
   * Asks until it is so, and gives what it is. Undefined: it is not so, and every attempt was surely refused.
   *
   * @param attempt absent: it comes about by itself, or does not.
   */
  async #until<T>(
    isSo: (members: readonly Member[]) => T | undefined,
    attempt?: (client: Client) => Promise<unknown>,
  ): Promise<T | undefined> {
    const { cluster } = this.#setting
    const end = addMs(cluster.now(), PATIENCE_MS)
    for (let isOpen = false; ; ) {
      const members = await this.#answerOf(client => client.members({ timeoutMs: TIMEOUT_MS }))
      const found = members.kind === 'done' ? isSo(members.value.members) : undefined
      if (found !== undefined) return found
      if (!isOpen && this.#givesUp(end)) return undefined
      if (members.kind === 'done' && attempt !== undefined) {
        isOpen = (await this.#answerOf(attempt)).kind !== 'refused' || isOpen
      }
      await cluster.pause(ASK_AGAIN_MS)
    }
  }

  #givesUp(end: Instant): boolean {
    return this.#isFrozen || this.#setting.cluster.now() >= end
  }

  /** As of now: what a member answers for sure it has learned before. */
  async #isUpToDate(name: string): Promise<boolean> {
    const client = this.#clients.get(name) ?? this.#setting.cluster.client(`operator of ${name}`, [name])
    this.#clients.set(name, client)
    const asked = await this.#answerOf(() => client.members({ timeoutMs: TIMEOUT_MS }))
    return asked.kind === 'done'
  }

  async #answerOf<T>(
    request: (client: Client) => Promise<T>,
  ): Promise<{ readonly kind: 'done'; readonly value: T } | { readonly kind: 'refused' | 'unknown' }> {
    this.#client ??= this.#setting.cluster.client('operator')
    try {
      return { kind: 'done', value: await request(this.#client) }
    } catch (error) {
      if (!(error instanceof ClientError)) throw error
      return { kind: error.outcome }
    }
  }

  /** Names of those who are members now, as far as it knows. */
  #present(): readonly string[] {
    return this.#setting.cluster.members.map(({ name }) => name).filter(name => !this.#removed.has(name))
  }

  #happened(faultClass: 'P8' | 'N12', what: string): void {
    this.#setting.counts.add(faultClass)
    this.#note(what)
  }

  #note(what: string): void {
    this.#setting.cluster.world.note(`operator: ${what}`)
  }
}

function withMember(set: readonly string[], member: string): readonly string[] {
  return set.includes(member) ? set : [...set, member]
}

function without(set: readonly string[], member: string): readonly string[] {
  return set.filter(each => each !== member)
}
