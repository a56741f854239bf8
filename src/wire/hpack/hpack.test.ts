import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DecodeError } from '../../core/bytes.ts'
import { FieldKind, HeaderField } from './header-field.ts'
import { HpackDecoder } from './hpack-decoder.ts'
import { HpackEncoder } from './hpack-encoder.ts'
import { STATIC_TABLE, staticField } from './static-table.ts'

type Pair = [string, string]

function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replace(/\s/g, ''), 'hex'))
}

function decode(decoder: HpackDecoder, bytes: Uint8Array, listBytesMax = 1e9): Pair[] {
  const fields: HeaderField[] = []
  decoder.decode(bytes, 0, bytes.length, fields, listBytesMax)
  return fields.map(({ name, value }) => [name, value])
}

function tableOf(decoder: HpackDecoder): Pair[] {
  return Array.from({ length: decoder.table.length }, (_, age) => {
    const field = decoder.table.get(age)!
    return [field.name, field.value]
  })
}

const FIRST: Pair[] = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':path', '/'],
  [':authority', 'www.example.com'],
]
const SECOND: Pair[] = [...FIRST, ['cache-control', 'no-cache']]
const THIRD: Pair[] = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':path', '/index.html'],
  [':authority', 'www.example.com'],
  ['custom-key', 'custom-value'],
]

describe('RFC 7541 appendix C', () => {
  test('C.2: the four representations', () => {
    const literal = (bytes: string): Pair[] => decode(new HpackDecoder(), hex(bytes))
    expect(literal('400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572')).toEqual([
      ['custom-key', 'custom-header'],
    ])
    expect(literal('040c 2f73 616d 706c 652f 7061 7468')).toEqual([[':path', '/sample/path']])
    expect(literal('1008 7061 7373 776f 7264 0673 6563 7265 74')).toEqual([['password', 'secret']])
    expect(literal('82')).toEqual([[':method', 'GET']])
  })

  const requests = {
    'C.3, without Huffman': [
      '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
      '8286 84be 5808 6e6f 2d63 6163 6865',
      '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
    ],
    'C.4, with Huffman': [
      '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
      '8286 84be 5886 a8eb 1064 9cbf',
      '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
    ],
  }
  for (const [name, blocks] of Object.entries(requests)) {
    test(`${name}: three requests on one connection`, () => {
      const decoder = new HpackDecoder()
      expect(blocks.map(block => decode(decoder, hex(block)))).toEqual([FIRST, SECOND, THIRD])
      expect(tableOf(decoder)).toEqual([
        ['custom-key', 'custom-value'],
        ['cache-control', 'no-cache'],
        [':authority', 'www.example.com'],
      ])
      expect(decoder.table.bytes).toBe(164)
    })
  }

  test('C.4: the encoder writes the same bytes', () => {
    const encoder = new HpackEncoder()
    const authority = new HeaderField(':authority', 'www.example.com', 'always')
    const encode = (...fields: HeaderField[]): string => {
      encoder.begin()
      for (const field of fields) encoder.field(field)
      return Buffer.from(encoder.end()).toString('hex')
    }
    const get = staticField(':method', 'GET')
    const http = staticField(':scheme', 'http')
    const root = new HeaderField(':path', '/')
    expect(encode(get, http, root, authority)).toBe(hexText(requests['C.4, with Huffman'][0]!))
    const noCache = new HeaderField('cache-control', 'no-cache', 'always')
    expect(encode(get, http, root, authority, noCache)).toBe(hexText(requests['C.4, with Huffman'][1]!))
    const custom = new HeaderField('custom-key', 'custom-value', 'always')
    const https = new HeaderField(':scheme', 'https')
    const index = new HeaderField(':path', '/index.html')
    expect(encode(get, https, index, authority, custom)).toBe(hexText(requests['C.4, with Huffman'][2]!))
  })

  const responses = {
    'C.5, without Huffman': [
      `4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32
       3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d`,
      '4803 3330 37c1 c0bf',
      `88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970
       7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61
       6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31`,
    ],
    'C.6, with Huffman': [
      `4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad
       1718 63c7 8f0b 97c8 e9ae 82ae 43d3`,
      '4883 640e ffc1 c0bf',
      `88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2
       e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07`,
    ],
  }
  for (const [name, blocks] of Object.entries(responses)) {
    test(`${name}: three responses through a table of 256 bytes, with evictions`, () => {
      const decoder = new HpackDecoder(256)
      const location: Pair = ['location', 'https://www.example.com']
      const control: Pair = ['cache-control', 'private']
      const date: Pair = ['date', 'Mon, 21 Oct 2013 20:13:21 GMT']
      const later: Pair = ['date', 'Mon, 21 Oct 2013 20:13:22 GMT']
      const cookie: Pair = ['set-cookie', 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1']
      const gzip: Pair = ['content-encoding', 'gzip']
      expect(decode(decoder, hex(blocks[0]!))).toEqual([[':status', '302'], control, date, location])
      expect(decoder.table.bytes).toBe(222)
      expect(decode(decoder, hex(blocks[1]!))).toEqual([[':status', '307'], control, date, location])
      expect(tableOf(decoder)).toEqual([[':status', '307'], location, date, control])
      expect(decode(decoder, hex(blocks[2]!))).toEqual([
        [':status', '200'],
        control,
        later,
        location,
        gzip,
        cookie,
      ])
      expect(tableOf(decoder)).toEqual([cookie, gzip, later])
      expect(decoder.table.bytes).toBe(215)
    })
  }
})

function hexText(text: string): string {
  return text.replace(/\s/g, '')
}

test('an indexed field is the same object each time', () => {
  const decoder = new HpackDecoder()
  const fields: HeaderField[] = []
  const block = hex('400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65 be be 82')
  decoder.decode(block, 0, block.length, fields, 1e9)
  expect(fields[1]).toBe(fields[0])
  expect(fields[2]).toBe(fields[0])
  expect(fields[3]).toBe(STATIC_TABLE[2])
})

describe('what a decoder refuses', () => {
  const bad: Record<string, string> = {
    'index 0': '80',
    'an index beyond the tables': 'be',
    'a name index beyond the tables': '7f00 0161',
    'an integer without end': 'ffff ffff ffff ffff ffff ffff',
    'an integer too large': 'ff80 8080 8010',
    'a truncated integer': 'ff',
    'a string longer than the block': '4003 6162',
    'a literal without a value': '0401',
    'a table size beyond the limit': '3fe2 1f',
    'a table size update behind a field': '8220',
    'a Huffman string that ends wrong': '0482 1fff',
  }
  for (const [name, bytes] of Object.entries(bad)) {
    test(name, () => {
      expect(() => decode(new HpackDecoder(), hex(bytes))).toThrow(DecodeError)
    })
  }

  test('nothing but DecodeError comes of any bytes, and the table stays within its limit', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 6 }), blocks => {
        const decoder = new HpackDecoder(300)
        for (const block of blocks) {
          try {
            decode(decoder, block)
          } catch (error) {
            expect(error).toBeInstanceOf(DecodeError)
          }
          expect(decoder.table.check()).toBe(true)
          expect(decoder.table.bytes).toBeLessThanOrEqual(300)
        }
      }),
      { numRuns: 200 },
    )
  })
})

