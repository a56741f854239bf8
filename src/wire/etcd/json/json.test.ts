import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DecodeError } from '../../../core/bytes.ts'
import { utf8Bytes, utf8Text } from '../../../core/utf8.ts'
import {
  oracleBytesOfJson,
  oracleEnum,
  oracleFields,
  oracleJson,
  oracleRewrite,
} from '../oracle.conformance.ts'
import { descriptorOf, type Field } from './descriptor.ts'
import { JsonMessages } from './from-json.ts'
import { JsonReader } from './json-reader.ts'
import { ENUMS, MESSAGES, type MessageName } from './schema.ts'
import { messageToJson } from './to-json.ts'

type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

const NAMES = Object.keys(MESSAGES) as MessageName[]

const read = (message: MessageName, json: string): Uint8Array | undefined =>
  new JsonMessages(message, utf8Bytes(json)).next()
const written = (message: MessageName, bytes: Uint8Array): string => utf8Text(messageToJson(message, bytes))

/** Fields as JSON holds them, each present or not; transactions nest to a depth. */
function anyMessage(message: MessageName, depth: number): fc.Arbitrary<{ [name: string]: Json }> {
  const fields = [...descriptorOf(message).byNumber.values()]
  const alone = fields.filter(({ oneof }) => oneof === '').map(field => anyField(field, depth))
  const members = fields.filter(({ oneof }) => oneof !== '')
  const choices = members.length === 0 ? [] : [anyOf(members, depth)]
  return fc.tuple(...alone, ...choices).map(parts => Object.assign({}, ...parts))
}

const anyOf = (fields: readonly Field[], depth: number) =>
  fc.oneof(...fields.map(field => anyField(field, depth)))

function anyField(field: Field, depth: number): fc.Arbitrary<{ [name: string]: Json }> {
  const absent = fc.constant({})
  if (field.type.kind === 'message' && depth === 0) return absent
  const value = anyValue(field, depth)
  const present = field.isRepeated ? fc.array(value, { minLength: 1, maxLength: 3 }) : value
  return fc.oneof(
    absent,
    present.map(content => ({ [field.name]: content as Json })),
  )
}

function anyValue({ type }: Field, depth: number): fc.Arbitrary<Json> {
  if (type.kind === 'message') return anyMessage(type.message, depth - 1)
  if (type.kind === 'enumeration') return fc.constantFrom(...type.values.names.keys())
  switch (type.scalar) {
    case 'bytes':
      return fc.uint8Array({ maxLength: 20 }).map(bytes => Buffer.from(bytes).toString('base64'))
    case 'string':
      return fc.string({ unit: 'grapheme', maxLength: 8 })
    case 'bool':
      return fc.boolean()
    case 'uint32':
      return fc.nat(2 ** 31 - 1)
    case 'int64':
      return fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map(String)
    case 'uint64':
      return fc.bigInt(0n, 2n ** 64n - 1n).map(String)
  }
}

/** Enumerations are written by name; the oracle's names are other ones. */
function withNumbers(message: MessageName, json: { [name: string]: Json }): { [name: string]: Json } {
  const { byName } = descriptorOf(message)
  const entries = Object.entries(json).map(([name, value]): [string, Json] => {
    const { type } = byName.get(name)!
    const convert = (element: Json): Json => {
      if (type.kind === 'enumeration') return type.values.numbers.get(element as string) ?? element
      return type.kind === 'message'
        ? withNumbers(type.message, element as { [name: string]: Json })
        : element
    }
    return [name, Array.isArray(value) ? value.map(convert) : convert(value)]
  })
  return Object.fromEntries(entries)
}

test('the table of messages is the schema', () => {
  for (const name of NAMES) {
    const fields = MESSAGES[name].trim() === '' ? [] : MESSAGES[name].split(';').map(field => field.trim())
    expect(fields, name).toEqual(oracleFields(name))
  }
  for (const [name, values] of Object.entries(ENUMS)) expect(values, name).toBe(oracleEnum(name))
})

test('every message is read and written as another implementation of the mapping does', () => {
  for (const name of NAMES) {
    fc.assert(
      fc.property(anyMessage(name, 4), json => {
        const bytes = oracleBytesOfJson(name, json)
        expect(oracleRewrite(name, read(name, JSON.stringify(json))!)).toEqual(bytes)
        expect(withNumbers(name, JSON.parse(written(name, bytes)))).toEqual(oracleJson(name, bytes))
      }),
      { numRuns: 40 },
    )
  }
})

