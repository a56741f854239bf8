/** A request on a gRPC connection that is not gRPC: plain HTTP, as `curl --http2-prior-knowledge` sends it. */
import { utf8Bytes } from '../../core/utf8.ts'
import { HeaderField } from '../hpack/header-field.ts'
import type { HttpAnswer, HttpBody, HttpHandler, HttpResponse } from '../http1/http-handler.ts'
import type { Http2Connection } from '../http2/connection.ts'
import type { RequestHead } from '../http2/header-section.ts'
import type { Http2Stream, Http2StreamEvents } from '../http2/stream.ts'
import { fieldValue } from './fields.ts'
import { HTTP_BODY_BYTES_MAX } from './limits.ts'

const NONE = new Uint8Array(0)

export class HttpCall implements Http2StreamEvents, HttpAnswer, HttpBody {
  onGone: (() => void) | null = null
  onDrained: (() => void) | null = null
  readonly #http2: Http2Connection
  readonly #stream: Http2Stream
  readonly #method: string
  readonly #target: string
  readonly #fields: readonly HeaderField[]
  readonly #remote: string
  readonly #handler: HttpHandler | undefined
  #body: Uint8Array = NONE
  /** A handler has the request. */
  #asked = false
  #state: 'awaited' | 'body' | 'over' = 'awaited'

  constructor(
    http2: Http2Connection,
    stream: Http2Stream,
    head: RequestHead,
    fields: readonly HeaderField[],
    remote: string,
    handler: HttpHandler | undefined,
  ) {
    this.#http2 = http2
    this.#stream = stream
    stream.events = this
    this.#method = head.method
    this.#target = head.path
    this.#fields = fields
    this.#remote = remote
    this.#handler = handler
  }

  opened(endStream: boolean): void {
    if (endStream || this.#handler === undefined) this.#handle()
  }

  headers(): void {
    this.#handle()
  }

  data(bytes: Uint8Array, from: number, to: number, endStream: boolean): void {
    this.#http2.consumed(this.#stream, to - from)
    if (this.#asked) return
    const length = this.#body.length + to - from
    if (length > HTTP_BODY_BYTES_MAX) return this.respond(plain(413, 'the body is too long\n'))
    const body = new Uint8Array(length)
    body.set(this.#body)
    body.set(bytes.subarray(from, to), this.#body.length)
    this.#body = body
    if (endStream) this.#handle()
  }

  drained(): void {
    if (this.#state === 'body') this.onDrained?.()
  }

  reset(): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    if (this.#asked) this.onGone?.()
  }

  #handle(): void {
    if (this.#asked || this.#state === 'over') return
    if (this.#handler === undefined) return this.respond(plain(415, 'this port speaks gRPC\n'))
    this.#asked = true
    const question = this.#target.indexOf('?')
    const request = {
      method: this.#method,
      path: question < 0 ? this.#target : this.#target.slice(0, question),
      query: question < 0 ? '' : this.#target.slice(question + 1),
      header: (name: string) => fieldValue(this.#fields, name),
      remote: this.#remote,
      body: this.#body,
    }
    this.#handler(request, this)
  }

  // --- The answer (HttpAnswer, HttpBody) ---

  respond(response: HttpResponse): void {
    if (this.#state !== 'awaited') return
    this.#state = 'over'
    const bodyless = this.#method === 'HEAD' || response.body.length === 0
    this.#sendHead(response.status, response.contentType, response.body.length, bodyless)
    if (!bodyless) this.#http2.sendData(this.#stream, NONE, response.body, true)
  }

  begin(status: number, contentType: string): HttpBody {
    if (this.#state !== 'awaited') return this
    const bodyless = this.#method === 'HEAD'
    this.#state = bodyless ? 'over' : 'body'
    this.#sendHead(status, contentType, null, bodyless)
    return this
  }

  write(bytes: Uint8Array): boolean {
    return this.#state !== 'body' || this.#http2.sendData(this.#stream, NONE, bytes, false)
  }

  end(): void {
    if (this.#state !== 'body') return
    this.#state = 'over'
    this.#http2.sendData(this.#stream, NONE, NONE, true)
  }

  #sendHead(status: number, contentType: string, bodyBytes: number | null, endStream: boolean): void {
    const head = [
      new HeaderField(':status', String(status)),
      new HeaderField('content-type', contentType),
      ...(bodyBytes === null ? [] : [new HeaderField('content-length', String(bodyBytes))]),
    ]
    this.#http2.sendHeaders(this.#stream, head, endStream)
  }
}

function plain(status: number, text: string): HttpResponse {
  return { status, contentType: 'text/plain; charset=utf-8', body: utf8Bytes(text) }
}
