/** Messages of `v3lockpb.Lock`. The answer to Unlock is nothing but a header. */
import { EMPTY } from '../../core/bytes.ts'
import {
  NO_HEADER,
  type ResponseHeader,
  type ResponseHeaderParts,
  readHeader,
  writeHeader,
} from './header.ts'
import { bytesTag, type ProtobufReader, varintTag } from './protobuf-reader.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'

export interface LockRequest {
  readonly name: Uint8Array
  /** 0: the server grants one of its own. */
  readonly lease: bigint
}

export interface LockResponse {
  readonly header: ResponseHeader
  /** Which holds the lock as long as it is there. */
  readonly key: Uint8Array
}

export interface UnlockRequest {
  readonly key: Uint8Array
}

const NO_LOCK: LockRequest = { name: EMPTY, lease: 0n }
const NO_LOCKED: LockResponse = { header: NO_HEADER, key: EMPTY }

export function readLockRequest(from: ProtobufReader, before: LockRequest = NO_LOCK): LockRequest {
  let { name, lease } = before
  while (from.more()) {
    const tag = from.tag()
    if (tag === bytesTag(1)) name = from.bytes()
    else if (tag === varintTag(2)) lease = from.int64big()
    else from.skip(tag)
  }
  return { name, lease }
}

export function writeLockRequest(to: ProtobufWriter, { name, lease }: LockRequest): void {
  to.bytes(1, name)
  to.int64big(2, lease)
}

export function readLockResponse(from: ProtobufReader, before: LockResponse = NO_LOCKED): LockResponse {
  let { header, key } = before
  while (from.more()) {
    const tag = from.tag()
    if (tag === bytesTag(1)) header = from.message(readHeader, header)
    else if (tag === bytesTag(2)) key = from.bytes()
    else from.skip(tag)
  }
  return { header, key }
}

export function writeLockResponse(to: ProtobufWriter, header: ResponseHeaderParts, key: Uint8Array): void {
  writeHeader(to, header)
  to.bytes(2, key)
}

export function readUnlockRequest(
  from: ProtobufReader,
  before: UnlockRequest = { key: EMPTY },
): UnlockRequest {
  let { key } = before
  while (from.more()) {
    const tag = from.tag()
    if (tag === bytesTag(1)) key = from.bytes()
    else from.skip(tag)
  }
  return { key }
}

export function writeUnlockRequest(to: ProtobufWriter, { key }: UnlockRequest): void {
  to.bytes(1, key)
}
