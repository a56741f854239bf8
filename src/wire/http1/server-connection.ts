/**
 * The server's end of one HTTP/1.1 connection (RFC 9112), for probes, scrapers and the JSON gateway: requests are read
 * and answered one after the other, in order, whatever the client sends ahead.
 */
import { addMs, type Instant, NEVER } from '../../core/time.ts'
import { utf8Bytes } from '../../core/utf8.ts'
import type { ByteSink, ConnectionEngine } from '../engine.ts'
import { Answer, type AnswerHost } from './answer.ts'
import { Body } from './body.ts'
import type { HttpHandler } from './http-handler.ts'
import { HTTP1_LIMITS, type Http1Limits } from './limits.ts'
import { latin1Text, Received } from './received.ts'
import { parseRequestHead, type RequestHead } from './request-head.ts'
import { reasonPhrase, responseHead } from './response-head.ts'

export interface Http1ServerOptions {
  readonly handler: HttpHandler
  /** There is something to flush. Comes once until the flush. */
  wantsFlush(): void
  /** The address that the connection came from, without the port. */
  readonly remote?: string
  readonly limits?: Partial<Http1Limits>
}

export class Http1ServerConnection implements ConnectionEngine, AnswerHost {
  readonly #options: Http1ServerOptions
  readonly #limits: Http1Limits
  readonly #received = new Received()
  /** The request whose body is coming. */
  #head: RequestHead | null = null
  #body: Body | null = null
  /** What is awaited before the next request is read. */
  #answer: Answer | null = null
  #reading = false
  #output: Uint8Array[] = []
  #outputBytes = 0
  /** The sink has enough. */
  #full = false
  #flushWanted = false
  #closing = false
  #since: Instant
  #now: Instant

  constructor(now: Instant, options: Http1ServerOptions) {
    this.#options = options
    this.#limits = { ...HTTP1_LIMITS, ...options.limits }
    this.#since = this.#now = now
  }

  get wantsClose(): boolean {
    return this.#closing && this.#answer === null
  }

  receive(now: Instant, bytes: Uint8Array): void {
    this.#now = now
    if (this.#closing) return
    this.#received.add(bytes)
    this.#readRequests()
    const { headBytesMax, bodyBytesMax } = this.#limits
    // A client that sends ahead while an answer is awaited: it has no more than a request's worth of room.
    if (this.#answer !== null && this.#received.length > headBytesMax + bodyBytesMax) this.#closing = true
  }

  flush(now: Instant, sink: ByteSink): void {
    this.#now = now
    this.#flushWanted = false
    if (this.#output.length === 0) return
    const output = this.#output
    const wasFull = this.#isFull
    this.#output = []
    this.#outputBytes = 0
    for (const bytes of output) if (!sink.write(bytes)) this.#full = true
    if (wasFull && !this.#isFull) this.#answer?.drained()
  }

  drained(now: Instant): void {
    this.#now = now
    this.#full = false
    this.#answer?.drained()
  }

  lost(): void {
    this.#closing = true
    this.#head = null
    const answer = this.#answer
    this.#answer = null
    answer?.gone()
  }

  shutdown(now: Instant): void {
    this.#now = now
    this.#closing = true
    this.#wantFlush()
  }

  deadline(): Instant {
    if (this.#answer !== null || this.#closing) return NEVER
    const idle = this.#head === null && this.#received.length === 0
    return addMs(this.#since, idle ? this.#limits.idleMs : this.#limits.requestMs)
  }

  onDeadline(now: Instant): void {
    this.#now = now
    if (now < this.deadline()) return
    if (this.#head !== null || this.#received.length > 0) this.#refuse(408)
    this.#closing = true
    this.#wantFlush()
  }

  /** A handler may answer at once: then the next request is read by this loop, not by a deeper call. */
  #readRequests(): void {
    if (this.#reading) return
    this.#reading = true
    while (this.#answer === null && !this.#closing && this.#readRequest()) {}
    this.#reading = false
  }

  /** True if there was a whole request, or an end to the connection. */
  #readRequest(): boolean {
    if (this.#head === null && !this.#readHead()) return false
    const head = this.#head
    if (head === null) return true
    this.#body ??= this.#beginBody(head)
    const progress = this.#body.read(this.#received)
    if (progress === 'more') return false
    if (progress === 'done') this.#handle(head, this.#body.bytes)
    else this.#refuse(progress)
    return true
  }

  #readHead(): boolean {
    const received = this.#received
    received.skipEmptyLines()
    if (received.length === 0) return false
    const length = received.headLength()
    if (length > this.#limits.headBytesMax || (length < 0 && received.length > this.#limits.headBytesMax)) {
      this.#refuse(431)
      return true
    }
    if (length < 0) return false
    const text = latin1Text(received.take(length)).trimEnd()
    const head = parseRequestHead(text, this.#limits.headersMax)
    if ('refused' in head) this.#refuse(head.refused)
    else this.#head = head
    return true
  }

  #beginBody(head: RequestHead): Body {
    const expects = head.headers.get('expect')?.toLowerCase() === '100-continue'
    const fits = head.body.kind === 'chunked' || head.body.length <= this.#limits.bodyBytesMax
    if (expects && fits && head.minor > 0) this.write(utf8Bytes('HTTP/1.1 100 Continue\r\n\r\n'))
    return new Body(head.body, this.#limits.bodyBytesMax)
  }

  #handle(head: RequestHead, body: Uint8Array): void {
    const answer = new Answer(this, head)
    this.#answer = answer
    const question = head.target.indexOf('?')
    const request = {
      method: head.method,
      path: question < 0 ? head.target : head.target.slice(0, question),
      query: question < 0 ? '' : head.target.slice(question + 1),
      header: (name: string) => head.headers.get(name),
      remote: this.#options.remote ?? '',
      body,
    }
    this.#options.handler(request, answer)
  }

  // --- To the answer that has its turn (AnswerHost) ---

  get staysOpen(): boolean {
    return !this.#closing
  }

  write(bytes: Uint8Array): boolean {
    this.#output.push(bytes)
    this.#outputBytes += bytes.length
    this.#wantFlush()
    return !this.#isFull
  }

  answered(keepAlive: boolean): void {
    this.#head = null
    this.#body = null
    this.#answer = null
    this.#since = this.#now
    if (!keepAlive) this.#closing = true
    this.#readRequests()
  }

  /** What cannot be understood ends the connection. */
  #refuse(status: number): void {
    const body = utf8Bytes(`${reasonPhrase(status)}\n`)
    this.write(responseHead(status, 'text/plain; charset=utf-8', body.length, false, 1))
    this.write(body)
    this.#head = null
    this.#body = null
    this.#closing = true
  }

  get #isFull(): boolean {
    return this.#full || this.#outputBytes >= this.#limits.outputBytesMax
  }

  #wantFlush(): void {
    if (this.#flushWanted) return
    this.#flushWanted = true
    this.#options.wantsFlush()
  }
}
