/**
 * Our gRPC engine against other people's: the clients of @grpc/grpc-js, node:http2, curl and h2load call our
 * server over sockets, our client calls the server of @grpc/grpc-js.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as grpc from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addMs, NEVER } from '../../src/core/time.ts'
import type { GrpcCall, GrpcMethods } from '../../src/wire/grpc/call.ts'
import { GrpcClientConnection, type UnaryResult } from '../../src/wire/grpc/client-connection.ts'
import { metadataField } from '../../src/wire/grpc/metadata.ts'
import { GrpcStatus } from '../../src/wire/grpc/status.ts'
import { missing, testUnless } from '../harness/requirement.ts'
import { instantNow, joinSocket, listenGrpc, type SocketServer } from './grpc-socket-server.ts'

const BIG = 1_900_000
const identity = (bytes: Buffer): Buffer => bytes

const seen: { metadata: (string | undefined)[] } = { metadata: [] }
/** Called when `Never` is called, and when it is cancelled. */
let began: () => void = () => {}
let cancelled: () => void = () => {}

function echo(call: GrpcCall, message: Uint8Array): void {
  seen.metadata = [call.metadata('token'), call.metadata('data-bin')]
  call.send(message)
  call.finish(GrpcStatus.ok)
}

const methods: GrpcMethods = new Map([
  ['/interop.Test/Echo', { kind: 'unary' as const, handle: echo }],
  [
    '/interop.Test/Later',
    {
      kind: 'unary' as const,
      handle(call: GrpcCall, message: Uint8Array) {
        const kept = message.slice()
        setImmediate(() => echo(call, kept))
      },
    },
  ],
  [
    '/interop.Test/Fail',
    {
      kind: 'unary' as const,
      handle: (call: GrpcCall) => call.finish(GrpcStatus.failedPrecondition, 'nö: 100 %\n'),
    },
  ],
  [
    '/interop.Test/Never',
    {
      kind: 'unary' as const,
      handle(call: GrpcCall) {
        call.onCancelled = () => cancelled()
        began()
      },
    },
  ],
  [
    '/interop.Test/Chat',
    {
      kind: 'stream' as const,
      open(call: GrpcCall) {
        return {
          received: (message: Uint8Array) => void call.send(message),
          halfClosed: () => call.finish(GrpcStatus.ok),
          drained() {},
        }
      },
    },
  ],
])

let server: SocketServer

beforeAll(async () => {
  server = await listenGrpc({
    methods,
    http: (request, answer) =>
      answer.respond({
        status: 200,
        contentType: 'text/plain',
        body: Buffer.from(`${request.method} ${request.path}`),
      }),
  })
})
afterAll(() => server.close())

interface Answer {
  readonly code: number
  readonly details: string
  readonly response: Buffer | undefined
}

function call(
  client: grpc.Client,
  method: string,
  message: Buffer,
  metadata = new grpc.Metadata(),
  options: grpc.CallOptions = {},
): Promise<Answer> {
  return new Promise(resolve => {
    client.makeUnaryRequest(
      `/interop.Test/${method}`,
      identity,
      identity,
      message,
      metadata,
      options,
      (error, response) =>
        resolve({ code: error?.code ?? 0, details: error?.details ?? '', response: response ?? undefined }),
    )
  })
}

