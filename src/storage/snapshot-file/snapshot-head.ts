/** What a snapshot file says of itself before its pairs. */
import { type ByteReader, ByteWriter, DecodeError } from '../../core/bytes.ts'
import type { Ballot, Index } from '../../core/ids.ts'
import type { ClusterTime } from '../../core/time.ts'
import { utf8Bytes } from '../../core/utf8.ts'

export interface SnapshotHead {
  /** Whose state it is: a cluster's id. */
  readonly clusterId: bigint
  /** The state as it was after this entry. */
  readonly index: Index
  readonly ballot: Ballot
  readonly time: ClusterTime
  /** The key-value store's revision. */
  readonly revision: number
}

const MAGIC = utf8Bytes('quorate snapshot')
const FORMAT_VERSION = 1

export function encodeSnapshotHead(head: SnapshotHead): Uint8Array {
  const to = new ByteWriter(128)
  to.bytes(MAGIC)
  to.u8(FORMAT_VERSION)
  to.u64big(head.clusterId)
  to.u64(head.index)
  to.u64(head.ballot)
  to.u64(head.time)
  to.u64(head.revision)
  return to.finish()
}

/** Throws `DecodeError`. */
export function readSnapshotHead(from: ByteReader): SnapshotHead {
  for (const byte of MAGIC) if (from.u8() !== byte) throw new DecodeError('this is no snapshot')
  const version = from.u8()
  if (version !== FORMAT_VERSION) throw new DecodeError(`unknown version ${version} of a snapshot`)
  const head = {
    clusterId: from.u64big(),
    index: from.u64() as Index,
    ballot: from.u64() as Ballot,
    time: from.u64() as ClusterTime,
    revision: from.u64(),
  }
  from.end()
  return head
}
