/**
 * A second implementation of protobuf (protobuf-es), with the schema of `testdata/etcd.proto`: what the codecs
 * here are compared with.
 */
import { readFileSync } from 'node:fs'
import {
  create,
  createFileRegistry,
  type DescMessage,
  fromBinary,
  fromJson,
  type JsonValue,
  type MessageInitShape,
  toBinary,
  toJson,
} from '@bufbuild/protobuf'
import {
  type DescriptorProtoSchema,
  type EnumDescriptorProtoSchema,
  FileDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from '@bufbuild/protobuf/wkt'

const SCALARS: Record<string, Type> = {
  bytes: Type.BYTES,
  string: Type.STRING,
  bool: Type.BOOL,
  int64: Type.INT64,
  uint64: Type.UINT64,
  uint32: Type.UINT32,
}

/** Enough of the proto3 grammar for the file beside this one. */
function parseSchema(text: string) {
  const messageType: MessageInitShape<typeof DescriptorProtoSchema>[] = []
  const enumType: MessageInitShape<typeof EnumDescriptorProtoSchema>[] = []
  const enums = new Set([...text.matchAll(/^enum (\w+)/gm)].map(match => match[1]!))
  for (const [, kind, name, body] of text.matchAll(/^(message|enum) (\w+) \{\n(.*?)^\}$/gms)) {
    if (kind === 'enum') {
      const value = [...body!.matchAll(/(\w+) = (\d+);/g)].map(([, name, number]) => ({
        name: name!,
        number: Number(number),
      }))
      enumType.push({ name: name!, value })
      continue
    }
    const oneof = /oneof (\w+) \{(.*?)\}/s.exec(body!)
    const field = [...body!.matchAll(/(repeated )?(\w+) (\w+) = (\d+);/g)].map(match => {
      const [, repeated, type, name, number] = match
      const inOneof =
        oneof !== null && match.index > oneof.index && match.index < oneof.index + oneof[0].length
      return {
        name: name!,
        number: Number(number),
        label: repeated ? Label.REPEATED : Label.OPTIONAL,
        type: SCALARS[type!] ?? (enums.has(type!) ? Type.ENUM : Type.MESSAGE),
        ...(type! in SCALARS ? {} : { typeName: `.etcd.${type}` }),
        ...(inOneof ? { oneofIndex: 0 } : {}),
      }
    })
    messageType.push({ name: name!, field, oneofDecl: oneof === null ? [] : [{ name: oneof[1]! }] })
  }
  return create(FileDescriptorProtoSchema, {
    name: 'etcd.proto',
    package: 'etcd',
    syntax: 'proto3',
    messageType,
    enumType,
  })
}

const schema = readFileSync(new URL('./testdata/etcd.proto', import.meta.url), 'utf8')
const registry = createFileRegistry(parseSchema(schema), () => undefined)

function oracle(name: string): DescMessage {
  const message = registry.getMessage(`etcd.${name}`)
  if (message === undefined) throw new Error(`no message ${name} in etcd.proto`)
  return message
}

/** What the oracle writes. */
export const oracleBytes = (name: string, init: object) =>
  toBinary(oracle(name), create(oracle(name), init as Record<string, unknown>))

/** What the oracle makes of bytes, as the bytes that it would write itself. */
export function oracleRewrite(name: string, bytes: Uint8Array): Uint8Array {
  const read = fromBinary(oracle(name), bytes)
  return toBinary(oracle(name), read, { writeUnknownFields: false })
}

/** What the oracle reads in JSON, as the bytes that it writes. */
export const oracleBytesOfJson = (name: string, json: JsonValue): Uint8Array =>
  toBinary(oracle(name), fromJson(oracle(name), json, { ignoreUnknownFields: true }))

/** What the oracle writes in JSON, with numbers for enumerations, whose names are other ones in its schema. */
export const oracleJson = (name: string, bytes: Uint8Array): JsonValue =>
  toJson(oracle(name), fromBinary(oracle(name), bytes), { useProtoFieldName: true, enumAsInteger: true })

/** The oracle's fields of a message, as the table of messages spells them. */
export function oracleFields(name: string): string[] {
  return oracle(name).fields.map(field => {
    const list = field.fieldKind === 'list' ? 'repeated ' : ''
    const kind = field.fieldKind === 'list' ? field.listKind : field.fieldKind
    const type = kind === 'scalar' ? SCALAR_NAMES.get(field.scalar!) : (field.message ?? field.enum)!.name
    const oneof = field.oneof === undefined ? '' : ` of ${field.oneof.name}`
    return `${field.name}=${field.number} ${list}${type}${oneof}`
  })
}

const SCALAR_NAMES = new Map<number, string>(Object.entries(SCALARS).map(([name, type]) => [type, name]))

export function oracleEnum(name: string): string {
  const values = registry.getEnum(`etcd.${name}`)?.values ?? []
  return values.map(value => `${value.name.slice(name.length + 1)}=${value.number}`).join(' ')
}
