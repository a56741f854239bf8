import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DecodeError } from '../../core/bytes.ts'
import { readMemberListResponse } from './cluster.ts'
import { readCompactionRequest } from './compaction.ts'
import { readDeleteRangeRequest, readDeleteRangeResponse } from './delete-range.ts'
import { NESTING_MAX, TXN_ELEMENTS_MAX } from './limits.ts'
import { readEmpty, readHashKvResponse, readStatusResponse } from './maintenance.ts'
import { bytesTag, decode, ProtobufReader, varintTag } from './protobuf-reader.ts'
import { encode, ProtobufWriter, varintBytes } from './protobuf-writer.ts'
import { PUT_DEFAULTS, readPutRequest, readPutResponse, writePutRequest } from './put.ts'
import { readRangeRequest, readRangeResponse } from './range.ts'
import { readTxnRequest, writeTxnRequest } from './txn-request.ts'
import { readTxnResponse } from './txn-response.ts'

const reader = (...bytes: number[]) => new ProtobufReader(new Uint8Array(bytes))

/** The bytes of a varint, without a tag. */
function varint(value: bigint): number[] {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, value)
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  }
  return [...bytes, Number(rest)]
}

const int64s = fc.oneof(
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
  fc.constantFrom(2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n), -(2n ** 53n) + 1n, 2n ** 63n - 1n),
  fc.bigInt(-(2n ** 33n), 2n ** 33n),
)

describe('ProtobufReader', () => {
  test('reads a 64-bit number exactly up to 2^53 and saturates beyond, on both sides', () => {
    const limit = BigInt(Number.MAX_SAFE_INTEGER)
    fc.assert(
      fc.property(int64s, value => {
        const clamped = value > limit ? limit : value < -limit ? -limit : value
        expect(reader(...varint(value)).int64()).toBe(Number(clamped))
        const unsigned = BigInt.asUintN(64, value)
        expect(reader(...varint(value)).uint64()).toBe(Number(unsigned > limit ? limit : unsigned))
      }),
    )
  })

  test('reads ids exactly, signed and unsigned', () => {
    fc.assert(
      fc.property(int64s, value => {
        expect(reader(...varint(value)).int64big()).toBe(value)
        expect(reader(...varint(value)).uint64big()).toBe(BigInt.asUintN(64, value))
      }),
    )
  })

  test('accepts a varint with needless bytes, and refuses one beyond ten bytes or 64 bits', () => {
    expect(reader(0x81, 0x80, 0x00).int64()).toBe(1)
    expect(reader(...Array(9).fill(0x80), 0).int64()).toBe(0)
    expect(() => reader(...Array(10).fill(0x80), 0).int64()).toThrow(DecodeError)
    expect(() => reader(...Array(9).fill(0xff), 2).int64()).toThrow(DecodeError)
  })

  test('reads any varint but zero as true, also one whose low bits are zero', () => {
    expect(reader(0).bool()).toBe(false)
    expect(reader(...varint(2n ** 40n)).bool()).toBe(true)
    expect(reader(...varint(-1n)).bool()).toBe(true)
  })

  test('refuses field number 0, groups and the wire types that do not exist', () => {
    expect(() => decode(new Uint8Array([0x02, 0]), readPutRequest)).toThrow('invalid field number')
    for (const wireType of [3, 4, 6, 7]) {
      expect(() => decode(new Uint8Array([(1 << 3) | wireType]), readPutRequest)).toThrow('invalid wire type')
    }
  })

  test('passes over unknown fields of every wire type, and known ones of the wrong type', () => {
    const noise = [
      ...[0x78, 0x96, 0x01], // 15: varint
      ...[0x79, 1, 2, 3, 4, 5, 6, 7, 8], // 15: 64 bits
      ...[0x7a, 2, 0xff, 0xff], // 15: bytes
      ...[0x7d, 1, 2, 3, 4], // 15: 32 bits
      ...[0xfa, 0xff, 0xff, 0xff, 0x0f, 1, 7], // 2^29 - 1: bytes
      ...[0x08, 5], // 1 is bytes, not a varint
      ...[0x1a, 1, 5], // 3 is a varint, not bytes
    ]
    const put = { ...PUT_DEFAULTS, key: new Uint8Array([107]), lease: 3n }
    const bytes = new Uint8Array([...noise, ...encode(put, writePutRequest), ...noise])
    expect(decode(bytes, readPutRequest)).toEqual(put)
  })

  test('refuses a length beyond the message, also that of the message around it', () => {
    expect(() => decode(new Uint8Array([bytesTag(1), 5, 1, 2]), readPutRequest)).toThrow('truncated')
    // The inner key claims three bytes; its message ends after one, though the buffer does not.
    const beyondInner = new Uint8Array([bytesTag(2), 5, bytesTag(1), 3, bytesTag(1), 3, 7, 7, 7, 7])
    expect(() => decode(beyondInner, readTxnRequest)).toThrow('truncated')
    const huge = new Uint8Array([bytesTag(1), ...varint(2n ** 31n)])
    expect(() => decode(huge, readPutRequest)).toThrow(DecodeError)
    const negative = new Uint8Array([bytesTag(1), ...varint(-1n)])
    expect(() => decode(negative, readPutRequest)).toThrow(DecodeError)
  })

  test('refuses text that is not UTF-8', () => {
    expect(() => decode(new Uint8Array([bytesTag(2), 1, 0xff]), readStatusResponse)).toThrow(DecodeError)
  })

  test('refuses messages nested too deeply instead of exhausting the stack', () => {
    const nested = (levels: number) => {
      let bytes = new Uint8Array(0)
      for (let i = 0; i < levels; i++) {
        // success: [{ request_txn: ... }]
        const inner = [bytesTag(4), ...varint(BigInt(bytes.length)), ...bytes]
        bytes = new Uint8Array([bytesTag(2), ...varint(BigInt(inner.length)), ...inner])
      }
      return bytes
    }
    expect(() => decode(nested(NESTING_MAX / 2), readTxnRequest)).not.toThrow()
    expect(() => decode(nested(NESTING_MAX / 2 + 1), readTxnRequest)).toThrow('nested too deeply')
    expect(() => decode(nested(600), readTxnRequest)).toThrow(DecodeError)
  })

  test('refuses a transaction of more elements than its limit before allocating them', () => {
    const many = (count: number) => new Uint8Array(2 * count).map((_, i) => (i % 2 === 0 ? bytesTag(2) : 0))
    expect(decode(many(TXN_ELEMENTS_MAX), readTxnRequest).success).toHaveLength(TXN_ELEMENTS_MAX)
    expect(() => decode(many(TXN_ELEMENTS_MAX + 1), readTxnRequest)).toThrow('elements')
  })

  test('merges a transaction that comes many times in linear time', () => {
    const element = [bytesTag(1), 0]
    const first = Array.from({ length: 30_000 }, () => element).flat()
    const repeats = Array.from({ length: 30_000 }, () => [bytesTag(4), 0]).flat()
    const op = [bytesTag(4), ...varint(BigInt(first.length)), ...first, ...repeats]
    const bytes = new Uint8Array([bytesTag(2), ...varint(BigInt(op.length)), ...op])
    const [operation] = decode(bytes, readTxnRequest).success
    expect(operation?.kind === 'txn' && operation.txn.compare.length).toBe(30_000)
  })
})

