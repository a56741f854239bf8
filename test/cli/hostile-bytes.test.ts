/** Whatever arrives at its ports: the connection or the call is refused, and the node goes on. */
import { randomBytes } from 'node:crypto'
import { type ClientHttp2Session, connect as connectHttp2, constants } from 'node:http2'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { randomFromSeed } from '../../src/core/prng.ts'
import { Cluster, QUORATE } from '../harness/cluster.ts'
import { quorate } from '../harness/command.ts'
import { FrameTypes, frame, framesOf, PREFACE, SETTINGS } from '../harness/http2-frames.ts'
import { LoneNode } from '../harness/lone-node.ts'
import { Process } from '../harness/process.ts'
import { until } from '../harness/until.ts'

// Many processes, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let lone: LoneNode

beforeAll(async () => {
  lone = await LoneNode.start()
  await lone.fill(3)
})

afterAll(async () => {
  expect(lone.node.running).toBe(true)
  await lone.cluster.destroy()
})

/** Sends bytes and resolves with what came back once the other side has closed, or after our end. */
function send(url: string, bytes: Uint8Array, end = true): Promise<Buffer> {
  return new Promise(resolve => {
    const received: Buffer[] = []
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => {
      socket.write(bytes)
      if (end) socket.end()
    })
    socket.on('data', chunk => received.push(chunk))
    socket.on('error', () => {})
    socket.on('close', () => resolve(Buffer.concat(received)))
  })
}

async function stillServes(): Promise<void> {
  expect(await lone.node.healthy()).toBe(true)
  expect(lone.node.process.log()).not.toContain('halt:')
}

function hasGoAway(answer: Buffer): boolean {
  return framesOf(answer).some(({ type }) => type === FrameTypes.goAway)
}

describe('the client port', () => {
  test.each<[string, Buffer]>([
    ['a preface and then noise', Buffer.concat([PREFACE, randomBytes(4_000)])],
    [
      'a frame longer than any',
      Buffer.concat([PREFACE, SETTINGS, Buffer.from([0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1])]),
    ],
    [
      'data on a stream that never began',
      Buffer.concat([PREFACE, SETTINGS, frame(0, 0, 1, Buffer.from('x'))]),
    ],
    [
      'headers that no table explains',
      Buffer.concat([PREFACE, SETTINGS, frame(1, 5, 1, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff]))]),
    ],
    ['headers on an even stream', Buffer.concat([PREFACE, SETTINGS, frame(1, 5, 2, Buffer.from([0x82]))])],
    ['no settings first', Buffer.concat([PREFACE, frame(6, 0, 0, Buffer.alloc(8))])],
  ])('ends a connection of HTTP/2 with %s, and says why', async (_, bytes) => {
    // Not ended by us: the node must do it.
    expect(hasGoAway(await send(lone.url, bytes, false))).toBe(true)
    await stillServes()
  })

  test.each([
    ['a line of noise', 'GARBAGE\r\n\r\n'],
    ['an unknown version', 'GET / HTTP/9.9\r\n\r\n'],
    ['two lengths', 'GET /health HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
    ['an endless header', `GET /health HTTP/1.1\r\nX: ${'a'.repeat(200_000)}\r\n\r\n`],
    ['a broken chunk', 'POST /v3/kv/put HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n'],
    ['zeros', '\0\0\0\0'],
  ])('answers %s of HTTP/1.1 with an error or nothing', async (_, text) => {
    const answer = (await send(lone.url, Buffer.from(text))).toString()
    expect(answer).toMatch(/^(HTTP\/1\.1 [45]\d\d |$)/)
    await stillServes()
  })

  test('outlives noise of a hundred seeds, alone and behind a preface', async () => {
    const random = randomFromSeed(7)
    const noise = (): Buffer =>
      Buffer.from(Array.from({ length: 1 + random.below(2_000) }, () => random.below(256)))
    for (let seed = 0; seed < 100; seed += 10) {
      await Promise.all(
        Array.from({ length: 10 }, (_, i) =>
          send(lone.url, i % 2 === 0 ? noise() : Buffer.concat([PREFACE, SETTINGS, noise()])),
        ),
      )
    }
    await stillServes()
    expect(await lone.count()).toBe(3)
  })
})

interface CallOutcome {
  readonly httpStatus: number | undefined
  readonly status: string | undefined
  readonly message: string
}

function call(
  session: ClientHttp2Session,
  path: string,
  body: Uint8Array,
  type = 'application/grpc',
): Promise<CallOutcome> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': type, te: 'trailers' })
    let head: Record<string, unknown> = {}
    const read = (headers: Record<string, unknown>): void => {
      head = { ...head, ...headers }
    }
    stream.on('response', read)
    stream.on('trailers', read)
    stream.on('error', reject)
    stream.on('close', () => {
      const message = decodeURIComponent(String(head['grpc-message'] ?? ''))
      const status = head['grpc-status'] === undefined ? undefined : String(head['grpc-status'])
      resolve({ httpStatus: head[constants.HTTP2_HEADER_STATUS] as number | undefined, status, message })
    })
    stream.resume()
    stream.end(body)
  })
}

