/**
 * `Cluster/MemberAdd`, `MemberRemove`, `MemberUpdate` and `MemberPromote`. Any member serves them: a change is made
 * from the newest roster, read behind a barrier, and if somebody else's came first it is made again from the next one,
 * until the caller's time is over. It is answered once the configuration which begins it is committed and applied here:
 * from then on nothing can undo it.
 *
 * What is checked is what etcd checks, in its order; whether a learner has caught up, the leader's core says.
 */
import { ByteReader } from '../../core/bytes.ts'
import type { QuorateError } from '../../core/errors.ts'
import { NOBODY, type NodeId } from '../../core/ids.ts'
import { probe } from '../../core/seams.ts'
import type { Instant } from '../../core/time.ts'
import { ReplicaErrors } from '../../replication/replica.ts'
import { memberOf, type Roster, readRoster } from '../../replication/roster/roster.ts'
import {
  addMember,
  moveMember,
  promoteMember,
  type RosterChange,
  type RosterProblem,
  removeMember,
} from '../../replication/roster/roster-change.ts'
import { writeMemberListResponse } from '../../wire/etcd/cluster.ts'
import {
  readMemberAddRequest,
  readMemberIdRequest,
  readMemberUpdateRequest,
  writeMemberAddResponse,
} from '../../wire/etcd/member-change.ts'
import { decode } from '../../wire/etcd/protobuf-reader.ts'
import type { GrpcCall } from '../../wire/grpc/call.ts'
import { type EtcdError, EtcdErrors } from './errors.ts'
import { arePeerUrls } from './peer-urls.ts'
import type { Responder } from './responder.ts'
import { type Connections, mayAdd, mayPromote, mayRemove, votersOf } from './strict-checks.ts'

/** One change that was asked for: how to make it from a roster, and how to answer with the roster that has it. */
interface Wish {
  check(roster: Roster, connections: Connections): EtcdError | undefined
  plan(roster: Roster): RosterChange
  answer(roster: Roster): void
}

export class MemberChanges {
  readonly #responder: Responder

  constructor(responder: Responder) {
    this.#responder = responder
  }

  add(call: GrpcCall, message: Uint8Array): void {
    const { peerUrls, isLearner, isToVote } = decode(message, readMemberAddRequest)
    if (!arePeerUrls(peerUrls)) return this.#responder.fail(call, EtcdErrors.memberUrlsInvalid)
    const { learnersMax } = this.#responder.options
    const id = this.#newId()
    const member = { id, peerUrls, isLearner, isToVote: isLearner && isToVote }
    // Of two voters both are needed: the second one could not be agreed on before it runs. So it gets its vote then.
    const second = { ...member, isLearner: true, isToVote: true }
    this.#begin(call, {
      check: (roster, connections) => mayAdd(roster, isLearner, connections),
      plan: roster =>
        isLearner || votersOf(roster).length > 1
          ? addMember(roster, member, learnersMax)
          : addMember(roster, second, Number.POSITIVE_INFINITY),
      answer: roster => this.#answerAdd(call, roster, id),
    })
  }

  remove(call: GrpcCall, message: Uint8Array): void {
    const id = decode(message, readMemberIdRequest).id as NodeId
    this.#begin(call, {
      check: (roster, connections) => mayRemove(roster, id, connections),
      plan: roster => removeMember(roster, id),
      answer: roster => this.#answer(call, roster),
    })
  }

  update(call: GrpcCall, message: Uint8Array): void {
    const { id, peerUrls } = decode(message, readMemberUpdateRequest)
    if (!arePeerUrls(peerUrls)) return this.#responder.fail(call, EtcdErrors.memberUrlsInvalid)
    this.#begin(call, {
      check: () => undefined,
      plan: roster => moveMember(roster, id as NodeId, peerUrls),
      answer: roster => this.#answer(call, roster),
    })
  }

  promote(call: GrpcCall, message: Uint8Array): void {
    const id = decode(message, readMemberIdRequest).id as NodeId
    this.#begin(call, {
      check: mayPromote,
      plan: roster => promoteMember(roster, id),
      answer: roster => this.#answer(call, roster),
    })
  }

  /** Of 64 bits that nobody can guess, so that no member ever gets the id of one that there was before. */
  #newId(): NodeId {
    const id = new ByteReader(this.#responder.options.entropy(8)).u64big()
    return (id === NOBODY ? 1n : id) as NodeId
  }

  #begin(call: GrpcCall, wish: Wish): void {
    this.#attempt(call, this.#responder.deadline(call), wish)
  }

  #attempt(call: GrpcCall, deadline: Instant, wish: Wish): void {
    const responder = this.#responder
    const { replica } = responder.options
    responder.behindBarrier(call, deadline, () => {
      const roster = readRoster(replica.configuration)
      const problem = this.#problem(roster, wish)
      if (problem !== undefined) return responder.fail(call, problem)
      const planned = wish.plan(roster)
      if (planned.kind === 'impossible') return responder.fail(call, PROBLEMS[planned.reason])
      if (planned.kind === 'nothing') return wish.answer(roster)
      replica.reconfigure(planned.change, planned.context, deadline, outcome => {
        if (outcome.kind === 'done') wish.answer(readRoster(replica.configuration))
        else this.#refused(call, deadline, wish, outcome.error)
      })
    })
  }

  #problem(roster: Roster, wish: Wish): EtcdError | undefined {
    const { memberId, clock, isReconfigStrict, reachableSince } = this.#responder.options
    if (!isReconfigStrict) return undefined
    return wish.check(roster, { self: memberId as NodeId, now: clock.now(), reachableSince })
  }

  #refused(call: GrpcCall, deadline: Instant, wish: Wish, error: QuorateError): void {
    if (error.code === ReplicaErrors.learnerBehind) {
      return this.#responder.fail(call, EtcdErrors.learnerNotReady)
    }
    if (error.code !== ReplicaErrors.configurationOutdated) {
      return this.#responder.proposalFailed(call, deadline, error)
    }
    probe('etcd: the members were changed by somebody else meanwhile')
    this.#attempt(call, deadline, wish)
  }

  #answerAdd(call: GrpcCall, roster: Roster, id: NodeId): void {
    const member = memberOf(roster, id)
    // Added, and removed again before this member could say so.
    if (member === undefined) return this.#responder.fail(call, EtcdErrors.memberNotFound)
    const response = this.#responder.writer()
    writeMemberAddResponse(response, this.#responder.header(0), member, roster.members)
    this.#responder.succeed(call, response)
  }

  #answer(call: GrpcCall, { members }: Roster): void {
    const response = this.#responder.writer()
    writeMemberListResponse(response, this.#responder.header(0), members)
    this.#responder.succeed(call, response)
  }
}

const PROBLEMS: Readonly<Record<RosterProblem, EtcdError>> = {
  memberExists: EtcdErrors.memberExists,
  memberNotFound: EtcdErrors.memberNotFound,
  // As etcd has it: whoever was removed is not found.
  memberRemoved: EtcdErrors.memberNotFound,
  urlTaken: EtcdErrors.peerUrlsExist,
  notLearner: EtcdErrors.memberNotLearner,
  tooManyLearners: EtcdErrors.tooManyLearners,
  tooLarge: EtcdErrors.requestTooLarge,
}
