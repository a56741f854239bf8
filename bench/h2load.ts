/**
 * h2load (nghttp2) as a gRPC load generator: one request body, many streams. It counts HTTP statuses, and a
 * gRPC error is an HTTP 200, so whoever uses it checks by other means what was really done.
 */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'

export interface H2loadResult {
  readonly requestsPerSecond: number
  readonly meanMs: number
  readonly succeeded: number
}

export interface H2loadOptions {
  readonly url: string
  /** Protobuf, without gRPC's prefix. */
  readonly message: Uint8Array
  /** Where the request body is put. */
  readonly bodyFile: string
  readonly requests: number
  readonly connections: number
  readonly streams: number
}

export function h2load(options: H2loadOptions): H2loadResult {
  writeFileSync(options.bodyFile, framed(options.message))
  const { stdout, status, error } = spawnSync(
    'h2load',
    [
      ...['-n', String(options.requests), '-c', String(options.connections), '-m', String(options.streams)],
      ...['-t', '1', '-d', options.bodyFile],
      ...['-H', 'content-type: application/grpc', '-H', 'te: trailers'],
      options.url,
    ],
    { encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 },
  )
  if (status !== 0) throw new Error(`h2load failed: ${error?.message ?? stdout}`)
  const rate = /finished in [^,]+, ([\d.]+) req\/s/.exec(stdout)
  const done = /(\d+) succeeded/.exec(stdout)
  const times = /time for request:\s+\S+\s+\S+\s+([\d.]+)(us|ms|s)/.exec(stdout)
  if (rate === null || done === null || times === null) throw new Error(`h2load said: ${stdout}`)
  const unitMs = { us: 0.001, ms: 1, s: 1000 }[times[2] as 'us' | 'ms' | 's']
  return {
    requestsPerSecond: Number(rate[1]),
    meanMs: Number(times[1]) * unitMs,
    succeeded: Number(done[1]),
  }
}

/** gRPC's length-prefixed message, not compressed. */
function framed(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}
