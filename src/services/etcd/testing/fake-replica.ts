/**
 * A replica of one, without consensus: a real machine on a real store, and a test that decides when, or
 * whether, proposals are applied and reads are confirmed.
 */

import { assert } from '../../../core/assert.ts'
import { crc32c } from '../../../core/crc32c.ts'
import { QuorateError } from '../../../core/errors.ts'
import type { Ballot, Index, NodeId, ProposalId } from '../../../core/ids.ts'
import { NODE_VERSION } from '../../../core/node-version.ts'
import type { ClusterTime, Instant } from '../../../core/time.ts'
import { ChangeFeed } from '../../../machines/kv/change-feed.ts'
import { raiseClusterVersion } from '../../../machines/kv/cluster-version.ts'
import { kvMachine } from '../../../machines/kv/kv-machine.ts'
import type { KvResult } from '../../../machines/kv/types.ts'
import type { GroupConfiguration } from '../../../protocols/consensus.ts'
import {
  type ProposalOutcome,
  type Replica,
  ReplicaErrors,
  type ReplicaStatus,
} from '../../../replication/replica.ts'
import type { Disk, DiskFile } from '../../../runtime/disk.ts'
import { silentLogger } from '../../../runtime/logger.ts'
import type { StateMachine } from '../../../runtime/state-machine.ts'
import type { Store, StorePin } from '../../../runtime/store.ts'
import { openStore } from '../../../storage/store/open-store.ts'
import type { HandClock } from './hand-clock.ts'

export interface HeldProposal {
  readonly command: Uint8Array
  readonly deadline: Instant
  readonly done: (outcome: ProposalOutcome<KvResult>) => void
}

export interface HeldRead {
  readonly deadline: Instant
  readonly done: (refusal: QuorateError | null) => void
}

/** A store that never makes a checkpoint reads nothing of what it writes: its disk may forget all of it. */
function forgetfulDisk(clock: HandClock): Disk {
  const file: Pick<DiskFile, 'writeSynced' | 'close'> = {
    writeSynced: (_at, _chunks, done) => clock.soon(() => done(null)),
    close: () => {},
  }
  const disk: Omit<Disk, 'exists' | 'lock'> = {
    list: () => [],
    makeDirectory: () => {},
    open: () => file as DiskFile,
    rename: () => {},
    remove: () => {},
    removeLater: () => {},
    syncDirectory: (_directory, done) => clock.soon(() => done(null)),
  }
  return disk as Disk
}

function emptyStore(clock: HandClock): Store {
  const options = {
    disk: forgetfulDisk(clock),
    directory: 'store',
    clock,
    checksum: crc32c,
    logger: silentLogger,
    halt(reason: Error): never {
      throw reason
    },
  }
  let store: Store | undefined
  openStore(options, outcome => {
    if (outcome instanceof QuorateError) throw outcome
    store = outcome
  })
  clock.settle()
  assert(store !== undefined, 'an empty store opens within a few turns')
  return store
}

export class FakeReplica implements Replica<KvResult> {
  readonly view: Store
  readonly changes = new ChangeFeed()
  readonly #machine = kvMachine(this.changes)
  #index = 0
  /** Cluster time, in milliseconds. */
  now = 0
  /** Whether proposals and reads wait in `proposals` and `reads` for the test. */
  holds = false
  /** Whether it has no room for callers. */
  isFull = false
  readonly proposals: HeldProposal[] = []
  readonly reads: HeldRead[] = []
  /** How many of each there were. */
  proposed = 0
  barriers = 0
  pinned = 0
  /** What `sizeBytes` says, if not the truth. */
  fakeSizeBytes: number | undefined
  sweepWaiters: (() => void)[] | undefined
  configuration: GroupConfiguration = {
    membership: { voters: [0xa1n as NodeId], learners: [] },
    context: new Uint8Array(0),
    version: 0,
  }
  readonly transfers: NodeId[] = []
  readonly roleListeners = new Set<() => void>()
  fakeStatus: Partial<ReplicaStatus> = {}

