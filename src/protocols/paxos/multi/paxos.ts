/**
 * Multi-Paxos: "The Part-Time Parliament" (Lamport, 1998) and "Paxos Made Simple" (Lamport, 2001) for a replicated log,
 * with what "Paxos Made Live" (Chandra, Griesemer, Redstone, 2007) and "Paxos Made Moderately Complex" (van Renesse and
 * Altinbuken, 2015) add, as a core without I/O. This file turns inputs into calls of rules, and what the rules did into
 * effects; the rules are in the files that `state.ts` lists.
 *
 * A step first takes all its inputs, then looks at the time, and then finishes: one durable write, one message with
 * proposals for each member, one round of reads, one report of what is chosen, however many inputs there were.
 */
import { assert } from '../../../core/assert.ts'
import type { Gauge } from '../../../core/gauge.ts'
import type { Ballot, Index, NodeId, Token } from '../../../core/ids.ts'
import type { Doubt } from '../../../core/log-update.ts'
import { buggify } from '../../../core/seams.ts'
import type { Instant } from '../../../core/time.ts'
import type {
  Consensus,
  ConsensusEffect,
  ConsensusInput,
  ConsensusOptions,
  ConsensusStatus,
} from '../../consensus.ts'
import { onForwardRefused } from '../../replica/forwarding.ts'
import { onRead, onReadRefused, onReadRequest, onReadResponse } from '../../replica/reading.ts'
import { Reports } from '../../replica/reports.ts'
import { abortTransfer, transferDeadline } from '../../replica/transferring.ts'
import { acknowledge, onAccept } from './accepting.ts'
import {
  onCanvass,
  onCanvassed,
  onElectionTimeout,
  onHandOver,
  onLeaderLinkLost,
  onPrepare,
  onPromise,
  onPromiseDurable,
  onRejected,
  openFloor,
} from './campaigning.ts'
import { encodeConfiguration, groupConfiguration } from './configuration.ts'
import { gaugesOf } from './gauges.ts'
import { handOut } from './handing-out.ts'
import { beginInquiries, onInquiry, onInquiryAnswer, onMessageInDoubt, repeatInquiries } from './inquiring.ts'
import { checkState, describeState, roleOf } from './inspection.ts'
import { acceptedHere, lead, onAccepted, onBeatAnswer, onBeatTimeout, speak } from './leading.ts'
import { keepLearning, lessonDeadline, onBeat, onChosen, onLearned } from './learning.ts'
import { PAXOS_LIMITS, type PaxosLimits } from './limits.ts'
import type { PaxosMessage } from './message.ts'
import { encodeMemory } from './promise.ts'
import { onForward, onPropose, onReconfigure } from './proposing.ts'
import { advanceReads } from './reading.ts'
import { releaseTheDeparted } from './reconfiguring.ts'
import {
  onCheckpointed,
  onInstalled,
  onInstallFailed,
  onLearn,
  onLoaded,
  onSnapshotOffer,
} from './snapshots.ts'
import { PaxosState } from './state.ts'
import { advanceTransfer, onTransferLeader } from './transferring.ts'

type Input = ConsensusInput<PaxosMessage>
type Effect = ConsensusEffect<PaxosMessage>

/** Inquiries; and what was chosen, whoever tells it: that is true for ever. */
const MAY_BE_HEARD_IN_DOUBT: ReadonlySet<PaxosMessage['type']> = new Set([
  'inquiry',
  'inquiryAnswer',
  'learned',
  'snapshotOffer',
])

/** A Multi-Paxos node. Tests and the simulator may hand in smaller limits. */
export function createPaxos(
  options: ConsensusOptions,
  limits: PaxosLimits = PAXOS_LIMITS,
): Consensus<PaxosMessage> {
  return new Paxos(new PaxosState(options, limits))
}

class Paxos implements Consensus<PaxosMessage> {
  readonly #state: PaxosState
  #started = false
  readonly #reports = new Reports()
  #reportedMembers = ''
  #checkedChosen = 0 as Index
  #checkedBallot = 0 as Ballot

  constructor(state: PaxosState) {
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
    return Math.min(
      state.deadlineOfRole(),
      lessonDeadline(state),
      transferDeadline(state),
      state.forwards.deadline(),
      state.forwardedReads.deadline(),
    ) as Instant
  }

