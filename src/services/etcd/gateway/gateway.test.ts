import { describe, expect, test } from 'vitest'
import { utf8Bytes, utf8Text } from '../../../core/utf8.ts'
import type { GrpcCall, GrpcMethods, StreamHandlers } from '../../../wire/grpc/call.ts'
import { GrpcStatus } from '../../../wire/grpc/status.ts'
import type { HttpAnswer, HttpBody, HttpResponse } from '../../../wire/http1/http-handler.ts'
import { keyName, World } from '../testing/world.ts'
import { createGateway } from './gateway.ts'
import { ROUTES } from './routes.ts'

/** A client over HTTP: what it was answered, and how much it takes. */
class Asked implements HttpAnswer, HttpBody {
  status: number | undefined
  text = ''
  isOver = false
  hasRoom = true
  onGone: (() => void) | null = null
  onDrained: (() => void) | null = null

  respond({ status, body }: HttpResponse): void {
    this.begin(status)
    this.write(body)
    this.end()
  }

  begin(status: number): HttpBody {
    expect(this.status).toBeUndefined()
    this.status = status
    return this
  }

  write(bytes: Uint8Array): boolean {
    expect(this.isOver).toBe(false)
    this.text += utf8Text(bytes)
    return this.hasRoom
  }

  end(): void {
    this.isOver = true
  }

