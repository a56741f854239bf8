/** The static table (RFC 7541 appendix A): sixty-one fields that both ends know from the start. */
import { HeaderField } from './header-field.ts'

// biome-ignore format: one field a line, as in the appendix
const ENTRIES: readonly (readonly [string, string])[] = [
  [':authority', ''],
  [':method', 'GET'],
  [':method', 'POST'],
  [':path', '/'],
  [':path', '/index.html'],
  [':scheme', 'http'],
  [':scheme', 'https'],
  [':status', '200'],
  [':status', '204'],
  [':status', '206'],
  [':status', '304'],
  [':status', '400'],
  [':status', '404'],
  [':status', '500'],
  ['accept-charset', ''],
  ['accept-encoding', 'gzip, deflate'],
  ['accept-language', ''],
  ['accept-ranges', ''],
  ['accept', ''],
  ['access-control-allow-origin', ''],
  ['age', ''],
  ['allow', ''],
  ['authorization', ''],
  ['cache-control', ''],
  ['content-disposition', ''],
  ['content-encoding', ''],
  ['content-language', ''],
  ['content-length', ''],
  ['content-location', ''],
  ['content-range', ''],
  ['content-type', ''],
  ['cookie', ''],
  ['date', ''],
  ['etag', ''],
  ['expect', ''],
  ['expires', ''],
  ['from', ''],
  ['host', ''],
  ['if-match', ''],
  ['if-modified-since', ''],
  ['if-none-match', ''],
  ['if-range', ''],
  ['if-unmodified-since', ''],
  ['last-modified', ''],
  ['link', ''],
  ['location', ''],
  ['max-forwards', ''],
  ['proxy-authenticate', ''],
  ['proxy-authorization', ''],
  ['range', ''],
  ['referer', ''],
  ['refresh', ''],
  ['retry-after', ''],
  ['server', ''],
  ['set-cookie', ''],
  ['strict-transport-security', ''],
  ['transfer-encoding', ''],
  ['user-agent', ''],
  ['vary', ''],
  ['via', ''],
  ['www-authenticate', ''],
]

export const STATIC_TABLE_LENGTH = ENTRIES.length

/** By index; entry 0 does not exist. */
export const STATIC_TABLE: readonly HeaderField[] = [
  new HeaderField('', ''),
  ...ENTRIES.map(([name, value]) => new HeaderField(name, value)),
]

const ENTRY_INDEXES = new Map<HeaderField, number>()
const NAMES = new Map<string, number>()
const FIELDS = new Map<string, number>()
for (let index = STATIC_TABLE_LENGTH; index > 0; index--) {
  const field = STATIC_TABLE[index]!
  ENTRY_INDEXES.set(field, index)
  NAMES.set(field.name, index)
  FIELDS.set(keyOf(field.name, field.value), index)
}

/** The lowest index of an entry with this name; 0 without one. */
export function staticNameIndex(name: string): number {
  return NAMES.get(name) ?? 0
}

/** The index of the entry that equals this field; 0 without one. Quick for entries of `STATIC_TABLE`. */
export function staticFieldIndex(field: HeaderField): number {
  return ENTRY_INDEXES.get(field) ?? FIELDS.get(keyOf(field.name, field.value)) ?? 0
}

/** The entry itself, for those who will send it. */
export function staticField(name: string, value: string): HeaderField {
  return STATIC_TABLE[FIELDS.get(keyOf(name, value)) ?? 0]!
}

function keyOf(name: string, value: string): string {
  return `${name}\n${value}`
}