describe('the client of @grpc/grpc-js', () => {
  let client: grpc.Client
  beforeAll(() => {
    client = new grpc.Client(`127.0.0.1:${server.port}`, grpc.credentials.createInsecure())
  })
  afterAll(() => client.close())

  test('calls and is answered, at once and later', async () => {
    for (const method of ['Echo', 'Later']) {
      const { code, response } = await call(client, method, Buffer.from('hello'))
      expect([code, response?.toString()]).toEqual([0, 'hello'])
    }
  })

  test('sends and gets messages larger than any window', async () => {
    const body = Buffer.alloc(BIG, 'abc')
    const answers = await Promise.all([1, 2, 3, 4].map(() => call(client, 'Echo', body)))
    for (const { code, response } of answers) {
      expect(code).toBe(0)
      expect(response?.equals(body)).toBe(true)
    }
  })

  test('gets statuses with their text', async () => {
    expect(await call(client, 'Fail', Buffer.alloc(0))).toMatchObject({ code: 9, details: 'nö: 100 %\n' })
    expect(await call(client, 'None', Buffer.alloc(0))).toMatchObject({
      code: 12,
      details: 'unknown method None for service interop.Test',
    })
    expect(await call(client, 'Echo', Buffer.alloc(3_000_000))).toMatchObject({
      code: 8,
      details: 'grpc: received message larger than max (3000000 vs. 2097152)',
    })
  })

  test('sends metadata, binary too', async () => {
    const metadata = new grpc.Metadata()
    metadata.set('token', 'secret')
    metadata.set('data-bin', Buffer.from([0, 255, 1]))
    await call(client, 'Echo', Buffer.from('x'), metadata)
    expect(seen.metadata).toEqual(['secret', Buffer.from([0, 255, 1]).toString('base64')])
  })

  test('gives up at its deadline, and the server knows', async () => {
    const told = new Promise<void>(resolve => {
      cancelled = resolve
    })
    const { code } = await call(client, 'Never', Buffer.from('x'), new grpc.Metadata(), {
      deadline: Date.now() + 50,
    })
    expect(code).toBe(4)
    await told
  })

  test('cancels, and the server knows', async () => {
    const told = new Promise<void>(resolve => {
      cancelled = resolve
    })
    const arrived = new Promise<void>(resolve => {
      began = resolve
    })
    const ended = new Promise<number>(resolve => {
      const pending = client.makeUnaryRequest(
        '/interop.Test/Never',
        identity,
        identity,
        Buffer.from('x'),
        error => resolve(error?.code ?? 0),
      )
      void arrived.then(() => pending.cancel())
    })
    expect(await ended).toBe(1)
    await told
  })

  test('chats in both directions, more than the windows hold', async () => {
    const chat = client.makeBidiStreamRequest('/interop.Test/Chat', identity, identity)
    let got = 0
    chat.on('data', (bytes: Buffer) => {
      got += bytes.length
    })
    const status = new Promise<grpc.StatusObject>(resolve => chat.on('status', resolve))
    for (let i = 0; i < 60; i++) chat.write(Buffer.alloc(100_000, i))
    chat.end()
    expect((await status).code).toBe(0)
    expect(got).toBe(6_000_000)
  })

  test('many calls at once are all answered', async () => {
    const answers = await Promise.all(
      Array.from({ length: 500 }, (_, i) => call(client, i % 2 ? 'Echo' : 'Later', Buffer.from(String(i)))),
    )
    expect(answers.every(({ code, response }, i) => code === 0 && response?.toString() === String(i))).toBe(
      true,
    )
  })

  test('finishes its calls when the server stops, and goes elsewhere', async () => {
    const other = await listenGrpc({ methods })
    const visitor = new grpc.Client(`127.0.0.1:${other.port}`, grpc.credentials.createInsecure())
    expect((await call(visitor, 'Echo', Buffer.from('a'))).code).toBe(0)
    const later = call(visitor, 'Later', Buffer.from('b'))
    for (const connection of other.connections) connection.shutdown(instantNow())
    expect((await later).code).toBe(0)
    expect((await call(visitor, 'Echo', Buffer.from('c'))).code).toBe(0)
    visitor.close()
    await other.close()
  })
})

