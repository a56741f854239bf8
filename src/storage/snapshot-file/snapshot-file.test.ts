import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareBytes, concatBytes, EMPTY } from '../../core/bytes.ts'
import { crc32c } from '../../core/crc32c.ts'
import { QuorateError } from '../../core/errors.ts'
import type { Ballot, Index } from '../../core/ids.ts'
import { portableSha256 } from '../../core/sha256.ts'
import type { ClusterTime } from '../../core/time.ts'
import type { DiskFile } from '../../runtime/disk.ts'
import type { StoreCursor } from '../../runtime/store.ts'
import { SnapshotBlocks } from './snapshot-blocks.ts'
import type { SnapshotHead } from './snapshot-head.ts'
import { SnapshotReader } from './snapshot-reader.ts'

type Pair = readonly [key: Uint8Array, value: Uint8Array]

const HEAD: SnapshotHead = {
  clusterId: 0xdeadbeefdeadbeefn,
  index: 77 as Index,
  ballot: 3 as Ballot,
  time: 123_456 as ClusterTime,
  revision: 42,
}

function cursorOf(pairs: readonly Pair[]): StoreCursor {
  let at = -1
  let passing = EMPTY
  return {
    next: () => {
      passing.fill(0xdd)
      return ++at < pairs.length
    },
    get key() {
      return pairs[at]![0]
    },
    get value() {
      return pairs[at]![1]
    },
    get valueUntilNext() {
      passing = pairs[at]![1].slice()
      return passing
    },
  }
}

function fileOf(pairs: readonly Pair[], isLive: (key: Uint8Array) => boolean = () => true): Uint8Array {
  const sha256 = portableSha256()
  const blocks = new SnapshotBlocks({ head: HEAD, cursor: cursorOf(pairs), isLive, checksum: crc32c, sha256 })
  const parts: Uint8Array[] = []
  for (let part = blocks.next(); part !== undefined; part = blocks.next()) parts.push(part)
  expect(blocks.isOver).toBe(true)
  return concatBytes(parts)
}

/** Only what a reader needs. */
function onDisk(bytes: Uint8Array): DiskFile {
  const read = (at: number, into: Uint8Array): number => {
    const piece = bytes.subarray(at, at + into.length)
    into.set(piece)
    return piece.length
  }
  return { path: 'snapshot', size: () => bytes.length, read } as unknown as DiskFile
}

function readAll(bytes: Uint8Array): { head: SnapshotHead; pairs: Pair[] } {
  const reader = new SnapshotReader(onDisk(bytes), crc32c, portableSha256())
  const pairs: Pair[] = []
  while (reader.next((key, value) => pairs.push([key, value]))) {}
  expect(reader.pairs).toBe(pairs.length)
  expect(reader.bytesDone).toBe(bytes.length)
  return { head: reader.head, pairs }
}

const anyPairs = fc
  .uniqueArray(fc.tuple(fc.uint8Array({ maxLength: 9 }), fc.uint8Array({ maxLength: 90 })), {
    selector: ([key]) => key.join(),
    maxLength: 60,
  })
  .map(pairs => pairs.toSorted(([a], [b]) => compareBytes(a, b)))

test('what was written is read, the live pairs in their order', () => {
  fc.assert(
    fc.property(anyPairs, pairs => {
      const isLive = (key: Uint8Array): boolean => key.length % 3 !== 0
      const { head, pairs: read } = readAll(fileOf(pairs, isLive))
      expect(head).toEqual(HEAD)
      expect(read).toEqual(pairs.filter(([key]) => isLive(key)))
    }),
  )
})

test('large pairs, and more of them than a block holds', () => {
  const pairs = Array.from(
    { length: 20 },
    (_, i): Pair => [Uint8Array.of(i), new Uint8Array(i * 5_000).fill(i)],
  )
  const { pairs: read } = readAll(fileOf(pairs))
  expect(read).toHaveLength(pairs.length)
  for (const [i, [key, value]] of pairs.entries()) {
    expect(compareBytes(read[i]![0], key)).toBe(0)
    expect(compareBytes(read[i]![1], value)).toBe(0)
  }
})

test('a file is whole units of 512 bytes, and then a hash, as etcd expects it', () => {
  fc.assert(
    fc.property(anyPairs, pairs => {
      expect(fileOf(pairs).length % 512).toBe(32)
    }),
  )
})

const SMALL = fileOf([
  [Uint8Array.of(1), Uint8Array.of(2, 3)],
  [Uint8Array.of(4), Uint8Array.of()],
])

/** The code with which a file is refused. */
function refusal(bytes: Uint8Array): string | undefined {
  try {
    readAll(bytes)
    return undefined
  } catch (error) {
    return error instanceof QuorateError ? error.code : String(error)
  }
}

test('every byte that changes is noticed', () => {
  for (let at = 0; at < SMALL.length; at++) {
    const changed = SMALL.slice()
    changed[at]! ^= 0x10
    expect(refusal(changed), `byte ${at}`).toMatch(/^QUORATE_SNAPSHOT_(DAMAGED|FORMAT)$/)
  }
})

test('every end that is missing is noticed, and whatever follows', () => {
  for (let length = 0; length < SMALL.length; length++) {
    expect(refusal(SMALL.subarray(0, length)), `${length} bytes`).toMatch(
      /^QUORATE_SNAPSHOT_(DAMAGED|FORMAT)$/,
    )
  }
  expect(refusal(concatBytes([SMALL, Uint8Array.of(0)]))).toBe('QUORATE_SNAPSHOT_DAMAGED')
})

test('what is no snapshot, or one of a version to come, is told apart from damage', () => {
  expect(refusal(new Uint8Array(5_000))).toBe('QUORATE_SNAPSHOT_FORMAT')
  expect(refusal(new TextEncoder().encode('hello '.repeat(100)))).toBe('QUORATE_SNAPSHOT_FORMAT')
})
