import { beforeEach, describe, expect, test } from 'vitest'
import { Histogram } from '../core/histogram.ts'
import type { GroupId, NodeId } from '../core/ids.ts'
import type { RecoveredLog } from '../core/log-update.ts'
import { randomFromSeed } from '../core/prng.ts'
import { addMs, type Instant } from '../core/time.ts'
import { utf8Bytes } from '../core/utf8.ts'
import { encodeCommand } from '../machines/kv/command-codec.ts'
import { kvMachine } from '../machines/kv/kv-machine.ts'
import type { KvCommand, KvResult } from '../machines/kv/types.ts'
import { raft } from '../protocols/raft/index.ts'
import type { RaftMessage } from '../protocols/raft/message.ts'
import { silentLogger } from '../runtime/logger.ts'
import type { StateMachine } from '../runtime/state-machine.ts'
import { SimulatedClock } from '../sim/clock.ts'
import type { Log } from '../storage/log/log.ts'
import { emptyStore } from './empty-store.conformance.ts'
import { Group } from './group.ts'
import type { ProposalOutcome } from './replica.ts'
import { SlowStore } from './testing/slow-store.ts'

const NODE = 1n as NodeId
const EMPTY_LOG: RecoveredLog = {
  promise: undefined,
  base: undefined,
  entries: [],
  doubt: 'none',
}

/** A group of one node, whose log and machine note what they are asked to do, and when. */
class LoneGroup {
  readonly world = new SimulatedClock()
  readonly clock = this.world.node()
  readonly events: string[] = []
  readonly store = new SlowStore(emptyStore(this.world).store)
  /** Called just before the group is told that a write is durable. */
  becomesDurable = (): void => {}
  /** Called when the machine has worked. */
  whenApplied = (): void => {}
  readonly group: Group<RaftMessage, KvResult>

  constructor() {
    this.group = new Group({
      id: 1 as GroupId,
      node: NODE,
      protocol: raft,
      machine: this.#noting(kvMachine()),
      store: this.store,
      log: this.#log(),
      recovered: EMPTY_LOG,
      transport: { send() {}, sendSnapshot() {} },
      clock: this.clock,
      random: randomFromSeed(1),
      logger: silentLogger,
      entropy: new Uint8Array(8),
      bootstrap: raft.bootstrap({ voters: [NODE], learners: [] }),
      heartbeatIntervalMs: 100,
      electionTimeoutMs: 1_000,
      snapshotEntries: 1_000,
      catchUpEntries: 1_000,
      halt(reason) {
        throw reason
      },
    })
    while (this.group.status().appliedIndex < 1) this.world.step()
    this.events.length = 0
  }

  propose(command: KvCommand): ProposalOutcome<KvResult>[] {
    const outcomes: ProposalOutcome<KvResult>[] = []
    this.group.propose(encodeCommand(command), this.deadline(), outcome => outcomes.push(outcome))
    return outcomes
  }

  deadline(): Instant {
    return addMs(this.clock.now(), 1_000)
  }

  until(condition: () => boolean): void {
    expect(this.world.runUntilTrue(condition, addMs(this.clock.now(), 60_000))).toBe(true)
  }

  runMs(ms: number): void {
    this.world.runUntil(addMs(this.clock.now(), ms))
  }

  #log(): Log {
    return {
      syncTimes: new Histogram([]),
      recovered: () => EMPTY_LOG,
      persist: (_group, _update, done) => {
        this.clock.soon(() => this.events.push('write'))
        const durable = (): void => {
          this.becomesDurable()
          done()
        }
        this.clock.timer(durable).set(addMs(this.clock.now(), 1))
      },
      load: () => [],
      close: done => done(),
    }
  }

  #noting(machine: StateMachine<KvResult>): StateMachine<KvResult> {
    const { events } = this
    return {
      open: store => machine.open(store),
      apply: (entries, batch) => {
        events.push('apply')
        const results = machine.apply(entries, batch)
        this.whenApplied()
        return results
      },
      sweep: batch => {
        events.push('sweep')
        return machine.sweep(batch)
      },
      get mustSweep() {
        return machine.mustSweep
      },
      isLive: view => machine.isLive(view),
    }
  }
}

const put = (value: string): KvCommand => ({
  kind: 'put',
  put: {
    key: utf8Bytes('key'),
    value: utf8Bytes(value),
    lease: 0n,
    prevKv: false,
    ignoreValue: false,
    ignoreLease: false,
  },
})

