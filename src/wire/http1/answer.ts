/** The answer to one request of an HTTP/1.1 connection: whole, or a body in chunks (RFC 9112 §7.1). */
import { utf8Bytes } from '../../core/utf8.ts'
import type { HttpAnswer, HttpBody, HttpResponse } from './http-handler.ts'
import type { RequestHead } from './request-head.ts'
import { responseHead } from './response-head.ts'

/** The connection, to the answer that has its turn. */
export interface AnswerHost {
  /** Whether the connection is to stay open behind this answer, as far as the server is concerned. */
  readonly staysOpen: boolean
  /** False when enough waits to leave. */
  write(bytes: Uint8Array): boolean
  /** The answer is complete. */
  answered(keepAlive: boolean): void
}

const CHUNK_END = utf8Bytes('\r\n')
const LAST_CHUNK = utf8Bytes('0\r\n\r\n')

export class Answer implements HttpAnswer, HttpBody {
  onGone: (() => void) | null = null
  onDrained: (() => void) | null = null
  readonly #host: AnswerHost
  readonly #head: RequestHead
  #state: 'awaited' | 'body' | 'over' = 'awaited'

  constructor(host: AnswerHost, head: RequestHead) {
    this.#host = host
    this.#head = head
  }

  respond({ status, contentType, body }: HttpResponse): void {
    if (this.#state !== 'awaited') return
    const { keepAlive: wanted, minor, method } = this.#head
    const keepAlive = wanted && this.#host.staysOpen
    this.#host.write(responseHead(status, contentType, body.length, keepAlive, minor))
    if (method !== 'HEAD' && body.length > 0) this.#host.write(body)
    this.#complete(keepAlive)
  }

  begin(status: number, contentType: string): HttpBody {
    if (this.#state !== 'awaited') return this
    this.#state = 'body'
    const { minor } = this.#head
    this.#host.write(responseHead(status, contentType, null, this.#keepsAlive, minor))
    return this
  }

  write(bytes: Uint8Array): boolean {
    if (this.#state !== 'body' || bytes.length === 0 || this.#head.method === 'HEAD') return true
    if (this.#head.minor === 0) return this.#host.write(bytes)
    this.#host.write(utf8Bytes(`${bytes.length.toString(16)}\r\n`))
    this.#host.write(bytes)
    return this.#host.write(CHUNK_END)
  }

  end(): void {
    if (this.#state !== 'body') return
    if (this.#head.minor > 0 && this.#head.method !== 'HEAD') this.#host.write(LAST_CHUNK)
    this.#complete(this.#keepsAlive)
  }

  /** What was written may go on. */
  drained(): void {
    if (this.#state === 'body') this.onDrained?.()
  }

  /** The connection is gone: nobody is there to be answered. */
  gone(): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.onGone?.()
  }

  /** To HTTP/1.0 the end of the connection is the end of a body. */
  get #keepsAlive(): boolean {
    return this.#head.keepAlive && this.#head.minor > 0
  }

  #complete(keepAlive: boolean): void {
    this.#state = 'over'
    this.#host.answered(keepAlive)
  }
}
