/** Metadata of calls, as header fields: text as it is, bytes under names that end in `-bin` in base64. */

import { base64Bytes, base64Text } from '../../core/base64.ts'
import { HeaderField, type Indexing } from '../hpack/header-field.ts'

/**
 * A field to send with calls. `always` suits one that is kept and sent with every call; `never` a token that
 * nobody on the way may put in a table.
 */
export function metadataField(
  name: string,
  value: string | Uint8Array,
  indexing: Indexing = 'once',
): HeaderField {
  return new HeaderField(name.toLowerCase(), typeof value === 'string' ? value : base64Text(value), indexing)
}

/** The bytes of a `-bin` value as it was received. Throws `DecodeError`. */
export function metadataBytes(value: string): Uint8Array {
  return base64Bytes(value)
}
