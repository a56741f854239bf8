/**
 * The Synod of "Paxos Made Simple" (Lamport, 2001): agreement on one value, by proposers, acceptors and
 * learners that live together in every node. It speaks the language of `consensus.ts` with a log of exactly
 * one entry, and promises what every protocol there promises.
 *
 * - Voters are acceptors; every member may propose and learns. The membership never changes.
 * - A proposal is refused once another value is chosen (then its value never can be), or while this node has
 *   a proposal under way already (then it was never issued).
 * - A read is answered at once if the decision is known, for nothing can follow it. Otherwise it is a proposer
 *   without a value (§2.3): a majority that has accepted nothing proves that nothing was chosen when the
 *   round began; if something was accepted, the round completes it first.
 * - What an acceptor promised or accepted is durable before its answer leaves; a proposer's number is
 *   durable before its first use, so that a restart never uses it for something else (§2.5).
 * - An acceptor whose log may have lost what it acknowledged never votes again; it still proposes and learns.
 */
import { assert, unreachable } from '../../core/assert.ts'
import { compareBytes, EMPTY } from '../../core/bytes.ts'
import type { Entry } from '../../core/entry.ts'
import {
  type Ballot,
  type Index,
  NOBODY,
  type NodeId,
  type ProposalId,
  type ReadId,
  type Token,
} from '../../core/ids.ts'
import { bug } from '../../core/seams.ts'
import type { ClusterTime, Instant } from '../../core/time.ts'
import type {
  Consensus,
  ConsensusEffect,
  ConsensusInput,
  ConsensusOptions,
  ConsensusStatus,
  Proposal,
  Role,
} from '../consensus.ts'
import { type Acceptor, accept, prepare } from './acceptor.ts'
import { formatBallot, NO_BALLOT, nextBallot, seatOf } from './ballot.ts'
import { Learner } from './learner.ts'
import { Members } from './members.ts'
import type { SynodMessage } from './message.ts'
import { encodeMembership } from './message-codec.ts'
import { Outbox } from './outbox.ts'
import { Patience } from './patience.ts'
import { Attempt } from './proposer.ts'
import { recover } from './recovery.ts'
import { Telling } from './telling.ts'
import { WaitingReads } from './waiting-reads.ts'

/** The only entry's index. */
const FIRST = 1 as Index
const NONE = 0 as Index

export class Synod implements Consensus<SynodMessage> {
  readonly #options: ConsensusOptions
  readonly #id: NodeId
  readonly #members: Members
  // The acceptor.
  #acceptor: Acceptor
  #isSilenced: boolean
  // The proposer.
  #attempt: Attempt | undefined
  readonly #patience: Patience
  #highestSeen: Ballot
  #own: Entry | undefined
  // The learner.
  readonly #learner: Learner
  readonly #telling: Telling
  #chosen: Entry | undefined
  #isCommitted: boolean
  readonly #reads = new WaitingReads()
  readonly #outbox: Outbox
  // This step.
  #now = 0 as Instant
  #hasBegun = false
  #announced = ''

  constructor(options: ConsensusOptions) {
    const { membership, acceptor, isSilenced, chosen, isCommitted } = recover(options)
    const { id } = options
    this.#options = options
    this.#id = id
    this.#members = new Members(membership, id)
    this.#patience = new Patience(options)
    this.#acceptor = acceptor
    this.#isSilenced = isSilenced
    this.#chosen = chosen
    this.#isCommitted = isCommitted
    this.#highestSeen = acceptor.promised
    this.#outbox = new Outbox(id)
    this.#learner = new Learner(membership.voters.length)
    this.#telling = new Telling(this.#members.others, options.electionTimeoutMs)
  }

