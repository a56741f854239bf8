/**
 * Commands as the log carries them: a format version, a kind, and the operation. Decoding throws nothing but
 * `DecodeError`; the machine answers `unknownCommand` to it, so that every replica does the same with bytes
 * that it cannot read. Byte arrays of a decoded command are views of the bytes.
 */
import { assert } from '../../core/assert.ts'
import { ByteReader, ByteWriter, EMPTY } from '../../core/bytes.ts'
import { readAsker, readAuthOperation, writeAsker, writeAuthOperation } from './auth/command-codec.ts'
import { readFlags, readLease, readMany, readNumber, writeLease, writeNumber } from './codec-parts.ts'
import {
  COMMAND_SLAB_BYTES,
  LEASE_TTL_SECONDS_MAX,
  SHARED_COMMAND_BYTES_MAX,
  TXN_DEPTH_MAX,
} from './limits.ts'
import { readMaintenance, writeMaintenance } from './maintenance-codec.ts'
import type {
  Compare,
  DeleteRangeOperation,
  KvCommand,
  LeaseGrantOperation,
  PlainCommand,
  PutOperation,
  RangeOperation,
  RequestOperation,
  TxnOperation,
} from './types.ts'

const FORMAT_VERSION = 1

/** Append only: the numbers are the log's format. */
const Kind = {
  put: 1,
  deleteRange: 2,
  txn: 3,
  compact: 4,
  range: 5,
  leaseGrant: 6,
  leaseRevoke: 7,
  leaseRenew: 8,
  leaseExpire: 9,
  asked: 10,
  auth: 11,
  alarm: 60,
  clusterVersion: 61,
  downgrade: 62,
  hashReport: 63,
} as const

const ZERO = 0n

/**
 * The bytes stay valid; they are a piece of a larger buffer as long as they are small.
 * Asserts what validation has made sure of: whole numbers, and transactions nested no deeper than they may be.
 */
export function encodeCommand(command: KvCommand): Uint8Array {
  writeCommand(writer, command)
  const bytes = writer.finish()
  if (bytes.length > SHARED_COMMAND_BYTES_MAX) writer = new ByteWriter(COMMAND_SLAB_BYTES)
  return bytes
}

/** Small commands share a buffer. A large one has made it grow, so that it is left to that command alone. */
let writer = new ByteWriter(COMMAND_SLAB_BYTES)

function writeCommand(to: ByteWriter, command: KvCommand): void {
  to.u8(FORMAT_VERSION)
  if (command.kind !== 'asked') return writePlain(to, command)
  to.u8(Kind.asked)
  writeAsker(to, command.asker)
  writePlain(to, command.command)
}

function writePlain(to: ByteWriter, command: PlainCommand): void {
  to.u8(Kind[command.kind])
  switch (command.kind) {
    case 'put':
      return writePut(to, command.put)
    case 'deleteRange':
      return writeDeleteRange(to, command.deleteRange)
    case 'txn':
      return writeTxn(to, command.txn, TXN_DEPTH_MAX)
    case 'compact':
      return writeNumber(to, command.compact.revision)
    case 'leaseGrant':
      writeLease(to, command.leaseGrant.id)
      return writeNumber(to, command.leaseGrant.ttlSeconds)
    case 'leaseRevoke':
      return writeLease(to, command.leaseRevoke.id)
    case 'leaseRenew':
      return writeLeases(to, command.leaseRenew.ids)
    case 'leaseExpire':
      return writeLeases(to, command.leaseExpire.ids)
    case 'alarm':
    case 'clusterVersion':
    case 'downgrade':
    case 'hashReport':
      return writeMaintenance(to, command)
    case 'auth':
      return writeAuthOperation(to, command.auth)
  }
}

/** Throws `DecodeError`. */
export function decodeCommand(bytes: Uint8Array): KvCommand {
  const from = new ByteReader(bytes)
  if (from.u8() !== FORMAT_VERSION) throw from.error('unknown version of a command')
  const command = readCommand(from)
  from.end()
  return command
}

function readCommand(from: ByteReader): KvCommand {
  const kind = from.u8()
  if (kind !== Kind.asked) return readPlain(from, kind)
  return { kind: 'asked', asker: readAsker(from), command: readPlain(from, from.u8()) }
}

