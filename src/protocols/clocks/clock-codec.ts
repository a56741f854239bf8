/**
 * The bytes of clocks, as they travel with messages and lie beside values. Whatever reads from outside is refused
 * with `DecodeError` unless it is exactly what these write: one clock has one form.
 */
import type { ByteReader, ByteWriter } from '../../core/bytes.ts'
import type { NodeId } from '../../core/ids.ts'
import type { DottedVersion } from './dotted-version.ts'
import type { LamportStamp } from './lamport-clock.ts'
import { type Sibling, Siblings } from './siblings.ts'
import { compareDots, type Dot, VectorClock } from './vector-clock.ts'

export function writeLamport(to: ByteWriter, stamp: LamportStamp): void {
  writeDot(to, stamp)
}

export function readLamport(from: ByteReader): LamportStamp {
  return readDot(from)
}

/** The number of entries, then each node (eight bytes) with its counter (a varint). */
export function writeVectorClock(to: ByteWriter, clock: VectorClock): void {
  to.varint(clock.size)
  for (const dot of clock.dots()) writeDot(to, dot)
}

export function readVectorClock(from: ByteReader): VectorClock {
  const size = from.varint()
  const dots: Dot[] = []
  for (let i = 0; i < size; i++) {
    const dot = readDot(from)
    if (i > 0 && dots[i - 1]!.node >= dot.node) throw from.error('nodes of a clock out of order')
    dots.push(dot)
  }
  return VectorClock.of(dots)
}

export function writeVersion(to: ByteWriter, version: DottedVersion): void {
  writeDot(to, version.dot)
  writeVectorClock(to, version.past)
}

export function readVersion(from: ByteReader): DottedVersion {
  const dot = readDot(from)
  const past = readVectorClock(from)
  if (past.includes(dot)) throw from.error('a version in its own past')
  return { dot, past }
}

/** @param writeValue writes one value; it must be readable without knowing its length. */
export function writeSiblings<Value>(
  to: ByteWriter,
  siblings: Siblings<Value>,
  writeValue: (to: ByteWriter, value: Value) => void,
): void {
  writeVectorClock(to, siblings.context)
  to.varint(siblings.standing.length)
  for (const { dot, value } of siblings.standing) {
    writeDot(to, dot)
    writeValue(to, value)
  }
}

export function readSiblings<Value>(
  from: ByteReader,
  readValue: (from: ByteReader) => Value,
): Siblings<Value> {
  const context = readVectorClock(from)
  const count = from.varint()
  const standing: Sibling<Value>[] = []
  for (let i = 0; i < count; i++) {
    const dot = readDot(from)
    if (!context.includes(dot)) throw from.error('a sibling that its replica has not seen')
    const before = standing.at(-1)?.dot
    if (before !== undefined && compareDots(before, dot) >= 0) throw from.error('siblings out of order')
    standing.push({ dot, value: readValue(from) })
  }
  return Siblings.of(context, standing)
}

function writeDot(to: ByteWriter, dot: Dot): void {
  to.u64big(dot.node)
  to.varint(dot.counter)
}

function readDot(from: ByteReader): Dot {
  const node = from.u64big() as NodeId
  const counter = from.varint()
  if (counter === 0) throw from.error('events are counted from 1')
  return { node, counter }
}
