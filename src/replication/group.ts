/**
 * A group: one consensus protocol, one log, one state machine, and so one replicated object. It carries out
 * what the core asks for, applies what is committed, and is the one who answers callers; the core answers
 * nobody, because a result exists only once it is applied.
 */
import { unreachable } from '../core/assert.ts'
import { ByteReader } from '../core/bytes.ts'
import { QuorateError } from '../core/errors.ts'
import type { Gauge } from '../core/gauge.ts'
import type { NodeId } from '../core/ids.ts'
import { NOBODY } from '../core/ids.ts'
import type { Doubt, LogBase, LogUpdate } from '../core/log-update.ts'
import type { ReplicaWitness } from '../core/replica-witness.ts'
import { bug, buggify, probe, witnessOf } from '../core/seams.ts'
import { addMs, type ClusterTime, type Instant, NEVER } from '../core/time.ts'
import type {
  Consensus,
  ConsensusEffect,
  ConsensusInput,
  GroupConfiguration,
  Standing,
} from '../protocols/consensus.ts'
import type { Timer } from '../runtime/clock.ts'
import type { DiskError } from '../runtime/disk.ts'
import { Executor, type ExecutorHost } from '../runtime/executor.ts'
import type { StorePin, StoreView } from '../runtime/store.ts'
import { AppliedConfiguration } from './applied-configuration.ts'
import { Applier } from './applier.ts'
import { Checkpointer } from './checkpointer.ts'
import { ClusterClock } from './cluster-clock.ts'
import type { GroupOptions } from './group-options.ts'
import { Inbox } from './inbox.ts'
import { DEADLINE_SWEEP_MS, GROUP_LIMITS } from './limits.ts'
import { Proposals } from './proposals.ts'
import { Reads } from './reads.ts'
import { type ProposalOutcome, type Replica, ReplicaErrors, type ReplicaStatus } from './replica.ts'
import { readSnapshotMessage, type SnapshotMessage, writeSnapshotMessage } from './snapshot-message.ts'
import { SnapshotReceiver } from './snapshot-receiver.ts'
import { SnapshotSender } from './snapshot-sender.ts'
import { startingBase } from './starting-base.ts'
import { Sweeping } from './sweeping.ts'
import { tellStanding } from './tell-standing.ts'

type Effect<Message> = Exclude<ConsensusEffect<Message>, { kind: 'persist' | 'send' }>

export class Group<Message, Result> implements Replica<Result> {
  readonly #options: GroupOptions<Message, Result>
  readonly #witness: ReplicaWitness | undefined
  readonly #core: Consensus<Message>
  readonly #executor: Executor<ConsensusInput<Message>, LogUpdate, Message, Effect<Message>>
  readonly #proposals: Proposals<Result>
  readonly #reads: Reads
  readonly #applier: Applier<Result>
  readonly #time: ClusterClock
  readonly #checkpointer: Checkpointer
  readonly #sweeping: Sweeping<Result>
  readonly #sender: SnapshotSender
  readonly #receiver: SnapshotReceiver
  readonly #retryTimer: Timer
  readonly #deadlineTimer: Timer
  readonly #configuration: AppliedConfiguration
  readonly #inbox: Inbox
  readonly #roleListeners = new Set<() => void>()
  /** Committed, and to be applied. */
  #committed: Extract<Effect<Message>, { kind: 'committed' }>[] = []
  #leader: NodeId = NOBODY
  #standing: Standing = { kind: 'whole' }
  #awaitsRelief = false
  #deadlinesArmed = false
  #stopped = false

