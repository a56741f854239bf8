/**
 * What holds for every message, whatever is in it: our bytes are the oracle's bytes, and what we read from its bytes
 * is what it wrote.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concatBytes } from '../../core/bytes.ts'
import { type ResponseHeader, type ResponseHeaderParts, responseIdentity } from './header.ts'
import { oracleBytes, oracleRewrite } from './oracle.conformance.ts'
import { decode, type ProtobufReader } from './protobuf-reader.ts'
import { encode, type ProtobufWriter } from './protobuf-writer.ts'

/** A header that was read, as it is written. */
export const parts = (header: ResponseHeader): ResponseHeaderParts => ({
  identity: responseIdentity(header.clusterId, header.memberId),
  revision: header.revision,
  raftTerm: header.raftTerm,
})

interface Case<M> {
  readonly name: string
  readonly arbitrary: fc.Arbitrary<M>
  readonly init: (message: M) => object
  readonly write: (to: ProtobufWriter, message: M) => void
  readonly read: (from: ProtobufReader) => M
}

/** Hides the type parameter, so that one list holds them all. */
export function messageCase<M>({ name, arbitrary, init, write, read }: Case<M>) {
  return {
    name,
    read: (bytes: Uint8Array) => decode(bytes, read),
    rewrite: (bytes: Uint8Array) => encode(decode(bytes, read), write),
    samples: arbitrary.map(message => ({
      message: message as unknown,
      ours: () => encode(message, write),
      theirs: () => oracleBytes(name, init(message)),
    })),
  }
}

export function conform(cases: readonly ReturnType<typeof messageCase>[]): void {
  describe.each(cases)('$name', ({ name, samples, read, rewrite }) => {
    test('is written as the second implementation writes it, and read back from it', () => {
      fc.assert(
        fc.property(samples, ({ message, ours, theirs }) => {
          expect(ours()).toEqual(theirs())
          expect(read(theirs())).toEqual(message)
        }),
        { numRuns: 50 },
      )
    })

    test('is merged as the second implementation merges it when fields come twice', () => {
      fc.assert(
        fc.property(samples, samples, (first, second) => {
          const twice = concatBytes([first.theirs(), second.theirs()])
          expect(rewrite(twice)).toEqual(oracleRewrite(name, twice))
        }),
        { numRuns: 50 },
      )
    })
  })
}
