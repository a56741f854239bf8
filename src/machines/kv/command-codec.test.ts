/** Commands survive the log; whatever is not a command is refused and nothing else. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { KvHistory } from '../../../test/harness/kv-histories.ts'
import { compareOf, get, grant, put, txnOf } from '../../../test/harness/kv-operations.ts'
import { KvReplica } from '../../../test/harness/kv-replica.ts'
import { DecodeError, equalBytes } from '../../core/bytes.ts'
import { randomFromSeed } from '../../core/prng.ts'
import { AlarmKind, type AlarmOperation } from './alarms.ts'
import { decodeCommand, encodeCommand } from './command-codec.ts'
import { LEASE_TTL_SECONDS_MAX, TXN_DEPTH_MAX } from './limits.ts'
import type { KvCommand, RequestOperation } from './types.ts'

const STATE = { current: 1_000, compacted: 5, leases: [1n, -(2n ** 63n)], unknownOrders: true }

/** Anything but a `DecodeError` fails the test. */
function isReadable(bytes: Uint8Array): boolean {
  try {
    decodeCommand(bytes)
    return true
  } catch (error) {
    if (error instanceof DecodeError) return false
    throw error
  }
}

function randomAlarm(history: KvHistory): AlarmOperation {
  const kind = history.below(2) === 0 ? AlarmKind.noSpace : AlarmKind.corrupt
  const action = history.below(2) === 0 ? 'raise' : 'lift'
  return { action, member: 2n ** 64n - 1n - BigInt(history.below(3)), kind, isByHand: history.below(2) === 0 }
}

function randomCommands(seed: number, count: number): KvCommand[] {
  const history = new KvHistory(randomFromSeed(seed))
  return Array.from({ length: count }, (): KvCommand => {
    switch (history.below(6)) {
      case 0:
        return { kind: 'put', put: history.put(STATE) }
      case 1:
        return { kind: 'deleteRange', deleteRange: history.deleteRange() }
      case 3:
        return history.leaseCommand()
      case 4:
        return { kind: 'alarm', alarm: randomAlarm(history) }
      case 2:
        return { kind: 'compact', compact: { revision: history.compaction(STATE) } }
      default:
        return { kind: 'txn', txn: history.txn(STATE, 5) }
    }
  })
}

test('what was encoded is decoded, with later commands in the same buffer', () => {
  const commands = randomCommands(1, 2_000)
  const encoded = commands.map(encodeCommand)
  expect(encoded.map(decodeCommand)).toEqual(commands)
})

test('numbers at the ends of what is exact survive', () => {
  const { MAX_SAFE_INTEGER: most, MIN_SAFE_INTEGER: least } = Number
  const ranges = [
    get('a', '\0', { limit: least, revision: most, minModRevision: most, maxCreateRevision: least }),
  ]
  const compares = [
    compareOf('a', 1, 0, least),
    compareOf('a', 4, -5, -(2n ** 63n)),
    compareOf('a', 9, 1, most),
  ]
  const command = txnOf(compares, ranges)
  expect(decodeCommand(encodeCommand(command))).toEqual(command)
})

test('a lease without an id, or with a time to live that nobody is granted, is no command', () => {
  for (const command of [grant(0n), grant(1n, 0), grant(1n, -1), grant(1n, LEASE_TTL_SECONDS_MAX + 1)]) {
    expect(isReadable(encodeCommand(command))).toBe(false)
  }
  expect(isReadable(encodeCommand(grant(1n, LEASE_TTL_SECONDS_MAX)))).toBe(true)
})

test('large commands do not disturb small ones', () => {
  const large = put('a', 'x'.repeat(1_000_000))
  const bytes = [put('b', '1'), large, put('c', '2')].map(encodeCommand)
  const [before, decoded, after] = bytes.map(decodeCommand)
  expect([before, after]).toEqual([put('b', '1'), put('c', '2')])
  expect(decoded?.kind === 'put' && equalBytes(decoded.put.value, large.put.value)).toBe(true)
})

test('the longest of what may be nested is encoded, and more is not decoded', () => {
  const nested = (depth: number): RequestOperation =>
    depth === 1 ? txnOf([], []) : txnOf([], [nested(depth - 1)])
  const deepest = nested(TXN_DEPTH_MAX) as KvCommand
  expect(decodeCommand(encodeCommand(deepest))).toEqual(deepest)
  const empty = encodeCommand(txnOf([], []))
  const level = Uint8Array.of(0, 1, 3)
  const deeper = [
    1,
    3,
    ...Array.from({ length: TXN_DEPTH_MAX }, () => [...level]).flat(),
    ...empty.subarray(2),
  ]
  deeper.push(...Array.from({ length: TXN_DEPTH_MAX }, () => 0))
  expect(() => decodeCommand(Uint8Array.from(deeper))).toThrow(/nested too deeply/)
})

test('a count of elements allocates nothing that is not there', () => {
  const many = Uint8Array.of(1, 3, 0xff, 0xff, 0xff, 0xff, 0x0f)
  expect(() => decodeCommand(many)).toThrow(DecodeError)
})

test('every cut is refused, and so is everything behind the end', () => {
  for (const command of randomCommands(2, 100)) {
    const bytes = encodeCommand(command).slice(0, 500)
    const cuts = Array.from({ length: bytes.length - 1 }, (_, length) => bytes.subarray(0, length))
    expect(cuts.filter(isReadable)).toEqual([])
    expect(() => decodeCommand(Uint8Array.of(...encodeCommand(command), 0))).toThrow(/trailing/)
  }
})

test('no bytes throw anything but DecodeError, nor out of apply', () => {
  const replica = new KvReplica()
  const commands = randomCommands(3, 50).map(encodeCommand)
  fc.assert(
    fc.property(
      fc.nat({ max: commands.length - 1 }),
      fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 4 }),
      fc.uint8Array({ maxLength: 20 }),
      (which, changes, tail) => {
        const bytes = Uint8Array.of(
          ...commands[which]!,
          ...tail.subarray(changes.length === 0 ? 0 : tail.length),
        )
        for (const [at, value] of changes) bytes[at % bytes.length] = value
        const [result] = replica.applyBytes([bytes])
        const isUnknown = result?.kind === 'refused' && result.reason === 'unknownCommand'
        expect(isUnknown).toBe(!isReadable(bytes))
      },
    ),
    { numRuns: 2_000, seed: 4 },
  )
})
