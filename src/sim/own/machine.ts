/**
 * A user's own deterministic state machine: what a replicated log drives. Everything that it knows lies in its state,
 * pairs of keys and JSON values; a field may hold nothing but what can be read from there again. So the state is the
 * snapshot, and neither a restart nor a snapshot from another member rebuilds anything.
 */
import type { Json } from '../checkers/json-codec.ts'

export type { Json } from '../checkers/json-codec.ts'

/**
 * @typeParam Command what clients ask: plain JSON.
 * @typeParam Result what they are answered: plain JSON.
 * @typeParam Value what the state's keys stand for: plain JSON.
 */
export interface Machine<Command, Result, Value = Json> {
  /**
   * Carries one command out, as one atomic change of the state. The same command on the same state gives the same
   * result and the same change, on every member and whenever it runs: it asks no clock and draws no luck, and a list
   * that depends on the order of arrival is sorted first. It does not wait. A command that is not allowed gets a
   * result that says so; what it throws stops every member.
   */
  apply(command: Command, state: MachineState<Value>): Result
  /**
   * Whether the command only reads. It then does not go through the log: one member carries it out on its own state,
   * once a quorum has confirmed that this is new enough, and may write nothing. Default: no command only reads.
   */
  isRead?(command: Command): boolean
}

/** What a machine sees of its state. Values are copies: to change one, put it again. */
export interface MachineState<Value = Json> {
  get(key: string): Value | undefined
  /** All pairs whose keys begin with the prefix, as they are now, in the order of the keys' UTF-8 bytes. */
  scan(prefix?: string): readonly (readonly [key: string, value: Value])[]
  put(key: string, value: Value): void
  /** Does not mind a key that is not there. */
  delete(key: string): void
}
