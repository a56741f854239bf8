/**
 * Raft (Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm", USENIX ATC 2014, cited as
 * "Raft"; and Ongaro's thesis, "Consensus: Bridging Theory and Practice", 2014, cited as "thesis"), as a core
 * without I/O. This file turns inputs into calls of rules, and what the rules did into effects; the rules are
 * in the files that `raft-state.ts` lists.
 *
 * A step first takes all its inputs, then looks at the time, and then finishes: one durable write, one append
 * for each follower, one round of reads, one report of what is committed, however many inputs there were.
 */
import { assert } from '../../core/assert.ts'
import type { Gauge } from '../../core/gauge.ts'
import { type Index, NOBODY, type NodeId, type Token } from '../../core/ids.ts'
import type { Doubt } from '../../core/log-update.ts'
import { bug, buggify } from '../../core/seams.ts'
import type { Instant } from '../../core/time.ts'
import type {
  Consensus,
  ConsensusEffect,
  ConsensusInput,
  ConsensusOptions,
  ConsensusStatus,
} from '../consensus.ts'
import { onForwardRefused } from '../replica/forwarding.ts'
import { onRead, onReadRefused, onReadRequest, onReadResponse } from '../replica/reading.ts'
import { Reports } from '../replica/reports.ts'
import { abortTransfer, transferDeadline } from '../replica/transferring.ts'
import {
  type Configuration,
  encodeConfiguration,
  groupConfiguration,
  members,
  membershipOf,
} from './configuration.ts'
import {
  onElectionTimeout,
  onLeaderLinkLost,
  onPromiseDurable,
  onTimeoutNow,
  onVoteRequest,
  onVoteResponse,
} from './elections.ts'
import { onAppend, onCommit, onHeartbeat } from './following.ts'
import { gaugesOf } from './gauges.ts'
import { handOut } from './handing-out.ts'
import {
  beginInquiries,
  onInquiry,
  onInquiryResponse,
  onMessageInDoubt,
  repeatInquiries,
} from './inquiring.ts'
import { checkState, describeState, roleOf } from './inspection.ts'
import {
  advanceCommit,
  nextSending,
  onAppendAccepted,
  onAppendRejected,
  onHeartbeatResponse,
  onHeartbeatTimeout,
  replicate,
} from './leading.ts'
import { RAFT_LIMITS, type RaftLimits } from './limits.ts'
import type { RaftMessage } from './message.ts'
import { encodePromise, isAtLeast } from './promise.ts'
import { onForward, onPropose, onReconfigure } from './proposing.ts'
import { RaftState } from './raft-state.ts'
import { advanceReads } from './reading.ts'
import { leaveJointWhenCommitted, releaseTheDeparted } from './reconfiguring.ts'
import {
  onCheckpointed,
  onInstalled,
  onInstallFailed,
  onLoaded,
  onSnapshotOffer,
  requestLoad,
} from './snapshots.ts'
import { advanceTransfer, onTransferLeader } from './transferring.ts'

type Input = ConsensusInput<RaftMessage>
type Effect = ConsensusEffect<RaftMessage>

/** A Raft node. Tests and the simulator may hand in smaller limits. */
export function createRaft(
  options: ConsensusOptions,
  limits: RaftLimits = RAFT_LIMITS,
): Consensus<RaftMessage> {
  return new Raft(new RaftState(options, limits))
}

class Raft implements Consensus<RaftMessage> {
  readonly #state: RaftState
  #started = false
  readonly #reports = new Reports()
  #reportedConfiguration: Configuration | undefined
  #checkedCommit = 0 as Index

  constructor(state: RaftState) {
    this.#state = state
  }

