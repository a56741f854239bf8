/**
 * The key-value machine against a real etcd: the same random requests to both, and every answer compared, errors
 * included; at the end of each stretch of history, etcd's hash of all of it.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { compareBytes } from '../../src/core/bytes.ts'
import { randomFromSeed } from '../../src/core/prng.ts'
import { hashKv } from '../../src/machines/kv/hash-kv.ts'
import { AttachedCursor, leaseOf } from '../../src/machines/kv/leases.ts'
import { range } from '../../src/machines/kv/range-cursor.ts'
import { compactedRevision, currentRevision } from '../../src/machines/kv/revisions.ts'
import type { KvCommand, KvResult, RangeOperation, RequestOperation } from '../../src/machines/kv/types.ts'
import { checkRange } from '../../src/machines/kv/validate.ts'
import { type HistoryState, KvHistory } from '../harness/kv-histories.ts'
import { compareOf, get, put, remove, txnOf } from '../harness/kv-operations.ts'
import { KvReplica } from '../harness/kv-replica.ts'
import { GRANTED, invalidReason, randomCommand } from '../harness/tame-commands.ts'
import { EtcdGateway, hasEtcd } from './etcd-gateway.ts'

const isPresent = hasEtcd()
const MISSING = 'the program etcd is not installed (Debian: etcd-server)'

/** etcd's words for why it refuses. */
const MESSAGES: Record<string, string> = {
  keyNotProvided: 'etcdserver: key is not provided',
  valueProvided: 'etcdserver: value is provided',
  leaseProvided: 'etcdserver: lease is provided',
  invalidSortOption: 'etcdserver: invalid sort option',
  tooManyOps: 'etcdserver: too many operations in txn request',
  duplicateKey: 'etcdserver: duplicate key given in txn request',
  keyNotFound: 'etcdserver: key not found',
  leaseNotFound: 'etcdserver: requested lease not found',
  leaseExists: 'etcdserver: lease already exists',
  compacted: 'etcdserver: mvcc: required revision has been compacted',
  futureRevision: 'etcdserver: mvcc: required revision is a future revision',
}

let etcd: EtcdGateway
let replica: KvReplica
const state: HistoryState = {
  get current() {
    return currentRevision(replica.store)
  },
  get compacted() {
    return compactedRevision(replica.store)
  },
  get leases() {
    return GRANTED.filter(lease => leaseOf(replica.store, lease) !== undefined)
  },
  unknownOrders: false,
}

beforeAll(async () => {
  if (!isPresent) return
  etcd = await EtcdGateway.start()
  replica = new KvReplica()
})

/** Where the tests count, etcd has to be there; elsewhere there is nothing to compare with. */
beforeEach(context => {
  if (isPresent) return
  if (process.env['CI'] !== undefined) throw new Error(MISSING)
  console.warn(`skipped, because ${MISSING}`)
  context.skip(MISSING)
})

afterAll(async () => {
  await etcd?.stop()
})

/** What both sides answer, in the same words. */
async function compareCommand(command: KvCommand, note: string): Promise<void> {
  const invalid = invalidReason(command)
  const result = invalid === undefined ? replica.apply(command) : undefined
  const ours =
    result === undefined
      ? { error: MESSAGES[invalid!] }
      : result.kind === 'refused'
        ? { error: MESSAGES[result.reason] }
        : { result: result.kind === 'leaseRevoke' ? withoutKeys(result) : result }
  expect(ours, note).toEqual(await etcd.apply(command))
}

/** Which etcd does not tell: they are seen to be gone. */
function withoutKeys({ leaseRevoke }: KvResult & { kind: 'leaseRevoke' }): KvResult {
  return { kind: 'leaseRevoke', leaseRevoke: { ...leaseRevoke, keys: [] } }
}

async function compareRange(operation: RangeOperation, note: string): Promise<void> {
  const invalid = checkRange(operation)
  const outcome = invalid === undefined ? range(replica.store, operation) : undefined
  const ours =
    outcome === undefined
      ? { error: MESSAGES[invalid!] }
      : outcome.kind === 'refused'
        ? { error: MESSAGES[outcome.reason] }
        : { result: outcome.range }
  expect(ours, note).toEqual(await etcd.range(operation))
}

/** Every lease, and the keys that go with each. */
async function compareLeases(note: string): Promise<void> {
  const listed = await etcd.leases()
  const ours = state.leases.toSorted()
  expect('result' in listed && listed.result.toSorted(), note).toEqual(ours)
  for (const id of GRANTED) {
    const keys: Uint8Array[] = []
    const cursor = new AttachedCursor(replica.store, id)
    for (let key = cursor.next(); key !== undefined; key = cursor.next()) keys.push(key)
    const ttlSeconds = leaseOf(replica.store, id)?.ttlSeconds ?? -1
    const answer = await etcd.timeToLive(id)
    if ('error' in answer) throw new Error(answer.error)
    const theirs = { ...answer.result, keys: answer.result.keys.toSorted(compareBytes) }
    expect({ ttlSeconds, keys }, `${note}: lease ${id}`).toEqual(theirs)
  }
}

