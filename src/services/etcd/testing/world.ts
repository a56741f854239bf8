/** The service as a test calls it: requests and responses as values. */
import { crc32c } from '../../../core/crc32c.ts'
import { utf8Bytes } from '../../../core/utf8.ts'
import type { Disk } from '../../../runtime/disk.ts'
import { inlineJobs, type Jobs } from '../../../runtime/jobs.ts'
import { readAlarmResponse, writeAlarmRequest } from '../../../wire/etcd/alarm.ts'
import { readMemberListResponse, writeMemberListRequest } from '../../../wire/etcd/cluster.ts'
import { writeCompactionRequest } from '../../../wire/etcd/compaction.ts'
import {
  DELETE_RANGE_DEFAULTS,
  type DeleteRangeRequest,
  readDeleteRangeResponse,
  writeDeleteRangeRequest,
} from '../../../wire/etcd/delete-range.ts'
import { readDowngradeResponse, writeDowngradeRequest } from '../../../wire/etcd/downgrade.ts'
import { readHashResponse } from '../../../wire/etcd/hash.ts'
import { readHeaderResponse } from '../../../wire/etcd/header.ts'
import {
  readLeasePromiseResponse,
  writeLeaseGrantRequest,
  writeLeaseIdRequest,
} from '../../../wire/etcd/lease.ts'
import {
  readLeaseLeasesResponse,
  readLeaseTimeToLiveResponse,
  writeLeaseTimeToLiveRequest,
} from '../../../wire/etcd/lease-status.ts'
import { readHashKvResponse, readStatusResponse, writeHashKvRequest } from '../../../wire/etcd/maintenance.ts'
import {
  type MemberAddRequest,
  readMemberAddResponse,
  writeMemberAddRequest,
  writeMemberIdRequest,
  writeMemberUpdateRequest,
} from '../../../wire/etcd/member-change.ts'
import { writeMoveLeaderRequest } from '../../../wire/etcd/move-leader.ts'
import { decode, type ProtobufReader } from '../../../wire/etcd/protobuf-reader.ts'
import { encode } from '../../../wire/etcd/protobuf-writer.ts'
import { PUT_DEFAULTS, type PutRequest, readPutResponse, writePutRequest } from '../../../wire/etcd/put.ts'
import {
  RANGE_DEFAULTS,
  type RangeRequest,
  readRangeResponse,
  writeRangeRequest,
} from '../../../wire/etcd/range.ts'
import { type TxnRequest, writeTxnRequest } from '../../../wire/etcd/txn-request.ts'
import { readTxnResponse } from '../../../wire/etcd/txn-response.ts'
import type { GrpcMethods, StreamHandlers } from '../../../wire/grpc/call.ts'
import { EtcdCounters } from '../counters.ts'
import { EtcdPaths } from '../method-paths.ts'
import { createEtcdService, type EtcdService } from '../methods.ts'
import type { EtcdOptions } from '../options.ts'
import { FakeCall } from './fake-call.ts'
import { FakeReplica } from './fake-replica.ts'
import { HandClock } from './hand-clock.ts'
import { quickPasswordKey } from './quick-password-key.ts'

export type WorldOptions = Partial<Omit<EtcdOptions, 'clock' | 'replica'>> & {
  readonly clock?: HandClock
  readonly replica?: FakeReplica
}

export class World {
  readonly clock: HandClock
  readonly replica: FakeReplica
  readonly counters = new EtcdCounters()
  /** Predictable here: eight times the same byte, one more each time. */
  #entropy = 0
  readonly options: EtcdOptions
  readonly service: EtcdService
  readonly methods: GrpcMethods

