/** A stream of watches as a test uses it: requests and responses as values, and a reader that may be slow. */
import { decode } from '../../../../wire/etcd/protobuf-reader.ts'
import { encode } from '../../../../wire/etcd/protobuf-writer.ts'
import {
  WATCH_CREATE_DEFAULTS,
  type WatchCreateRequest,
  type WatchRequest,
  writeWatchRequest,
} from '../../../../wire/etcd/watch-request.ts'
import { readWatchResponse, type WatchResponse } from '../../../../wire/etcd/watch-response.ts'
import { EtcdPaths } from '../../method-paths.ts'
import { FakeCall } from '../../testing/fake-call.ts'
import { text, type World } from '../../testing/world.ts'

export class WatchClient {
  readonly call: FakeCall
  readonly #stream: ReturnType<World['open']>
  #taken = 0

  constructor(world: World, metadata: Record<string, string> = {}) {
    this.call = new FakeCall(EtcdPaths.watch, undefined, metadata)
    this.#stream = world.open(this.call)
  }

  create(key: string, rangeEnd = '', create: Partial<WatchCreateRequest> = {}): void {
    const request = { ...WATCH_CREATE_DEFAULTS, key: text(key), rangeEnd: text(rangeEnd), ...create }
    this.ask({ kind: 'create', create: request })
  }

  ask(request: WatchRequest): void {
    this.#stream.send(encode(request, writeWatchRequest))
  }

  send(message: Uint8Array): void {
    this.#stream.send(message)
  }

  halfClose(): void {
    this.#stream.handlers.halfClosed()
  }

  /** From now on nothing more is taken, or all is again. */
  set isFull(isFull: boolean) {
    const wasFull = this.call.isFull
    this.call.isFull = isFull
    if (wasFull && !isFull) this.#stream.handlers.drained()
  }

  get isFull(): boolean {
    return this.call.isFull
  }

  /** What came since the last time. */
  take(): WatchResponse[] {
    const responses = this.call.sent.slice(this.#taken).map(bytes => decode(bytes, readWatchResponse))
    this.#taken += responses.length
    return responses
  }

  /** The same, a line each. */
  told(): string[] {
    return this.take().map(lineOf)
  }
}

/** `id @revision`, what kind of answer it is, and its events: `+key=value` and `-key`, with the revision. */
export function lineOf(response: WatchResponse): string {
  const { watchId, header, events } = response
  const parts = [`${watchId} @${header.revision}`]
  if (response.created) parts.push('created')
  if (response.canceled) parts.push('canceled')
  if (response.compactRevision !== 0) parts.push(`compacted ${response.compactRevision}`)
  if (response.cancelReason !== '') parts.push(response.cancelReason)
  if (response.fragment) parts.push('more')
  for (const { kind, kv, prevKv } of events) {
    const before = prevKv === undefined ? '' : `(${textOf(prevKv.value)})`
    const what = kind === 'put' ? `+${textOf(kv.key)}=${textOf(kv.value)}` : `-${textOf(kv.key)}`
    parts.push(`${what}${before}@${kv.modRevision}`)
  }
  return parts.join(' ')
}

function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.subarray(0, 20))
}
