/** What a client asks of the way to one node: one attempt at a time; trying again elsewhere is `failover.ts`'s. */
import type { Instant } from '../core/time.ts'
import type { HeaderField } from '../wire/hpack/header-field.ts'
import type { Attempt } from './errors.ts'
import type { MessageStream } from './message-stream.ts'

/** A way to one node: calls go over one connection that is made, and made again, as they need it. */
export interface Channel {
  /** For messages: the node's URL. */
  readonly endpoint: string
  /**
   * One attempt at a unary gRPC call; never throws. Past the deadline its outcome is unknown, or refused if it
   * was not sent.
   */
  call(
    path: string,
    message: Uint8Array,
    deadline: Instant,
    metadata?: readonly HeaderField[],
  ): Promise<Attempt>
  /** One attempt at a call with any number of messages both ways; never throws. */
  stream(path: string, options?: StreamOptions): Promise<StreamAttempt>
  close(): void
}

export interface StreamOptions {
  /** Sent with the call; `metadataField` makes them, and those that are sent often are kept. */
  readonly metadata?: readonly HeaderField[]
}

export type StreamAttempt =
  /** There is a connection. Whether the node takes the call is seen by what comes, or by the stream's end. */
  { readonly kind: 'open'; readonly stream: MessageStream } | Extract<Attempt, { kind: 'refused' }>
