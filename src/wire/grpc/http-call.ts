/** A request on a gRPC connection that is not gRPC: plain HTTP, as `curl --http2-prior-knowledge` sends it. */
import { utf8Bytes } from '../../core/utf8.ts'
import { HeaderField } from '../hpack/header-field.ts'
import type { HttpHandler, HttpResponse } from '../http1/http-handler.ts'
import type { Http2Connection } from '../http2/connection.ts'
import type { RequestHead } from '../http2/header-section.ts'
import type { Http2Stream, Http2StreamEvents } from '../http2/stream.ts'
import { fieldValue } from './fields.ts'
import { HTTP_BODY_BYTES_MAX } from './limits.ts'

const NONE = new Uint8Array(0)

export class HttpCall implements Http2StreamEvents {
  readonly #http2: Http2Connection
  readonly #stream: Http2Stream
  readonly #method: string
  readonly #target: string
  readonly #fields: readonly HeaderField[]
  readonly #handler: HttpHandler | undefined
  #body: Uint8Array = NONE
  #answered = false

  constructor(
    http2: Http2Connection,
    stream: Http2Stream,
    head: RequestHead,
    fields: readonly HeaderField[],
    handler: HttpHandler | undefined,
  ) {
    this.#http2 = http2
    this.#stream = stream
    stream.events = this
    this.#method = head.method
    this.#target = head.path
    this.#fields = fields
    this.#handler = handler
  }

  begin(endStream: boolean): void {
    if (endStream || this.#handler === undefined) this.#handle()
  }

  headers(): void {
    this.#handle()
  }

  data(bytes: Uint8Array, from: number, to: number, endStream: boolean): void {
    this.#http2.consumed(this.#stream, to - from)
    if (this.#answered) return
    const length = this.#body.length + to - from
    if (length > HTTP_BODY_BYTES_MAX) return this.#respond(plain(413, 'the body is too long\n'))
    const body = new Uint8Array(length)
    body.set(this.#body)
    body.set(bytes.subarray(from, to), this.#body.length)
    this.#body = body
    if (endStream) this.#handle()
  }

  drained(): void {}

  reset(): void {
    this.#answered = true
  }

  #handle(): void {
    if (this.#answered) return
    if (this.#handler === undefined) return this.#respond(plain(415, 'this port speaks gRPC\n'))
    const question = this.#target.indexOf('?')
    const request = {
      method: this.#method,
      path: question < 0 ? this.#target : this.#target.slice(0, question),
      query: question < 0 ? '' : this.#target.slice(question + 1),
      header: (name: string) => fieldValue(this.#fields, name),
      body: this.#body,
    }
    this.#handler(request, response => this.#respond(response))
  }

  #respond(response: HttpResponse): void {
    if (this.#answered) return
    this.#answered = true
    const head = [
      new HeaderField(':status', String(response.status)),
      new HeaderField('content-type', response.contentType),
      new HeaderField('content-length', String(response.body.length)),
    ]
    const bodyless = this.#method === 'HEAD' || response.body.length === 0
    this.#http2.sendHeaders(this.#stream, head, bodyless)
    if (!bodyless) this.#http2.sendData(this.#stream, NONE, response.body, true)
  }
}

function plain(status: number, text: string): HttpResponse {
  return { status, contentType: 'text/plain; charset=utf-8', body: utf8Bytes(text) }
}
