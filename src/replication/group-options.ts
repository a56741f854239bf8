/** What a group is made of, and whom it tells what. */
import type { GroupId, NodeId } from '../core/ids.ts'
import type { RecoveredLog } from '../core/log-update.ts'
import type { Random } from '../core/prng.ts'
import type { ConsensusProtocol, GroupConfiguration, Standing } from '../protocols/consensus.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Logger } from '../runtime/logger.ts'
import type { StateMachine } from '../runtime/state-machine.ts'
import type { Store } from '../runtime/store.ts'
import type { Log } from '../storage/log/log.ts'
import type { GroupLimits } from './limits.ts'
import type { GroupTransport } from './transport.ts'

export interface GroupOptions<Message, Result> {
  readonly id: GroupId
  readonly node: NodeId
  readonly protocol: ConsensusProtocol<Message>
  readonly machine: StateMachine<Result>
  readonly store: Store
  readonly log: Log
  /** What the log held of this group when it was opened. */
  readonly recovered: RecoveredLog
  readonly transport: GroupTransport
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Eight unpredictable bytes: they tell this incarnation's proposals from an earlier one's. */
  readonly entropy: Uint8Array
  /**
   * The configuration of a group that starts for the first time, the same on every member: `bootstrap` of the protocol.
   * Empty on a member that joins: it waits to be told of one.
   */
  readonly bootstrap: Uint8Array
  readonly heartbeatIntervalMs: number
  readonly electionTimeoutMs: number
  readonly snapshotEntries: number
  readonly catchUpEntries: number
  /** What no operator sets. */
  readonly limits?: Partial<GroupLimits>
  /** Called when what this member can vouch for changes; it is `whole` until then. */
  standingChanged?(standing: Standing): void
  /**
   * Called when others take part than before, committed or not: whoever is not among `members` need not be reached.
   * `data`: the configuration's bytes.
   */
  membershipChanged?(members: readonly NodeId[], configuration: GroupConfiguration, data: Uint8Array): void
  /**
   * Called when a configuration was applied: it is committed, and `configuration` of the group from now on. And again
   * when nobody is leaving with it any more.
   */
  configured?(configuration: GroupConfiguration): void
  /** There was no room for a checkpoint or a snapshot: whatever can be spared may go. */
  diskFull?(): void
  /** A checkpoint was made: there was room for it. */
  checkpointed?(): void
  /** Stops the node: its disk failed in a way that nobody can vouch for. */
  halt(reason: Error): never
}
