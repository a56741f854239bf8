import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteReader, ByteWriter, concatBytes, DecodeError } from '../../core/bytes.ts'
import type { NodeId } from '../../core/ids.ts'
import { utf8Bytes } from '../../core/utf8.ts'
import {
  type Hello,
  readHello,
  readRefusal,
  readWelcome,
  type Welcome,
  writeHello,
  writeRefusal,
  writeWelcome,
} from './hello.ts'
import { REFUSAL_TEXT_BYTES_MAX } from './limits.ts'

const id = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) as fc.Arbitrary<NodeId>
const hello: fc.Arbitrary<Hello> = fc.record({
  versionMin: fc.integer({ min: 0, max: 100 }),
  versionMax: fc.integer({ min: 100, max: 0xffff }),
  cluster: id,
  sender: id,
  receiver: id,
  lane: fc.constantFrom('prompt', 'data', 'bulk'),
  consensus: fc.constantFrom('raft', 'paxos'),
  address: fc.record({ host: fc.string({ maxLength: 60 }), port: fc.nat(0xffff) }),
  changes: fc.maxSafeNat(),
})
const welcome: fc.Arbitrary<Welcome> = fc.record({
  version: fc.integer({ min: 0, max: 0xffff }),
  cluster: id,
  sender: id,
})

/** What every greeting has: all but the name of the protocol. */
const HELLO_FIXED_BYTES = 4 + 2 + 2 + 8 + 8 + 8 + 1

function written(write: (to: ByteWriter) => void): Uint8Array {
  const to = new ByteWriter()
  write(to)
  return to.finish()
}

describe('greetings', () => {
  it('read as they were written, and ignore what a later version appended', () => {
    fc.assert(
      fc.property(hello, welcome, fc.uint8Array({ maxLength: 9 }), (sent, answer, more) => {
        const helloBytes = concatBytes([written(to => writeHello(to, sent)), more])
        expect(readHello(new ByteReader(helloBytes))).toEqual(sent)
        const welcomeBytes = concatBytes([written(to => writeWelcome(to, answer)), more])
        expect(readWelcome(new ByteReader(welcomeBytes))).toEqual(answer)
      }),
    )
  })

  it('that are noise or cut short throw DecodeError and nothing else', () => {
    const sample = fc.sample(hello, { numRuns: 1, seed: 1 })[0]!
    const whole = written(to => writeHello(to, sample))
    // Nodes of before there was a choice, before they said where they are, and before they counted changes, end here.
    const ends = [HELLO_FIXED_BYTES, HELLO_FIXED_BYTES + 1 + sample.consensus.length, whole.length - 8]
    for (let size = 0; size < whole.length; size++) {
      if (ends.includes(size)) continue
      expect(() => readHello(new ByteReader(whole.subarray(0, size)))).toThrow(DecodeError)
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), bytes => {
        for (const read of [readHello, readWelcome, readRefusal]) {
          expect(() => read(new ByteReader(bytes))).toThrow(DecodeError)
        }
      }),
    )
  })

  it('refuse an empty range of versions and an unknown lane', () => {
    const base: Hello = {
      versionMin: 2,
      versionMax: 1,
      cluster: 1n,
      sender: 2n as NodeId,
      receiver: 3n as NodeId,
      lane: 'bulk',
      consensus: 'raft',
      address: { host: 'h', port: 1 },
      changes: 0,
    }
    expect(() => readHello(new ByteReader(written(to => writeHello(to, base))))).toThrow(DecodeError)
    const bytes = written(to => writeHello(to, { ...base, versionMax: 2 }))
    // Behind the magic number, two versions and three ids.
    bytes[4 + 2 + 2 + 8 + 8 + 8] = 9
    expect(() => readHello(new ByteReader(bytes))).toThrow(DecodeError)
  })

  it('carry the reason of a refusal, with words of bounded length that are still text', () => {
    const text = 'é'.repeat(REFUSAL_TEXT_BYTES_MAX)
    const bytes = written(to => writeRefusal(to, { reason: 'unknown', text: `x${text}` }))
    const refusal = readRefusal(new ByteReader(bytes))
    expect(refusal.reason).toBe('unknown')
    expect(utf8Bytes(refusal.text).length).toBe(REFUSAL_TEXT_BYTES_MAX - 1)
  })

  it('read a reason that a later version invented as a protocol error', () => {
    const bytes = written(to => writeRefusal(to, { reason: 'unknown', text: 'why' }))
    bytes[4] = 200
    expect(readRefusal(new ByteReader(bytes))).toEqual({ reason: 'protocol', text: 'why' })
  })
})