describe('bytes from outside', () => {
  const READS: ((from: ProtobufReader) => unknown)[] = [
    from => readRangeRequest(from),
    from => readRangeResponse(from),
    from => readPutRequest(from),
    from => readPutResponse(from),
    from => readDeleteRangeRequest(from),
    from => readDeleteRangeResponse(from),
    from => readTxnRequest(from),
    from => readTxnResponse(from),
    from => readCompactionRequest(from),
    from => readStatusResponse(from),
    from => readHashKvResponse(from),
    from => readMemberListResponse(from),
    readEmpty,
  ]

  const onlyDecodeErrors = (bytes: Uint8Array) => {
    for (const read of READS) {
      try {
        decode(bytes, read)
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError)
      }
    }
  }

  test('that are arbitrary give a message or a DecodeError', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), onlyDecodeErrors), { numRuns: 700 })
  })

  /** Bytes that look like fields more often than chance would have it. */
  const fieldLike = fc
    .array(
      fc.oneof(
        fc.integer({ min: 1, max: 13 }).map(field => [varintTag(field), field]),
        fc
          .tuple(fc.integer({ min: 1, max: 11 }), fc.nat(20))
          .map(([field, length]) => [bytesTag(field), length]),
        fc.uint8Array({ maxLength: 3 }).map(bytes => [...bytes]),
      ),
      { maxLength: 60 },
    )
    .map(parts => new Uint8Array(parts.flat()))

  test('that look like fields give a message or a DecodeError', () => {
    fc.assert(fc.property(fieldLike, onlyDecodeErrors), { numRuns: 700 })
  })

  test('that are a message with flipped, missing or repeated bytes give a message or a DecodeError', () => {
    const put = {
      ...PUT_DEFAULTS,
      key: new Uint8Array(5).fill(107),
      value: new Uint8Array(20),
      lease: 1n << 60n,
    }
    const operation = { kind: 'put', put } as const
    const inner = { compare: [], success: [operation], failure: [operation] }
    const txn = encode({ ...inner, failure: [{ kind: 'txn', txn: inner }] }, writeTxnRequest)
    const mutation = fc.record({ at: fc.nat(txn.length - 1), to: fc.nat(255), cut: fc.nat(txn.length) })
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 3 }), mutations => {
        let bytes: Uint8Array = txn.slice()
        for (const { at, to, cut } of mutations) {
          if (to % 3 === 0) bytes = bytes.slice(0, cut)
          else if (to % 3 === 1) bytes = new Uint8Array([...bytes.slice(0, cut), ...bytes.slice(at)])
          else bytes[at] = to
        }
        onlyDecodeErrors(bytes)
      }),
      { numRuns: 700 },
    )
  })
})

describe('ProtobufWriter', () => {
  test('moves an inner message up when its length needs more than one byte', () => {
    for (const length of [0, 1, 127, 128, 16_383, 16_384, 2_097_152]) {
      const to = new ProtobufWriter(16)
      const start = to.begin(1)
      to.encoded(new Uint8Array(length).fill(7))
      to.end(start)
      const from = new ProtobufReader(to.written())
      expect(from.tag()).toBe(bytesTag(1))
      const read = from.bytes()
      expect(read.length).toBe(length)
      expect(read.every(byte => byte === 7)).toBe(true)
      expect(from.more()).toBe(false)
    }
  })

  test('knows how long a varint will be', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.maxSafeInteger().map(Math.abs),
          fc.nat(40).map(bit => 2 ** bit),
        ),
        value => {
          const bytes = encode(undefined, to => to.int64Member(1, value))
          expect(varintBytes(value)).toBe(bytes.length - 1)
        },
      ),
    )
  })

  test('can be used again, and does not keep a buffer that one large message needed', () => {
    const to = new ProtobufWriter(16)
    to.bytes(1, new Uint8Array(3 * 1024 * 1024))
    expect(to.length).toBeGreaterThan(3 * 1024 * 1024)
    to.reset()
    to.bool(1, true)
    expect(to.written()).toEqual(new Uint8Array([8, 1]))
    expect(to.written().buffer.byteLength).toBe(16)
  })
})
