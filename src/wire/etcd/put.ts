/** `PutRequest` and `PutResponse`. */
import { EMPTY } from '../../core/bytes.ts'
import {
  NO_HEADER,
  type ResponseHeader,
  type ResponseHeaderParts,
  readHeader,
  writeHeader,
} from './header.ts'
import { type KeyValue, readKeyValue, writeKeyValue } from './key-value.ts'
import { bytesTag, type ProtobufReader, varintTag } from './protobuf-reader.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'

export interface PutRequest {
  readonly key: Uint8Array
  readonly value: Uint8Array
  readonly lease: bigint
  readonly prevKv: boolean
  readonly ignoreValue: boolean
  readonly ignoreLease: boolean
}

export interface PutOutcome {
  readonly revision: number
  readonly prevKv: KeyValue | undefined
}

export interface PutResponse {
  readonly header: ResponseHeader
  readonly prevKv: KeyValue | undefined
}

export const PUT_DEFAULTS: PutRequest = {
  key: EMPTY,
  value: EMPTY,
  lease: 0n,
  prevKv: false,
  ignoreValue: false,
  ignoreLease: false,
}

export function readPutRequest(from: ProtobufReader, before: PutRequest = PUT_DEFAULTS): PutRequest {
  let { key, value, lease, prevKv, ignoreValue, ignoreLease } = before
  while (from.more()) {
    const tag = from.tag()
    switch (tag) {
      case bytesTag(1):
        key = from.bytes()
        break
      case bytesTag(2):
        value = from.bytes()
        break
      case varintTag(3):
        lease = from.int64big()
        break
      case varintTag(4):
        prevKv = from.bool()
        break
      case varintTag(5):
        ignoreValue = from.bool()
        break
      case varintTag(6):
        ignoreLease = from.bool()
        break
      default:
        from.skip(tag)
    }
  }
  return { key, value, lease, prevKv, ignoreValue, ignoreLease }
}

export function writePutRequest(to: ProtobufWriter, request: PutRequest): void {
  to.bytes(1, request.key)
  to.bytes(2, request.value)
  to.int64big(3, request.lease)
  to.bool(4, request.prevKv)
  to.bool(5, request.ignoreValue)
  to.bool(6, request.ignoreLease)
}

export function writePutResponse(to: ProtobufWriter, header: ResponseHeaderParts, outcome: PutOutcome): void {
  writeHeader(to, header)
  writePutOutcome(to, outcome)
}

/** Everything but the header. */
export function writePutOutcome(to: ProtobufWriter, outcome: PutOutcome): void {
  if (outcome.prevKv !== undefined) writeKeyValue(to, 2, outcome.prevKv)
}

const NOTHING: PutResponse = { header: NO_HEADER, prevKv: undefined }

export function readPutResponse(from: ProtobufReader, before: PutResponse = NOTHING): PutResponse {
  let { header, prevKv } = before
  while (from.more()) {
    const tag = from.tag()
    switch (tag) {
      case bytesTag(1):
        header = from.message(readHeader, header)
        break
      case bytesTag(2):
        prevKv = from.message(readKeyValue, prevKv)
        break
      default:
        from.skip(tag)
    }
  }
  return { header, prevKv }
}