  get json(): unknown {
    expect(this.isOver).toBe(true)
    return JSON.parse(this.text)
  }
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')

function ask(
  world: World,
  path: string,
  body: unknown,
  options: { methods?: GrpcMethods; method?: string; headers?: Record<string, string> } = {},
): Asked {
  const asked = new Asked()
  const bytes = utf8Bytes(typeof body === 'string' ? body : JSON.stringify(body))
  const { methods = world.methods, method = 'POST', headers = {} } = options
  const request = {
    method,
    path,
    query: '',
    header: (name: string) => headers[name],
    remote: '',
    body: bytes,
  }
  createGateway(world.clock, methods)(request, asked)
  bytes.fill(0xee)
  world.clock.settle()
  return asked
}

const HEADER = { cluster_id: '193', member_id: '161', raft_term: '5' }

describe('a call with one answer', () => {
  test('is the gRPC call in JSON', () => {
    const world = new World()
    expect(ask(world, '/v3/kv/put', { key: base64('a'), value: base64('1') }).json).toEqual({
      header: { ...HEADER, revision: '2' },
    })
    expect(ask(world, '/v3/kv/range', { key: base64('a') }).json).toEqual({
      header: { ...HEADER, revision: '2' },
      kvs: [{ key: base64('a'), value: base64('1'), create_revision: '2', mod_revision: '2', version: '1' }],
      count: '1',
    })
  })

  test('may say nothing at all', () => {
    expect(ask(new World(), '/v3/maintenance/status', '').status).toBe(200)
  })

  test('fails with the status of HTTP that goes with the code, and with all names that clients know', () => {
    const asked = ask(new World(), '/v3/kv/put', { key: '' })
    expect(asked.status).toBe(400)
    const message = 'etcdserver: key is not provided'
    expect(asked.json).toEqual({ error: message, message, code: 3, details: [] })
  })

  test('whose JSON cannot be read is refused with the reason', () => {
    const asked = ask(new World(), '/v3/kv/put', '{"key":5}')
    expect(asked.status).toBe(400)
    expect(asked.json).toMatchObject({ code: 3, message: expect.stringContaining('key is a string') })
  })

  test('a long answer is written in slices, and comes whole', () => {
    const world = new World()
    world.fill(5_000, 100)
    const turns = world.clock.turns
    const asked = ask(world, '/v3/kv/range', { key: base64('key'), range_end: base64('kez') })
    expect(world.clock.turns - turns).toBeGreaterThan(4)
    const { kvs, count } = asked.json as { kvs: { key: string }[]; count: string }
    expect(count).toBe('5000')
    expect(kvs.map(({ key }) => key)).toEqual(Array.from({ length: 5_000 }, (_, i) => base64(keyName(i))))
  })
})

test('metadata is what clients of the gateway say of themselves', () => {
  const seen: (string | undefined)[] = []
  const methods: GrpcMethods = new Map([
    [
      '/etcdserverpb.KV/Put',
      {
        kind: 'unary',
        handle: (call: GrpcCall) => {
          seen.push(call.metadata('authorization'), call.metadata('hasleader'), call.metadata('host'))
          call.finish(GrpcStatus.unauthenticated, 'no')
        },
      },
    ],
  ])
  const headers = { authorization: 'token', 'grpc-metadata-hasleader': 'true', host: 'x' }
  expect(ask(new World(), '/v3/kv/put', {}, { methods, headers }).status).toBe(401)
  expect(seen).toEqual(['token', 'true', undefined])
})

describe('what is no method', () => {
  test('an unknown path', () => {
    expect(ask(new World(), '/v3/nothing', {})).toMatchObject({ status: 404 })
  })
  test('another verb than POST', () => {
    expect(ask(new World(), '/v3/kv/range', {}, { method: 'GET' })).toMatchObject({ status: 405 })
  })
  test('a method that is not served', () => {
    const asked = ask(new World(), '/v3/kv/range', {}, { methods: new Map() })
    expect(asked).toMatchObject({ status: 501 })
    expect(asked.json).toMatchObject({ code: 12, message: 'unknown method /etcdserverpb.KV/Range' })
  })
})

test('every path leads to a method of its own, or is a second name of one', () => {
  const rpcs = [...ROUTES.values()].map(({ rpc }) => rpc)
  expect(rpcs.length - new Set(rpcs).size).toBe(3)
})

describe('a stream', () => {
  /** A stream method whose calls a test drives by hand. */
  function stream() {
    const received: number[][] = []
    const events: string[] = []
    let call: GrpcCall | undefined
    const open = (opened: GrpcCall): StreamHandlers => {
      call = opened
      opened.onCancelled = () => events.push('cancelled')
      return {
        received: message => received.push([...message]),
        halfClosed: () => events.push('half closed'),
        drained: () => events.push('drained'),
      }
    }
    const methods: GrpcMethods = new Map([['/etcdserverpb.Lease/LeaseKeepAlive', { kind: 'stream', open }]])
    const begin = (body: string) => ask(new World(), '/v3/lease/keepalive', body, { methods })
    return { received, events, begin, call: () => call! }
  }

  test('takes one object behind the other, and gives a line of JSON for each answer', () => {
    const { received, events, begin, call } = stream()
    const asked = begin('{"ID":1}\n{"ID":2}')
    expect(received).toEqual([
      [8, 1],
      [8, 2],
    ])
    expect(events).toEqual(['half closed'])
    expect(asked.status).toBeUndefined()
    expect(call().send(Uint8Array.of(16, 1, 24, 5))).toBe(true)
    call().finish(GrpcStatus.ok)
    expect(asked).toMatchObject({ status: 200, isOver: true, text: '{"result":{"ID":"1","TTL":"5"}}\n' })
  })

  test('waits for a slow reader', () => {
    const { received, events, begin, call } = stream()
    const asked = begin('{"ID":1}')
    asked.hasRoom = false
    expect(call().send(Uint8Array.of(16, 1))).toBe(false)
    asked.hasRoom = true
    asked.onDrained?.()
    expect(events).toEqual(['half closed', 'drained'])
    expect(received).toHaveLength(1)
  })

  test('that fails says so in its last line', () => {
    const { begin, call } = stream()
    const asked = begin('{"ID":1}')
    call().send(Uint8Array.of(16, 1))
    call().finish(GrpcStatus.unavailable, 'etcdserver: no leader')
    const last = asked.text.trimEnd().split('\n').at(-1)!
    expect(JSON.parse(last)).toMatchObject({
      error: { code: 14, grpc_code: 14, http_code: 503, message: 'etcdserver: no leader' },
    })
    expect(asked.isOver).toBe(true)
  })

  test('whose second object cannot be read fails, and the method learns of it', () => {
    const { received, events, begin } = stream()
    const asked = begin('{"ID":1} {"ID":"x"}')
    expect(received).toEqual([[8, 1]])
    expect(events).toEqual(['cancelled'])
    expect(asked.status).toBe(400)
  })

  test('whose client goes ends the call', () => {
    const { events, begin, call } = stream()
    const asked = begin('{"ID":1}')
    asked.onGone?.()
    expect(events).toEqual(['half closed', 'cancelled'])
    expect(call().ended).toBe(true)
    expect(call().send(Uint8Array.of(16, 1))).toBe(false)
    expect(asked.text).toBe('')
  })
})
