import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteReader, ByteWriter, DecodeError } from '../../core/bytes.ts'
import type { Entry } from '../../core/entry.ts'
import type { Ballot, Index, NodeId, ProposalId } from '../../core/ids.ts'
import type { ClusterTime } from '../../core/time.ts'
import { utf8Bytes } from '../../core/utf8.ts'
import type { SynodMessage } from './message.ts'
import {
  decodeMembership,
  decodeMemory,
  decodeMessage,
  encodeMembership,
  encodeMemory,
  encodeMessage,
  messageLane,
} from './message-codec.ts'

/** Round 3 of seat 2. */
const BALLOT = 0x30002 as Ballot

function proposal(ballot: number, index = 1): Entry {
  return {
    index: index as Index,
    ballot: ballot as Ballot,
    kind: 'command',
    time: 4 as ClusterTime,
    origin: 5n as NodeId,
    proposal: 6 as ProposalId,
    data: utf8Bytes('value'),
  }
}

const MESSAGES: SynodMessage[] = [
  { kind: 'prepare', ballot: BALLOT },
  { kind: 'promise', ballot: BALLOT, accepted: undefined },
  { kind: 'promise', ballot: BALLOT, accepted: proposal(0x30001) },
  { kind: 'accept', proposal: proposal(BALLOT) },
  { kind: 'accepted', proposal: proposal(BALLOT) },
  { kind: 'rejected', ballot: BALLOT, promised: 0x40001 as Ballot },
  { kind: 'chosen', proposal: proposal(BALLOT) },
  { kind: 'known' },
]

function encode(message: SynodMessage): Uint8Array {
  const to = new ByteWriter()
  encodeMessage(message, to)
  return to.finish()
}

test('every message reads as it was written', () => {
  for (const message of MESSAGES) {
    const from = new ByteReader(encode(message))
    expect(decodeMessage(from)).toEqual(message)
    from.end()
  }
})

test('the format never changes: nodes of two versions talk to each other', () => {
  const hex = (message: SynodMessage) => Buffer.from(encode(message)).toString('hex')
  expect(hex(MESSAGES[0]!)).toBe('01000200030000000000')
  expect(hex(MESSAGES[1]!)).toBe('0101020003000000000000')
  expect(hex(MESSAGES[5]!)).toBe('010402000300000000000100040000000000')
  expect(hex(MESSAGES[7]!)).toBe('0106')
})

test('what no node of ours says is refused', () => {
  const refused = (bytes: Uint8Array) =>
    expect(() => decodeMessage(new ByteReader(bytes))).toThrow(DecodeError)
  refused(Uint8Array.of(2, 6))
  refused(Uint8Array.of(1, 7))
  refused(encode({ kind: 'prepare', ballot: 255 as Ballot }))
  refused(encode({ kind: 'accept', proposal: proposal(BALLOT, 2) }))
  refused(encode({ kind: 'chosen', proposal: proposal(0) }))
  refused(encode({ kind: 'promise', ballot: BALLOT, accepted: proposal(BALLOT) }))
  const flag = encode(MESSAGES[1]!).slice()
  flag[10] = 2
  refused(flag)
})

test('any bytes are read or refused, and nothing else happens', () => {
  const soup = fc
    .uint8Array({ maxLength: 80 })
    .map(bytes => Uint8Array.from([1, (bytes[0] ?? 0) % 7, ...bytes]))
  fc.assert(
    fc.property(soup, bytes => {
      for (const decode of [
        decodeMemory,
        decodeMembership,
        (b: Uint8Array) => decodeMessage(new ByteReader(b)),
      ]) {
        try {
          decode(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
        }
      }
    }),
    { numRuns: 1000 },
  )
})

test('values go behind each other, questions go first', () => {
  expect(MESSAGES.map(messageLane)).toEqual([
    'prompt',
    'data',
    'data',
    'data',
    'data',
    'prompt',
    'data',
    'prompt',
  ])
})

test('a memory and a membership read as they were written', () => {
  for (const isDecided of [false, true]) {
    for (const isSilenced of [false, true]) {
      const memory = { promised: BALLOT, isDecided, isSilenced }
      expect(decodeMemory(encodeMemory(memory))).toEqual(memory)
    }
  }
  const ids = (...list: number[]) => list.map(number => BigInt(number) as NodeId)
  const membership = { voters: ids(1, 5), learners: ids(2) }
  expect(decodeMembership(encodeMembership(membership))).toEqual(membership)
  expect(decodeMembership(new Uint8Array(0))).toEqual({ voters: [], learners: [] })
})

test('a membership that is out of order, doubled or too large is refused', () => {
  const ids = (...list: number[]) => list.map(number => BigInt(number) as NodeId)
  const refused = (voters: NodeId[], learners: NodeId[]) =>
    expect(() => decodeMembership(encodeMembership({ voters, learners }))).toThrow(DecodeError)
  refused(ids(2, 1), [])
  refused(ids(1, 1), [])
  refused(ids(0), [])
  refused(ids(1), ids(1))
  refused(
    ids(...Array.from({ length: 200 }, (_, i) => i + 1)),
    ids(...Array.from({ length: 57 }, (_, i) => i + 300)),
  )
})
