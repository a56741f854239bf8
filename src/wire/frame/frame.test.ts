import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteWriter, concatBytes, DecodeError } from '../../core/bytes.ts'
import { crc32c } from '../../core/crc32c.ts'
import type { GroupId } from '../../core/ids.ts'
import { FRAME_HEADER_BYTES, FRAME_KIND, writeFrame } from './frame.ts'
import { FrameDecoder } from './frame-decoder.ts'

interface Frame {
  readonly kind: number
  readonly group: number
  readonly payload: Uint8Array
}

const frames = fc.array(
  fc.record({
    kind: fc.integer({ min: 0, max: 255 }),
    group: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    payload: fc.uint8Array({ maxLength: 600 }),
  }),
  { minLength: 1, maxLength: 8 },
)

function encode(sent: readonly Frame[]): Uint8Array {
  const writer = new ByteWriter(64)
  return concatBytes(
    sent.map(frame => {
      writeFrame(writer, crc32c, frame.kind, frame.group as GroupId, to => to.bytes(frame.payload))
      return writer.finish()
    }),
  )
}

/** A decoder that remembers what it handed out, copied as the contract asks for. */
function collector(frameBytesMax?: number): { decoder: FrameDecoder; taken: Frame[] } {
  const taken: Frame[] = []
  const take = (kind: number, group: GroupId, payload: Uint8Array): boolean => {
    taken.push({ kind, group, payload: payload.slice() })
    return true
  }
  return { decoder: new FrameDecoder(crc32c, take, frameBytesMax), taken }
}

/** Cuts at the given fractions; each chunk is a copy that is overwritten once it was pushed. */
function pushInChunks(decoder: FrameDecoder, stream: Uint8Array, cuts: readonly number[]): void {
  const places = [...new Set(cuts.map(cut => Math.floor(cut * stream.length)))].sort((a, b) => a - b)
  let from = 0
  for (const to of [...places, stream.length]) {
    const chunk = stream.slice(from, to)
    decoder.push(chunk)
    chunk.fill(0xdd)
    from = to
  }
}

