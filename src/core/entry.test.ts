import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteReader, ByteWriter, DecodeError } from './bytes.ts'
import { ENTRY_HEADER_BYTES, type Entry, entryBytes, readEntry, writeEntry } from './entry.ts'
import type { Ballot, Index, NodeId, ProposalId } from './ids.ts'
import type { ClusterTime } from './time.ts'

const safe = fc.maxSafeNat()

const anyEntry: fc.Arbitrary<Entry> = fc.record({
  index: safe.map(value => value as Index),
  ballot: safe.map(value => value as Ballot),
  kind: fc.constantFrom('noop' as const, 'command' as const, 'configuration' as const),
  time: safe.map(value => value as ClusterTime),
  origin: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(value => value as NodeId),
  proposal: safe.map(value => value as ProposalId),
  data: fc.uint8Array({ maxLength: 50 }),
})

function encode(entry: Entry): Uint8Array {
  const to = new ByteWriter()
  writeEntry(to, entry)
  return to.finish()
}

const ENTRY: Entry = {
  index: 5 as Index,
  ballot: 3 as Ballot,
  kind: 'command',
  time: 7 as ClusterTime,
  origin: 0xabcn as NodeId,
  proposal: 9 as ProposalId,
  data: Uint8Array.of(0xde, 0xad),
}

test('an entry reads as it was written, and is as long as was said', () => {
  fc.assert(
    fc.property(anyEntry, entry => {
      const bytes = encode(entry)
      expect(bytes.length).toBe(entryBytes(entry))
      const from = new ByteReader(bytes)
      expect(readEntry(from)).toEqual(entry)
      from.end()
    }),
  )
})

test('the format never changes: it is on disks', () => {
  const number = (value: string) => value.padEnd(16, '0')
  const header = `${number('05')}${number('03')}01${number('07')}${number('bc0a')}${number('09')}02000000`
  expect(Buffer.from(encode(ENTRY)).toString('hex')).toBe(`${header}dead`)
  expect(header.length / 2).toBe(ENTRY_HEADER_BYTES)
})

test('an entry that is cut off anywhere is refused', () => {
  const bytes = encode(ENTRY)
  for (let length = 0; length < bytes.length; length++) {
    expect(() => readEntry(new ByteReader(bytes.subarray(0, length)))).toThrow(DecodeError)
  }
})

test('an unknown kind is refused', () => {
  const bytes = encode(ENTRY).slice()
  bytes[16] = 3
  expect(() => readEntry(new ByteReader(bytes))).toThrow('unknown entry kind')
})

test('bytes at random are refused, or are some entry', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 40, maxLength: 80 }), bytes => {
      try {
        const entry = readEntry(new ByteReader(bytes))
        expect([...encode(entry)]).toEqual([...bytes.subarray(0, entryBytes(entry))])
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError)
      }
    }),
  )
})

test('the data of a read entry is a view', () => {
  const bytes = encode(ENTRY).slice()
  const { data } = readEntry(new ByteReader(bytes))
  bytes[bytes.length - 1] = 1
  expect([...data]).toEqual([0xde, 1])
})