async function compareHash(revision: number): Promise<void> {
  const answer = await etcd.hashKv(revision)
  const ours = hashKv(replica.store, revision)
  if (ours.kind === 'refused') expect({ error: MESSAGES[ours.reason] }).toEqual(answer)
  else {
    const { hash, compactRevision } = ours.hash
    expect({ result: { hash, compactRevision } }, `hash at ${revision}`).toEqual(answer)
  }
}

test('an empty store has revision 1 and may be compacted at 0, once', async () => {
  await compareRange(get('a', '\0').range, 'empty')
  await compareHash(0)
  await compareCommand(remove('a', '\0'), 'nothing to delete')
  await compareCommand({ kind: 'compact', compact: { revision: -1 } }, 'compact at -1')
  await compareCommand({ kind: 'compact', compact: { revision: 0 } }, 'compact at 0')
  await compareCommand({ kind: 'compact', compact: { revision: 0 } }, 'compact at 0 again')
})

test('the rules of overlaps are those of etcd, where they are strange as well', async () => {
  const nested = (...operations: RequestOperation[]) => txnOf([], operations)
  const cases: [string, KvCommand][] = [
    ['twice', txnOf([], [put('k'), put('k')])],
    ['put and deleted', txnOf([], [put('k'), remove('a', 'z')])],
    ['put at the end of a deleted range', txnOf([], [put('k'), remove('a', 'k')])],
    ['deleted by an earlier nested one', txnOf([], [nested(remove('k')), nested(put('k'))])],
    ['deleted by a later nested one', txnOf([], [nested(put('k')), nested(remove('k'))])],
    ['nested against its own level', txnOf([], [nested(put('k')), remove('k')])],
    ['this level against nested deletions', txnOf([], [put('k'), nested(remove('a', 'z'))])],
    ['in both branches', txnOf([], [txnOf([], [put('k')], [put('k')])])],
    ['in two nested ones', txnOf([], [nested(put('k')), nested(put('k'))])],
    ['deleted twice', txnOf([], [remove('a', 'z'), remove('k')])],
    ['an open deletion', txnOf([], [remove('a', '\0'), put('k')])],
    ['an inverted deletion', txnOf([], [remove('z', 'a'), put('k')])],
    [
      '128 operations',
      txnOf(
        [],
        Array.from({ length: 128 }, (_, i) => put(`k${i}`)),
      ),
    ],
    [
      '129 operations',
      txnOf(
        [],
        Array.from({ length: 129 }, (_, i) => put(`k${i}`)),
      ),
    ],
    [
      'what is left for a nested one',
      txnOf([], [nested(...Array.from({ length: 128 }, (_, i) => put(`k${i}`)))]),
    ],
  ]
  for (const [note, command] of cases) {
    await compareCommand(put('k', 'before'), note)
    await compareCommand(command, note)
    await compareRange(get('a', '\0').range, note)
  }
  await compareCommand(remove('a', '\0'), 'away with it')
  await compareHash(0)
  // Or the next compaction would meet the open deletion's transaction, and etcd would stop.
  await compareCommand({ kind: 'compact', compact: { revision: state.current } }, 'compact')
})

test('so are those of revisions and comparisons that make no sense', async () => {
  await compareCommand(put('k'), 'something to read')
  for (const revision of [-1, -2, 0, state.compacted - 1, state.compacted, state.current + 1]) {
    const range = get('k', '', { revision })
    await compareRange(range.range, `alone at ${revision}`)
    await compareCommand(txnOf([], [range, put('k')]), `before a put at ${revision}`)
    await compareCommand(txnOf([], [put('k'), range]), `after a put at ${revision}`)
    await compareCommand(txnOf([], [range]), `in a transaction that only reads at ${revision}`)
    await compareCommand(txnOf([], [txnOf([], [range])]), `nested at ${revision}`)
  }
  for (const [target, result] of [
    [0, 9],
    [9, 0],
    [9, 1],
    [9, 3],
    [9, 9],
  ] as const) {
    for (const key of ['k', 'missing']) {
      const compare = compareOf(key, target, result, 0)
      await compareCommand(txnOf([compare], [put('k')]), `target ${target}, result ${result}, ${key}`)
    }
  }
})

const HISTORIES = Number(process.env['QUORATE_PROGRAMS'] ?? 4)
const FIRST = Number(process.env['QUORATE_PROGRAMS_FROM'] ?? 1)
/** etcd goes through all of its history for a hash, and it grows from one to the next. */
const HISTORY_MS_MAX = 300_000
const SEEDS = Array.from({ length: HISTORIES }, (_, i) => FIRST + i)

test.each(SEEDS)(
  'random history %i: every answer and every hash is equal',
  async seed => {
    const history = new KvHistory(randomFromSeed(seed))
    for (let step = 0; step < 350; step++) {
      const note = `seed ${seed}, step ${step}`
      const draw = history.below(100)
      if (draw < 40) await compareRange(history.range(state), note)
      else if (draw < 97) await compareCommand(randomCommand(history, state), note)
      else await compareCommand({ kind: 'compact', compact: { revision: history.compaction(state) } }, note)
      if (history.chance(1, 3)) replica.sweep(20)
      if (step % 25 === 0) await compareHash(0)
      if (step % 10 === 0) await compareLeases(note)
      const past = state.compacted + 1 + history.below(10)
      if (step % 25 === 1 && past > 0 && past <= state.current) await compareHash(past)
    }
    await compareHash(0)
  },
  HISTORY_MS_MAX,
)