  constructor(options: GroupOptions<Message, Result>) {
    this.#options = options
    const { clock, store, machine, protocol, recovered } = options
    this.#inbox = new Inbox(options.logger)
    const applied = startingBase(store, recovered, options.bootstrap)
    const random52 = Number(new ByteReader(options.entropy).u64big() >> 12n)
    const limits = { ...GROUP_LIMITS, ...options.limits }
    this.#proposals = new Proposals(random52, limits)
    this.#reads = new Reads(limits)
    machine.open(store)
    this.#witness = witnessOf(options.node)
    this.#applier = new Applier(options.node, machine, store, applied, this.#witness, (proposal, result) =>
      this.#proposals.applied(proposal, result as Result, this.configuration.leaving === undefined),
    )
    this.#time = new ClusterClock(clock, applied.time)
    this.#configuration = new AppliedConfiguration(applied, protocol.readConfiguration, configuration => {
      if (configuration.leaving === undefined) this.#proposals.settled()
      options.configured?.(configuration)
    })
    this.#witness?.started(applied, recovered, this.#applier.hashState)
    this.#checkpointer = new Checkpointer(clock, store, applied, options.snapshotEntries, {
      checkpointed: base => {
        options.checkpointed?.()
        this.#executor.give({ kind: 'checkpointed', base })
      },
      failed: error => this.#checkpointFailed(error),
    })
    this.#sweeping = new Sweeping(clock, machine, store, {
      mustWait: () => this.#mustWait(),
      written: () => this.#checkpointer.written(this.#applier.applied),
    })
    const send = (to: NodeId, message: SnapshotMessage): void => this.#sendSnapshot(to, message)
    this.#sender = new SnapshotSender(clock, store, machine, send, this.#witness)
    this.#receiver = new SnapshotReceiver(clock, store, random52, {
      send,
      mayCommit: base => base.index > this.#applier.applied.index,
      installed: base => this.#installed(base),
      failed: (index, error) => this.#installFailed(index, error),
    })
    this.#core = protocol.create({
      id: options.node,
      random: options.random,
      recovered,
      applied,
      heartbeatIntervalMs: options.heartbeatIntervalMs,
      electionTimeoutMs: options.electionTimeoutMs,
      catchUpEntries: options.catchUpEntries,
    })
    this.#executor = new Executor(clock, this.#core, this.#host())
    this.#retryTimer = clock.timer(() => this.#executor.wake())
    this.#deadlineTimer = clock.timer(() => this.#expire())
    this.#executor.wake()
  }

  // --- What services see (Replica) ---

  propose(command: Uint8Array, deadline: Instant, done: (outcome: ProposalOutcome<Result>) => void): void {
    this.#proposals.add(command, deadline, done, false)
    this.#asked()
  }

  proposeOwn(...[command, deadline, done]: Parameters<Replica<Result>['proposeOwn']>): void {
    this.#proposals.add(command, deadline, done, true)
    this.#asked()
  }

  reconfigure(...[change, context, deadline, done]: Parameters<Replica<Result>['reconfigure']>): void {
    this.#proposals.add(context, deadline, done as (outcome: ProposalOutcome<Result>) => void, true, change)
    this.#asked()
  }

  /** As the protocol writes it. */
  get configurationBytes(): Uint8Array {
    return this.#applier.applied.configuration
  }

  get configuration(): GroupConfiguration {
    return this.#configuration.at(this.#applier.applied)
  }

  read(deadline: Instant, done: Parameters<Replica<Result>['read']>[1]): void {
    this.#reads.add(deadline, done)
    this.#asked()
  }

  get view(): StoreView {
    return this.#options.store
  }

  pin(): StorePin {
    return this.#options.store.pin()
  }

  sizeBytes(): number {
    return this.#options.store.sizeBytes()
  }

  status(): ReplicaStatus {
    const { role, leader, ballot, commitIndex, lastIndex, membership } = this.#core.status()
    const appliedIndex = this.#applier.applied.index
    const standing = this.#standing
    return { role, leader, ballot, commitIndex, lastIndex, membership, appliedIndex, standing }
  }

  clusterTime(): ClusterTime {
    return this.#time.now()
  }

  swept(done: () => void): void {
    this.#sweeping.ended(done)
  }

  // --- What the node tells it ---

  /** A consensus message; the bytes are only valid during the call. A message that cannot be read is dropped. */
  receive(from: NodeId, payload: Uint8Array): void {
    const message = this.#inbox.read(from, payload, reader => this.#options.protocol.decode(reader))
    if (message !== undefined) this.#executor.give({ kind: 'receive', from, message })
  }

  /** A part of a snapshot transfer. Copies would be all that the collector has to come for, again and again. */
  receiveSnapshot(from: NodeId, payload: Uint8Array): void {
    const message = this.#inbox.readInPlace(from, payload, readSnapshotMessage)
    if (message === undefined || this.#stopped) return
    this.#sender.receive(from, message)
    this.#receiver.receive(from, message)
  }

  linkLost(peer: NodeId): void {
    this.#receiver.linkLost(peer)
    this.#executor.give({ kind: 'linkLost', peer })
  }

  /** Makes what the store holds durable, though nothing asks for it: see `Checkpointer.ask`. */
  checkpoint(done: () => void): void {
    this.#checkpointer.ask(done)
  }

  /** Asks the leader to hand over to `to`; shows in `status`, if it works. */
  transferLeader(to: NodeId): void {
    this.#executor.give({ kind: 'transferLeader', to })
  }

  /** Calls back each time when the leader or the ballot changes, until the returned function is called. */
  onRole(changed: () => void): () => void {
    this.#roleListeners.add(changed)
    return () => this.#roleListeners.delete(changed)
  }

  /** Answers everyone who waits, and does nothing any more. The log and the store are closed by their owner. */
  stop(): void {
    this.#stopped = true
    this.#executor.stop()
    this.#checkpointer.stop()
    this.#sweeping.stop()
    this.#sender.stop()
    this.#receiver.stop()
    this.#retryTimer.clear()
    this.#deadlineTimer.clear()
    this.#proposals.stop()
    this.#reads.stop()
  }

  /** What it may have forgotten of what it promised; for the simulator. */
  get doubt(): Doubt {
    return this.#core.doubt ?? 'none'
  }

  /** How full everything is that it holds; for the simulator. */
  gauges(): readonly Gauge[] {
    const core = this.#core.gauges?.() ?? []
    return [...this.#proposals.gauges(), this.#reads.gauge(), this.#sender.gauge(), ...core]
  }

  /** Asserts the core's invariants; for the simulator. */
  check(): void {
    this.#core.check()
  }

  describe(): string {
    return `${this.#core.describe()} applied=${this.#applier.applied.index}`
  }

  // --- What the core asks for ---

  #host(): ExecutorHost<LogUpdate, Message, Effect<Message>> {
    const { log, transport, protocol, id, clock } = this.#options
    return {
      persist: (update, done) => {
        // One whom nobody else waits for must wait for its own disk all the same (etcd issue 14370).
        const isEarly = bug('answered-before-sync-alone') && this.status().membership.voters.length === 1
        log.persist(id, update, () => {
          this.#witness?.persisted(update)
          if (!isEarly) done()
        })
        if (isEarly) clock.soon(done)
      },
      send: (to, message) =>
        transport.send(to, protocol.lane(message), id, writer => protocol.encode(message, writer)),
      perform: effect => this.#perform(effect),
      gather: () => this.#gather(),
    }
  }

  #gather(): void {
    // Without a leader everything waits: `role` wakes the core again.
    if (this.#leader === NOBODY) return
    const now = this.#options.clock.now()
    this.#propose(this.#proposals.take(now))
    const read = this.#reads.take(now)
    if (read !== undefined) this.#executor.give({ kind: 'read', id: read })
    const retryAt = Math.min(this.#proposals.retryAt(), this.#reads.retryAt()) as Instant
    if (retryAt === NEVER) this.#retryTimer.clear()
    else this.#retryTimer.set(retryAt)
  }

  #propose(taken: ReturnType<Proposals<Result>['take']>): void {
    const proposals = taken.filter(({ change }) => change === undefined)
    if (proposals.length > 0) this.#executor.give({ kind: 'propose', proposals })
    for (const { id, command: context, change } of taken) {
      if (change !== undefined) this.#executor.give({ kind: 'reconfigure', id, context, ...change })
    }
  }

  #perform(effect: Effect<Message>): void {
    const now = this.#options.clock.now()
    switch (effect.kind) {
      case 'committed':
        return this.#applySoon(effect)
      case 'readable':
        return this.#reads.readable(effect.ids, effect.index, this.#applier.applied.index)
      case 'unreadable':
        this.#reads.unreadable(effect.ids, now)
        return this.#executor.wake()
      case 'dropped':
        if (effect.outcome === 'unknown' && !bug('unknown-tried-again')) {
          return this.#proposals.lost(effect.ids)
        }
        if (effect.objection === undefined || effect.objection === 'busy') {
          this.#proposals.refused(effect.ids, now)
        } else {
          for (const id of effect.ids) this.#proposals.objected(id, effect.objection)
        }
        return this.#executor.wake()
      case 'load':
        return this.#load(effect)
      case 'installSnapshot':
        return this.#receiver.begin(effect.from, effect.index)
      case 'role':
        return this.#roleChanged(effect)
      case 'standing':
        return this.#standingChanged(effect.standing)
      case 'membership':
        return this.#options.membershipChanged?.(effect.members, effect.configuration, effect.data)
      default:
        return unreachable(effect)
    }
  }

  /**
   * The machine's turn comes after the log's and the sockets': a write that has just been asked for is under
   * way while it works.
   */
  #applySoon(effect: Extract<Effect<Message>, { kind: 'committed' }>): void {
    this.#witness?.committed(effect.entries)
    this.#committed.push(effect)
    if (this.#committed.length > 1) return
    const { clock } = this.#options
    if (buggify('group: what is committed is applied a turn later')) clock.nextTurn(() => this.#apply())
    else clock.soon(() => this.#apply())
  }

  /**
   * Waits while a snapshot is being switched in; what that covers is passed over afterwards. Waits, too, while
   * the store is congested: the core hands out no more than a window, and everything but the state goes on.
   */
  #apply(): void {
    if (this.#stopped || this.#receiver.committing || this.#committed.length === 0) return
    let taken = 0
    let awaited = false
    for (const { entries, awaited: isAwaited } of this.#committed) {
      if (this.#mustWait()) break
      this.#applier.apply(entries)
      taken++
      awaited ||= isAwaited
    }
    this.#committed.splice(0, taken)
    if (taken === 0) return
    this.#time.applied(this.#applier.applied.time)
    this.#afterApply(awaited)
  }

  /** True while the store is congested; what waited is then done when it is not. */
  #mustWait(): boolean {
    if (!this.#options.store.isCongested) return false
    probe('group: the store was congested')
    if (this.#awaitsRelief) return true
    this.#awaitsRelief = true
    this.#options.store.whenRelieved(() => {
      this.#awaitsRelief = false
      if (this.#stopped) return
      this.#apply()
      this.#sweeping.begin()
    })
    return true
  }

  /** While a client writes one key after the other, a step for each `applied` would be one step in four. */
  #afterApply(awaited: boolean): void {
    const { applied } = this.#applier
    this.#configuration.applied(applied)
    const input = { kind: 'applied', index: applied.index } as const
    if (awaited) this.#executor.give(input)
    else this.#executor.note(input)
    this.#reads.applied(applied.index)
    this.#checkpointer.written(applied)
    this.#sweeping.begin()
  }

  #load({ from, to, bytesMax }: Extract<Effect<Message>, { kind: 'load' }>): void {
    const { log, id } = this.#options
    this.#executor.give({ kind: 'loaded', from, entries: log.load(id, from, to, bytesMax) })
  }

  #roleChanged(effect: Extract<Effect<Message>, { kind: 'role' }>): void {
    this.#options.logger.info('role', {
      role: effect.role,
      leader: effect.leader,
      ballot: effect.ballot,
    })
    this.#leader = effect.leader
    if (effect.leader !== NOBODY) {
      this.#proposals.retryNow()
      this.#reads.retryNow()
      this.#executor.wake()
    }
    for (const changed of [...this.#roleListeners]) changed()
  }

  #standingChanged(standing: Standing): void {
    this.#standing = standing
    tellStanding(this.#options.logger, standing)
    this.#options.standingChanged?.(standing)
  }

  #installed(base: LogBase): void {
    this.#applier.installed(base)
    this.#time.applied(base.time)
    this.#configuration.applied(base)
    this.#checkpointer.installed(base)
    this.#executor.give({ kind: 'installed', base })
    this.#reads.applied(base.index)
    this.#apply()
  }

  #installFailed(index: LogBase['index'], error?: DiskError): void {
    if (error?.kind === 'full') this.#options.diskFull?.()
    this.#executor.give({ kind: 'installFailed', index })
    this.#apply()
  }

  // --- Housekeeping ---

  /** Something waits for the core, or, once nothing does any more, for its refusal. */
  #asked(): void {
    this.#armDeadlines()
    this.#executor.wake()
    if (!this.#stopped) return
    this.#proposals.stop()
    this.#reads.stop()
  }

  #armDeadlines(): void {
    if (this.#deadlinesArmed) return
    this.#deadlinesArmed = true
    this.#deadlineTimer.set(addMs(this.#options.clock.now(), DEADLINE_SWEEP_MS))
  }

  #expire(): void {
    this.#deadlinesArmed = false
    const now = this.#options.clock.now()
    this.#proposals.expire(now)
    this.#reads.expire(now)
    if (this.#proposals.count > 0 || this.#reads.count > 0) this.#armDeadlines()
  }

  /**
   * A full disk passes: the previous checkpoint stands and another attempt follows. After any other failure
   * nobody knows what the disk holds, and the node stops.
   */
  #checkpointFailed(error: DiskError): void {
    if (error.kind === 'full') {
      this.#options.logger.warn('no room for a checkpoint', { error: error.message })
      this.#options.diskFull?.()
      return
    }
    this.#options.halt(
      new QuorateError(ReplicaErrors.checkpointFailed, `a checkpoint failed: ${error.message}`, 'refused', {
        cause: error,
      }),
    )
  }

  #sendSnapshot(to: NodeId, message: SnapshotMessage): void {
    const { transport, id } = this.#options
    transport.sendSnapshot(to, id, writer => writeSnapshotMessage(writer, message))
  }
}
