/** An HTTP/2 server that answers each request, once it is complete, with its body; for tests of the connection. */

import { concatBytes } from '../../src/core/bytes.ts'
import { HeaderField } from '../../src/wire/hpack/header-field.ts'
import { Http2Connection, type Http2Events, type Http2Options } from '../../src/wire/http2/connection.ts'
import type { RequestHead } from '../../src/wire/http2/header-section.ts'
import type { Http2Stream } from '../../src/wire/http2/stream.ts'
import { RawPeer, START } from './raw-peer.ts'

const NONE = new Uint8Array(0)

export class EchoServer implements Http2Events {
  readonly connection: Http2Connection
  readonly events: string[] = []
  readonly streams = new Map<number, Http2Stream>()
  /** Without it, requests stay unanswered until a test answers them. */
  answers = true
  /** Without it, what comes is never given back as window. */
  reads = true
  flushes = 0

  constructor(options: Partial<Http2Options> = {}) {
    this.connection = new Http2Connection(START, { role: 'server', ...options }, this)
    this.connection.start()
  }

  wantsFlush(): void {
    this.flushes += 1
  }

  request(stream: Http2Stream, head: RequestHead, _fields: readonly HeaderField[], endStream: boolean): void {
    let body: Uint8Array = NONE
    const { id } = stream
    this.streams.set(id, stream)
    this.events.push(`request ${id} ${head.method} ${head.path}${endStream ? ' END' : ''}`)
    stream.events = {
      headers: (_, end) => {
        this.events.push(`trailers ${id}${end ? ' END' : ''}`)
        this.#answer(stream, body)
      },
      data: (bytes, from, to, end) => {
        this.events.push(`data ${id} ${to - from}${end ? ' END' : ''}`)
        if (this.answers) body = concatBytes([body, bytes.subarray(from, to)])
        if (this.reads) this.connection.consumed(stream, to - from)
        if (end) this.#answer(stream, body)
      },
      drained: () => this.events.push(`drained ${id}`),
      reset: (code, cause) => this.events.push(`reset ${id} ${code} ${cause}`),
    }
    if (endStream) this.#answer(stream, body)
  }

  goingAway(code: number, text: string): void {
    this.events.push(`going away ${code} ${text}`)
  }

  roomForStreams(): void {}

  answer(id: number, length: number): boolean {
    const stream = this.streams.get(id)!
    this.connection.sendHeaders(stream, [new HeaderField(':status', '200')], false)
    return this.connection.sendData(stream, NONE, new Uint8Array(length), true)
  }

  /** Sends data on an open stream: bytes that count up from `first`. */
  push(id: number, length: number, first = 0, end = false): boolean {
    const bytes = Uint8Array.from({ length }, (_, i) => first + i)
    return this.connection.sendData(this.streams.get(id)!, NONE, bytes, end)
  }

  #answer(stream: Http2Stream, body: Uint8Array): void {
    if (!this.answers) return
    this.connection.sendHeaders(stream, [new HeaderField(':status', '200')], false)
    this.connection.sendData(stream, NONE, body, true)
  }
}

export function echoPeer(options: Partial<Http2Options> = {}): { server: EchoServer; peer: RawPeer } {
  const server = new EchoServer(options)
  return { server, peer: new RawPeer(server.connection) }
}
