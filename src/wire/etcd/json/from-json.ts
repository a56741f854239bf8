/**
 * JSON to a message's bytes, by proto3's JSON mapping (protobuf.dev, "ProtoJSON Format") as etcd's gateway reads it:
 * names in the schema's spelling or in lowerCamelCase, 64-bit numbers as numbers or strings, bytes in base64,
 * enumerations by name or number; `null` leaves a field unset, and unknown names are passed over.
 */
import { readBase64 } from '../../../core/base64.ts'
import { utf8Text } from '../../../core/utf8.ts'
import { ProtobufWriter } from '../protobuf-writer.ts'
import { descriptorOf, type Enumeration, type Field, type Scalar } from './descriptor.ts'
import { JsonReader } from './json-reader.ts'
import type { MessageName } from './schema.ts'

/** Messages of one kind, one behind the other: a stream's requests. A unary call takes the first. */
export class JsonMessages {
  readonly #message: MessageName
  readonly #from: JsonReader

  constructor(message: MessageName, json: Uint8Array) {
    this.#message = message
    this.#from = new JsonReader(json)
  }

  /** Undefined behind the last. Throws `DecodeError`. */
  next(): Uint8Array | undefined {
    if (this.#from.kind() === 'end') return undefined
    const to = new ProtobufWriter(256)
    readMessage(this.#from, this.#message, to)
    return to.written()
  }
}

function readMessage(from: JsonReader, message: MessageName, to: ProtobufWriter): void {
  if (from.kind() !== 'object') throw from.error(`${message} is an object`)
  const { byName } = descriptorOf(message)
  const seen = new Set<string>()
  from.object(name => {
    const field = byName.get(name)
    if (field === undefined) return from.passOver()
    if (from.kind() === 'null') return from.literal('null')
    const once = field.oneof === '' ? field.name : field.oneof
    if (seen.has(once)) throw from.error(`${message}.${once} is given twice`)
    seen.add(once)
    readField(from, field, to)
  })
}

function readField(from: JsonReader, field: Field, to: ProtobufWriter): void {
  if (!field.isRepeated) return readValue(from, field, to)
  if (from.kind() !== 'array') throw from.error(`${field.name} is an array`)
  from.array(() => readValue(from, field, to))
}

/** An element of a list and a member of a oneof are there even if they hold their default. */
function readValue(from: JsonReader, { name, number, type }: Field, to: ProtobufWriter): void {
  switch (type.kind) {
    case 'message': {
      const start = to.begin(number)
      readMessage(from, type.message, to)
      return to.end(start)
    }
    case 'enumeration':
      return to.int64Member(number, readEnumeration(from, name, type.values))
    case 'scalar':
      return readScalar(from, name, number, type.scalar, to)
  }
}

function readScalar(
  from: JsonReader,
  name: string,
  number: number,
  scalar: Scalar,
  to: ProtobufWriter,
): void {
  switch (scalar) {
    case 'bytes':
      return to.element(number, readBase64(readString(from, name)))
    case 'string': {
      const bytes = readString(from, name)
      // What a string field holds must be UTF-8.
      utf8Text(bytes)
      return to.element(number, bytes)
    }
    case 'bool': {
      const kind = from.kind()
      if (kind !== 'true' && kind !== 'false') throw from.error(`${name} is true or false`)
      from.literal(kind)
      return to.int64Member(number, kind === 'true' ? 1 : 0)
    }
    default:
      return to.int64bigMember(number, readInteger(from, name, scalar))
  }
}

function readString(from: JsonReader, name: string): Uint8Array {
  if (from.kind() !== 'string') throw from.error(`${name} is a string`)
  return from.stringBytes()
}

const RANGES = {
  int64: [-(2n ** 63n), 2n ** 63n],
  uint64: [0n, 2n ** 64n],
  uint32: [0n, 2n ** 32n],
} as const

function readInteger(from: JsonReader, name: string, scalar: keyof typeof RANGES): bigint {
  const kind = from.kind()
  if (kind !== 'number' && kind !== 'string') throw from.error(`${name} is a whole number`)
  const value = wholeNumber(kind === 'number' ? from.number() : from.text())
  const [smallest, beyond] = RANGES[scalar]
  if (value === undefined) throw from.error(`${name} is a whole number`)
  if (value < smallest || value >= beyond) throw from.error(`${name} is beyond ${scalar}`)
  return value
}

/** More digits than any number of 64 bits is written with. */
const DIGITS_MAX = 40

/** The mapping allows `1.0` and `1e3`, whose value is whole. */
function wholeNumber(text: string): bigint | undefined {
  const [, sign, whole, fraction, exponent] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d{1,3}))?$/.exec(text) ?? []
  if (whole === undefined || text.length > DIGITS_MAX) return undefined
  const digits = whole + (fraction ?? '')
  const shift = Number(exponent ?? 0) - (fraction ?? '').length
  if (shift > DIGITS_MAX) return undefined
  const cut = shift < 0 ? digits.slice(shift) : ''
  if (/[1-9]/.test(cut)) return undefined
  const kept = shift < 0 ? digits.slice(0, shift) : digits + '0'.repeat(shift)
  return BigInt(`${kept === '' ? '0' : kept}`) * (sign === '-' ? -1n : 1n)
}

function readEnumeration(from: JsonReader, name: string, { numbers, names }: Enumeration): number {
  if (from.kind() === 'string') {
    const text = from.text()
    const number = numbers.get(text)
    if (number === undefined) {
      throw from.error(`${name} is one of ${[...numbers.keys()].join(', ')}, not ${JSON.stringify(text)}`)
    }
    return number
  }
  if (from.kind() !== 'number') throw from.error(`${name} is one of ${[...names.values()].join(', ')}`)
  const number = wholeNumber(from.number())
  // Unknown numbers travel: the method says what it thinks of them.
  if (number === undefined || number < 0n || number >= 2n ** 31n)
    throw from.error(`${name} is no such number`)
  return Number(number)
}
