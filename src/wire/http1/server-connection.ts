/**
 * The server's end of one HTTP/1.1 connection (RFC 9112), for probes and scrapers: requests are read and answered
 * one after the other, in order, whatever the client sends ahead.
 */

import { addMs, type Instant, NEVER } from '../../core/time.ts'
import { utf8Bytes } from '../../core/utf8.ts'
import type { ByteSink, ConnectionEngine } from '../engine.ts'
import { Body } from './body.ts'
import type { HttpHandler, HttpResponse } from './http-handler.ts'
import { HTTP1_LIMITS, type Http1Limits } from './limits.ts'
import { latin1Text, Received } from './received.ts'
import { parseRequestHead, type RequestHead } from './request-head.ts'
import { reasonPhrase, responseHead } from './response-head.ts'

export interface Http1ServerOptions {
  readonly handler: HttpHandler
  /** There is something to flush. Comes once until the flush. */
  wantsFlush(): void
  readonly limits?: Partial<Http1Limits>
}

export class Http1ServerConnection implements ConnectionEngine {
  readonly #options: Http1ServerOptions
  readonly #limits: Http1Limits
  readonly #received = new Received()
  /** The request whose body is coming, or whose answer is awaited. */
  #head: RequestHead | null = null
  #body: Body | null = null
  #answering = false
  #reading = false
  #output: Uint8Array[] = []
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
    return this.#closing && !this.#answering
  }

  receive(now: Instant, bytes: Uint8Array): void {
    this.#now = now
    if (this.#closing) return
    this.#received.add(bytes)
    this.#readRequests()
    const { headBytesMax, bodyBytesMax } = this.#limits
    // A client that sends ahead while an answer is awaited: it has no more than a request's worth of room.
    if (this.#answering && this.#received.length > headBytesMax + bodyBytesMax) this.#closing = true
  }

  flush(now: Instant, sink: ByteSink): void {
    this.#now = now
    this.#flushWanted = false
    const output = this.#output
    this.#output = []
    for (const bytes of output) sink.write(bytes)
  }

  drained(): void {}

  lost(): void {
    this.#closing = true
    this.#answering = false
    this.#head = null
  }

  shutdown(now: Instant): void {
    this.#now = now
    this.#closing = true
    this.#wantFlush()
  }

  deadline(): Instant {
    if (this.#answering || this.#closing) return NEVER
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
    while (!this.#answering && !this.#closing && this.#readRequest()) {}
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
    if (expects && fits && head.minor > 0) this.#write(utf8Bytes('HTTP/1.1 100 Continue\r\n\r\n'))
    return new Body(head.body, this.#limits.bodyBytesMax)
  }

  #handle(head: RequestHead, body: Uint8Array): void {
    this.#answering = true
    const question = head.target.indexOf('?')
    const request = {
      method: head.method,
      path: question < 0 ? head.target : head.target.slice(0, question),
      query: question < 0 ? '' : head.target.slice(question + 1),
      header: (name: string) => head.headers.get(name),
      body,
    }
    this.#options.handler(request, response => this.#respond(head, response))
  }

  #respond(head: RequestHead, response: HttpResponse): void {
    if (this.#head !== head) return
    const keepAlive = head.keepAlive && !this.#closing
    this.#write(
      responseHead(response.status, response.contentType, response.body.length, keepAlive, head.minor),
    )
    if (head.method !== 'HEAD' && response.body.length > 0) this.#write(response.body)
    this.#head = null
    this.#body = null
    this.#answering = false
    this.#since = this.#now
    if (!keepAlive) this.#closing = true
    this.#readRequests()
  }

  /** What cannot be understood ends the connection. */
  #refuse(status: number): void {
    const body = utf8Bytes(`${reasonPhrase(status)}\n`)
    this.#write(responseHead(status, 'text/plain; charset=utf-8', body.length, false, 1))
    this.#write(body)
    this.#head = null
    this.#body = null
    this.#closing = true
  }

  #write(bytes: Uint8Array): void {
    this.#output.push(bytes)
    this.#wantFlush()
  }

  #wantFlush(): void {
    if (this.#flushWanted) return
    this.#flushWanted = true
    this.#options.wantsFlush()
  }
}
