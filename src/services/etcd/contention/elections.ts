/** `v3electionpb.Election` but for its stream: to be elected, to say something as the leader, to step down. */
import { EMPTY } from '../../../core/bytes.ts'
import { createdAt, firstContender } from '../../../wire/etcd/contenders.ts'
import {
  type LeaderKey,
  readCampaignRequest,
  readLeaderRequest,
  readProclaimRequest,
  readResignRequest,
  writeCampaignResponse,
  writeLeaderResponse,
} from '../../../wire/etcd/election.ts'
import { writeHeader } from '../../../wire/etcd/header.ts'
import { decode } from '../../../wire/etcd/protobuf-reader.ts'
import { PUT_DEFAULTS } from '../../../wire/etcd/put.ts'
import type { RequestOp } from '../../../wire/etcd/txn-request.ts'
import type { GrpcCall } from '../../../wire/grpc/call.ts'
import type { Responder } from '../responder.ts'
import type { Contests } from './contests.ts'
import { ContentionErrors } from './errors.ts'
import type { InnerApi } from './inner-api.ts'

export class Elections {
  readonly #responder: Responder
  readonly #api: InnerApi
  readonly #contests: Contests

  constructor(responder: Responder, api: InnerApi, contests: Contests) {
    this.#responder = responder
    this.#api = api
    this.#contests = contests
  }

  campaign(call: GrpcCall, message: Uint8Array): void {
    const request = decode(message.slice(), readCampaignRequest)
    const claim = { ...request, lost: ContentionErrors.notElected }
    this.#contests.contend(call, claim, ({ key, lease, token, enteredAt }) => {
      const response = this.#responder.writer()
      const leader = { name: request.name, key, revision: token, lease }
      writeCampaignResponse(response, this.#responder.header(enteredAt), leader)
      this.#responder.succeed(call, response)
    })
  }

  proclaim(call: GrpcCall, message: Uint8Array): void {
    const { leader, value } = decode(message, readProclaimRequest)
    if (leader === undefined) return this.#responder.fail(call, ContentionErrors.leaderKeyMissing)
    const { key, lease } = leader
    const put = { ...PUT_DEFAULTS, key, value, lease, ignoreLease: lease === 0n }
    this.#asLeader(call, leader, { kind: 'put', put }, true)
  }

  /** Whoever is not elected any more has stepped down already. */
  resign(call: GrpcCall, message: Uint8Array): void {
    const { leader } = decode(message, readResignRequest)
    if (leader === undefined) return this.#responder.fail(call, ContentionErrors.leaderKeyMissing)
    const deleteRange = { key: leader.key, rangeEnd: EMPTY, prevKv: false }
    this.#asLeader(call, leader, { kind: 'deleteRange', deleteRange }, false)
  }

  leader(call: GrpcCall, message: Uint8Array): void {
    const { name } = decode(message, readLeaderRequest)
    this.#api.range(call, firstContender(name), (answer, failure) => {
      if (failure !== undefined) return this.#responder.fail(call, failure)
      const [kv] = answer.kvs
      if (kv === undefined) return this.#responder.fail(call, ContentionErrors.noElectedLeader)
      const response = this.#responder.writer()
      writeLeaderResponse(response, this.#responder.header(answer.header.revision), kv)
      this.#responder.succeed(call, response)
    })
  }

  /** Does it if the leader's key is still the one with which it was elected. */
  #asLeader(call: GrpcCall, { key, revision }: LeaderKey, operation: RequestOp, isStrict: boolean): void {
    const request = { compare: [createdAt(key, revision)], success: [operation], failure: [] }
    this.#api.txn(call, request, (answer, failure) => {
      if (failure !== undefined) return this.#responder.fail(call, failure)
      if (isStrict && !answer.succeeded) {
        return this.#responder.fail(call, ContentionErrors.notElected)
      }
      const response = this.#responder.writer()
      writeHeader(response, this.#responder.header(answer.header.revision))
      this.#responder.succeed(call, response)
    })
  }
}
