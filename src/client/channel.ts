import type { Instant } from '../core/time.ts'
import type { Attempt } from './errors.ts'

/** A way to one node: calls go over one connection that is made, and made again, as they need it. */
export interface Channel {
  /** For messages: the node's URL. */
  readonly endpoint: string
  /**
   * One attempt at a unary gRPC call; never throws. Past the deadline its outcome is unknown, or refused if it
   * was not sent.
   */
  call(path: string, message: Uint8Array, deadline: Instant): Promise<Attempt>
  close(): void
}
