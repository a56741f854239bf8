import { expect, test } from 'vitest'
import type { Ballot, Index, NodeId, ProposalId } from '../../core/ids.ts'
import type { ClusterTime } from '../../core/time.ts'
import { utf8Bytes } from '../../core/utf8.ts'
import { encodeCommand } from '../../machines/kv/command-codec.ts'
import type { KvCommand } from '../../machines/kv/types.ts'
import { PUT_DEFAULTS } from '../../wire/etcd/put.ts'
import { StoreLog } from './store-log.ts'

const LATE = 60_000_000

function logOf(commands: readonly KvCommand[]): StoreLog {
  const log = new StoreLog()
  for (const [i, command] of commands.entries()) {
    log.add(
      {
        index: (i + 1) as Index,
        ballot: 1 as Ballot,
        kind: 'command',
        time: (command.kind === 'leaseExpire' ? LATE : 0) as ClusterTime,
        origin: 1n as NodeId,
        proposal: (i + 1) as ProposalId,
        data: encodeCommand(command),
      },
      i,
    )
  }
  return log
}

test('leases that end together are a change each', () => {
  const put = (key: string, lease: bigint): KvCommand => ({
    kind: 'put',
    put: { ...PUT_DEFAULTS, key: utf8Bytes(key), value: utf8Bytes('v'), lease },
  })
  const { changes } = logOf([
    { kind: 'leaseGrant', leaseGrant: { id: 1n, ttlSeconds: 2 } },
    { kind: 'leaseGrant', leaseGrant: { id: 2n, ttlSeconds: 2 } },
    put('a', 1n),
    put('b', 1n),
    put('c', 2n),
    { kind: 'leaseExpire', leaseExpire: { ids: [1n, 2n] } },
  ]).read()
  const told = changes.map(({ revision, events }) => [revision, events.map(({ kind }) => kind)])
  expect(told).toEqual([
    [2, ['put']],
    [3, ['put']],
    [4, ['put']],
    [5, ['delete', 'delete']],
    [6, ['delete']],
  ])
})