  /** @param version of its cluster */
  constructor(clock: HandClock, version = NODE_VERSION) {
    this.view = emptyStore(clock)
    const batch = this.view.batch()
    raiseClusterVersion(batch, { version })
    batch.commit()
    this.#machine.open(this.view)
  }

  propose(command: Uint8Array, deadline: Instant, done: HeldProposal['done']): void {
    if (!this.isFull) return this.proposeOwn(command, deadline, done)
    done({ kind: 'failed', error: new QuorateError(ReplicaErrors.overloaded, 'no room', 'refused') })
  }

  proposeOwn(command: Uint8Array, deadline: Instant, done: HeldProposal['done']): void {
    this.proposed++
    if (this.holds) this.proposals.push({ command, deadline, done })
    else done({ kind: 'done', result: this.apply(command) })
  }

  read(deadline: Instant, done: HeldRead['done']): void {
    this.barriers++
    if (this.holds) this.reads.push({ deadline, done })
    else done(null)
  }

  apply(command: Uint8Array): KvResult {
    return this.#applyTo(this.#machine, command)
  }

  /** What the commands make of the store is there at once, as from a snapshot: nobody is told of each. */
  skipTo(commands: readonly Uint8Array[]): KvResult[] {
    const elsewhere = kvMachine()
    elsewhere.open(this.view)
    const results = commands.map(command => this.#applyTo(elsewhere, command))
    this.#machine.open(this.view)
    return results
  }

  #applyTo(machine: StateMachine<KvResult>, command: Uint8Array): KvResult {
    const batch = this.view.batch()
    const entry = {
      index: ++this.#index as Index,
      ballot: 1 as Ballot,
      kind: 'command',
      time: this.now as ClusterTime,
      origin: 1n as NodeId,
      proposal: this.#index as ProposalId,
      data: command,
    } as const
    const [result] = machine.apply([entry], batch)
    batch.commit()
    return result!
  }

  /** All the housekeeping that is left. */
  sweepAll(): void {
    for (let more = this.#machine.mustSweep; more; ) {
      const batch = this.view.batch()
      more = this.#machine.sweep(batch)
      batch.commit()
    }
  }

  clusterTime(): ClusterTime {
    return this.now as ClusterTime
  }

  /** Of the fake's making: whoever asks for another configuration gets it, unless it is outdated. */
  reconfigure(...[change, context, _deadline, done]: Parameters<Replica<KvResult>['reconfigure']>): void {
    if (change.basis !== this.configuration.version) {
      const error = new QuorateError(ReplicaErrors.configurationOutdated, 'outdated', 'refused')
      return done({ kind: 'failed', error })
    }
    this.configuration = { membership: change.membership, context, version: change.basis + 1 }
    done({ kind: 'done', result: undefined })
  }

  onRole(changed: () => void): () => void {
    this.roleListeners.add(changed)
    return () => this.roleListeners.delete(changed)
  }

  transferLeader(to: NodeId): void {
    this.transfers.push(to)
  }

  pin(): StorePin {
    const pin = this.view.pin()
    this.pinned++
    return {
      get: key => pin.get(key),
      scan: (range, direction) => pin.scan(range, direction),
      count: range => pin.count(range),
      release: () => {
        this.pinned--
        pin.release()
      },
    }
  }

  status(): ReplicaStatus {
    return {
      role: 'leader',
      leader: 0xa1n as NodeId,
      ballot: 5 as Ballot,
      commitIndex: this.#index as Index,
      lastIndex: this.#index as Index,
      appliedIndex: this.#index as Index,
      membership: { voters: [0xa1n as NodeId], learners: [] },
      standing: { kind: 'whole' },
      ...this.fakeStatus,
    }
  }

  sizeBytes(): number {
    return this.fakeSizeBytes ?? this.view.sizeBytes()
  }

  swept(done: () => void): void {
    if (this.sweepWaiters === undefined) done()
    else this.sweepWaiters.push(done)
  }
}