function readPlain(from: ByteReader, kind: number): PlainCommand {
  switch (kind) {
    case Kind.put:
      return { kind: 'put', put: readPut(from) }
    case Kind.deleteRange:
      return { kind: 'deleteRange', deleteRange: readDeleteRange(from) }
    case Kind.txn:
      return { kind: 'txn', txn: readTxn(from, TXN_DEPTH_MAX) }
    case Kind.compact:
      return { kind: 'compact', compact: { revision: readNumber(from) } }
    case Kind.leaseGrant:
      return { kind: 'leaseGrant', leaseGrant: readGrant(from) }
    case Kind.leaseRevoke:
      return { kind: 'leaseRevoke', leaseRevoke: { id: readLease(from) } }
    case Kind.leaseRenew:
      return { kind: 'leaseRenew', leaseRenew: { ids: readMany(from, readLease) } }
    case Kind.leaseExpire:
      return { kind: 'leaseExpire', leaseExpire: { ids: readMany(from, readLease) } }
    case Kind.alarm:
      return readMaintenance(from, 'alarm')
    case Kind.clusterVersion:
      return readMaintenance(from, 'clusterVersion')
    case Kind.downgrade:
      return readMaintenance(from, 'downgrade')
    case Kind.hashReport:
      return readMaintenance(from, 'hashReport')
    case Kind.auth:
      return { kind: 'auth', auth: readAuthOperation(from) }
    default:
      throw from.error('unknown kind of command')
  }
}

// --- Put and delete ---

const PUT = { prevKv: 1, ignoreValue: 2, ignoreLease: 4, lease: 8 } as const

function writePut(to: ByteWriter, put: PutOperation): void {
  const { key, value, lease, prevKv, ignoreValue, ignoreLease } = put
  to.u8(
    (prevKv ? PUT.prevKv : 0) |
      (ignoreValue ? PUT.ignoreValue : 0) |
      (ignoreLease ? PUT.ignoreLease : 0) |
      (lease !== ZERO ? PUT.lease : 0),
  )
  to.sizedBytes(key)
  to.sizedBytes(value)
  if (lease !== ZERO) writeLease(to, lease)
}

function readPut(from: ByteReader): PutOperation {
  const flags = readFlags(from, 0x0f)
  return {
    prevKv: (flags & PUT.prevKv) !== 0,
    ignoreValue: (flags & PUT.ignoreValue) !== 0,
    ignoreLease: (flags & PUT.ignoreLease) !== 0,
    key: from.sizedBytes(),
    value: from.sizedBytes(),
    lease: (flags & PUT.lease) !== 0 ? readLease(from) : ZERO,
  }
}

function writeDeleteRange(to: ByteWriter, { key, rangeEnd, prevKv }: DeleteRangeOperation): void {
  to.u8(prevKv ? 1 : 0)
  to.sizedBytes(key)
  to.sizedBytes(rangeEnd)
}

function readDeleteRange(from: ByteReader): DeleteRangeOperation {
  return { prevKv: readFlags(from, 1) === 1, key: from.sizedBytes(), rangeEnd: from.sizedBytes() }
}

// --- Range ---

const RANGE = { keysOnly: 1, countOnly: 2, limit: 4, revision: 8, order: 16, filters: 32 } as const

function writeRange(to: ByteWriter, range: RangeOperation): void {
  const { minModRevision, maxModRevision, minCreateRevision, maxCreateRevision } = range
  const hasOrder = range.sortOrder !== 0 || range.sortTarget !== 0
  const filters = [minModRevision, maxModRevision, minCreateRevision, maxCreateRevision]
  const hasFilters = filters.some(bound => bound !== 0)
  to.u8(
    (range.keysOnly ? RANGE.keysOnly : 0) |
      (range.countOnly ? RANGE.countOnly : 0) |
      (range.limit !== 0 ? RANGE.limit : 0) |
      (range.revision !== 0 ? RANGE.revision : 0) |
      (hasOrder ? RANGE.order : 0) |
      (hasFilters ? RANGE.filters : 0),
  )
  to.sizedBytes(range.key)
  to.sizedBytes(range.rangeEnd)
  if (range.limit !== 0) writeNumber(to, range.limit)
  if (range.revision !== 0) writeNumber(to, range.revision)
  if (hasOrder) {
    writeNumber(to, range.sortOrder)
    writeNumber(to, range.sortTarget)
  }
  if (hasFilters) for (const bound of filters) writeNumber(to, bound)
}

