/** `Maintenance/Status` and `Maintenance/HashKV`: about this member, not about the cluster. */
import { formatNodeId, NOBODY } from '../../core/ids.ts'
import type { Alarm } from '../../machines/kv/alarms.ts'
import { downgradeTarget } from '../../machines/kv/downgrade.ts'
import { currentRevision } from '../../machines/kv/revisions.ts'
import type { ReplicaStatus } from '../../replication/replica.ts'
import type { StoreView } from '../../runtime/store.ts'
import { alarmText } from '../../wire/etcd/alarm.ts'
import {
  type DowngradeInfo,
  readEmpty,
  readHashKvRequest,
  writeHashKvResponse,
  writeStatusResponse,
} from '../../wire/etcd/maintenance.ts'
import { decode } from '../../wire/etcd/protobuf-reader.ts'
import type { GrpcCall } from '../../wire/grpc/call.ts'
import { EtcdErrors } from './errors.ts'
import { refusalError } from './failures.ts'
import { HistoryHash } from './history-hash.ts'
import { fileBytesOf } from './options.ts'
import type { Responder } from './responder.ts'
import type { Slices } from './slices.ts'
import { ETCD_CLUSTER_VERSION, ETCD_VERSION } from './version.ts'

export function answerStatus(responder: Responder, call: GrpcCall, message: Uint8Array): void {
  decode(message, readEmpty)
  const { replica } = responder.options
  const status = replica.status()
  const response = responder.writer()
  writeStatusResponse(response, responder.header(currentRevision(replica.view)), {
    version: ETCD_VERSION,
    dbSize: fileBytesOf(responder.options),
    leader: status.leader,
    raftIndex: status.commitIndex,
    raftTerm: status.ballot,
    raftAppliedIndex: status.appliedIndex,
    errors: troublesOf(status, responder.alarms()),
    dbSizeInUse: replica.sizeBytes(),
    isLearner: status.role === 'learner',
    storageVersion: ETCD_CLUSTER_VERSION,
    dbSizeQuota: responder.quotaBytes,
    downgradeInfo: downgradeInfo(replica.view),
    consensus: responder.options.consensus ?? '',
  })
  responder.succeed(call, response)
}

function downgradeInfo(view: StoreView): DowngradeInfo | undefined {
  const targetVersion = downgradeTarget(view)
  return targetVersion === undefined ? undefined : { enabled: true, targetVersion }
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
  const { replica, checksum } = responder.options
  const deadline = responder.deadline(call)
  const isWanted = (): boolean => !responder.gaveUp(call, deadline)
  const work = new HistoryHash(replica.pin(), revision, checksum, isWanted, outcome => {
    if (outcome.kind === 'refused') return responder.fail(call, refusalError(outcome.reason))
    const response = responder.writer()
    writeHashKvResponse(response, responder.header(outcome.hash.currentRevision), outcome.hash)
    responder.succeed(call, response)
  })
  if (slices.add(work)) return
  work.abandon()
  responder.fail(call, EtcdErrors.tooManyRequests)
}
