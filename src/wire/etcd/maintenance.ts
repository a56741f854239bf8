/** Messages of the Maintenance service: Status and HashKV. Their requests' other fields are etcd's to add. */
import {
  NO_HEADER,
  type ResponseHeader,
  type ResponseHeaderParts,
  readHeader,
  writeHeader,
} from './header.ts'
import { bytesTag, type ProtobufReader, varintTag } from './protobuf-reader.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'

/** Far from all that etcd may ever add; its clients pass over it. */
const CONSENSUS_FIELD = 1000

export interface StatusFields {
  /** The version of the API that this member speaks, not the product's. */
  readonly version: string
  readonly dbSize: number
  /** 0 when none is known. */
  readonly leader: bigint
  readonly raftIndex: number
  readonly raftTerm: number
  readonly raftAppliedIndex: number
  readonly errors: readonly string[]
  readonly dbSizeInUse: number
  readonly isLearner: boolean
  readonly storageVersion: string
  readonly dbSizeQuota: number
  /** Absent unless a downgrade was ever asked for. */
  readonly downgradeInfo: DowngradeInfo | undefined
  /** The consensus protocol: ours to say, in a field that etcd does not have; empty of an etcd. */
  readonly consensus: string
}

export interface DowngradeInfo {
  readonly enabled: boolean
  readonly targetVersion: string
}

export interface StatusResponse extends StatusFields {
  readonly header: ResponseHeader
}

export function writeStatusResponse(
  to: ProtobufWriter,
  header: ResponseHeaderParts,
  status: StatusFields,
): void {
  writeHeader(to, header)
  to.string(2, status.version)
  to.int64(3, status.dbSize)
  to.int64big(4, status.leader)
  to.int64(5, status.raftIndex)
  to.int64(6, status.raftTerm)
  to.int64(7, status.raftAppliedIndex)
  to.strings(8, status.errors)
  to.int64(9, status.dbSizeInUse)
  to.bool(10, status.isLearner)
  to.string(11, status.storageVersion)
  to.int64(12, status.dbSizeQuota)
  if (status.downgradeInfo !== undefined) {
    const start = to.begin(13)
    to.bool(1, status.downgradeInfo.enabled)
    to.string(2, status.downgradeInfo.targetVersion)
    to.end(start)
  }
  to.string(CONSENSUS_FIELD, status.consensus)
}

const NO_STATUS: StatusResponse = {
  header: NO_HEADER,
  version: '',
  dbSize: 0,
  leader: 0n,
  raftIndex: 0,
  raftTerm: 0,
  raftAppliedIndex: 0,
  errors: [],
  dbSizeInUse: 0,
  isLearner: false,
  storageVersion: '',
  dbSizeQuota: 0,
  downgradeInfo: undefined,
  consensus: '',
}

export function readStatusResponse(from: ProtobufReader, before: StatusResponse = NO_STATUS): StatusResponse {
  const status = { ...before }
  const errors = [...before.errors]
  while (from.more()) {
    const tag = from.tag()
    switch (tag) {
      case bytesTag(1):
        status.header = from.message(readHeader, status.header)
        break
      case bytesTag(2):
        status.version = from.string()
        break
      case bytesTag(CONSENSUS_FIELD):
        status.consensus = from.string()
        break
      case varintTag(3):
        status.dbSize = from.int64()
        break
      case varintTag(4):
        status.leader = from.uint64big()
        break
      case varintTag(5):
        status.raftIndex = from.uint64()
        break
      case varintTag(6):
        status.raftTerm = from.uint64()
        break
      case varintTag(7):
        status.raftAppliedIndex = from.uint64()
        break
      case bytesTag(8):
        errors.push(from.string())
        break
      case varintTag(9):
        status.dbSizeInUse = from.int64()
        break
      case varintTag(10):
        status.isLearner = from.bool()
        break
      case bytesTag(11):
        status.storageVersion = from.string()
        break
      case varintTag(12):
        status.dbSizeQuota = from.int64()
        break
      case bytesTag(13):
        status.downgradeInfo = from.message(readDowngradeInfo, status.downgradeInfo)
        break
      default:
        from.skip(tag)
    }
  }
  return { ...status, errors }
}

function readDowngradeInfo(
  from: ProtobufReader,
  before: DowngradeInfo = { enabled: false, targetVersion: '' },
): DowngradeInfo {
  let { enabled, targetVersion } = before
  while (from.more()) {
    const tag = from.tag()
    if (tag === varintTag(1)) enabled = from.bool()
    else if (tag === bytesTag(2)) targetVersion = from.string()
    else from.skip(tag)
  }
  return { enabled, targetVersion }
}

export interface HashKvRequest {
  /** 0 or below: the newest. */
  readonly revision: number
}

export interface HashKvFields {
  /** CRC-32C, unsigned. */
  readonly hash: number
  readonly compactRevision: number
  readonly hashRevision: number
}

export interface HashKvResponse extends HashKvFields {
  readonly header: ResponseHeader
}

export function readHashKvRequest(
  from: ProtobufReader,
  before: HashKvRequest = { revision: 0 },
): HashKvRequest {
  let { revision } = before
  while (from.more()) {
    const tag = from.tag()
    if (tag === varintTag(1)) revision = from.int64()
    else from.skip(tag)
  }
  return { revision }
}

export function writeHashKvRequest(to: ProtobufWriter, request: HashKvRequest): void {
  to.int64(1, request.revision)
}

export function writeHashKvResponse(
  to: ProtobufWriter,
  header: ResponseHeaderParts,
  fields: HashKvFields,
): void {
  writeHeader(to, header)
  to.int64(2, fields.hash)
  to.int64(3, fields.compactRevision)
  to.int64(4, fields.hashRevision)
}

const NO_HASH: HashKvResponse = { header: NO_HEADER, hash: 0, compactRevision: 0, hashRevision: 0 }

export function readHashKvResponse(from: ProtobufReader, before: HashKvResponse = NO_HASH): HashKvResponse {
  let { header, hash, compactRevision, hashRevision } = before
  while (from.more()) {
    const tag = from.tag()
    switch (tag) {
      case bytesTag(1):
        header = from.message(readHeader, header)
        break
      case varintTag(2):
        hash = from.uint32()
        break
      case varintTag(3):
        compactRevision = from.int64()
        break
      case varintTag(4):
        hashRevision = from.int64()
        break
      default:
        from.skip(tag)
    }
  }
  return { header, hash, compactRevision, hashRevision }
}

/** Reads a request without fields (of ours): what it may hold is passed over. */
export function readEmpty(from: ProtobufReader): void {
  while (from.more()) from.skip(from.tag())
}