function readRange(from: ByteReader): RangeOperation {
  const flags = readFlags(from, 0x3f)
  const optional = (bit: number) => ((flags & bit) !== 0 ? readNumber(from) : 0)
  return {
    keysOnly: (flags & RANGE.keysOnly) !== 0,
    countOnly: (flags & RANGE.countOnly) !== 0,
    key: from.sizedBytes(),
    rangeEnd: from.sizedBytes(),
    limit: optional(RANGE.limit),
    revision: optional(RANGE.revision),
    sortOrder: optional(RANGE.order),
    sortTarget: optional(RANGE.order),
    minModRevision: optional(RANGE.filters),
    maxModRevision: optional(RANGE.filters),
    minCreateRevision: optional(RANGE.filters),
    maxCreateRevision: optional(RANGE.filters),
  }
}

// --- Transaction ---

function writeTxn(to: ByteWriter, txn: TxnOperation, depth: number): void {
  assert(depth > 0, 'transactions nest no deeper than validation allows')
  to.varint(txn.compare.length)
  for (const compare of txn.compare) writeCompare(to, compare)
  for (const branch of [txn.success, txn.failure]) {
    to.varint(branch.length)
    for (const operation of branch) writeOperation(to, operation, depth - 1)
  }
}

function readTxn(from: ByteReader, depth: number): TxnOperation {
  if (depth === 0) throw from.error('transactions nested too deeply')
  return {
    compare: readMany(from, readCompare),
    success: readMany(from, reader => readOperation(reader, depth - 1)),
    failure: readMany(from, reader => readOperation(reader, depth - 1)),
  }
}

function writeOperation(to: ByteWriter, operation: RequestOperation, depth: number): void {
  to.u8(Kind[operation.kind])
  switch (operation.kind) {
    case 'range':
      return writeRange(to, operation.range)
    case 'put':
      return writePut(to, operation.put)
    case 'deleteRange':
      return writeDeleteRange(to, operation.deleteRange)
    case 'txn':
      return writeTxn(to, operation.txn, depth)
  }
}

function readOperation(from: ByteReader, depth: number): RequestOperation {
  switch (from.u8()) {
    case Kind.range:
      return { kind: 'range', range: readRange(from) }
    case Kind.put:
      return { kind: 'put', put: readPut(from) }
    case Kind.deleteRange:
      return { kind: 'deleteRange', deleteRange: readDeleteRange(from) }
    case Kind.txn:
      return { kind: 'txn', txn: readTxn(from, depth) }
    default:
      throw from.error('unknown kind of operation')
  }
}

const COMPARE = { rangeEnd: 1, number: 2, value: 4, lease: 8 } as const

function writeCompare(to: ByteWriter, compare: Compare): void {
  const { result, target, key, rangeEnd, number, value, lease } = compare
  to.u8(
    (rangeEnd.length > 0 ? COMPARE.rangeEnd : 0) |
      (number !== 0 ? COMPARE.number : 0) |
      (value.length > 0 ? COMPARE.value : 0) |
      (lease !== ZERO ? COMPARE.lease : 0),
  )
  writeNumber(to, result)
  writeNumber(to, target)
  to.sizedBytes(key)
  if (rangeEnd.length > 0) to.sizedBytes(rangeEnd)
  if (number !== 0) writeNumber(to, number)
  if (value.length > 0) to.sizedBytes(value)
  if (lease !== ZERO) writeLease(to, lease)
}

function readCompare(from: ByteReader): Compare {
  const flags = readFlags(from, 0x0f)
  return {
    result: readNumber(from),
    target: readNumber(from),
    key: from.sizedBytes(),
    rangeEnd: (flags & COMPARE.rangeEnd) !== 0 ? from.sizedBytes() : EMPTY,
    number: (flags & COMPARE.number) !== 0 ? readNumber(from) : 0,
    value: (flags & COMPARE.value) !== 0 ? from.sizedBytes() : EMPTY,
    lease: (flags & COMPARE.lease) !== 0 ? readLease(from) : ZERO,
  }
}

// --- Leases ---

function readGrant(from: ByteReader): LeaseGrantOperation {
  const id = readLease(from)
  const ttlSeconds = readNumber(from)
  const isGrant = id !== ZERO && ttlSeconds > 0 && ttlSeconds <= LEASE_TTL_SECONDS_MAX
  if (!isGrant) throw from.error('a lease that nobody can be granted')
  return { id, ttlSeconds }
}

function writeLeases(to: ByteWriter, leases: readonly bigint[]): void {
  to.varint(leases.length)
  for (const lease of leases) writeLease(to, lease)
}
