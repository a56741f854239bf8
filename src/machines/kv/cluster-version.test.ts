/** The version of a cluster only grows, and nobody who knows less takes part. */
import { expect, test } from 'vitest'
import { KvReplica } from '../../../test/harness/kv-replica.ts'
import { StrictStore } from '../../../test/harness/strict-store.ts'
import { FIRST_CLUSTER_VERSION, NODE_VERSION } from '../../core/node-version.ts'
import { AlarmKind } from './alarms.ts'
import { clusterVersion, versionOfCommand } from './cluster-version.ts'
import { downgradeTarget } from './downgrade.ts'
import { readHashReport } from './hash-report.ts'
import { metaKey } from './store-keys.ts'
import type { KvCommand } from './types.ts'

const raise = (version: number): KvCommand => ({ kind: 'clusterVersion', clusterVersion: { version } })

test('a cluster begins with the version that could not tell its own', () => {
  const replica = new KvReplica()
  expect(clusterVersion(replica.store)).toBe(FIRST_CLUSTER_VERSION)
  replica.apply(raise(NODE_VERSION))
  expect(clusterVersion(replica.store)).toBe(NODE_VERSION)
})

test('it never goes back', () => {
  const replica = new KvReplica()
  replica.applyAll([raise(NODE_VERSION), raise(NODE_VERSION - 1)])
  expect(clusterVersion(replica.store)).toBe(NODE_VERSION)
})

test('a node that knows less stops at the entry that says so, and does not start again', () => {
  const tooOld = expect.objectContaining({ code: 'QUORATE_NODE_TOO_OLD' })
  expect(() => new KvReplica().apply(raise(NODE_VERSION + 1))).toThrow(tooOld)
  const replica = new KvReplica()
  const batch = replica.store.batch()
  batch.put(metaKey('v'), Uint8Array.of(NODE_VERSION + 1, 0))
  batch.commit()
  expect(() => replica.restart()).toThrow(tooOld)
})

test('what an older program does not know it passes over: nobody proposes that before all know it', () => {
  const older = new KvReplica(new StrictStore(), undefined, NODE_VERSION - 1)
  const commands: KvCommand[] = [
    { kind: 'downgrade', downgrade: { target: '3.5.0' } },
    { kind: 'hashReport', hashReport: { hash: 1, hashRevision: 1, compactRevision: -1 } },
    { kind: 'alarm', alarm: { action: 'raise', member: 1n, kind: AlarmKind.noSpace, isByHand: true } },
  ]
  for (const command of commands) {
    expect(older.apply(command)).toEqual({ kind: 'refused', reason: 'unknownCommand' })
    expect(versionOfCommand(command.kind)).toBe(NODE_VERSION)
  }
  const tooOld = expect.objectContaining({ code: 'QUORATE_NODE_TOO_OLD' })
  expect(() => older.apply(raise(NODE_VERSION))).toThrow(tooOld)
})

test('a downgrade is announced once, and called off once', () => {
  const replica = new KvReplica()
  const announce = (target: string): KvCommand => ({ kind: 'downgrade', downgrade: { target } })
  const results = replica.applyAll([announce(''), announce('3.5.0'), announce('3.5.0')])
  expect(results).toEqual([
    { kind: 'refused', reason: 'noDowngrade' },
    { kind: 'downgrade' },
    { kind: 'refused', reason: 'downgradeInProgress' },
  ])
  expect(downgradeTarget(replica.store)).toBe('3.5.0')
  expect(replica.apply(announce(''))).toEqual({ kind: 'downgrade' })
  expect(downgradeTarget(replica.store)).toBeUndefined()
})

test('the newest hash of the leader is there for all, that of a store that was never compacted, too', () => {
  const replica = new KvReplica()
  expect(readHashReport(replica.store)).toBeUndefined()
  for (const compactRevision of [-1, 7]) {
    const hashReport = { hash: 2 ** 32 - 1, hashRevision: 2 ** 40, compactRevision }
    replica.apply({ kind: 'hashReport', hashReport })
    expect(readHashReport(replica.store)).toEqual(hashReport)
  }
})
