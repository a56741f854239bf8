/**
 * A message's bytes to JSON, by proto3's JSON mapping as etcd's gateway writes it: names in the schema's spelling,
 * 64-bit numbers as strings, bytes in base64, enumerations by name, nothing for a field that is unset. A long message
 * is written a field of its outermost level at a time, so that it can be done in slices.
 */
import { base64Length, writeBase64 } from '../../../core/base64.ts'
import { EMPTY } from '../../../core/bytes.ts'
import { utf8Bytes } from '../../../core/utf8.ts'
import { bytesTag, ProtobufReader, varintTag } from '../protobuf-reader.ts'
import { type Descriptor, descriptorOf, type Field, type Scalar } from './descriptor.ts'
import type { MessageName } from './schema.ts'

/** The whole message at once. Throws `DecodeError`. */
export function messageToJson(message: MessageName, bytes: Uint8Array): Uint8Array {
  const writing = new JsonWriting(message, bytes)
  while (writing.step()) {}
  return writing.json
}

/** Ascii text, in a buffer that grows. */
class JsonText {
  #buffer: Uint8Array
  #at = 0

  constructor(bytes: number) {
    this.#buffer = new Uint8Array(bytes)
  }

  get written(): Uint8Array {
    return this.#buffer.subarray(0, this.#at)
  }

  ascii(text: string): void {
    this.#reserve(text.length)
    for (let i = 0; i < text.length; i++) this.#buffer[this.#at++] = text.charCodeAt(i)
  }

  string(text: string): void {
    const bytes = utf8Bytes(JSON.stringify(text))
    this.#reserve(bytes.length)
    this.#buffer.set(bytes, this.#at)
    this.#at += bytes.length
  }

  base64(bytes: Uint8Array): void {
    this.#reserve(base64Length(bytes.length) + 2)
    this.ascii('"')
    this.#at = writeBase64(bytes, this.#buffer, this.#at)
    this.ascii('"')
  }

  #reserve(count: number): void {
    const needed = this.#at + count
    if (needed <= this.#buffer.length) return
    const next = new Uint8Array(Math.max(needed, this.#buffer.length * 2))
    next.set(this.written)
    this.#buffer = next
  }
}

/** What an object has come to: fields of a list follow one another, since they are written canonically. */
interface ObjectState {
  readonly descriptor: Descriptor
  hasMembers: boolean
  /** The list that is open. */
  list: Field | undefined
}

export class JsonWriting {
  readonly #from: ProtobufReader
  readonly #to: JsonText
  readonly #state: ObjectState
  #done = false

  constructor(message: MessageName, bytes: Uint8Array) {
    this.#from = new ProtobufReader(bytes)
    // Base64 makes four of three, and names take some.
    this.#to = new JsonText(Math.ceil(bytes.length * 1.5) + 256)
    this.#state = begin(this.#to, message)
  }

  /** One field more; false when nothing is left. Throws `DecodeError`. */
  step(): boolean {
    if (this.#done) return false
    if (this.#from.more()) writeMember(this.#from, this.#to, this.#state)
    else {
      end(this.#to, this.#state)
      this.#done = true
    }
    return !this.#done
  }

  /** Once `step` said that nothing is left. */
  get json(): Uint8Array {
    return this.#done ? this.#to.written : EMPTY
  }
}

function begin(to: JsonText, message: MessageName): ObjectState {
  to.ascii('{')
  return { descriptor: descriptorOf(message), hasMembers: false, list: undefined }
}

function end(to: JsonText, state: ObjectState): void {
  if (state.list !== undefined) to.ascii(']')
  to.ascii('}')
}

function writeMember(from: ProtobufReader, to: JsonText, state: ObjectState): void {
  const tag = from.tag()
  const field = state.descriptor.byNumber.get(tag >>> 3)
  if (field === undefined) return from.skip(tag)
  // Lists of numbers come packed, from those who write proto3 as it is meant.
  const isPacked = field.isRepeated && tag === bytesTag(field.number) && tagOf(field) !== tag
  if (isPacked) return from.message(inner => writePacked(inner, to, state, field))
  if (tag !== tagOf(field)) return from.skip(tag)
  beginValue(to, state, field)
  writeValue(from, to, field)
}

function writePacked(from: ProtobufReader, to: JsonText, state: ObjectState, field: Field): void {
  while (from.more()) {
    beginValue(to, state, field)
    writeValue(from, to, field)
  }
}

/** What stands before a value: its name, or the comma of the list that is open. */
function beginValue(to: JsonText, state: ObjectState, field: Field): void {
  if (state.list === field) to.ascii(',')
  else {
    if (state.list !== undefined) to.ascii(']')
    to.ascii(`${state.hasMembers ? ',' : ''}"${field.name}":${field.isRepeated ? '[' : ''}`)
    state.list = field.isRepeated ? field : undefined
  }
  state.hasMembers = true
}

function tagOf({ number, type }: Field): number {
  const isBytes = type.kind === 'message' || (type.kind === 'scalar' && isText(type.scalar))
  return isBytes ? bytesTag(number) : varintTag(number)
}

function isText(scalar: Scalar): boolean {
  return scalar === 'bytes' || scalar === 'string'
}

function writeValue(from: ProtobufReader, to: JsonText, { type }: Field): void {
  switch (type.kind) {
    case 'message':
      return from.message(inner => writeMessage(inner, to, type.message))
    case 'enumeration': {
      const number = from.enumeration()
      const name = type.values.names.get(number)
      return to.ascii(name === undefined ? String(number) : `"${name}"`)
    }
    case 'scalar':
      return writeScalar(from, to, type.scalar)
  }
}

function writeMessage(from: ProtobufReader, to: JsonText, message: MessageName): void {
  const state = begin(to, message)
  while (from.more()) writeMember(from, to, state)
  end(to, state)
}

function writeScalar(from: ProtobufReader, to: JsonText, scalar: Scalar): void {
  switch (scalar) {
    case 'bytes':
      return to.base64(from.bytes())
    case 'string':
      return to.string(from.string())
    case 'bool':
      return to.ascii(String(from.bool()))
    case 'int64':
      return to.ascii(`"${from.int64big()}"`)
    case 'uint64':
      return to.ascii(`"${from.uint64big()}"`)
    case 'uint32':
      return to.ascii(String(from.uint32()))
  }
}