  step(
    now: Instant,
    inputs: readonly ConsensusInput<SynodMessage>[],
    out: ConsensusEffect<SynodMessage>[],
  ): void {
    this.#now = now
    this.#outbox.open(out)
    if (!this.#hasBegun) this.#begin()
    for (const input of inputs) {
      this.#take(input)
      this.#hearOneself()
    }
    this.#announce()
  }

  deadline(): Instant {
    if (!this.#hasBegun) return 0 as Instant
    return Math.min(this.#patience.deadline(), this.#telling.deadline()) as Instant
  }

  status(): ConsensusStatus {
    return {
      ...this.#standing(),
      commitIndex: this.#isCommitted ? FIRST : NONE,
      lastIndex: this.#acceptor.accepted === undefined && !this.#isCommitted ? NONE : FIRST,
      membership: this.#members.membership,
    }
  }

  check(): void {
    const { promised, accepted } = this.#acceptor
    assert(accepted === undefined || accepted.ballot <= promised, 'what was accepted was promised')
    assert(
      this.#attempt === undefined || this.#chosen === undefined,
      'who knows the decision proposes nothing',
    )
    const agrees =
      this.#chosen === undefined || (accepted !== undefined && isSameValue(accepted, this.#chosen))
    assert(agrees, 'who knows the decision has accepted it')
  }

  describe(): string {
    const { role, ballot } = this.#standing()
    const accepted = this.#acceptor.accepted?.ballot ?? NO_BALLOT
    const state = this.#isCommitted ? 'committed' : this.#chosen !== undefined ? 'chosen' : 'open'
    const vote = this.#isSilenced ? ' silenced' : ''
    const [promised, voted] = [ballot, accepted].map(each => formatBallot(each).padEnd(5))
    return `${role.padEnd(9)} promised ${promised} accepted ${voted} ${state}${vote}`
  }

  // --- Inputs --------------------------------------------------------------------------------------------

  #begin(): void {
    this.#hasBegun = true
    const { all: members, membership } = this.#members
    const configuration = { membership, context: EMPTY, version: 0 }
    const data = encodeMembership(membership)
    if (members.length > 0) this.#outbox.put({ kind: 'membership', members, configuration, data })
    if (this.#isSilenced) this.#persist()
    if (this.#chosen !== undefined) this.#learned()
    else if (this.#acceptor.accepted !== undefined) this.#wonder()
  }

  #take(input: ConsensusInput<SynodMessage>): void {
    switch (input.kind) {
      case 'receive':
        return this.#receive(input.from, input.message)
      case 'propose':
        return this.#propose(input.proposals)
      case 'read':
        return this.#read(input.id)
      case 'reconfigure':
        return this.#drop([input.id])
      case 'persisted':
        this.#outbox.persisted(input.token)
        return this.#commit()
      case 'deadline':
        return this.#onDeadline()
      case 'transferLeader': // Nobody leads.
      case 'applied': // One entry needs no flow control,
      case 'checkpointed': // and stays in the log, for those who have yet to learn it,
      case 'loaded': // and in memory,
      case 'installed': // and no snapshot is ever asked for.
      case 'installFailed':
      case 'linkLost':
        return
      default:
        unreachable(input)
    }
  }

  #receive(from: NodeId, message: SynodMessage): void {
    if (!this.#members.includes(from)) return
    switch (message.kind) {
      case 'prepare':
        return this.#onPrepare(from, message.ballot)
      case 'promise':
        return this.#onPromise(from, message.ballot, message.accepted)
      case 'accept':
        return this.#onAccept(from, message.proposal)
      case 'accepted':
        return this.#onAccepted(from, message.proposal)
      case 'rejected':
        return this.#onRejected(message.ballot, message.promised)
      case 'chosen':
        this.#telling.confirmed(from)
        this.#decide(message.proposal)
        return this.#outbox.send(from, { kind: 'known' }, this.#outbox.issued)
      case 'known':
        return this.#telling.confirmed(from)
      default:
        unreachable(message)
    }
  }

  // --- The proposer --------------------------------------------------------------------------------------

  #propose(proposals: readonly Proposal[]): void {
    const refused: ProposalId[] = []
    for (const { id, command } of proposals) {
      if (this.#isDecided || this.#own !== undefined || !this.#members.includeSelf) refused.push(id)
      else this.#own = this.#value(id, command)
    }
    this.#drop(refused)
    this.#pursue()
  }

  #read(id: ReadId): void {
    if (this.#isCommitted) {
      this.#outbox.put({ kind: 'readable', ids: [id], index: FIRST })
    } else if (!this.#members.includeSelf || this.#reads.isFull) {
      this.#outbox.put({ kind: 'unreadable', ids: [id] })
    } else {
      this.#reads.add(id)
      this.#pursue()
    }
  }

  /** Begins an attempt if there is a reason to and nothing to wait for. */
  #pursue(): void {
    const isWaiting = this.#attempt !== undefined || this.#patience.backsOff
    if (!isWaiting && !this.#isDecided && (this.#own !== undefined || this.#reads.needRound)) this.#prepare()
  }

  /** Phase 1a: "a proposer selects a proposal number n and sends a prepare request with number n". */
  #prepare(): void {
    const above = Math.max(this.#highestSeen, this.#acceptor.promised) as Ballot
    const ballot = nextBallot(above, this.#members.position)
    this.#attempt = new Attempt(ballot, this.#members.voters.length)
    this.#patience.attemptBegins(this.#now)
    this.#reads.beginRound()
    // One's own promise comes first and is durable before anyone hears of the number: it is used once.
    this.#acceptor = { ...this.#acceptor, promised: ballot }
    const token = this.#persist()
    for (const voter of this.#members.voters) this.#outbox.send(voter, { kind: 'prepare', ballot }, token)
  }

  #onPromise(from: NodeId, ballot: Ballot, accepted: Entry | undefined): void {
    const attempt = this.#attempt
    if (attempt?.ballot !== ballot || attempt.issued !== undefined || !this.#members.isVoter(from)) return
    if (attempt.promised(from, accepted)) this.#issue(attempt)
  }

  /** Phase 2a: the value of the highest-numbered proposal among the promises, or one's own. */
  #issue(attempt: Attempt): void {
    const proposal = attempt.issue(this.#own)
    if (proposal === undefined) {
      // A majority had accepted nothing, so nothing had been chosen when this round began.
      const ids = this.#reads.takeRound()
      if (ids.length > 0) this.#outbox.put({ kind: 'readable', ids, index: NONE })
      this.#endAttempt()
      this.#patience.succeeded()
      this.#pursue()
      return
    }
    for (const voter of this.#members.voters) this.#outbox.send(voter, { kind: 'accept', proposal })
  }

  /** "It is probably a good idea to abandon a proposal if some proposer has begun trying a higher one." */
  #onRejected(ballot: Ballot, promised: Ballot): void {
    this.#see(promised)
    if (this.#attempt?.ballot !== ballot || promised <= ballot) return
    this.#endAttempt()
    this.#reads.loseRound()
    this.#patience.backOff(this.#now)
  }

  #endAttempt(): void {
    this.#attempt = undefined
    this.#patience.attemptEnds()
    if (this.#acceptor.accepted !== undefined) this.#wonder()
  }

  #onDeadline(): void {
    if (this.#patience.attemptLapses(this.#now)) {
      const ids = this.#reads.takeRound()
      if (ids.length > 0) this.#outbox.put({ kind: 'unreadable', ids })
      this.#endAttempt()
      this.#pursue()
    }
    if (
      this.#patience.wakes(this.#now) &&
      this.#attempt === undefined &&
      !this.#isDecided &&
      this.#hasReason
    ) {
      this.#prepare()
    }
    if (this.#chosen === undefined) return
    for (const member of this.#telling.due(this.#now)) {
      this.#outbox.send(member, { kind: 'chosen', proposal: this.#chosen })
    }
  }

  /** A value was accepted here and its proposer may be gone: find out what became of it, if nobody says. */
  #wonder(): void {
    if (!this.#isDecided) this.#patience.wonder(this.#now)
  }

  // --- The acceptor --------------------------------------------------------------------------------------

  /** Phase 1b. */
  #onPrepare(from: NodeId, ballot: Ballot): void {
    this.#see(ballot)
    if (this.#tells(from) || !this.#votes) return
    const next = prepare(this.#acceptor, ballot)
    if (next === undefined) {
      this.#outbox.send(from, { kind: 'rejected', ballot, promised: this.#acceptor.promised })
      return
    }
    const isNew = next.promised !== this.#acceptor.promised
    this.#acceptor = next
    if (isNew && !bug('paxos-promise-forgotten')) this.#persist()
    this.#outbox.send(from, { kind: 'promise', ballot, accepted: next.accepted }, this.#outbox.issued)
  }

  /** Phase 2b. */
  #onAccept(from: NodeId, proposal: Entry): void {
    this.#see(proposal.ballot)
    if (this.#tells(from) || !this.#votes) return
    const next = accept(this.#acceptor, proposal)
    if (next === undefined) {
      this.#outbox.send(from, {
        kind: 'rejected',
        ballot: proposal.ballot,
        promised: this.#acceptor.promised,
      })
      return
    }
    const isNew = next.accepted?.ballot !== this.#acceptor.accepted?.ballot
    this.#acceptor = next
    if (isNew) this.#persist(proposal)
    for (const member of this.#members.all)
      this.#outbox.send(member, { kind: 'accepted', proposal }, this.#outbox.issued)
    if (this.#attempt === undefined) this.#wonder()
  }

  /** Who knows the decision answers with it, whatever was asked. */
  #tells(to: NodeId): boolean {
    if (this.#chosen === undefined) return false
    this.#outbox.send(to, { kind: 'chosen', proposal: this.#chosen })
    return true
  }

  // --- The learner ---------------------------------------------------------------------------------------

  #onAccepted(from: NodeId, proposal: Entry): void {
    this.#see(proposal.ballot)
    if (this.#chosen !== undefined || !this.#members.isVoter(from)) return
    const chosen = this.#learner.accepted(from, proposal)
    if (chosen !== undefined) this.#decide(chosen)
  }

  /** The value is chosen, for ever. It is durable here before it is committed here. */
  #decide(proposal: Entry): void {
    if (this.#chosen !== undefined) {
      assert(isSameValue(this.#chosen, proposal), 'P2: at most one value is ever chosen')
      return
    }
    const { promised, accepted } = this.#acceptor
    const hasValue = accepted !== undefined && isSameValue(accepted, proposal)
    assert(
      hasValue || accepted === undefined || accepted.ballot < proposal.ballot,
      'P2a: nothing else was accepted later',
    )
    if (!hasValue) {
      this.#acceptor = { promised: Math.max(promised, proposal.ballot) as Ballot, accepted: proposal }
    }
    this.#chosen = proposal
    this.#endAttempt()
    this.#persist(hasValue ? undefined : proposal)
    this.#learned()
  }

  #learned(): void {
    this.#patience.rest()
    this.#telling.start(this.#now)
    if (this.#own !== undefined && !isSameValue(this.#own, this.#chosen!)) this.#drop([this.#own.proposal])
    this.#own = undefined
    this.#commit()
  }

  #commit(): void {
    if (this.#chosen === undefined || !this.#outbox.isDurable) return
    if (!this.#isCommitted) {
      this.#isCommitted = true
      this.#outbox.put({ kind: 'committed', entries: [this.#chosen], awaited: false })
    }
    const ids = this.#reads.takeAll()
    if (ids.length > 0) this.#outbox.put({ kind: 'readable', ids, index: FIRST })
  }

  // --- What they share -----------------------------------------------------------------------------------

  get #isDecided(): boolean {
    return this.#chosen !== undefined || this.#isCommitted
  }

  get #votes(): boolean {
    return this.#members.isVoter(this.#id) && !this.#isSilenced
  }

  get #hasReason(): boolean {
    return this.#own !== undefined || this.#reads.needRound || this.#acceptor.accepted !== undefined
  }

  #see(ballot: Ballot): void {
    if (ballot > this.#highestSeen) this.#highestSeen = ballot
  }

  #value(proposal: ProposalId, data: Uint8Array): Entry {
    const time = Math.max(this.#options.applied.time, Math.floor(this.#now / 1000)) as ClusterTime
    return { index: FIRST, ballot: NO_BALLOT, kind: 'command', time, origin: this.#id, proposal, data }
  }

  #drop(ids: readonly ProposalId[]): void {
    if (ids.length > 0) this.#outbox.put({ kind: 'dropped', ids, outcome: 'refused' })
  }

  #persist(write?: Entry): Token {
    const { promised } = this.#acceptor
    const memory = { promised, isDecided: this.#chosen !== undefined, isSilenced: this.#isSilenced }
    return this.#outbox.persist(memory, write)
  }

  #hearOneself(): void {
    for (;;) {
      const message = this.#outbox.nextToSelf()
      if (message === undefined) return
      this.#receive(this.#id, message)
    }
  }

  #standing(): { role: Role; leader: NodeId; ballot: Ballot } {
    const ballot = this.#acceptor.promised
    const owner = ballot === NO_BALLOT ? NOBODY : this.#members.at(seatOf(ballot))
    if (this.#attempt?.issued !== undefined) return { role: 'leader', leader: this.#id, ballot }
    if (this.#attempt !== undefined) return { role: 'candidate', leader: NOBODY, ballot }
    return { role: this.#members.isVoter(this.#id) ? 'follower' : 'learner', leader: owner, ballot }
  }

  #announce(): void {
    const standing = this.#standing()
    const line = `${standing.role} ${standing.leader} ${standing.ballot}`
    if (line === this.#announced) return
    this.#announced = line
    this.#outbox.put({ kind: 'role', ...standing })
  }
}

/** Values are told apart by who proposed them; equal names with unequal bytes would be a broken node. */
function isSameValue(a: Entry, b: Entry): boolean {
  const isSame = a.origin === b.origin && a.proposal === b.proposal
  assert(!isSame || compareBytes(a.data, b.data) === 0, 'a proposal id names one command')
  return isSame
}
