/** What the client of a watch stream sent and received, in its order, as etcd's `Watch` call has it. */
import type { EventFilter, KeyEvent } from './committed-log.ts'

export interface WatchCreate extends EventFilter {
  /** 0: the server chooses. */
  readonly watchId: bigint
  /** 0: from now on; below: refused. */
  readonly startRevision: number
  readonly prevKv: boolean
  readonly progressNotify: boolean
  /** Whether a long response may come in parts. */
  readonly fragment: boolean
}

export interface WatchResponse {
  /** Of the header. */
  readonly revision: number
  /** -1: all watches of the stream, or none. */
  readonly watchId: bigint
  readonly created: boolean
  readonly canceled: boolean
  /** Not 0: why it was canceled, and from where a watch may start now. */
  readonly compactRevision: number
  readonly cancelReason: string
  /** Parts of the same response follow. */
  readonly fragment: boolean
  readonly events: readonly KeyEvent[]
}

export type CreateSent = {
  readonly kind: 'create'
  readonly at: number
  readonly create: WatchCreate
  /**
   * Who reads it. A watch goes on where the one before it of the same reader ended; a reader who starts anew, since
   * it lost revisions to a compaction, gets a new name.
   */
  readonly reader?: string
}

export type ResponseReceived = {
  readonly kind: 'response'
  readonly at: number
  readonly response: WatchResponse
}

export type WatchStreamEvent =
  | CreateSent
  | { readonly kind: 'cancel'; readonly at: number; readonly watchId: bigint }
  | { readonly kind: 'progress'; readonly at: number }
  | ResponseReceived

export interface WatchStream {
  readonly events: readonly WatchStreamEvent[]
  /**
   * Set if the stream was still open when the run had come to rest at this time: nothing may be outstanding then.
   * Of a stream that broke, only what was received is judged.
   */
  readonly settledAt?: number
}

/** With these words a watch ends, or is never made, that nobody asked for, once everybody has to say who they are. */
export const NOBODY_ASKED = 'user name is empty'

/** For all watches of a stream. */
export const EVERY_WATCH = -1n