describe('a group', () => {
  let lone: LoneGroup
  beforeEach(() => {
    lone = new LoneGroup()
  })

  test('answers a proposal with what its machine made of it', () => {
    const outcomes = lone.propose(put('a'))
    lone.until(() => outcomes.length > 0)
    expect(outcomes).toMatchObject([{ kind: 'done', result: { kind: 'put', put: { revision: 2 } } }])
  })

  test('starts the next write of the log before the machine works', () => {
    lone.propose(put('a'))
    let second: ProposalOutcome<KvResult>[] | undefined
    lone.becomesDurable = () => {
      second ??= lone.propose(put('b'))
    }
    lone.until(() => second !== undefined && second.length > 0)
    expect(lone.events).toEqual(['write', 'write', 'apply', 'apply'])
  })

  test('a read waits until what was committed before it is applied', () => {
    const outcomes = lone.propose(put('a'))
    const applied: number[] = []
    lone.until(() => lone.group.status().commitIndex === 2)
    lone.group.read(lone.deadline(), () => applied.push(lone.group.status().appliedIndex))
    lone.until(() => applied.length > 0)
    expect(applied).toEqual([2])
    expect(outcomes).toHaveLength(1)
  })

  test('sweeps only when there is something to sweep, and says when it is done', () => {
    lone.propose(put('a'))
    const last = lone.propose(put('b'))
    lone.until(() => last.length > 0)
    const compacted = lone.propose({ kind: 'compact', compact: { revision: 3 } })
    expect(lone.events).not.toContain('sweep')
    lone.until(() => compacted.length > 0)
    let swept = false
    lone.group.swept(() => {
      swept = true
    })
    expect(swept).toBe(false)
    lone.until(() => swept)
    expect(lone.events).toContain('sweep')
    let again = false
    lone.group.swept(() => {
      again = true
    })
    expect(again).toBe(true)
  })

  test('what it has committed and not applied when it stops stays unknown', () => {
    const outcomes = lone.propose(put('a'))
    lone.until(() => lone.group.status().commitIndex === 2)
    lone.group.stop()
    lone.world.runUntilIdle()
    expect(outcomes).toMatchObject([{ kind: 'failed', error: { outcome: 'unknown' } }])
    expect(lone.events).not.toContain('apply')
  })

  describe('whose store is congested', () => {
    beforeEach(() => {
      lone.store.congestion.isCongested = true
    })

    test('applies nothing until the disk has kept up, and then all that waited, in order', () => {
      const first = lone.propose(put('a'))
      lone.until(() => lone.store.congestion.isAwaited)
      const second = lone.propose(put('b'))
      lone.until(() => lone.group.status().commitIndex === 3)
      lone.runMs(300)
      expect(lone.events).not.toContain('apply')
      expect([...first, ...second]).toEqual([])
      lone.store.congestion.relieve()
      lone.until(() => second.length > 0)
      expect([...first, ...second]).toMatchObject([
        { kind: 'done', result: { put: { revision: 2 } } },
        { kind: 'done', result: { put: { revision: 3 } } },
      ])
    })

    test('stays the leader and shows the state as it was', () => {
      lone.propose(put('a'))
      lone.until(() => lone.store.congestion.isAwaited)
      lone.runMs(10_000)
      expect(lone.group.status()).toMatchObject({ role: 'leader', commitIndex: 2, appliedIndex: 1 })
      expect(lone.group.view.count({ from: new Uint8Array([1]) })).toBe(0)
      expect(lone.group.pin().count({ from: new Uint8Array([1]) })).toBe(0)
    })

    test('stops between two hand-outs when the first fills the memory again', () => {
      lone.propose(put('a'))
      lone.until(() => lone.store.congestion.isAwaited)
      lone.propose(put('b'))
      lone.until(() => lone.group.status().commitIndex === 3)
      lone.whenApplied = () => {
        lone.store.congestion.isCongested = true
      }
      lone.store.congestion.relieve()
      lone.runMs(300)
      expect(lone.group.status().appliedIndex).toBe(2)
      expect(lone.store.congestion.isAwaited).toBe(true)
      lone.store.congestion.relieve()
      lone.until(() => lone.group.status().appliedIndex === 3)
    })

    test('asks once for its relief, and again if that did not last', () => {
      lone.propose(put('a'))
      lone.until(() => lone.store.congestion.isAwaited)
      lone.store.congestion.relieve()
      lone.store.congestion.isCongested = true
      const outcomes = lone.propose(put('b'))
      lone.until(() => lone.store.congestion.isAwaited)
      expect(outcomes).toEqual([])
      lone.store.congestion.relieve()
      lone.until(() => outcomes.length > 0)
    })

    test('sweeps when the disk has kept up, and whoever waits for that waits so long', () => {
      lone.store.congestion.isCongested = false
      lone.propose(put('a'))
      lone.propose(put('b'))
      const compacted = lone.propose({ kind: 'compact', compact: { revision: 3 } })
      lone.until(() => compacted.length > 0)
      let swept = false
      lone.group.swept(() => {
        swept = true
      })
      lone.store.congestion.isCongested = true
      lone.runMs(300)
      expect(lone.events).not.toContain('sweep')
      expect(swept).toBe(false)
      lone.store.congestion.relieve()
      lone.until(() => swept)
    })

    test('is not called any more when it has stopped', () => {
      lone.propose(put('a'))
      lone.until(() => lone.store.congestion.isAwaited)
      lone.group.stop()
      lone.store.congestion.relieve()
      lone.world.runUntilIdle()
      expect(lone.events).not.toContain('apply')
    })
  })
})
