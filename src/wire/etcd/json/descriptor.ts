/** What the table of messages says, read when a message is first needed. */
import { assert } from '../../../core/assert.ts'
import { ENUMS, MESSAGES, type MessageName } from './schema.ts'

export type Scalar = 'bytes' | 'string' | 'bool' | 'int64' | 'uint64' | 'uint32'

export type FieldType =
  | { readonly kind: 'scalar'; readonly scalar: Scalar }
  | { readonly kind: 'enumeration'; readonly values: Enumeration }
  | { readonly kind: 'message'; readonly message: MessageName }

export interface Field {
  /** As the schema spells it, which is how JSON is written here. */
  readonly name: string
  readonly number: number
  readonly type: FieldType
  readonly isRepeated: boolean
  /** The oneof that it is a member of; empty if of none. */
  readonly oneof: string
}

export interface Enumeration {
  readonly numbers: ReadonlyMap<string, number>
  readonly names: ReadonlyMap<number, string>
}

export interface Descriptor {
  readonly byNumber: ReadonlyMap<number, Field>
  /** By the schema's name, and by the lowerCamelCase one that proto3's JSON also reads. */
  readonly byName: ReadonlyMap<string, Field>
}

const SCALARS: ReadonlySet<string> = new Set<Scalar>(['bytes', 'string', 'bool', 'int64', 'uint64', 'uint32'])

const descriptors = new Map<MessageName, Descriptor>()

export function descriptorOf(message: MessageName): Descriptor {
  let descriptor = descriptors.get(message)
  if (descriptor === undefined) {
    descriptor = describe(MESSAGES[message])
    descriptors.set(message, descriptor)
  }
  return descriptor
}

function describe(text: string): Descriptor {
  const fields = text.trim() === '' ? [] : text.split(';').map(part => parseField(part.trim()))
  const named = fields.flatMap(field => [
    [field.name, field] as const,
    [camelCase(field.name), field] as const,
  ])
  return { byNumber: new Map(fields.map(field => [field.number, field])), byName: new Map(named) }
}

function parseField(text: string): Field {
  const [, name, number, repeated, type, oneof] =
    /^(\w+)=(\d+) (repeated )?(\w+)(?: of (\w+))?$/.exec(text) ?? []
  assert(name !== undefined && type !== undefined, 'the table of messages can be read')
  return {
    name,
    number: Number(number),
    type: parseType(type),
    isRepeated: repeated !== undefined,
    oneof: oneof ?? '',
  }
}

function parseType(type: string): FieldType {
  if (SCALARS.has(type)) return { kind: 'scalar', scalar: type as Scalar }
  if (type in ENUMS) return { kind: 'enumeration', values: parseEnumeration(type as keyof typeof ENUMS) }
  assert(type in MESSAGES, 'a field is a scalar, an enumeration or a message of the table')
  return { kind: 'message', message: type as MessageName }
}

function parseEnumeration(name: keyof typeof ENUMS): Enumeration {
  const pairs = ENUMS[name].split(' ').map(pair => pair.split('=') as [string, string])
  return {
    numbers: new Map(pairs.map(([value, number]) => [value, Number(number)])),
    names: new Map(pairs.map(([value, number]) => [Number(number), value])),
  }
}

/** protobuf's rule: an underscore goes, and the letter behind it becomes a capital. */
function camelCase(name: string): string {
  return name.replace(/_([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase())
}
