/**
 * Random histories against the model, with restarts and with sweeping at every stage. Every answer is compared;
 * what cannot be seen in answers (the history that watches read, the hashes) is compared now and then.
 */
import { expect, test } from 'vitest'
import { type HistoryState, KvHistory } from '../../../test/harness/kv-histories.ts'
import { KvModel } from '../../../test/harness/kv-model.ts'
import { KvReplica } from '../../../test/harness/kv-replica.ts'
import { randomFromSeed } from '../../core/prng.ts'
import { openStore } from '../../storage/store/open-store.ts'
import { StoreWorld } from '../../storage/store-world.conformance.ts'
import { ChangeCursor } from './changes.ts'
import { hashKv } from './hash-kv.ts'
import { AttachedCursor, countAttached, LeaseCursor, leaseOf } from './leases.ts'
import { RangeCursor, type RangeOutcome, range, rangeCost } from './range-cursor.ts'
import { stateHash } from './state-hash.ts'
import type { KvCommand, RangeOperation } from './types.ts'
import { checkDeleteRange, checkPut, checkRange, checkTxn } from './validate.ts'

function isValid(command: KvCommand): boolean {
  switch (command.kind) {
    case 'put':
      return checkPut(command.put) === undefined
    case 'deleteRange':
      return checkDeleteRange(command.deleteRange) === undefined
    case 'txn':
      return checkTxn(command.txn) === undefined
    default:
      return true
  }
}

function randomCommand(history: KvHistory, state: HistoryState): KvCommand {
  const draw = history.below(100)
  if (draw < 35) return { kind: 'put', put: history.put(state) }
  if (draw < 50) return { kind: 'deleteRange', deleteRange: history.deleteRange() }
  if (draw < 87) return { kind: 'txn', txn: history.txn(state) }
  if (draw < 97) return history.leaseCommand()
  return { kind: 'compact', compact: { revision: history.compaction(state) } }
}

/** In slices of one, from a pin, while the store goes on: what it would have been at once. */
function inSlices(replica: KvReplica, operation: RangeOperation): RangeOutcome {
  const pin = replica.store.pin()
  const cursor = new RangeCursor(pin, operation)
  while (cursor.advance(1));
  pin.release()
  return cursor.outcome
}

/** What is left of the history: everything from the compacted revision on. */
function expectChanges(replica: KvReplica, model: KvModel): void {
  const from = Math.max(0, model.compacted)
  const expected = model.changes
    .filter(({ main }) => main >= from)
    .map(({ main, sub, key, kv }) => ({ main, sub, key, kv }))
  const changes = new ChangeCursor(replica.store, from)
  const found: unknown[] = []
  for (let change = changes.next(); change !== undefined; change = changes.next()) {
    const { main, sub } = change.revision
    expect(change.kv.modRevision).toBe(main)
    found.push({ main, sub, key: change.kv.key, kv: change.deleted ? undefined : change.kv })
  }
  expect(found).toEqual(expected)
}

/** All leases, in the order in which they will be over, and the keys that go with each. */
function expectLeases({ store }: KvReplica, model: KvModel): void {
  const found: unknown[] = []
  const leases = new LeaseCursor(store)
  while (leases.next()) {
    const { id, overAt } = leases
    const keys: Uint8Array[] = []
    const attached = new AttachedCursor(store, id)
    for (let key = attached.next(); key !== undefined; key = attached.next()) keys.push(key)
    expect(countAttached(store, id)).toBe(keys.length)
    expect(leaseOf(store, id)).toMatchObject({ id, overAt })
    found.push({ id, overAt, ttlSeconds: leaseOf(store, id)?.ttlSeconds, keys })
  }
  const expected = [...model.leases].map(([id, lease]) => ({ id, ...lease, keys: model.attached(id) }))
  const unsigned = (id: bigint) => BigInt.asUintN(64, id)
  expected.sort((a, b) => a.overAt - b.overAt || (unsigned(a.id) < unsigned(b.id) ? -1 : 1))
  expect(found).toEqual(expected)
}

interface Opened {
  readonly replica: KvReplica
  /** Makes what the store holds durable, so that it is read from there. */
  checkpoint(): void
}

/** Its disk is in memory, and its tables so small that they are merged again and again. */
function openOnDisk(): Opened {
  const limits = { cacheBytes: 64 * 1024, tableBytes: 32 * 1024 }
  const world = new StoreWorld((options, opened) => openStore({ ...options, limits }, opened))
  const store = world.open()
  return {
    replica: new KvReplica(store),
    checkpoint() {
      expect(world.checkpoint(store)).toBeNull()
    },
  }
}

const ON_STORES = [
  {
    name: 'the strict store',
    open: () => ({ replica: new KvReplica(), checkpoint: () => {} }),
    seeds: [1, 2],
    steps: 1_500,
  },
  { name: 'the store on disk', open: openOnDisk, seeds: [3, 4, 5], steps: 6_000 },
]

for (const { name, open, seeds, steps } of ON_STORES) {
  test.each(seeds)(`on ${name}, history %i is what the model says`, seed => {
    const history = new KvHistory(randomFromSeed(seed))
    const { replica, checkpoint } = open()
    /** Applies everything in batches, is swept at other times, makes no checkpoint, and must not differ. */
    const { replica: other } = open()
    const model = new KvModel()
    let waiting: { command: KvCommand; now: number }[] = []
    const catchUp = () => {
      other.applyTimed(waiting)
      waiting = []
    }
    for (let step = 0; step < steps; step++) {
      const { current, compacted } = model
      const state = { current, compacted, leases: [...model.leases.keys()], unknownOrders: true }
      if (history.chance(1, 3)) replica.now = model.now += history.below(3) * 500
      if (history.chance(1, 2)) {
        const operation = history.range(state)
        if (checkRange(operation) !== undefined) continue
        const expected = model.range(operation)
        expect(range(replica.store, operation), `step ${step}`).toEqual(expected)
        if (history.chance(1, 8)) expect(inSlices(replica, operation), `step ${step}`).toEqual(expected)
        const seen = expected.kind === 'range' ? expected.range.kvs.length : 0
        expect(rangeCost(replica.store, operation)).toBeGreaterThanOrEqual(Math.min(seen, 1))
      } else {
        const command = randomCommand(history, state)
        if (!isValid(command)) continue
        expect(replica.apply(command), `step ${step}`).toEqual(model.apply(command))
        waiting.push({ command, now: model.now })
      }
      if (history.chance(1, 20)) replica.sweep(history.below(30) + 1)
      if (history.chance(1, 40)) catchUp()
      if (history.chance(1, 200)) replica.sweepAll()
      if (history.chance(1, 200)) replica.restart()
      if (history.chance(1, 100)) checkpoint()
      if (history.chance(1, 100)) {
        catchUp()
        if (history.chance(1, 2)) other.sweep(history.below(50) + 1)
        expectChanges(replica, model)
        expectLeases(replica, model)
        expect(stateHash(replica.store), `step ${step}`).toBe(stateHash(other.store))
        const revision = history.chance(1, 2) ? 0 : Math.max(1, model.compacted + history.below(5))
        expect(hashKv(replica.store, revision), `step ${step}`).toEqual(hashKv(other.store, revision))
      }
    }
    expect(model.current).toBeGreaterThan(steps / 8)
  })
}
