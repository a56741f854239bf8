/** Messages of `v3electionpb.Election`. The answers to Proclaim and Resign are nothing but a header. */
import { EMPTY } from '../../core/bytes.ts'
import {
  NO_HEADER,
  type ResponseHeader,
  type ResponseHeaderParts,
  readHeader,
  writeHeader,
} from './header.ts'
import { type KeyValue, NO_KEY_VALUE, readKeyValue, writeKeyValue } from './key-value.ts'
import { bytesTag, type ProtobufReader, varintTag } from './protobuf-reader.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'

export interface CampaignRequest {
  readonly name: Uint8Array
  /** 0: the server grants one of its own. */
  readonly lease: bigint
  readonly value: Uint8Array
}

/** Under what somebody is elected, as long as it is there with this create revision. */
export interface LeaderKey {
  readonly name: Uint8Array
  readonly key: Uint8Array
  /** The create revision of the key: the fencing token. */
  readonly revision: number
  readonly lease: bigint
}

export interface CampaignResponse {
  readonly header: ResponseHeader
  readonly leader: LeaderKey
}

export interface LeaderRequest {
  readonly name: Uint8Array
}

export interface LeaderResponse {
  readonly header: ResponseHeader
  readonly kv: KeyValue
}

export interface ProclaimRequest {
  readonly leader: LeaderKey | undefined
  readonly value: Uint8Array
}

export interface ResignRequest {
  readonly leader: LeaderKey | undefined
}

const NO_CAMPAIGN: CampaignRequest = { name: EMPTY, lease: 0n, value: EMPTY }
const NO_LEADER_KEY: LeaderKey = { name: EMPTY, key: EMPTY, revision: 0, lease: 0n }

export function readCampaignRequest(
  from: ProtobufReader,
  before: CampaignRequest = NO_CAMPAIGN,
): CampaignRequest {
  let { name, lease, value } = before
  while (from.more()) {
    const tag = from.tag()
    if (tag === bytesTag(1)) name = from.bytes()
    else if (tag === varintTag(2)) lease = from.int64big()
    else if (tag === bytesTag(3)) value = from.bytes()
    else from.skip(tag)
  }
  return { name, lease, value }
}

export function writeCampaignRequest(to: ProtobufWriter, { name, lease, value }: CampaignRequest): void {
  to.bytes(1, name)
  to.int64big(2, lease)
  to.bytes(3, value)
}

export function readCampaignResponse(
  from: ProtobufReader,
  before: CampaignResponse = { header: NO_HEADER, leader: NO_LEADER_KEY },
): CampaignResponse {
  let { header, leader } = before
  while (from.more()) {
    const tag = from.tag()
    if (tag === bytesTag(1)) header = from.message(readHeader, header)
    else if (tag === bytesTag(2)) leader = from.message(readLeaderKey, leader)
    else from.skip(tag)
  }
  return { header, leader }
}

export function writeCampaignResponse(
  to: ProtobufWriter,
  header: ResponseHeaderParts,
  leader: LeaderKey,
): void {
  writeHeader(to, header)
  writeLeaderKey(to, 2, leader)
}

export function readLeaderRequest(
  from: ProtobufReader,
  before: LeaderRequest = { name: EMPTY },
): LeaderRequest {
  let { name } = before
  while (from.more()) {
    const tag = from.tag()
    if (tag === bytesTag(1)) name = from.bytes()
    else from.skip(tag)
  }
  return { name }
}

export function writeLeaderRequest(to: ProtobufWriter, { name }: LeaderRequest): void {
  to.bytes(1, name)
}

export function readLeaderResponse(
  from: ProtobufReader,
  before: LeaderResponse = { header: NO_HEADER, kv: NO_KEY_VALUE },
): LeaderResponse {
  let { header, kv } = before
  while (from.more()) {
    const tag = from.tag()
    if (tag === bytesTag(1)) header = from.message(readHeader, header)
    else if (tag === bytesTag(2)) kv = from.message(readKeyValue, kv)
    else from.skip(tag)
  }
  return { header, kv }
}

export function writeLeaderResponse(to: ProtobufWriter, header: ResponseHeaderParts, kv: KeyValue): void {
  writeHeader(to, header)
  writeKeyValue(to, 2, kv)
}

export function readProclaimRequest(
  from: ProtobufReader,
  before: ProclaimRequest = { leader: undefined, value: EMPTY },
): ProclaimRequest {
  let { leader, value } = before
  while (from.more()) {
    const tag = from.tag()
    if (tag === bytesTag(1)) leader = from.message(readLeaderKey, leader)
    else if (tag === bytesTag(2)) value = from.bytes()
    else from.skip(tag)
  }
  return { leader, value }
}

export function writeProclaimRequest(to: ProtobufWriter, { leader, value }: ProclaimRequest): void {
  if (leader !== undefined) writeLeaderKey(to, 1, leader)
  to.bytes(2, value)
}

export function readResignRequest(
  from: ProtobufReader,
  before: ResignRequest = { leader: undefined },
): ResignRequest {
  let { leader } = before
  while (from.more()) {
    const tag = from.tag()
    if (tag === bytesTag(1)) leader = from.message(readLeaderKey, leader)
    else from.skip(tag)
  }
  return { leader }
}

export function writeResignRequest(to: ProtobufWriter, { leader }: ResignRequest): void {
  if (leader !== undefined) writeLeaderKey(to, 1, leader)
}

function readLeaderKey(from: ProtobufReader, before: LeaderKey = NO_LEADER_KEY): LeaderKey {
  let { name, key, revision, lease } = before
  while (from.more()) {
    const tag = from.tag()
    if (tag === bytesTag(1)) name = from.bytes()
    else if (tag === bytesTag(2)) key = from.bytes()
    else if (tag === varintTag(3)) revision = from.int64()
    else if (tag === varintTag(4)) lease = from.int64big()
    else from.skip(tag)
  }
  return { name, key, revision, lease }
}

function writeLeaderKey(to: ProtobufWriter, field: number, leader: LeaderKey): void {
  const start = to.begin(field)
  to.bytes(1, leader.name)
  to.bytes(2, leader.key)
  to.int64(3, leader.revision)
  to.int64big(4, leader.lease)
  to.end(start)
}
