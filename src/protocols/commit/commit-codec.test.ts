import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteReader, ByteWriter, DecodeError } from '../../core/bytes.ts'
import type { NodeId } from '../../core/ids.ts'
import { decodeMessage, decodeRecord, encodeMessage, encodeRecord } from './commit-codec.ts'
import type { CommitMessage } from './message.ts'
import type { CommitRecord } from './record.ts'

const transaction = { coordinator: 7n as NodeId, number: 300 }
const participants = [1n, 2n ** 63n] as NodeId[]
const work = Uint8Array.of(1, 2, 3)

const MESSAGES: readonly CommitMessage[] = [
  { kind: 'prepare', transaction, participants, settledBelow: 299, work },
  { kind: 'vote', transaction, isYes: true },
  { kind: 'vote', transaction, isYes: false },
  { kind: 'preCommit', transaction },
  { kind: 'preCommitted', transaction },
  { kind: 'decision', transaction, decision: 'commit' },
  { kind: 'decision', transaction, decision: 'abort' },
  { kind: 'acknowledge', transaction },
  { kind: 'inquiry', transaction, isPeer: true },
  { kind: 'standing', transaction, standing: 'uncertain' },
  { kind: 'standing', transaction, standing: 'preCommitted' },
  { kind: 'standing', transaction, standing: 'recovering' },
]

const RECORDS: readonly CommitRecord[] = [
  { kind: 'prepared', transaction, participants, work },
  { kind: 'preCommitted', transaction },
  { kind: 'decided', transaction, decision: 'commit' },
  { kind: 'committing', transaction, participants },
  { kind: 'ended', transaction },
  { kind: 'settled', transaction },
]

function encoded(message: CommitMessage): Uint8Array {
  const to = new ByteWriter()
  encodeMessage(message, to)
  return to.finish()
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

describe('messages and records as bytes', () => {
  test('are read as they were written', () => {
    for (const message of MESSAGES) {
      const from = new ByteReader(encoded(message))
      expect(decodeMessage(from)).toEqual(message)
      from.end()
    }
    for (const record of RECORDS) expect(decodeRecord(encodeRecord(record))).toEqual(record)
  })

  test('never change their form: records lie on disks, and nodes of two versions talk to each other', () => {
    expect(hex(encoded(MESSAGES[0]!))).toBe(
      '01000700000000000000ac02' + '0201000000000000000000000000000080' + 'ab0203010203',
    )
    expect(hex(encoded(MESSAGES[1]!))).toBe('01010700000000000000ac0201')
    expect(MESSAGES.map(message => encoded(message)[1])).toEqual([0, 1, 1, 2, 3, 4, 4, 5, 6, 7, 7, 7])
    expect(RECORDS.map(record => encodeRecord(record)[1])).toEqual([0, 1, 2, 3, 4, 5])
    expect(hex(encodeRecord(RECORDS[2]!))).toBe('01020700000000000000ac0201')
  })

  test('that no node of ours writes are refused', () => {
    const refused = (bytes: string): void =>
      expect(() => decodeMessage(new ByteReader(Uint8Array.from(Buffer.from(bytes, 'hex'))))).toThrow(
        DecodeError,
      )
    refused('02010700000000000000ac0201')
    refused('01080700000000000000ac0201')
    refused('01010700000000000000ac0202')
    refused('01010700000000000000' + '0001')
    refused('01010000000000000000ac0201')
    refused('01070700000000000000ac0203')
    const prepare = (nodes: readonly bigint[], settledBelow: number): string =>
      hex(
        encoded({
          kind: 'prepare',
          transaction,
          participants: nodes as readonly NodeId[],
          settledBelow,
          work,
        }),
      )
    refused(prepare([], 1))
    refused(prepare([2n, 2n], 1))
    refused(prepare([0n], 1))
    refused(prepare([2n], 301))
    refused(
      prepare(
        Array.from({ length: 1025 }, (_, i) => BigInt(i + 1)),
        1,
      ),
    )
    expect(() => decodeRecord(Uint8Array.of(...encodeRecord(RECORDS[4]!), 0))).toThrow(DecodeError)
  })

  test('made up by anybody are refused with a DecodeError, or understood', () => {
    const soup = fc.tuple(fc.nat({ max: 8 }), fc.uint8Array({ maxLength: 60 }))
    fc.assert(
      fc.property(soup, ([kind, bytes]) => {
        for (const read of [(b: Uint8Array) => decodeMessage(new ByteReader(b)), decodeRecord]) {
          try {
            read(Uint8Array.of(1, kind, ...bytes))
          } catch (error) {
            expect(error).toBeInstanceOf(DecodeError)
          }
        }
      }),
      { numRuns: 1500 },
    )
  })
})
