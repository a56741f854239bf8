/** Byte streams between addresses: TCP, TLS on top of it, or the simulator's. */
import type { TlsOptions } from './tls.ts'

export interface Network {
  /** `accept` returns the handlers of each new connection. `listening` reports the outcome, once. */
  listen(
    address: Address,
    accept: (connection: Connection) => ConnectionHandlers,
    listening: (error: NetworkError | null) => void,
  ): Listener
  /** Never throws: a connection that cannot be made reports through `closed`. */
  connect(address: Address, handlers: ConnectionHandlers & { opened(): void }): Connection
  /**
   * The same addresses, with TLS on every connection: it is accepted, and `opened`, once both ends are who they have
   * to be. Absent where there is no TLS (the simulator). Throws errors with the codes of `TlsErrors`, before anything
   * is listened on.
   */
  readonly secured?: (tls: TlsOptions) => Network
}

export interface Address {
  readonly host: string
  readonly port: number
}

/** `host:port`, with brackets around an IPv6 address. */
export function formatAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

export interface Connection {
  /** For logs: the other end, as `host:port`. */
  readonly remote: string
  /**
   * The common name of the certificate by which the other end proved who it is; undefined where it showed none that
   * was verified, and on a connection without TLS.
   */
  readonly certificateName?: string | undefined
  /**
   * Hands bytes over for sending, in order. The connection owns them until `bufferedBytes` is 0, and then looks at
   * them no more. Bytes given to one turn leave together. False when so much is waiting that the caller should stop
   * until `drained`.
   */
  write(bytes: Uint8Array): boolean
  /** Bytes handed over and not yet taken by the system. */
  bufferedBytes(): number
  /** Stops and resumes `received`: back-pressure on the other end. */
  pause(): void
  resume(): void
  /** Sends what is waiting, then closes. */
  end(): void
  /** Closes at once; what is waiting is lost. `closed` still comes. */
  destroy(): void
}

export interface ConnectionHandlers {
  /** The bytes are only valid during the call: copy what must stay, as `slice` does (a `Buffer`'s would not). */
  received(bytes: Uint8Array): void
  drained(): void
  /** Comes exactly once; nothing comes after it. */
  closed(error: NetworkError | null): void
}

export interface Listener {
  /** The port really taken, when 0 was asked for. */
  port(): number
  /** Stops accepting; existing connections live on. */
  close(): void
}

export type NetworkErrorKind = 'refused' | 'addressInUse' | 'denied' | 'reset' | 'timeout' | 'tls' | 'other'

export class NetworkError extends Error {
  override readonly name = 'NetworkError'
  readonly kind: NetworkErrorKind

  constructor(kind: NetworkErrorKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.kind = kind
  }
}
