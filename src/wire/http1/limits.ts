/** What an HTTP/1.1 connection bounds. */

export interface Http1Limits {
  /** Request line and headers together. */
  readonly headBytesMax: number
  readonly bodyBytesMax: number
  readonly headersMax: number
  /** What waits to leave before the writer of a body is told that it is enough. */
  readonly outputBytesMax: number
  /** How long a request may take to arrive, and a connection may be idle between requests. */
  readonly requestMs: number
  readonly idleMs: number
}

export const HTTP1_LIMITS: Http1Limits = {
  headBytesMax: 16 * 1024,
  bodyBytesMax: 2 * 1024 * 1024,
  headersMax: 100,
  outputBytesMax: 256 * 1024,
  requestMs: 20_000,
  idleMs: 120_000,
}
