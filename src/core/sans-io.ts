import type { NodeId, Token } from './ids.ts'
import type { Instant } from './time.ts'

/**
 * A protocol core: a synchronous, deterministic machine from inputs to effects. It owns no clock, socket,
 * file or randomness; the executor (`runtime/executor.ts`) feeds it and carries out what it asks for.
 */
export interface Core<Input, Effect> {
  /**
   * Takes all inputs that arrived since the last step, in order, and appends what is to be done to `out`,
   * in order. Inputs come in batches so that one durable write and one message per peer serve them all;
   * splitting a batch may change how many effects come out, never whether they are right.
   */
  step(now: Instant, inputs: readonly Input[], out: Effect[]): void
  /** When the core next wants a `deadline` input; `NEVER` if it does not. May change with every step. */
  deadline(): Instant
  /** Asserts the core's invariants. Costs what it costs; the simulator calls it after every step. */
  check(): void
  /** One fixed-column line for logs, golden transcripts and the lab. */
  describe(): string
}

/** Make `update` durable; tokens are acknowledged in the order in which they were issued. */
export interface PersistEffect<Update> {
  readonly kind: 'persist'
  readonly token: Token
  readonly update: Update
}

/** Give `message` to a peer, at the earliest once everything up to the token `after` is durable. */
export interface SendEffect<Message> {
  readonly kind: 'send'
  readonly to: NodeId
  readonly message: Message
  readonly after?: Token
}
