/** `Maintenance/Status` and `Maintenance/HashKV`: about this member, not about the cluster. */
import { formatNodeId, NOBODY } from '../../core/ids.ts'
import type { Instant } from '../../core/time.ts'
import type { Alarm } from '../../machines/kv/alarms.ts'
import { HashKvCursor, type HashOutcome } from '../../machines/kv/hash-kv.ts'
import { currentRevision } from '../../machines/kv/revisions.ts'
import type { ReplicaStatus } from '../../replication/replica.ts'
import type { StorePin } from '../../runtime/store.ts'
import { alarmText } from '../../wire/etcd/alarm.ts'
import {
  readEmpty,
  readHashKvRequest,
  writeHashKvResponse,
  writeStatusResponse,
} from '../../wire/etcd/maintenance.ts'
import { decode } from '../../wire/etcd/protobuf-reader.ts'
import type { GrpcCall } from '../../wire/grpc/call.ts'
import { EtcdErrors } from './errors.ts'
import { refusalError } from './failures.ts'
import type { Responder } from './responder.ts'
import type { SlicedWork, Slices } from './slices.ts'
import { ETCD_CLUSTER_VERSION, ETCD_VERSION } from './version.ts'

export function answerStatus(responder: Responder, call: GrpcCall, message: Uint8Array): void {
  decode(message, readEmpty)
  const { replica } = responder.options
  const status = replica.status()
  const sizeBytes = replica.sizeBytes()
  const response = responder.writer()
  writeStatusResponse(response, responder.header(currentRevision(replica.view)), {
    version: ETCD_VERSION,
    dbSize: sizeBytes,
    leader: status.leader,
    raftIndex: status.commitIndex,
    raftTerm: status.ballot,
    raftAppliedIndex: status.appliedIndex,
    errors: troublesOf(status, responder.alarms()),
    dbSizeInUse: sizeBytes,
    isLearner: status.role === 'learner',
    storageVersion: ETCD_CLUSTER_VERSION,
    dbSizeQuota: responder.quotaBytes,
    downgradeInfo: undefined,
    consensus: responder.options.consensus ?? '',
  })
  responder.succeed(call, response)
}

/** What is wrong with this member, in words; a repair under way is told so too. */
function troublesOf({ leader, standing }: ReplicaStatus, alarms: readonly Alarm[]): string[] {
  const troubles = leader === NOBODY ? [EtcdErrors.noLeader.message] : []
  troubles.push(...alarms.map(({ member, kind }) => alarmText({ memberId: member, alarm: kind })))
  if (standing.kind === 'asking') {
    const awaited = standing.awaited.map(formatNodeId).join(' ')
    troubles.push(
      `repair: this member asks the others what it may have promised; awaited: ${awaited || 'nobody'}`,
    )
  }
  if (standing.kind === 'catchingUp') {
    troubles.push(`repair: this member fetches what it lacks, up to entry ${standing.index}`)
  }
  return troubles
}

export function answerHashKv(
  responder: Responder,
  slices: Slices,
  call: GrpcCall,
  message: Uint8Array,
): void {
  const { revision } = decode(message, readHashKvRequest)
  const work = new LongHash(responder, call, revision)
  if (slices.add(work)) return
  work.abandon()
  responder.fail(call, EtcdErrors.tooManyRequests)
}

/** The hash over the whole history, a slice at a time, from a pin. */
class LongHash implements SlicedWork {
  readonly #responder: Responder
  readonly #call: GrpcCall
  readonly #deadline: Instant
  readonly #pin: StorePin
  readonly #cursor: HashKvCursor

  constructor(responder: Responder, call: GrpcCall, revision: number) {
    const { replica, checksum } = responder.options
    this.#responder = responder
    this.#call = call
    this.#deadline = responder.deadline(call)
    this.#pin = replica.pin()
    this.#cursor = new HashKvCursor(this.#pin, revision, checksum)
  }

  advance(rows: number): boolean {
    if (this.#responder.gaveUp(this.#call, this.#deadline)) return this.abandon()
    if (this.#cursor.advance(rows)) return true
    this.#answer(this.#cursor.outcome)
    return this.abandon()
  }

  abandon(): false {
    this.#pin.release()
    return false
  }

  #answer(outcome: HashOutcome): void {
    if (outcome.kind === 'refused') return this.#responder.fail(this.#call, refusalError(outcome.reason))
    const response = this.#responder.writer()
    writeHashKvResponse(response, this.#responder.header(outcome.hash.currentRevision), outcome.hash)
    this.#responder.succeed(this.#call, response)
  }
}
