/** What every codec of messages here does with bytes: called by the tests of each. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteReader, ByteWriter, DecodeError } from '../core/bytes.ts'

export interface MessageCodec<Message> {
  readonly encode: (message: Message, to: ByteWriter) => void
  readonly decode: (from: ByteReader) => Message
  /** One format version, then one of so many kinds. */
  readonly version: number
  readonly kinds: number
}

export function bytesOf<Message>(
  { encode }: Pick<MessageCodec<Message>, 'encode'>,
  message: Message,
): Uint8Array {
  const to = new ByteWriter()
  encode(message, to)
  return to.finish()
}

/** @param onRead what else is true of a message and its bytes */
export function codecConformance<Message>(
  codec: MessageCodec<Message>,
  messages: fc.Arbitrary<Message>,
  onRead: (message: Message, bytes: Uint8Array) => void,
): void {
  const { decode, version, kinds } = codec

  test('what was written is read, and takes as many bytes as was reckoned', () => {
    fc.assert(
      fc.property(messages, message => {
        const bytes = bytesOf(codec, message)
        expect(decode(new ByteReader(bytes))).toEqual(message)
        onRead(message, bytes)
      }),
      { numRuns: 300 },
    )
  })

  test('what anybody makes up is refused with a DecodeError, or understood', () => {
    const soup = fc.tuple(fc.nat({ max: kinds }), fc.uint8Array({ maxLength: 60 }))
    fc.assert(
      fc.property(soup, ([kind, rest]) => {
        try {
          const message = decode(new ByteReader(Uint8Array.of(version, kind, ...rest)))
          expect(decode(new ByteReader(bytesOf(codec, message)))).toEqual(message)
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('another version, and a kind that there is not, are refused', () => {
    for (const [of, kind] of [
      [version + 1, 0],
      [version, kinds],
    ]) {
      expect(() => decode(new ByteReader(Uint8Array.of(of!, kind!, 1, 1)))).toThrow(DecodeError)
    }
  })
}
