import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteReader, ByteWriter, DecodeError } from '../../core/bytes.ts'
import type { NodeId } from '../../core/ids.ts'
import {
  readLamport,
  readSiblings,
  readVectorClock,
  readVersion,
  writeLamport,
  writeSiblings,
  writeVectorClock,
  writeVersion,
} from './clock-codec.ts'
import { readHybrid, writeHybrid } from './hybrid-clock.ts'
import { Siblings } from './siblings.ts'
import { VectorClock } from './vector-clock.ts'

const node = (id: number): NodeId => BigInt(id) as NodeId
const clock = VectorClock.of([
  { node: node(1), counter: 3 },
  { node: node(2 ** 40), counter: 300 },
])

function bytesOf(write: (to: ByteWriter) => void): Uint8Array {
  const to = new ByteWriter()
  write(to)
  return to.finish()
}

const readText = (from: ByteReader): string => String.fromCharCode(...from.sizedBytes())
const writeText = (to: ByteWriter, text: string): void =>
  to.sizedBytes(Uint8Array.from(text, c => c.charCodeAt(0)))

const READERS: readonly ((from: ByteReader) => unknown)[] = [
  readLamport,
  readHybrid,
  readVectorClock,
  readVersion,
  from => readSiblings(from, readText),
]

describe('clocks as bytes', () => {
  test('are read as they were written', () => {
    const stamp = { counter: 7, node: node(9) }
    expect(readLamport(new ByteReader(bytesOf(to => writeLamport(to, stamp))))).toEqual(stamp)
    const hybrid = { wallMs: 1_735_689_600_000, counter: 12 }
    expect(readHybrid(new ByteReader(bytesOf(to => writeHybrid(to, hybrid))))).toEqual(hybrid)
    const read = readVectorClock(new ByteReader(bytesOf(to => writeVectorClock(to, clock))))
    expect(read.compare(clock)).toBe('equal')
    const version = { dot: { node: node(1), counter: 4 }, past: clock }
    expect(readVersion(new ByteReader(bytesOf(to => writeVersion(to, version)))).past.dots()).toEqual(
      clock.dots(),
    )
    const siblings = Siblings.none<string>()
      .write(node(2), 'x', VectorClock.ZERO)
      .write(node(1), 'y', VectorClock.ZERO)
      .write(node(2), 'z', VectorClock.ZERO)
    const again = readSiblings(
      new ByteReader(bytesOf(to => writeSiblings(to, siblings, writeText))),
      readText,
    )
    expect(again.values).toEqual(['y', 'x', 'z'])
    expect(again.context.dots()).toEqual(siblings.context.dots())
  })

  test('never change their form: they lie on disks', () => {
    const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
    expect(hex(bytesOf(to => writeVectorClock(to, clock)))).toBe(
      '02010000000000000003000000000001000' + '0ac02',
    )
    expect(hex(bytesOf(to => writeHybrid(to, { wallMs: 1, counter: 2 })))).toBe('0200010000000000')
  })

  test('that no clock can have are refused', () => {
    const refused = (write: (to: ByteWriter) => void, read: (from: ByteReader) => unknown): void =>
      expect(() => read(new ByteReader(bytesOf(write)))).toThrow(DecodeError)
    const dot = (to: ByteWriter, id: number, counter: number): void => {
      to.u64big(BigInt(id))
      to.varint(counter)
    }
    refused(to => dot(to, 1, 0), readLamport)
    refused(to => to.varint(2 ** 40), readVectorClock)
    const disorder = (to: ByteWriter): void => {
      to.varint(2)
      dot(to, 2, 1)
      dot(to, 2, 1)
    }
    refused(disorder, readVectorClock)
    refused(to => {
      dot(to, 1, 3)
      writeVectorClock(to, clock)
    }, readVersion)
    const sibling = (...dots: readonly (readonly [number, number])[]): void =>
      refused(
        to => {
          writeVectorClock(to, clock)
          to.varint(dots.length)
          for (const [id, counter] of dots) {
            dot(to, id, counter)
            writeText(to, 'v')
          }
        },
        from => readSiblings(from, readText),
      )
    sibling([1, 4])
    sibling([2, 1])
    sibling([1, 2], [1, 2])
    sibling([2 ** 40, 1], [1, 3])
    refused(
      to => {
        writeVectorClock(to, clock)
        to.varint(2 ** 30)
      },
      from => readSiblings(from, readText),
    )
  })

  test('made up by anybody are refused with a DecodeError, or understood', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat({ max: 4 }), (bytes, count) => {
        const soup = Uint8Array.from([count, ...bytes])
        for (const read of READERS) {
          try {
            read(new ByteReader(soup))
          } catch (error) {
            expect(error).toBeInstanceOf(DecodeError)
          }
        }
      }),
      { numRuns: 2000 },
    )
  })
})
