/** A line of an import: whatever would not come out as the bytes that were meant is refused. */
import { z } from 'zod'
import { type BytesPair, strictText } from './json-pair.ts'

const base64 = z.base64()
/** Half of a surrogate pair has no UTF-8: it would silently become something else. */
const text = z.string().refine(value => !/\p{Surrogate}/u.test(value), 'half a surrogate pair is not text')
const shape = z
  .strictObject({
    key: text.optional(),
    keyBase64: base64.optional(),
    value: text.optional(),
    valueBase64: base64.optional(),
  })
  .refine(pair => (pair.key === undefined) !== (pair.keyBase64 === undefined), 'needs "key" or "keyBase64"')
  .refine(
    pair => (pair.value === undefined) !== (pair.valueBase64 === undefined),
    'needs "value" or "valueBase64"',
  )

/** The pair, or what is wrong with the line. */
export function parsePair(line: Uint8Array): BytesPair | string {
  let json: unknown
  try {
    json = JSON.parse(strictText.decode(line))
  } catch (error) {
    return error instanceof SyntaxError ? 'not JSON' : 'not UTF-8'
  }
  const parsed = shape.safeParse(json)
  if (!parsed.success) return parsed.error.issues.map(issue => issue.message).join('; ')
  const { key, keyBase64, value, valueBase64 } = parsed.data
  const bytes = { key: decode(key, keyBase64), value: decode(value, valueBase64) }
  return bytes.key.length === 0 ? 'the key is empty' : bytes
}

function decode(text: string | undefined, encoded: string | undefined): Uint8Array {
  return text === undefined ? Buffer.from(encoded ?? '', 'base64') : Buffer.from(text, 'utf8')
}
