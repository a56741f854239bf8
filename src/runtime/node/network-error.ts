import { NetworkError, type NetworkErrorKind } from '../network.ts'
import { errorCode } from './disk-error.ts'

const KINDS: ReadonlyMap<string | undefined, NetworkErrorKind> = new Map<string, NetworkErrorKind>([
  ['ECONNREFUSED', 'refused'],
  ['EADDRINUSE', 'addressInUse'],
  ['EACCES', 'denied'],
  ['EPERM', 'denied'],
  ['ECONNRESET', 'reset'],
  ['EPIPE', 'reset'],
  ['ECONNABORTED', 'reset'],
  ['ETIMEDOUT', 'timeout'],
])

/** The system's error in the runtime's terms; TLS's own, after the handshake, say why the other end hung up. */
export function networkError(cause: unknown): NetworkError {
  if (cause instanceof NetworkError) return cause
  const code = errorCode(cause)
  if (code?.startsWith('ERR_SSL_') === true && cause instanceof Error) {
    const reason = 'reason' in cause ? String(cause.reason) : cause.message
    return new NetworkError('tls', `TLS: ${reason}`, cause)
  }
  const message = cause instanceof Error && cause.message !== '' ? cause.message : (code ?? String(cause))
  return new NetworkError(KINDS.get(code) ?? 'other', message, cause)
}
