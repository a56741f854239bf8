/**
 * A plain HTTP request and its answer, whichever version of HTTP it came by: what probes and scrapers ask for, and the
 * JSON gateway.
 */

export interface HttpRequest {
  readonly method: string
  /** The target up to its query. */
  readonly path: string
  /** What follows the question mark; empty without one. */
  readonly query: string
  /** The first value of a header (lower-case name). */
  header(name: string): string | undefined
  /** The address that it came from, without the port; empty if nobody knows. */
  readonly remote: string
  /** Only valid during the call: what must stay is copied. */
  readonly body: Uint8Array
}

export interface HttpResponse {
  readonly status: number
  readonly contentType: string
  /** Not changed once handed over. */
  readonly body: Uint8Array
}

/** How a request is answered: whole, or by a body that goes on. Exactly one of both, at once or later. */
export interface HttpAnswer {
  /** An answer to a client that has gone is dropped. */
  respond(response: HttpResponse): void
  begin(status: number, contentType: string): HttpBody
  /** Set by a handler that wants to know that the client has gone before the answer was complete. */
  onGone: (() => void) | null
}

/** The body of an answer while it is written. */
export interface HttpBody {
  /** The bytes do not change once handed over. False when enough waits already: until `onDrained`. */
  write(bytes: Uint8Array): boolean
  end(): void
  onDrained: (() => void) | null
}

export type HttpHandler = (request: HttpRequest, answer: HttpAnswer) => void