test('fields beyond the limit are decoded into the table but not kept', () => {
  const encoder = new HpackEncoder()
  const decoder = new HpackDecoder()
  const long = new HeaderField('long', 'x'.repeat(500), 'always')
  encoder.begin()
  for (let i = 0; i < 100; i++) encoder.field(long)
  const block = encoder.end().slice()
  const fields: HeaderField[] = []
  expect(decoder.decode(block, 0, block.length, fields, 2000)).toBe(100 * long.size)
  expect(fields).toHaveLength(3)
  encoder.begin()
  encoder.field(long)
  expect(decode(decoder, encoder.end())).toEqual([['long', 'x'.repeat(500)]])
})

test('whatever an encoder writes, a decoder reads, through evictions and changes of the table size', () => {
  const pool = Array.from({ length: 30 }, (_, i) => {
    const indexing = (['always', 'always', 'once', 'never'] as const)[i % 4]!
    return new HeaderField(`name-${i % 7}`, 'v'.repeat((i * 37) % 200), indexing)
  })
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.array(fc.nat({ max: pool.length - 1 }), { maxLength: 12 }) },
    { weight: 1, arbitrary: fc.constantFrom(0, 64, 300, 1000, 4096, 9999) },
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), steps => {
      const encoder = new HpackEncoder()
      const decoder = new HpackDecoder()
      for (const each of steps) {
        if (typeof each === 'number') {
          encoder.limitTable(each)
          continue
        }
        encoder.begin()
        for (const i of each) encoder.field(pool[i]!)
        const fields = decode(decoder, encoder.end())
        expect(fields).toEqual(each.map(i => [pool[i]!.name, pool[i]!.value]))
        expect(decoder.table.bytes).toBe(encoder.table.bytes)
        expect(decoder.table.length).toBe(encoder.table.length)
      }
    }),
  )
})

test('a shrunk and regrown table is announced with its smallest size first', () => {
  const encoder = new HpackEncoder()
  encoder.limitTable(0)
  encoder.limitTable(100)
  encoder.begin()
  encoder.field(staticField(':method', 'GET'))
  expect([...encoder.end()]).toEqual([0x20, 0x3f, 69, 0x82])
})

test('a field knows what RFC 9113 makes of it', () => {
  const kind = (name: string, value = 'x') => new HeaderField(name, value).kind
  expect(kind('grpc-timeout')).toBe(FieldKind.regular)
  expect(kind(':path', '/')).toBe(FieldKind.path)
  expect(kind('te', 'trailers')).toBe(FieldKind.te)
  expect(kind('connection')).toBe(FieldKind.connectionSpecific)
  for (const name of ['', 'Upper', 'a b', ':unknown', 'a:b', 'a\x00', 'a\x7f', 'ä']) {
    expect(kind(name), name).toBe(FieldKind.malformed)
  }
  for (const value of ['a\nb', 'a\rb', 'a\0b', ' a', 'a\t'])
    expect(kind('a', value)).toBe(FieldKind.malformed)
})