  step(now: Instant, inputs: readonly Input[], out: Effect[]): void {
    const state = this.#state
    assert(now >= state.now, 'time does not go back')
    state.now = now
    if (!this.#started) this.#start()
    for (const input of inputs) this.#take(input)
    this.#keepTime()
    this.#finish(out)
  }

  deadline(): Instant {
    const state = this.#state
    if (!this.#started) return 0 as Instant
    const { leadership, inquiries } = state
    let role = state.electionAt
    if (inquiries) role = inquiries.repeatAt
    else if (leadership) role = nextSending(leadership)
    return Math.min(
      role,
      transferDeadline(state),
      state.forwards.deadline(),
      state.forwardedReads.deadline(),
    ) as Instant
  }

  status(): ConsensusStatus {
    const { leader, ballot, commitIndex, log, configuration } = this.#state
    return {
      role: roleOf(this.#state),
      leader,
      ballot,
      commitIndex,
      lastIndex: log.lastIndex,
      membership: membershipOf(configuration),
    }
  }

  get doubt(): Doubt {
    return this.#state.inquiries?.doubt ?? 'none'
  }

  gauges(): readonly Gauge[] {
    return gaugesOf(this.#state)
  }

  check(): void {
    checkState(this.#state)
    const { commitIndex } = this.#state
    assert(commitIndex >= this.#checkedCommit, 'the commit index never goes back')
    this.#checkedCommit = commitIndex
  }

  describe(): string {
    return describeState(this.#state)
  }

  #start(): void {
    const state = this.#state
    this.#started = true
    state.beginElectionTimer()
    if (state.promised.doubt !== 'none') beginInquiries(state)
    const { voters, outgoing } = state.configuration
    const alone = voters.length === 1 && outgoing.length === 0
    if (alone && state.mayCampaign) state.electionAt = state.now
  }

  #take(input: Input): void {
    const state = this.#state
    switch (input.kind) {
      case 'receive':
        return this.#receive(input.from, input.message)
      case 'propose':
        return onPropose(state, input.proposals)
      case 'read':
        return onRead(state, input.id)
      case 'reconfigure':
        return onReconfigure(state, input.id, input, input.context)
      case 'transferLeader':
        return onTransferLeader(state, input.to)
      case 'persisted':
        return this.#persisted(input.token)
      case 'applied':
        return state.applying.apply(input.index)
      case 'loaded':
        return onLoaded(state, input.from, input.entries)
      case 'checkpointed':
        return onCheckpointed(state, input.base)
      case 'installed':
        return onInstalled(state, input.base)
      case 'installFailed':
        return onInstallFailed(state, input.index)
      case 'linkLost':
        return this.#linkLost(input.peer)
      case 'deadline':
        return // The time is looked at in every step, after the inputs: news may have moved the deadline.
    }
  }

  #receive(from: NodeId, message: RaftMessage): void {
    const state = this.#state
    if (from === state.id) return
    // A node that may have forgotten something takes no part until it knows better (`inquiries.ts`).
    if (state.inquiries && message.type !== 'inquiry' && message.type !== 'inquiryResponse') {
      return onMessageInDoubt(state, from)
    }
    switch (message.type) {
      case 'append':
        return onAppend(state, from, message)
      case 'heartbeat':
        return onHeartbeat(state, from, message)
      case 'commit':
        return onCommit(state, from, message)
      case 'snapshotOffer':
        return onSnapshotOffer(state, from, message)
      case 'appendAccepted':
        if (this.#isForThisLeader(message)) onAppendAccepted(state, from, message)
        return
      case 'appendRejected':
        if (this.#isForThisLeader(message)) onAppendRejected(state, from, message)
        return
      case 'heartbeatResponse':
        if (this.#isForThisLeader(message)) onHeartbeatResponse(state, from, message)
        return
      case 'voteRequest':
        return onVoteRequest(state, from, message)
      case 'voteResponse':
        return onVoteResponse(state, from, message)
      case 'timeoutNow':
        return onTimeoutNow(state, from, message)
      case 'transferRequest':
        if (state.leadership) onTransferLeader(state, message.to)
        return
      case 'forward':
        return onForward(state, from, message)
      case 'forwardRefused':
        return onForwardRefused(state, message)
      case 'readRequest':
        return onReadRequest(state, from, message)
      case 'readResponse':
        return onReadResponse(state, message)
      case 'readRefused':
        return onReadRefused(state, message)
      case 'inquiry':
        return onInquiry(state, from, message)
      case 'inquiryResponse':
        return onInquiryResponse(state, from, message)
    }
  }

  /** An answer to a leader: of its own term it counts, a higher term ends the leadership (Raft §5.1). */
  #isForThisLeader({ ballot }: RaftMessage): boolean {
    const state = this.#state
    if (state.leadership && ballot > state.ballot) state.becomeFollower(ballot, NOBODY)
    return state.leadership !== undefined && ballot === state.ballot
  }

  #persisted(token: Token): void {
    const state = this.#state
    if (token > state.durableToken) state.durableToken = token
    state.log.persisted(token)
    onPromiseDurable(state)
  }

  #linkLost(peer: NodeId): void {
    const state = this.#state
    if (state.leadership) state.leadership.progress.get(peer)?.restart(false)
    else if (peer === state.leader) onLeaderLinkLost(state)
  }

  #keepTime(): void {
    const state = this.#state
    const { now } = state
    if (state.inquiries) {
      if (now >= state.inquiries.repeatAt) repeatInquiries(state)
    } else if (state.leadership) {
      abortTransfer(state)
      if (now >= state.leadership.heartbeatAt) onHeartbeatTimeout(state)
    } else if (now >= state.electionAt) {
      onElectionTimeout(state)
    }
    state.expireRequests()
  }

  #finish(out: Effect[]): void {
    const state = this.#state
    if (state.leadership) {
      advanceCommit(state)
      leaveJointWhenCommitted(state)
    }
    advanceReads(state)
    const { floor } = state.promised
    if (floor && isAtLeast(state.log.end, floor)) state.promise({ floor: undefined })
    this.#persist(out)
    if (state.leadership) {
      replicate(state)
      advanceTransfer(state)
      requestLoad(state)
      releaseTheDeparted(state)
    }
    this.#acknowledge()
    state.outbox.flush(out, gate => state.tokenOf(gate))
    handOut(state, out)
    state.outbox.unknown.push(...state.forwards.takeLost())
    state.outbox.answer(out)
    const windowBytesMax = buggify('raft: entries leave memory early') ? 0 : state.limits.windowBytesMax
    state.log.evict(state.applying.applied, windowBytesMax)
    this.#report(out)
  }

  #persist(out: Effect[]): void {
    const state = this.#state
    const token = (state.lastToken + 1) as Token
    const promise = state.promiseChanged ? encodePromise(state.promised) : undefined
    const update = state.log.issue(token, promise)
    if (!update) return
    state.lastToken = token
    if (promise) {
      state.promiseToken = token
      state.promiseChanged = false
    }
    out.push({ kind: 'persist', token, update })
  }

  #acknowledge(): void {
    const state = this.#state
    const { matched, leader, ballot, epoch, promised } = state
    const { incarnation } = promised
    state.matched = undefined
    if (matched === undefined || leader === NOBODY || state.leadership) return
    const gate = bug('append-answered-before-durable') ? 'none' : matched
    state.send(leader, { type: 'appendAccepted', ballot, epoch, incarnation, match: matched }, gate)
  }

  #report(out: Effect[]): void {
    const { leader, ballot, ledBallots, log, applying, inquiries, promised } = this.#state
    if (log.lastIndex >= this.#state.missing) this.#state.missing = 0 as Index
    // Whoever has to be asked has to be reached.
    const configuration = inquiries?.configuration ?? this.#state.configuration
    this.#reports.standing(out, inquiries, promised.floor?.index ?? (0 as Index), this.#state.missing)
    if (configuration !== this.#reportedConfiguration) {
      this.#reportedConfiguration = configuration
      const told = groupConfiguration(configuration)
      const data = encodeConfiguration(configuration)
      out.push({ kind: 'membership', members: members(configuration), configuration: told, data })
    }
    this.#reports.role(out, roleOf(this.#state), leader, ballot)
    const open = log.ballotAt(applying.emitted)!
    for (const led of ledBallots) if (led < open) ledBallots.delete(led)
  }
}
