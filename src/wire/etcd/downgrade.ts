/** Messages of Maintenance/Downgrade. */
import {
  NO_HEADER,
  type ResponseHeader,
  type ResponseHeaderParts,
  readHeader,
  writeHeader,
} from './header.ts'
import { bytesTag, type ProtobufReader, varintTag } from './protobuf-reader.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'

export const DowngradeAction = { validate: 0, enable: 1, cancel: 2 } as const

export interface DowngradeRequest {
  readonly action: number
  /** The target, such as `3.5.0`. */
  readonly version: string
}

export interface DowngradeResponse {
  readonly header: ResponseHeader
  /** The cluster's own. */
  readonly version: string
}

export function readDowngradeRequest(
  from: ProtobufReader,
  before: DowngradeRequest = { action: 0, version: '' },
): DowngradeRequest {
  let { action, version } = before
  while (from.more()) {
    const tag = from.tag()
    if (tag === varintTag(1)) action = from.enumeration()
    else if (tag === bytesTag(2)) version = from.string()
    else from.skip(tag)
  }
  return { action, version }
}

export function writeDowngradeRequest(to: ProtobufWriter, { action, version }: DowngradeRequest): void {
  to.enumeration(1, action)
  to.string(2, version)
}

export function writeDowngradeResponse(
  to: ProtobufWriter,
  header: ResponseHeaderParts,
  version: string,
): void {
  writeHeader(to, header)
  to.string(2, version)
}

export function readDowngradeResponse(
  from: ProtobufReader,
  before: DowngradeResponse = { header: NO_HEADER, version: '' },
): DowngradeResponse {
  let { header, version } = before
  while (from.more()) {
    const tag = from.tag()
    if (tag === bytesTag(1)) header = from.message(readHeader, header)
    else if (tag === bytesTag(2)) version = from.string()
    else from.skip(tag)
  }
  return { header, version }
}
