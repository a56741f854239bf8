/** What a node and the thread of its jobs tell each other. Jobs are numbered by the node. */
import type { ToldError } from './thread-errors.ts'

export type MessageToThread =
  | { readonly kind: 'start'; readonly job: number; readonly name: string; readonly input: unknown }
  | { readonly kind: 'order'; readonly job: number; readonly order: unknown }
  | { readonly kind: 'stop'; readonly job: number }
  /** The last one: no job is left. */
  | { readonly kind: 'end' }

export type MessageFromThread =
  | { readonly kind: 'report'; readonly job: number; readonly report: unknown }
  | { readonly kind: 'stopped'; readonly job: number }
  /** Nothing is left to do of all that came with so many messages. */
  | { readonly kind: 'idle'; readonly heard: number }
  /** The last one. */
  | { readonly kind: 'halt'; readonly error: ToldError }

/** What to move instead of copying. An array that is handed over has its buffer for itself. */
export function buffersOf(handedOver: readonly Uint8Array[] = []): ArrayBuffer[] {
  return handedOver.map(bytes => bytes.buffer as ArrayBuffer)
}
