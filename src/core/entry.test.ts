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
  born: fc.constant(undefined),
  opens: fc.constant(undefined),
})

/** Born in its own ballot, or in any other. */
const bornEntry: fc.Arbitrary<Entry> = fc
  .tuple(anyEntry, fc.option(safe), fc.boolean())
  .map(([entry, other, opens]) => {
    return { ...entry, born: (other ?? entry.ballot) as Ballot, opens: opens ? true : undefined }
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
    fc.property(fc.oneof(anyEntry, bornEntry), entry => {
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

test('nor does that of what tells of its birth', () => {
  const bornAs = (born: number, opens?: true) => {
    const bytes = encode({ ...ENTRY, born: born as Ballot, opens })
    return Buffer.from(bytes.subarray(16)).toString('hex')
  }
  const number = (value: string) => value.padEnd(16, '0')
  const time = number('07')
  const asked = `${number('bc0a')}${number('09')}`
  expect(bornAs(3)).toBe(`41${time}${asked}02000000dead`)
  expect(bornAs(3, true)).toBe(`61${time}${asked}02000000dead`)
  expect(bornAs(2)).toBe(`81${time}${asked}${number('02')}02000000dead`)
  expect(bornAs(2, true)).toBe(`a1${time}${asked}${number('02')}02000000dead`)
})

test.each([
  ['nothing but that it opens', 0x21],
  ['two births', 0xc1],
])('an entry that tells %s is refused', (_, bits) => {
  const bytes = encode({ ...ENTRY, born: 2 as Ballot }).slice()
  bytes[16] = bits
  expect(() => readEntry(new ByteReader(bytes))).toThrow('an unknown birth')
})

test('an entry that is cut off anywhere is refused', () => {
  const bytes = encode({ ...ENTRY, born: 2 as Ballot })
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