  status(): ConsensusStatus {
    const { leader, ballot, log, configurations } = this.#state
    const { voters, learners } = configurations.newest
    return {
      role: roleOf(this.#state),
      leader,
      ballot,
      commitIndex: log.chosen,
      lastIndex: log.last,
      membership: { voters, learners },
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
    const { log, ballot } = this.#state
    assert(log.chosen >= this.#checkedChosen, 'what is known to be chosen stays so')
    assert(ballot >= this.#checkedBallot, 'promises only ever grow')
    this.#checkedChosen = log.chosen
    this.#checkedBallot = ballot
  }

  describe(): string {
    return describeState(this.#state)
  }

  #start(): void {
    const state = this.#state
    this.#started = true
    state.beginElectionTimer()
    if (state.promised.doubt !== 'none') beginInquiries(state)
    const isAlone = state.voters.length === 1 && state.configurations.newest.voters.length === 1
    if (isAlone && state.mayCampaign) state.electionAt = state.now
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

  #receive(from: NodeId, message: PaxosMessage): void {
    const state = this.#state
    if (from === state.id) return
    // A node that may have forgotten something takes no part until it knows better (`inquiries.ts`).
    if (state.inquiries && !MAY_BE_HEARD_IN_DOUBT.has(message.type)) return onMessageInDoubt(state, from)
    switch (message.type) {
      case 'accept':
        return onAccept(state, from, message)
      case 'accepted':
        return onAccepted(state, from, message)
      case 'beat':
        return onBeat(state, from, message)
      case 'beatAnswer':
        return onBeatAnswer(state, from, message)
      case 'chosen':
        return onChosen(state, from, message)
      case 'canvass':
        return onCanvass(state, from, message)
      case 'canvassed':
        return onCanvassed(state, from, message)
      case 'prepare':
        return onPrepare(state, from, message)
      case 'promise':
        return onPromise(state, from, message)
      case 'rejected':
        return onRejected(state, message)
      case 'learn':
        return onLearn(state, from, message)
      case 'learned':
        return onLearned(state, from, message)
      case 'snapshotOffer':
        return onSnapshotOffer(state, from, message)
      case 'handOver':
        return onHandOver(state, from, message)
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
      case 'inquiryAnswer':
        return onInquiryAnswer(state, from, message)
    }
  }

  #persisted(token: Token): void {
    const state = this.#state
    if (token > state.durableToken) state.durableToken = token
    acceptedHere(state, state.log.persisted(token))
    onPromiseDurable(state)
  }

  #linkLost(peer: NodeId): void {
    const state = this.#state
    if (state.leadership) state.leadership.peers.get(peer)?.restart(state.log.chosen)
    else if (peer === state.leader) onLeaderLinkLost(state)
  }

  #keepTime(): void {
    const state = this.#state
    const { now } = state
    if (state.inquiries) {
      if (now >= state.inquiries.repeatAt) repeatInquiries(state)
    } else if (state.leadership) {
      abortTransfer(state)
      if (now >= state.leadership.beatAt) onBeatTimeout(state)
    } else if (now >= state.electionAt) {
      onElectionTimeout(state)
    }
    state.expireRequests()
  }

  #finish(out: Effect[]): void {
    const state = this.#state
    if (state.leadership) lead(state)
    advanceReads(state)
    keepLearning(state)
    this.#persist(out)
    if (state.leadership) {
      speak(state)
      advanceTransfer(state)
      releaseTheDeparted(state)
    }
    acknowledge(state)
    state.outbox.flush(out, gate => state.tokenOf(gate))
    handOut(state, out)
    state.outbox.unknown.push(...state.forwards.takeLost())
    state.outbox.answer(out)
    const windowBytesMax = buggify('paxos: entries leave memory early') ? 0 : state.limits.windowBytesMax
    state.log.evict(state.applying.applied, windowBytesMax)
    this.#report(out)
  }

  /** What is known to be chosen travels with what is written anyway. */
  #persist(out: Effect[]): void {
    const state = this.#state
    const { log } = state
    if (!state.promiseChanged && !log.hasNews) return
    const token = (state.lastToken + 1) as Token
    const isTold = !state.promiseChanged && state.chosenWritten === log.chosen
    const memory = isTold ? undefined : encodeMemory({ ...state.promised, chosen: log.chosen })
    out.push({ kind: 'persist', token, update: log.issue(token, memory) })
    state.lastToken = token
    if (state.promiseChanged) state.promiseToken = token
    state.promiseChanged = false
    state.chosenWritten = log.chosen
  }

  #report(out: Effect[]): void {
    const state = this.#state
    const { leader, ballot, inquiries } = state
    this.#reports.standing(out, inquiries, openFloor(state))
    this.#reportMembers(out)
    this.#reports.role(out, roleOf(state), leader, ballot)
  }

  #reportMembers(out: Effect[]): void {
    const { members, configurations, log } = this.#state
    const line = `${configurations.newest.version} ${members.join()}`
    if (line === this.#reportedMembers) return
    this.#reportedMembers = line
    const configuration = groupConfiguration(configurations.newest, log.chosen)
    const data = encodeConfiguration(configurations.newest)
    out.push({ kind: 'membership', members, configuration, data })
  }
}
