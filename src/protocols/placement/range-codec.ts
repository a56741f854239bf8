/** A map of ranges as bytes: how many, then for each its start, version and owner. Ends follow from starts. */
import { type ByteReader, type ByteWriter, compareBytes } from '../../core/bytes.ts'
import { RANGE_KEY_BYTES_MAX } from './limits.ts'
import { type Range, RangeMap } from './range-map.ts'

export function writeRangeMap<Owner>(
  to: ByteWriter,
  map: RangeMap<Owner>,
  writeOwner: (to: ByteWriter, owner: Owner) => void,
): void {
  to.varint(map.ranges.length)
  for (const { start, version, owner } of map.ranges) {
    to.sizedBytes(start)
    to.varint(version)
    writeOwner(to, owner)
  }
}

/** Throws `DecodeError`. Keys are views of the reader's bytes. */
export function readRangeMap<Owner>(
  from: ByteReader,
  readOwner: (from: ByteReader) => Owner,
): RangeMap<Owner> {
  const count = from.varint()
  if (count === 0) throw from.error('every key is in a range')
  const parts: Omit<Range<Owner>, 'end'>[] = []
  for (let i = 0; i < count; i++) {
    const start = from.sizedBytes()
    if (start.length > RANGE_KEY_BYTES_MAX) throw from.error('a key that is too long')
    const follows = i === 0 ? start.length === 0 : compareBytes(parts[i - 1]!.start, start) < 0
    if (!follows) throw from.error('ranges out of order')
    const version = from.varint()
    if (version === 0) throw from.error('versions are counted from 1')
    parts.push({ start, version, owner: readOwner(from) })
  }
  return RangeMap.of(parts.map((part, i) => ({ ...part, end: parts[i + 1]?.start })))
}