describe('what the mapping allows', () => {
  const same = (message: MessageName, ...spellings: string[]) => {
    const [first, ...others] = spellings.map(json => [...read(message, json)!])
    for (const other of others) expect(other).toEqual(first)
    return first
  }

  test('names in either spelling, numbers as text or not, white space anywhere', () => {
    same('RangeRequest', '{"range_end":"YQ==","limit":3}', ' {\n"rangeEnd" : "YQ" ,\t"limit":"3" } ')
    same('LeaseGrantRequest', '{"TTL":10,"ID":5}', '{"TTL":1e1,"ID":"5.0"}', '{"TTL":100E-1,"ID":5}')
    same('RangeRequest', '{"sort_order":"DESCEND"}', '{"sortOrder":2}')
  })

  test('bytes in the alphabet of URLs, and with escapes', () => {
    expect(same('PutRequest', '{"key":"+/+/"}', '{"key":"-_-_"}', '{"key":"\\u002b\\/\\u002B/"}')).toEqual([
      10, 3, 0xfb, 0xff, 0xbf,
    ])
  })

  test('null leaves a field unset, and unknown names are passed over', () => {
    const unknown = '{"x":[1,{"y":null,"z":[]},"\\"]}",true,false,-1.5e+3],"lease":null}'
    expect([...read('PutRequest', unknown)!]).toEqual([])
  })

  test('a 64-bit number is exact', () => {
    expect(written('LeaseRevokeRequest', read('LeaseRevokeRequest', '{"ID":7587862094952313345}')!)).toBe(
      '{"ID":"7587862094952313345"}',
    )
  })

  test('a member of a oneof is there even if it holds its default', () => {
    expect([...read('Compare', '{"version":"0"}')!]).toEqual([4 << 3, 0])
    expect(written('Compare', Uint8Array.of(4 << 3, 0))).toBe('{"version":"0"}')
  })

  test('text keeps its characters', () => {
    const bytes = read('AuthUserAddRequest', '{"name":"\\u00e4\\ud83d\\ude00\\n\\"\\\\/"}')!
    expect(JSON.parse(written('AuthUserAddRequest', bytes))).toEqual({ name: 'ä😀\n"\\/' })
  })

  test('one message may follow another', () => {
    const messages = new JsonMessages('LeaseRevokeRequest', utf8Bytes('{"ID":1}\n{"ID":2} {}'))
    const all = [messages.next(), messages.next(), messages.next(), messages.next()]
    expect(all.map(bytes => bytes && [...bytes])).toEqual([[8, 1], [8, 2], [], undefined])
  })
})

describe('what is refused', () => {
  const cases: [MessageName, string, string][] = [
    ['PutRequest', '[]', 'PutRequest is an object'],
    ['PutRequest', '"x"', 'PutRequest is an object'],
    ['PutRequest', 'hello', 'invalid character "h" looking for beginning of value'],
    ['PutRequest', '{"key":"YQ=="', 'expected a comma or }'],
    ['PutRequest', '{"key":"YQ', 'unexpected end of JSON input'],
    ['PutRequest', '{"key"}', 'expected :'],
    ['PutRequest', '{key:1}', 'invalid character "k"'],
    ['PutRequest', '{1:1}', 'a member of an object begins with its name'],
    ['PutRequest', '{"key":1}', 'key is a string'],
    ['PutRequest', '{"key":"a*=="}', 'invalid base64'],
    ['PutRequest', '{"lease":1.5}', 'lease is a whole number'],
    ['PutRequest', '{"lease":"x"}', 'lease is a whole number'],
    ['PutRequest', '{"lease":01}', 'invalid number 01'],
    ['PutRequest', '{"lease":1e400}', 'lease is a whole number'],
    ['PutRequest', '{"lease":9223372036854775808}', 'lease is beyond int64'],
    ['MemberRemoveRequest', '{"ID":-1}', 'ID is beyond uint64'],
    ['PutRequest', '{"prev_kv":"true"}', 'prev_kv is true or false'],
    ['PutRequest', '{"prev_kv":tru}', 'expected true'],
    ['RangeRequest', '{"sort_order":"UP"}', 'sort_order is one of NONE, ASCEND, DESCEND, not "UP"'],
    ['RangeRequest', '{"sort_order":true}', 'sort_order is one of NONE, ASCEND, DESCEND'],
    ['RangeRequest', '{"sort_order":-1}', 'sort_order is no such number'],
    ['TxnRequest', '{"compare":{}}', 'compare is an array'],
    ['PutRequest', '{"key":"YQ==","key":"Yg=="}', 'PutRequest.key is given twice'],
    ['RangeRequest', '{"range_end":"YQ","rangeEnd":"YQ"}', 'RangeRequest.range_end is given twice'],
    ['Compare', '{"version":1,"lease":1}', 'Compare.target_union is given twice'],
    ['RequestOp', '{"request_put":{},"request_range":{}}', 'RequestOp.request is given twice'],
    ['AuthUserAddRequest', '{"name":"\n"}', 'a control character within a string'],
    ['AuthUserAddRequest', '{"name":"\\x"}', 'an unknown escape in a string'],
    ['PutRequest', `{"x":${'['.repeat(600)}`, 'nested too deeply'],
  ]
  for (const [message, json, problem] of cases) {
    test(`${json.slice(0, 40)}: ${problem}`, () => {
      expect(() => read(message, json)).toThrow(DecodeError)
      expect(() => read(message, json)).toThrow(problem)
    })
  }

  test('text that is not UTF-8', () => {
    const bytes = Uint8Array.from([...utf8Bytes('{"name":"'), 0xff, ...utf8Bytes('"}')])
    expect(() => new JsonMessages('AuthUserAddRequest', bytes).next()).toThrow('invalid UTF-8')
  })
})

test('bytes at random are refused, or are JSON to the platform too', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    '1',
    '-',
    'e',
    '.',
    'true',
    'null',
    ' ',
    'a',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), pieces => {
      const text = pieces.join('')
      try {
        const reader = new JsonReader(utf8Bytes(text))
        reader.passOver()
        if (reader.kind() !== 'end') return
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError)
        expect(() => JSON.parse(text)).toThrow()
        return
      }
      JSON.parse(text)
    }),
    { numRuns: 5_000 },
  )
})

test('a large value passes both ways', () => {
  const value = Buffer.alloc(1_500_000, 7).toString('base64')
  const bytes = read('PutRequest', JSON.stringify({ key: 'YQ==', value }))!
  expect(JSON.parse(written('PutRequest', bytes))).toEqual({ key: 'YQ==', value })
})
