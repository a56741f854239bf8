/**
 * One port, two protocols: a client that opens with the preface of HTTP/2 (RFC 9113 §3.4) speaks that, any
 * other HTTP/1.1. No request of HTTP/1.1 can begin like the preface.
 */
import { PREFACE } from './http2/frame.ts'

/** `PRI * HTTP/2.0`: enough to know. */
const SNIFFED_BYTES = 14

/** Which protocol a connection that began with these bytes speaks; undefined while they are too few to tell. */
export function sniffProtocol(firstBytes: Uint8Array): 'http1' | 'http2' | undefined {
  const length = Math.min(firstBytes.length, SNIFFED_BYTES)
  for (let at = 0; at < length; at++) if (firstBytes[at] !== PREFACE[at]) return 'http1'
  return length === SNIFFED_BYTES ? 'http2' : undefined
}
