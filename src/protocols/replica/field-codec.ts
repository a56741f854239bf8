/** Single fields of messages between replicas, as every protocol reads and writes them. */
import type { ByteReader, ByteWriter } from '../../core/bytes.ts'
import type { Ballot, Index } from '../../core/ids.ts'

export function readIndex(from: ByteReader): Index {
  return from.varint() as Index
}

export function readBallot(from: ByteReader): Ballot {
  return from.varint() as Ballot
}

export function writeFlag(to: ByteWriter, flag: boolean): void {
  to.u8(flag ? 1 : 0)
}

export function readFlag(from: ByteReader): boolean {
  const flag = from.u8()
  if (flag > 1) throw from.error('neither yes nor no')
  return flag === 1
}
