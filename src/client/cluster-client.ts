/** Who the members of the cluster are, and changes of that: the Cluster service, and MoveLeader beside it. */
import { EMPTY } from '../core/bytes.ts'
import type { Member, MemberListResponse } from '../wire/etcd/cluster.ts'
import { readMemberListResponse } from '../wire/etcd/cluster.ts'
import {
  type MemberAddResponse,
  readMemberAddResponse,
  writeMemberAddRequest,
  writeMemberIdRequest,
  writeMemberUpdateRequest,
} from '../wire/etcd/member-change.ts'
import { writeMoveLeaderRequest } from '../wire/etcd/move-leader.ts'
import { encode } from '../wire/etcd/protobuf-writer.ts'
import type { RequestOptions } from './failover.ts'
import type { Requests } from './requests.ts'

export type { Member }

/** How a learner is added. */
export interface AddOptions extends RequestOptions {
  /** It follows without a vote, until it is promoted. */
  readonly isLearner?: boolean
  /** Of a learner: it votes as soon as it has caught up. An extension of Quorate's: etcd leaves it a learner. */
  readonly isToVote?: boolean
}

export class ClusterClient {
  readonly #requests: Requests

  constructor(requests: Requests) {
    this.#requests = requests
  }

  /** Adds a member that is reached by these URLs; it is unstarted until a node is started with them. */
  add(peerUrls: readonly string[], options: AddOptions = {}): Promise<MemberAddResponse> {
    const { isLearner = false, isToVote = false, ...request } = options
    const message = encode({ peerUrls, isLearner, isToVote }, writeMemberAddRequest)
    return this.#requests.ask('Cluster/MemberAdd', message, readMemberAddResponse, request)
  }

  /** Removes a member for good; its node stops itself. */
  remove(id: bigint, options: RequestOptions = {}): Promise<MemberListResponse> {
    return this.#change('MemberRemove', encode({ id }, writeMemberIdRequest), options)
  }

  /** Says where a member is reached from now on. */
  update(id: bigint, peerUrls: readonly string[], options: RequestOptions = {}): Promise<MemberListResponse> {
    return this.#change('MemberUpdate', encode({ id, peerUrls }, writeMemberUpdateRequest), options)
  }

  /** Gives a learner its vote, if it has caught up. */
  promote(id: bigint, options: RequestOptions = {}): Promise<MemberListResponse> {
    return this.#change('MemberPromote', encode({ id }, writeMemberIdRequest), options)
  }

  /** Of a client whose endpoint leads: lets another member lead. */
  async moveLeader(targetId: bigint, options: RequestOptions = {}): Promise<void> {
    const message = encode({ targetId }, writeMoveLeaderRequest)
    await this.#requests.ask('Maintenance/MoveLeader', message, () => EMPTY, options)
  }

  #change(method: string, message: Uint8Array, options: RequestOptions): Promise<MemberListResponse> {
    return this.#requests.ask(`Cluster/${method}`, message, from => readMemberListResponse(from), options)
  }
}
