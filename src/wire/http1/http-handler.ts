/** A plain HTTP request and its answer, whichever version of HTTP it came by: `/health`, `/version`, `/metrics`. */

export interface HttpRequest {
  readonly method: string
  /** The target up to its query. */
  readonly path: string
  /** What follows the question mark; empty without one. */
  readonly query: string
  /** The first value of a header (lower-case name). */
  header(name: string): string | undefined
  /** Only valid during the call: what must stay is copied. */
  readonly body: Uint8Array
}

export interface HttpResponse {
  readonly status: number
  readonly contentType: string
  /** Not changed once handed over. */
  readonly body: Uint8Array
}

/** Answers at once or later, exactly once; an answer to a client that has gone is dropped. */
export type HttpHandler = (request: HttpRequest, respond: (response: HttpResponse) => void) => void
