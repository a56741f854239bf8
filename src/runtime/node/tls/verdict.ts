/** Who is at the other end of a handshake that went well, whether it may be there, and why others went wrong. */
import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import type { PeerCertificate, TLSSocket } from 'node:tls'
import { errorCode } from '../disk-error.ts'

/** Who may be at the other end, of those whose certificates are good. */
export interface Allowed {
  readonly allowedNames?: readonly string[] | undefined
  readonly allowedHosts?: readonly string[] | undefined
}

/** The common name of the other end's certificate, if it was verified. */
export function certificateNameOf(socket: TLSSocket): string | undefined {
  return socket.authorized ? commonNameOf(socket.getPeerCertificate()) : undefined
}

/** Why this certificate may not be here; undefined if it may. */
export function objectionTo(
  certificate: PeerCertificate,
  { allowedNames, allowedHosts }: Allowed,
): string | undefined {
  const name = commonNameOf(certificate)
  if (allowedNames !== undefined && (name === undefined || !allowedNames.includes(name))) {
    return `the common name of its certificate, ${name ?? '(none)'}, is not allowed`
  }
  if (allowedHosts !== undefined && !allowedHosts.some(host => isFor(certificate, host))) {
    return `its certificate is for none of ${allowedHosts.join(', ')}`
  }
  return undefined
}

/** In words for a log or a caller. */
export function reasonOf(error: Error, authorizationError?: unknown): string {
  const code = errorCode(error)
  const openssl = 'reason' in error && typeof error.reason === 'string' ? error.reason : undefined
  if (code === 'ERR_SSL_HTTP_REQUEST' || openssl === 'http request')
    return 'plain HTTP came where TLS is spoken'
  if (openssl === 'wrong version number' || openssl === 'packet length too long')
    return 'the other end does not speak TLS'
  if (code === 'ERR_TLS_HANDSHAKE_TIMEOUT') return 'the handshake took too long'
  if (code === 'ECONNRESET') {
    // A listener learns only from the socket why it closed it.
    return authorizationError
      ? `the other end's certificate was refused: ${wordsOf(authorizationError)}`
      : 'the other end closed the connection within the handshake'
  }
  return openssl ?? error.message
}

/** Node.js gives a code as text, or an error. */
function wordsOf(authorizationError: unknown): string {
  return authorizationError instanceof Error ? authorizationError.message : String(authorizationError)
}

/** Absent where none was shown: Node.js gives an empty object then. A name that is given twice is none. */
function commonNameOf(certificate: PeerCertificate): string | undefined {
  const { subject } = certificate as Partial<PeerCertificate>
  const name: unknown = subject?.CN
  return typeof name === 'string' ? name : undefined
}

function isFor(certificate: PeerCertificate, host: string): boolean {
  const { raw } = certificate as Partial<PeerCertificate>
  if (raw === undefined) return false
  const parsed = new X509Certificate(raw)
  return (isIP(host) === 0 ? parsed.checkHost(host) : parsed.checkIP(host)) !== undefined
}
