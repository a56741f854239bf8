/**
 * Plain data as JSON that people can read, and back: combinators that say of each field what it is. What equals
 * its default is left out. Bytes that are printable ASCII stand as text, others as `{"hex": "00ff"}`; 64-bit
 * numbers as decimal text. Decoding throws `DecodeError` and nothing else, whatever it is given.
 */
import { DecodeError } from '../../core/bytes.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

export interface JsonCodec<T> {
  /** Undefined: the default, to be left out. */
  encode(value: T): Json | undefined
  /** @param path where in the document it stands, for errors. */
  decode(json: Json | undefined, path: string): T
}

export const jsonNumber: JsonCodec<number> = {
  encode: value => (value === 0 ? undefined : value),
  decode(json, path) {
    if (json === undefined) return 0
    return typeof json === 'number' ? json : wrong(path, 'a number')
  },
}

export const jsonFlag: JsonCodec<boolean> = {
  encode: value => value || undefined,
  decode(json, path) {
    if (json === undefined) return false
    return typeof json === 'boolean' ? json : wrong(path, 'true or false')
  },
}

/** A whole number beyond what a double holds. */
export const jsonBigInt: JsonCodec<bigint> = {
  encode: value => (value === 0n ? undefined : `${value}`),
  decode(json, path) {
    if (json === undefined) return 0n
    return typeof json === 'string' && /^-?[0-9]{1,20}$/.test(json)
      ? BigInt(json)
      : wrong(path, 'a whole number')
  },
}

export const jsonBytes: JsonCodec<Uint8Array> = {
  encode(value) {
    if (value.length === 0) return undefined
    return value.every(isPrintable) ? textOf(value) : { hex: hexOf(value) }
  },
  decode(json, path) {
    if (json === undefined) return new Uint8Array()
    if (typeof json === 'string') {
      if (!/^[\x20-\x7e]*$/.test(json)) return wrong(path, 'printable ASCII')
      return Uint8Array.from(json, character => character.charCodeAt(0))
    }
    const hex = isObject(json) ? json['hex'] : undefined
    if (typeof hex !== 'string' || !/^([0-9a-f]{2})*$/.test(hex)) return wrong(path, 'text or {"hex": ...}')
    return Uint8Array.from({ length: hex.length / 2 }, (_, i) =>
      Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16),
    )
  },
}

/** One of a few words; never left out. */
export function jsonWord<Word extends string>(words: readonly Word[]): JsonCodec<Word> {
  return {
    encode: value => value,
    decode: (json, path) => words.find(word => word === json) ?? wrong(path, `one of ${words.join(', ')}`),
  }
}

export function jsonList<T>(element: JsonCodec<T>): JsonCodec<readonly T[]> {
  return {
    encode: values => (values.length === 0 ? undefined : values.map(value => element.encode(value) ?? null)),
    decode(json, path) {
      if (json === undefined) return []
      if (!Array.isArray(json)) return wrong(path, 'a list')
      return json.map((each: Json, i) => element.decode(each === null ? undefined : each, `${path}[${i}]`))
    },
  }
}

/** Absent and its default differ. */
export function jsonOptional<T>(present: JsonCodec<T>): JsonCodec<T | undefined> {
  return {
    encode: value => (value === undefined ? undefined : (present.encode(value) ?? null)),
    decode: (json, path) =>
      json === undefined ? undefined : present.decode(json === null ? undefined : json, path),
  }
}

export function jsonRecord<T extends object>(
  fields: { readonly [Name in keyof T]-?: JsonCodec<T[Name]> },
): JsonCodec<T> {
  const names = Object.keys(fields) as (keyof T & string)[]
  return {
    encode(value) {
      const json: Record<string, Json> = {}
      for (const name of names) {
        const encoded = fields[name].encode(value[name])
        if (encoded !== undefined) json[name] = encoded
      }
      return Object.keys(json).length === 0 ? undefined : json
    },
    decode(json, path) {
      const from = json ?? {}
      if (!isObject(from)) return wrong(path, 'an object')
      const unknown = Object.keys(from).find(name => !names.includes(name as keyof T & string))
      if (unknown !== undefined) return wrong(`${path}.${unknown}`, 'absent')
      const value: Partial<T> = {}
      for (const name of names) value[name] = fields[name].decode(own(from, name), `${path}.${name}`)
      return value as T
    },
  }
}