describe('the client of node:http2', () => {
  test('sees head, data and trailers as they are', async () => {
    const session = connectHttp2(`http://127.0.0.1:${server.port}`)
    const request = session.request({
      ':method': 'POST',
      ':path': '/interop.Test/Echo',
      'content-type': 'application/grpc+proto',
      te: 'trailers',
    })
    const head = new Promise<IncomingHttpHeaders>(resolve => request.on('response', resolve))
    const trailers = new Promise<IncomingHttpHeaders>(resolve => request.on('trailers', resolve))
    request.end(Buffer.from([0, 0, 0, 0, 2, 8, 1]))
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    expect([...Buffer.concat(chunks)]).toEqual([0, 0, 0, 0, 2, 8, 1])
    expect(await head).toMatchObject({ ':status': 200, 'content-type': 'application/grpc' })
    expect(await trailers).toMatchObject({ 'grpc-status': '0' })
    const pinged = new Promise<Buffer>(resolve =>
      session.ping(Buffer.from('12345678'), (_, __, b) => resolve(b)),
    )
    expect((await pinged).toString()).toBe('12345678')
    session.close()
  })

  test('with a tiny window gets everything in the end', async () => {
    const session = connectHttp2(`http://127.0.0.1:${server.port}`, { settings: { initialWindowSize: 100 } })
    const request = session.request({
      ':method': 'POST',
      ':path': '/interop.Test/Echo',
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    const body = Buffer.alloc(5 + 20_000)
    body.writeUInt32BE(20_000, 1)
    request.end(body)
    let got = 0
    for await (const chunk of request) got += (chunk as Buffer).length
    expect(got).toBe(body.length)
    session.close()
  })
})

describe('our client', () => {
  let theirs: grpc.Server
  let port: number
  let socket: Socket
  let client: GrpcClientConnection

  beforeAll(async () => {
    theirs = new grpc.Server()
    const definition = <Kind extends boolean>(path: string, streams: Kind) => ({
      path: `/interop.Test/${path}`,
      requestStream: streams,
      responseStream: streams,
      requestSerialize: identity,
      requestDeserialize: identity,
      responseSerialize: identity,
      responseDeserialize: identity,
    })
    theirs.addService(
      {
        echo: definition('Echo', false),
        fail: definition('Fail', false),
        never: definition('Never', false),
        chat: definition('Chat', true),
      },
      {
        echo(call: grpc.ServerUnaryCall<Buffer, Buffer>, done: grpc.sendUnaryData<Buffer>) {
          const trailers = new grpc.Metadata()
          trailers.set('token', String(call.metadata.get('token')[0]))
          trailers.set('size', String((call.metadata.get('data-bin')[0] as Buffer | undefined)?.length))
          done(null, call.request, trailers)
        },
        fail: (_: grpc.ServerUnaryCall<Buffer, Buffer>, done: grpc.sendUnaryData<Buffer>) =>
          done({ code: 9, details: 'nö: 100 %\n' }),
        never() {},
        chat(call: grpc.ServerDuplexStream<Buffer, Buffer>) {
          call.on('data', (bytes: Buffer) => call.write(bytes))
          call.on('end', () => call.end())
        },
      },
    )
    port = await new Promise<number>((resolve, reject) =>
      theirs.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    )
    socket = connect(port, '127.0.0.1')
    joinSocket(socket, wantsFlush => {
      client = new GrpcClientConnection(instantNow(), { authority: `127.0.0.1:${port}`, wantsFlush })
      return client
    })
    await new Promise(resolve => socket.once('connect', resolve))
  })
  afterAll(() => {
    socket.destroy()
    theirs.forceShutdown()
  })

  function ask(method: string, message: Uint8Array, deadlineMs?: number): Promise<UnaryResult> {
    const metadata = [
      metadataField('token', 'secret', 'never'),
      metadataField('data-bin', Uint8Array.of(1, 2, 3)),
    ]
    const deadline = deadlineMs === undefined ? NEVER : addMs(instantNow(), deadlineMs)
    return new Promise(resolve =>
      client.call(instantNow(), `/interop.Test/${method}`, metadata, message, deadline, resolve),
    )
  }

  test('calls the server of @grpc/grpc-js with small and big messages and metadata', async () => {
    const small = await ask('Echo', Buffer.from('hello'))
    expect([small.outcome, small.status, Buffer.from(small.response!).toString()]).toEqual([
      'done',
      0,
      'hello',
    ])
    const trailers = small.trailers.map(({ name, value }) => `${name}=${value}`)
    expect(trailers).toEqual(expect.arrayContaining(['token=secret', 'size=3']))
    const body = Buffer.alloc(BIG, 'xyz')
    const big = await Promise.all([1, 2, 3].map(() => ask('Echo', body)))
    expect(big.every(({ response }) => response !== null && body.equals(response))).toBe(true)
  })

  test('gets its errors', async () => {
    expect(await ask('Fail', Buffer.alloc(0))).toMatchObject({
      outcome: 'done',
      status: 9,
      message: 'nö: 100 %\n',
    })
    expect(await ask('Nope', Buffer.alloc(0))).toMatchObject({ outcome: 'done', status: 12 })
    expect(await ask('Never', Buffer.alloc(0), 50)).toMatchObject({ status: 4 })
  })

  test('makes many calls at once', async () => {
    const results = await Promise.all(
      Array.from({ length: 500 }, (_, i) => ask('Echo', Buffer.from(String(i)))),
    )
    expect(results.every(({ response }, i) => Buffer.from(response!).toString() === String(i))).toBe(true)
  })

  test('chats', async () => {
    let got = 0
    const ended = await new Promise(resolve => {
      const chat = client.stream(instantNow(), '/interop.Test/Chat', null, NEVER, {
        received: bytes => {
          got += bytes.length
        },
        ended: resolve,
      })
      for (let i = 0; i < 20; i++) chat.send(Buffer.alloc(100_000, i))
      chat.halfClose()
    })
    expect(ended).toMatchObject({ outcome: 'done', status: 0 })
    expect(got).toBe(2_000_000)
  })

  test('a server that dies leaves calls of unknown outcome', async () => {
    const pending = ask('Never', Buffer.from('x'))
    await ask('Echo', Buffer.from('y'))
    socket.destroy()
    expect(await pending).toMatchObject({ outcome: 'unknown', status: 14 })
    expect(await ask('Echo', Buffer.from('z'))).toMatchObject({ outcome: 'refused', status: 14 })
  })
})

function run(program: string, args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args)
    let output = ''
    child.stdout.on('data', chunk => {
      output += chunk
    })
    child.stderr.on('data', chunk => {
      output += chunk
    })
    child.on('error', reject)
    child.on('close', () => resolve(output))
  })
}

testUnless(missing('curl', '--version'))('curl gets a plain answer over HTTP/2', async () => {
  const url = `http://127.0.0.1:${server.port}/health?x=1`
  const output = await run('curl', [
    '-s',
    '--http2-prior-knowledge',
    '-w',
    ' %{http_version} %{http_code}',
    url,
  ])
  expect(output).toBe('GET /health 2 200')
})

testUnless(missing('h2load', '--version'))('h2load loses nothing', async () => {
  const body = join(mkdtempSync(join(tmpdir(), 'h2load-')), 'body')
  writeFileSync(body, Buffer.concat([Buffer.from([0, 0, 0, 0, 100]), Buffer.alloc(100, 7)]))
  const headers = ['-H', 'content-type: application/grpc', '-H', 'te: trailers']
  const url = `http://127.0.0.1:${server.port}/interop.Test/Echo`
  const output = await run('h2load', ['-n', '20000', '-c', '4', '-m', '100', ...headers, '-d', body, url])
  expect(output).toContain('20000 succeeded, 0 failed, 0 errored, 0 timeout')
  expect(output).toContain('status codes: 20000 2xx')
})