  constructor(options: WorldOptions = {}) {
    this.clock = options.clock ?? new HandClock()
    this.replica = options.replica ?? new FakeReplica(this.clock)
    this.options = {
      replica: this.replica,
      changes: this.replica.changes,
      clock: this.clock,
      clusterId: 0xc1n,
      memberId: 0xa1n,
      members: () => [
        { id: 0xa1n, name: 'n1', peerUrls: ['http://p1'], clientUrls: ['http://c1'], isLearner: false },
      ],
      counters: this.counters,
      jobs: jobsOf(this.clock),
      passwordKey: quickPasswordKey,
      reachableSince: () => undefined,
      isReconfigStrict: true,
      learnersMax: 1,
      entropy: count => new Uint8Array(count).fill(++this.#entropy),
      ...options,
    }
    this.service = createEtcdService(this.options)
    this.methods = this.service.methods
  }

  /** Hands the call its message, in bytes that are overwritten as soon as the method returns. */
  begin(call: FakeCall, message: Uint8Array): FakeCall {
    const method = this.methods.get(call.path)
    if (method === undefined) throw new Error(`no method ${call.path}`)
    if (method.kind === 'stream') this.open(call).send(message)
    else transiently(message, bytes => method.handle(call, bytes))
    return call
  }

  /** A stream on which a test sends. */
  open(call: FakeCall): { send(message: Uint8Array): void; readonly handlers: StreamHandlers } {
    const method = this.methods.get(call.path)
    if (method?.kind !== 'stream') throw new Error(`no stream ${call.path}`)
    const handlers = method.open(call)
    return { handlers, send: message => transiently(message, bytes => handlers.received(bytes)) }
  }

  range(request: Partial<RangeRequest>, call = new FakeCall(EtcdPaths.range)): FakeCall {
    return this.begin(call, encode({ ...RANGE_DEFAULTS, ...request }, writeRangeRequest))
  }

  put(request: Partial<PutRequest>, call = new FakeCall(EtcdPaths.put)): FakeCall {
    return this.begin(call, encode({ ...PUT_DEFAULTS, ...request }, writePutRequest))
  }

  deleteRange(request: Partial<DeleteRangeRequest>): FakeCall {
    const call = new FakeCall(EtcdPaths.deleteRange)
    return this.begin(call, encode({ ...DELETE_RANGE_DEFAULTS, ...request }, writeDeleteRangeRequest))
  }

  txn(request: Partial<TxnRequest>, call = new FakeCall(EtcdPaths.txn)): FakeCall {
    return this.begin(call, encode({ compare: [], success: [], failure: [], ...request }, writeTxnRequest))
  }

  compact(revision: number, physical = false): FakeCall {
    return this.begin(new FakeCall(EtcdPaths.compact), encode({ revision, physical }, writeCompactionRequest))
  }

  alarm(action: number, memberId = 0n, alarm = 0): FakeCall {
    const request = encode({ action, memberId, alarm }, writeAlarmRequest)
    return this.begin(new FakeCall(EtcdPaths.alarm), request)
  }

  downgrade(action: number, version = ''): FakeCall {
    const request = encode({ action, version }, writeDowngradeRequest)
    return this.begin(new FakeCall(EtcdPaths.downgrade), request)
  }

  status(): FakeCall {
    return this.begin(new FakeCall(EtcdPaths.status), new Uint8Array(0))
  }

  hashKv(revision: number): FakeCall {
    return this.begin(new FakeCall(EtcdPaths.hashKv), encode({ revision }, writeHashKvRequest))
  }

  grant(id: bigint, ttlSeconds: number): FakeCall {
    return this.begin(new FakeCall(EtcdPaths.leaseGrant), encode({ id, ttlSeconds }, writeLeaseGrantRequest))
  }

  revoke(id: bigint): FakeCall {
    return this.begin(new FakeCall(EtcdPaths.leaseRevoke), encode({ id }, writeLeaseIdRequest))
  }

  timeToLive(id: bigint, keys = false): FakeCall {
    const call = new FakeCall(EtcdPaths.leaseTimeToLive)
    return this.begin(call, encode({ id, keys }, writeLeaseTimeToLiveRequest))
  }

  leases(): FakeCall {
    return this.begin(new FakeCall(EtcdPaths.leaseLeases), new Uint8Array(0))
  }

  memberList(linearizable: boolean): FakeCall {
    return this.begin(new FakeCall(EtcdPaths.memberList), encode({ linearizable }, writeMemberListRequest))
  }

  memberAdd(request: Partial<MemberAddRequest>, call = new FakeCall(EtcdPaths.memberAdd)): FakeCall {
    const whole = { peerUrls: [], isLearner: false, isToVote: false, ...request }
    return this.begin(call, encode(whole, writeMemberAddRequest))
  }

  memberRemove(id: bigint): FakeCall {
    return this.begin(new FakeCall(EtcdPaths.memberRemove), encode({ id }, writeMemberIdRequest))
  }

  memberUpdate(id: bigint, peerUrls: readonly string[]): FakeCall {
    return this.begin(
      new FakeCall(EtcdPaths.memberUpdate),
      encode({ id, peerUrls }, writeMemberUpdateRequest),
    )
  }

  memberPromote(id: bigint): FakeCall {
    return this.begin(new FakeCall(EtcdPaths.memberPromote), encode({ id }, writeMemberIdRequest))
  }

  moveLeader(targetId: bigint): FakeCall {
    return this.begin(new FakeCall(EtcdPaths.moveLeader), encode({ targetId }, writeMoveLeaderRequest))
  }

  /** Puts `count` keys `key-000000`, `key-000001`, ... with values of so many bytes, in few revisions. */
  fill(count: number, valueBytes = 1): void {
    const value = new Uint8Array(valueBytes).fill(118)
    for (let i = 0; i < count; i++) this.put({ key: text(keyName(i)), value })
    this.clock.settle()
  }
}

/** Jobs that need no more of the world than its time. */
function jobsOf(clock: HandClock): Jobs {
  const halt = (reason: Error): never => {
    throw reason
  }
  return inlineJobs({ clock, halt, checksum: crc32c, disk: {} as Disk })
}

function transiently(message: Uint8Array, use: (bytes: Uint8Array) => void): void {
  const transient = message.slice()
  use(transient)
  transient.fill(0xee)
}

export function keyName(i: number): string {
  return `key-${String(i).padStart(6, '0')}`
}

export const text = utf8Bytes

/** The response of a call that succeeded; throws what it failed with. */
function response<Message>(read: (from: ProtobufReader) => Message): (call: FakeCall) => Message {
  return call => {
    const [bytes] = call.sent
    if (call.status !== 0 || bytes === undefined) throw new Error(`not ok: ${call.status} ${call.message}`)
    return decode(bytes, read)
  }
}

export const rangeResponse = response(from => readRangeResponse(from))
export const putResponse = response(from => readPutResponse(from))
export const deleteRangeResponse = response(from => readDeleteRangeResponse(from))
export const txnResponse = response(from => readTxnResponse(from))
export const compactionResponse = response(from => readHeaderResponse(from))
export const alarmResponse = response(from => readAlarmResponse(from))
export const downgradeResponse = response(from => readDowngradeResponse(from))
export const hashResponse = response(from => readHashResponse(from))
export const statusResponse = response(from => readStatusResponse(from))
export const hashKvResponse = response(from => readHashKvResponse(from))
export const leaseResponse = response(from => readLeasePromiseResponse(from))
export const timeToLiveResponse = response(from => readLeaseTimeToLiveResponse(from))
export const leasesResponse = response(from => readLeaseLeasesResponse(from))
export const memberListResponse = response(from => readMemberListResponse(from))
export const memberAddResponse = response(from => readMemberAddResponse(from))