/** `{ kind: 'put', put: ... }` as `{ "put": ... }`: every kind with the field of the same name, or with none. */
export function jsonUnion<T extends { readonly kind: string }>(
  kinds: {
    readonly [Kind in T['kind']]: Extract<T, { kind: Kind }> extends { readonly [Field in Kind]: infer Inner }
      ? JsonCodec<Inner>
      : null
  },
): JsonCodec<T> {
  const codecs: Readonly<Record<string, JsonCodec<unknown> | null>> = kinds
  return {
    encode(value) {
      const codec = codecs[value.kind]
      if (codec === null || codec === undefined) return value.kind
      const inner = (value as unknown as Record<string, unknown>)[value.kind]
      return { [value.kind]: codec.encode(inner) ?? null }
    },
    decode(json, path) {
      if (typeof json === 'string' && own(codecs, json) === null) return { kind: json } as T
      const [kind, another] = isObject(json) ? Object.keys(json) : []
      const codec = kind === undefined ? undefined : own(codecs, kind)
      if (kind === undefined || another !== undefined || codec === undefined || codec === null) {
        return wrong(path, `one of ${Object.keys(codecs).join(', ')}`)
      }
      const inner = (json as Readonly<Record<string, Json>>)[kind]!
      return {
        kind,
        [kind]: codec.decode(inner === null ? undefined : inner, `${path}.${kind}`),
      } as unknown as T
    },
  }
}

/** So deep that no message of ours nests like that, and that reading it does not exhaust the stack. */
const PATH_CHARACTERS_MAX = 2_000

/** For what nests: looked up when it is needed. */
export function jsonLater<T>(codec: () => JsonCodec<T>): JsonCodec<T> {
  return {
    encode: value => codec().encode(value),
    decode(json, path) {
      if (path.length > PATH_CHARACTERS_MAX) return wrong('what nests so deep', 'readable')
      return codec().decode(json, path)
    },
  }
}

/** One line of text, without its end. */
export function encodeLine<T>(codec: JsonCodec<T>, value: T): string {
  return JSON.stringify(codec.encode(value) ?? null)
}

export function decodeLine<T>(codec: JsonCodec<T>, line: string): T {
  let json: Json
  try {
    json = JSON.parse(line)
  } catch {
    throw new DecodeError('a line that is no JSON')
  }
  return codec.decode(json === null ? undefined : json, '$')
}

/** Of long values, which a checker spells at every step that has to do with them. Nobody changes what was recorded. */
const LONG_TEXTS = new WeakMap<Uint8Array, string>()

/** Bytes from which on a text is remembered; below, it is made as fast as it is found. */
const LONG_TEXT_BYTES_MIN = 64

/** Bytes that are ASCII. */
export function textOf(bytes: Uint8Array): string {
  const isLong = bytes.length >= LONG_TEXT_BYTES_MIN
  const known = isLong ? LONG_TEXTS.get(bytes) : undefined
  if (known !== undefined) return known
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  if (isLong) LONG_TEXTS.set(bytes, text)
  return text
}

export function hexOf(bytes: Uint8Array): string {
  let hex = ''
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0')
  return hex
}

function isPrintable(byte: number): boolean {
  return byte >= 0x20 && byte < 0x7f
}

function isObject(json: Json | undefined): json is { readonly [name: string]: Json } {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}

function own<T>(of: { readonly [name: string]: T }, name: string): T | undefined {
  return Object.hasOwn(of, name) ? of[name] : undefined
}

function wrong(path: string, expected: string): never {
  throw new DecodeError(`${path} is not ${expected}`)
}
