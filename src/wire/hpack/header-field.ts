/**
 * One header field. Names and values are strings of bytes (each character is one byte, U+0000 to U+00FF),
 * because that is what HTTP says they are. Fields are shared: an indexed field is the same object each time,
 * so a receiver may compare by identity and nothing is built twice.
 */
import { HPACK_ENTRY_OVERHEAD_BYTES } from './limits.ts'

/** What RFC 9113 §8.2 and §8.3 make of a field's name; found once per name, when it first appears. */
export const FieldKind = {
  regular: 0,
  method: 1,
  scheme: 2,
  path: 3,
  authority: 4,
  status: 5,
  te: 6,
  contentLength: 7,
  /** `connection` and its like: they belong to HTTP/1.1 and make a message malformed. */
  connectionSpecific: 8,
  /** An upper-case letter, a control character, an unknown pseudo-header, nothing at all. */
  malformed: 9,
} as const

export type FieldKind = (typeof FieldKind)[keyof typeof FieldKind]

const KINDS: ReadonlyMap<string, FieldKind> = new Map<string, FieldKind>([
  [':method', FieldKind.method],
  [':scheme', FieldKind.scheme],
  [':path', FieldKind.path],
  [':authority', FieldKind.authority],
  [':status', FieldKind.status],
  ['te', FieldKind.te],
  ['content-length', FieldKind.contentLength],
  ['connection', FieldKind.connectionSpecific],
  ['proxy-connection', FieldKind.connectionSpecific],
  ['keep-alive', FieldKind.connectionSpecific],
  ['transfer-encoding', FieldKind.connectionSpecific],
  ['upgrade', FieldKind.connectionSpecific],
])

/**
 * How a field is sent: `always` is indexed, for what is sent again and again and is one long-lived object;
 * `once` is not worth a place in the table; `never` is for secrets, which nobody on the way may index either
 * (RFC 7541 §7.1.3).
 */
export type Indexing = 'always' | 'once' | 'never'

const COLON = 0x3a

export class HeaderField {
  readonly name: string
  readonly value: string
  /** As RFC 7541 §4.1 counts it. */
  readonly size: number
  readonly kind: FieldKind
  readonly indexing: Indexing

  constructor(name: string, value: string, indexing: Indexing = 'once', kind = kindOfName(name)) {
    this.name = name
    this.value = value
    this.size = name.length + value.length + HPACK_ENTRY_OVERHEAD_BYTES
    this.indexing = indexing
    // Only a bad value can make two fields of one name differ in kind.
    this.kind = kind !== FieldKind.malformed && isFieldValue(value) ? kind : FieldKind.malformed
  }
}

export function kindOfName(name: string): FieldKind {
  const known = KINDS.get(name)
  if (known !== undefined) return known
  if (name.length === 0) return FieldKind.malformed
  for (let i = 0; i < name.length; i++) {
    const byte = name.charCodeAt(i)
    const upper = byte >= 0x41 && byte <= 0x5a
    if (byte <= 0x20 || byte >= 0x7f || byte === COLON || upper) return FieldKind.malformed
  }
  return FieldKind.regular
}

/** RFC 9113 §8.2.1: no NUL, CR or LF, and no blank at either end. */
function isFieldValue(value: string): boolean {
  const length = value.length
  for (let i = 0; i < length; i++) {
    const byte = value.charCodeAt(i)
    if (byte === 0 || byte === 10 || byte === 13) return false
  }
  return length === 0 || !(isBlank(value.charCodeAt(0)) || isBlank(value.charCodeAt(length - 1)))
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09
}
