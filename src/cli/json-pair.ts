/**
 * One key and its value as a line of JSON: `{"key":"...","value":"..."}`. Bytes that are not UTF-8 travel
 * as `keyBase64` and `valueBase64`, so that whatever was exported can be imported again, to the byte.
 */
export interface BytesPair {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** Throws at what is not UTF-8, and keeps a byte order mark. */
export const strictText = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function formatPair(pair: BytesPair): string {
  return JSON.stringify({ ...jsonBytes('key', pair.key), ...jsonBytes('value', pair.value) })
}

/** `{ name: text }`, or `{ nameBase64: ... }` if the bytes are not UTF-8. */
export function jsonBytes(name: string, bytes: Uint8Array): Record<string, string> {
  try {
    return { [name]: strictText.decode(bytes) }
  } catch {
    return { [`${name}Base64`]: Buffer.from(bytes).toString('base64') }
  }
}
