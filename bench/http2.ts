/**
 * How many unary calls a second the sans-I/O gRPC engine carries on one core: the bytes that h2load would send
 * (indexed HEADERS, one DATA frame), a handler that echoes. Counted in CPU time, so that neighbours do not count.
 *
 *     npx tsx bench/http2.ts [seconds]
 */
import type { Instant } from '../src/core/time.ts'
import type { GrpcMethods } from '../src/wire/grpc/call.ts'
import { GrpcClientConnection } from '../src/wire/grpc/client-connection.ts'
import { GrpcServerConnection } from '../src/wire/grpc/server-connection.ts'
import { GrpcStatus } from '../src/wire/grpc/status.ts'
import { HeaderField } from '../src/wire/hpack/header-field.ts'

const SECONDS = Number(process.argv[2] ?? 3)
const MESSAGE = new Uint8Array(100).fill(7)
/** Calls in one piece of received bytes: a busy connection's turn. */
const CALLS_PER_TURN = 32

const methods: GrpcMethods = new Map([
  [
    '/bench.Bench/Echo',
    {
      kind: 'unary' as const,
      handle(call, message) {
        call.send(message)
        call.finish(GrpcStatus.ok)
      },
    },
  ],
])

function now(): Instant {
  return Math.floor(performance.now() * 1000) as Instant
}

function cpuMs(from: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(from)
  return (user + system) / 1000
}

/** Our own client's bytes: the same fields each time, so nearly all of a header block is indexes. */
function measure(metadata: HeaderField[]): void {
  const server = new GrpcServerConnection(now(), { methods, wantsFlush() {} })
  let sent: Uint8Array[] = []
  const capture = {
    write(bytes: Uint8Array) {
      sent.push(bytes.slice())
      return true
    },
  }
  const client = new GrpcClientConnection(now(), { authority: '127.0.0.1:2379', wantsFlush() {} })
  let calls = 0
  let serverMs = 0
  const begin = process.cpuUsage()
  const until = performance.now() + SECONDS * 1000
  while (performance.now() < until) {
    for (let i = 0; i < CALLS_PER_TURN; i++) {
      client.call(
        now(),
        '/bench.Bench/Echo',
        metadata,
        MESSAGE,
        Number.POSITIVE_INFINITY as Instant,
        () => {},
      )
    }
    client.flush(now(), capture)
    const pieces = sent
    sent = []
    const from = process.cpuUsage()
    for (const piece of pieces) server.receive(now(), piece)
    let answer: Uint8Array[] = []
    server.flush(now(), {
      write(bytes) {
        answer.push(bytes)
        return true
      },
    })
    serverMs += cpuMs(from)
    for (const piece of answer) client.receive(now(), piece)
    client.flush(now(), capture)
    answer = []
    calls += CALLS_PER_TURN
  }
  const rate = Math.round((calls / serverMs) * 1000)
  const both = Math.round((calls / cpuMs(begin)) * 1000)
  console.log(`${metadata.length} metadata fields: server ${rate} calls/s; client and server ${both} calls/s`)
}

measure([])
measure([
  new HeaderField('hasleader', 'true', 'always'),
  new HeaderField('token', 'a'.repeat(40), 'always'),
  new HeaderField('client-api-version', '3.5.0', 'always'),
])