function grpcFrame(message: Uint8Array, flag = 0): Buffer {
  const prefix = Buffer.alloc(5)
  prefix[0] = flag
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}

const PUT = '/etcdserverpb.KV/Put'
const RANGE = '/etcdserverpb.KV/Range'
/** A range over the key "k" at revision 2^62: field 1 bytes, field 4 varint. */
const FUTURE = Buffer.from([0x0a, 1, 0x6b, 0x20, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40])

describe('a call', () => {
  let session: ClientHttp2Session
  beforeAll(() => {
    session = connectHttp2(lone.url)
  })
  afterAll(() => {
    session.close()
  })

  test.each<[string, string, Buffer, string, RegExp]>([
    [
      'whose message is no protobuf',
      PUT,
      grpcFrame(Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0xff])),
      '13',
      /./,
    ],
    ['with a group, which proto3 has not', PUT, grpcFrame(Buffer.from([0x0b])), '13', /./],
    [
      'of an unknown method',
      '/etcdserverpb.KV/Nonsense',
      grpcFrame(Buffer.alloc(0)),
      '12',
      /^unknown method Nonsense for service etcdserverpb\.KV$/,
    ],
    [
      'of an unknown service',
      '/nonsense.X/Y',
      grpcFrame(Buffer.alloc(0)),
      '12',
      /^unknown service nonsense\.X$/,
    ],
    ['without a key', PUT, grpcFrame(Buffer.alloc(0)), '3', /^etcdserver: key is not provided$/],
    [
      'that is compressed, which nobody offered',
      PUT,
      grpcFrame(Buffer.from([0x0a, 1, 0x6b]), 1),
      '(12|13)',
      /./,
    ],
    [
      'of an unknown sort order',
      RANGE,
      grpcFrame(Buffer.from([0x0a, 1, 0x6b, 0x28, 9])),
      '3',
      /^etcdserver: invalid sort option$/,
    ],
    [
      'at a revision of the future',
      RANGE,
      grpcFrame(FUTURE),
      '11',
      /^etcdserver: mvcc: required revision is a future revision$/,
    ],
    ['cut off in its message', PUT, grpcFrame(Buffer.from([0x0a, 1, 0x6b])).subarray(0, 6), '13', /./],
    [
      'larger than any may be',
      PUT,
      grpcFrame(Buffer.alloc(3 * 1024 * 1024)),
      '(3|8)',
      /too large|larger than max/,
    ],
  ])('%s is refused with its status', async (_, path, body, status, message) => {
    const outcome = await call(session, path, body)
    expect(outcome.status).toMatch(new RegExp(`^${status}$`))
    expect(outcome.message).toMatch(message)
    await stillServes()
    expect(await lone.count()).toBe(3)
  })

  test('of another content type is no gRPC', async () => {
    const { httpStatus } = await call(session, PUT, grpcFrame(Buffer.alloc(0)), 'text/plain')
    expect(httpStatus).toBeGreaterThanOrEqual(400)
    await stillServes()
  })
})

describe('the peer port', () => {
  test('refuses bytes that no node sends, and the node goes on', async () => {
    const { peerUrl } = lone.node.layout
    for (const bytes of [
      randomBytes(1_000),
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      Buffer.alloc(64),
      PREFACE,
    ]) {
      await send(peerUrl, bytes)
    }
    await until('the complaint', () => lone.node.process.log().includes('QUORATE_PEER_PROTOCOL'))
    await stillServes()
    expect(await lone.count()).toBe(3)
  })

  test('refuses a node of another cluster; both clusters go on as they were', async () => {
    const cluster = await Cluster.start({ nodes: 2 })
    const [first, second] = cluster.nodes.map(node => node.layout)
    const { clientUrl, peerUrl, dataDir } = (await LoneNode.prepare()).node.layout
    const args = [
      `--data-dir=${dataDir}`,
      `--listen-client-urls=${clientUrl}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=n1=${first!.peerUrl},n2=${peerUrl}`,
      '--initial-cluster-token=another',
    ]
    const program = [QUORATE, 'server', '--name=n2', ...args]
    const stranger = new Process(process.execPath, program, `${cluster.directory}/stranger.log`)
    await until('the first to refuse it', () =>
      cluster.node(0).process.log().includes('QUORATE_PEER_FOREIGN_CLUSTER'),
    )
    const { stdout } = await quorate(['kv', 'put', 'a', 'b', '--endpoints', second!.clientUrl])
    expect(stdout).toBe('OK\n')
    await stranger.kill()
    await cluster.destroy()
  })
})
