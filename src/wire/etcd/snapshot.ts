/** `SnapshotResponse`: a piece of a snapshot. Its request is empty. */
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

export interface SnapshotPiece {
  /** About how much is yet to come; 0 with the last piece. */
  readonly remainingBytes: number
  readonly blob: Uint8Array
  readonly version: string
}

export function writeSnapshotResponse(
  to: ProtobufWriter,
  header: ResponseHeaderParts,
  piece: SnapshotPiece,
): void {
  writeHeader(to, header)
  to.int64(2, piece.remainingBytes)
  to.bytes(3, piece.blob)
  to.string(4, piece.version)
}

export interface SnapshotResponse extends SnapshotPiece {
  readonly header: ResponseHeader
}

const NOTHING: SnapshotResponse = { header: NO_HEADER, remainingBytes: 0, blob: EMPTY, version: '' }

export function readSnapshotResponse(
  from: ProtobufReader,
  before: SnapshotResponse = NOTHING,
): SnapshotResponse {
  let { header, remainingBytes, blob, version } = before
  while (from.more()) {
    const tag = from.tag()
    switch (tag) {
      case bytesTag(1):
        header = from.message(readHeader, header)
        break
      case varintTag(2):
        remainingBytes = from.uint64()
        break
      case bytesTag(3):
        blob = from.bytes()
        break
      case bytesTag(4):
        version = from.string()
        break
      default:
        from.skip(tag)
    }
  }
  return { header, remainingBytes, blob, version }
}
