/** The key-value machine on a store, without a group: commands in, results out. */
import type { Entry } from '../../src/core/entry.ts'
import type { Ballot, Index, ProposalId } from '../../src/core/ids.ts'
import { NOBODY } from '../../src/core/ids.ts'
import { NODE_VERSION } from '../../src/core/node-version.ts'
import type { ClusterTime } from '../../src/core/time.ts'
import type { ChangeFeed } from '../../src/machines/kv/change-feed.ts'
import { encodeCommand } from '../../src/machines/kv/command-codec.ts'
import { kvMachine } from '../../src/machines/kv/kv-machine.ts'
import { sweep } from '../../src/machines/kv/sweep.ts'
import type { KvCommand, KvResult } from '../../src/machines/kv/types.ts'
import type { StateMachine } from '../../src/runtime/state-machine.ts'
import type { Store, StoreBatch, StorePin, StoreView } from '../../src/runtime/store.ts'
import { StrictStore } from './strict-store.ts'

export type KvStore = StoreView & { batch(): StoreBatch; pin(): StorePin }

export class KvReplica {
  readonly store: KvStore
  /** What the entries that follow are stamped with: cluster time, in milliseconds. */
  now = 0
  #machine!: StateMachine<KvResult>
  #index = 0

  readonly #changes: ChangeFeed | undefined
  readonly #version: number

  /** @param version what it understands */
  constructor(store: KvStore = new StrictStore(), changes?: ChangeFeed, version = NODE_VERSION) {
    this.store = store
    this.#changes = changes
    this.#version = version
    this.restart()
  }

  get machine(): StateMachine<KvResult> {
    return this.#machine
  }

  /** A new machine on the same store. */
  restart(): void {
    this.#machine = kvMachine(this.#changes, this.#version)
    this.#machine.open(this.store as Store)
  }

  /** All in one batch of entries. */
  applyAll(commands: readonly KvCommand[]): KvResult[] {
    return this.applyBytes(commands.map(encodeCommand))
  }

  applyBytes(commands: readonly Uint8Array[]): KvResult[] {
    const batch = this.store.batch()
    const results = this.#machine.apply(
      commands.map(data => this.#entry(data, this.now)),
      batch,
    )
    batch.commit()
    return results
  }

  /** All in one batch of entries, each with a time of its own. */
  applyTimed(commands: readonly { readonly command: KvCommand; readonly now: number }[]): KvResult[] {
    const batch = this.store.batch()
    const entries = commands.map(({ command, now }) => this.#entry(encodeCommand(command), now))
    const results = this.#machine.apply(entries, batch)
    batch.commit()
    return results
  }

  apply(command: KvCommand): KvResult {
    return this.applyAll([command])[0]!
  }

  /** One slice of housekeeping, small enough that it takes many. True while more remains. */
  sweep(budget?: number): boolean {
    const batch = this.store.batch()
    const more = budget === undefined ? this.#machine.sweep(batch) : sweep(batch, budget)
    batch.commit()
    return more
  }

  sweepAll(): void {
    while (this.sweep());
  }

  #entry(data: Uint8Array, now: number): Entry {
    return {
      index: ++this.#index as Index,
      ballot: 1 as Ballot,
      kind: 'command',
      time: now as ClusterTime,
      origin: NOBODY,
      proposal: 0 as ProposalId,
      data,
    }
  }
}
