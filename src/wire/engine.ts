/** What every server or client end of a connection on this floor is to its owner: bytes in, bytes out, a clock. */
import type { Instant } from '../core/time.ts'

/** Where the bytes go: a connection of `runtime`, or a test. False when it has enough until `drained`. */
export interface ByteSink {
  /** The sink owns the bytes from now on; they do not change. */
  write(bytes: Uint8Array): boolean
}

/** The owner is told `wantsFlush` once when there is output, and flushes at the end of its turn. */
export interface ConnectionEngine {
  /** The bytes are only valid during the call. Never throws because of them. */
  receive(now: Instant, bytes: Uint8Array): void
  /** Gives the sink everything that may leave now. */
  flush(now: Instant, sink: ByteSink): void
  /** The sink, after `write` returned false, takes bytes again. */
  drained(now: Instant): void
  /** The transport has closed; nothing is called after it. */
  lost(now: Instant): void
  /** Takes nothing new, lets what is under way finish, then wants to close. */
  shutdown(now: Instant): void
  /** True once the owner should close the transport, after what a flush gives was sent. */
  readonly wantsClose: boolean
  /** When `onDeadline` is due; `NEVER` if not. May change with every call. */
  deadline(): Instant
  onDeadline(now: Instant): void
}