describe('frames', () => {
  it('have this layout, to the byte', () => {
    const stream = encode([
      { kind: FRAME_KIND.message, group: 0x01020304, payload: Uint8Array.of(0xaa, 0xbb) },
    ])
    const hex = [...stream].map(byte => byte.toString(16).padStart(2, '0')).join(' ')
    expect(hex).toMatchInlineSnapshot(`"07 00 00 00 f8 ff ff ff 57 86 b8 83 05 04 03 02 01 aa bb"`)
  })

  it('come out as they went in, wherever the stream is cut', () => {
    fc.assert(
      fc.property(
        frames,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 }),
        (sent, cuts) => {
          const { decoder, taken } = collector()
          pushInChunks(decoder, encode(sent), cuts)
          expect(taken).toEqual(sent)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('come out as they went in, byte by byte', () => {
    const sent = [1, 0, 300].map((size, i) => ({
      kind: i,
      group: i,
      payload: new Uint8Array(size).fill(i + 1),
    }))
    const { decoder, taken } = collector()
    for (const byte of encode(sent)) decoder.push(Uint8Array.of(byte))
    expect(taken).toEqual(sent)
  })

  it('are handed out at once: no byte behind a frame is needed to see it', () => {
    const stream = encode([{ kind: 5, group: 1, payload: new Uint8Array(100) }])
    const { decoder, taken } = collector()
    decoder.push(stream.subarray(0, stream.length - 1))
    expect(taken).toHaveLength(0)
    decoder.push(stream.subarray(stream.length - 1))
    expect(taken).toHaveLength(1)
  })

  it('are views of the chunk, without a copy, if they lie in one', () => {
    const stream = encode([{ kind: 5, group: 1, payload: new Uint8Array(100).fill(3) }])
    let payload: Uint8Array | undefined
    new FrameDecoder(crc32c, (_kind, _group, bytes) => {
      payload = bytes
      return true
    }).push(stream)
    expect(payload?.buffer).toBe(stream.buffer)
    expect(payload?.byteOffset).toBe(stream.byteOffset + FRAME_HEADER_BYTES)
  })

  it('never come out damaged: any changed byte is noticed by the end of its frame', () => {
    fc.assert(
      fc.property(
        frames,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 5 }),
        (sent, place, flip, cuts) => {
          const stream = encode(sent)
          const at = place % stream.length
          stream[at] = stream[at]! ^ flip
          const { decoder, taken } = collector()
          expect(() => pushInChunks(decoder, stream, cuts)).toThrow(DecodeError)
          expect(taken.length).toBeLessThan(sent.length)
          expect(taken).toEqual(sent.slice(0, taken.length))
        },
      ),
      { numRuns: 500 },
    )
  })

  it('that are noise are refused with a DecodeError and nothing else', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 8 }), chunks => {
        const { decoder, taken } = collector()
        try {
          for (const chunk of chunks) decoder.push(chunk)
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
        }
        expect(taken).toEqual([])
      }),
      { numRuns: 500 },
    )
  })

  it('longer than allowed are refused by their header, before their bytes come', () => {
    const stream = encode([{ kind: 5, group: 1, payload: new Uint8Array(1000) }])
    expect(() => collector(1000).decoder.push(stream.subarray(0, FRAME_HEADER_BYTES))).toThrow(DecodeError)
    const { decoder, taken } = collector(1000 + FRAME_HEADER_BYTES)
    decoder.push(stream)
    expect(taken).toHaveLength(1)
  })

  it('shorter than their own header are refused', () => {
    const writer = new ByteWriter()
    for (const word of [4, ~4 >>> 0, crc32c(new Uint8Array(4)), 0, 0]) writer.u32(word)
    expect(() => collector().decoder.push(writer.finish())).toThrow(DecodeError)
  })

  it('stop coming after damage, whatever follows', () => {
    const good = encode([{ kind: 5, group: 1, payload: new Uint8Array(10) }])
    const bad = good.slice()
    bad[13] = bad[13]! ^ 1
    const { decoder, taken } = collector()
    expect(() => decoder.push(concatBytes([good, bad, good]))).toThrow(DecodeError)
    decoder.push(good)
    expect(taken).toHaveLength(1)
    bad[0] = bad[0]! ^ 1
    const late = collector()
    late.decoder.push(bad.subarray(0, 8))
    expect(() => late.decoder.push(bad.subarray(8))).toThrow(DecodeError)
    late.decoder.push(good)
    expect(late.taken).toHaveLength(0)
  })

  it('stop coming when the handler says so, in the middle of a chunk and of a frame', () => {
    const stream = encode([1, 2, 3].map(kind => ({ kind, group: 1, payload: new Uint8Array(kind) })))
    for (const cut of [stream.length, 20, 40]) {
      const kinds: number[] = []
      const decoder = new FrameDecoder(crc32c, kind => {
        kinds.push(kind)
        return kinds.length < 2
      })
      decoder.push(stream.subarray(0, cut))
      decoder.push(stream.subarray(cut))
      expect(kinds).toEqual([1, 2])
    }
  })

  it('may grow once the handler trusts the other end', () => {
    const sent = [10, 5000].map(size => ({ kind: 5, group: 1, payload: new Uint8Array(size) }))
    let count = 0
    const decoder = new FrameDecoder(
      crc32c,
      () => {
        count++
        decoder.frameBytesMax = 10_000
        return true
      },
      100,
    )
    decoder.push(encode(sent))
    expect(count).toBe(2)
  })

  it('large ones are assembled from many chunks, and small ones behind them are not lost', () => {
    const sent = [3_000_000, 5, 70_000, 0].map((size, i) => ({
      kind: i,
      group: 9,
      payload: new Uint8Array(size).map((_, at) => at * 7 + i),
    }))
    const stream = encode(sent)
    const { decoder, taken } = collector()
    for (let at = 0; at < stream.length; at += 65_536) decoder.push(stream.subarray(at, at + 65_536))
    expect(taken.length).toBe(4)
    for (const [i, frame] of taken.entries()) expect(crc32c(frame.payload)).toBe(crc32c(sent[i]!.payload))
  })
})
