import { expect, test } from 'vitest'
import type { Ballot, Index, NodeId, ProposalId } from '../../core/ids.ts'
import type { ClusterTime } from '../../core/time.ts'
import { encodeCommand } from '../../machines/kv/command-codec.ts'
import type { KvCommand, KvResult } from '../../machines/kv/types.ts'
import { StoreRecorder } from '../checkers/recorder.ts'
import { LeaseBook } from './lease-book.ts'

const ID = 7n
const GRANT: KvCommand = { kind: 'leaseGrant', leaseGrant: { id: ID, ttlSeconds: 2 } }
const GRANTED: KvResult = { kind: 'leaseGrant', leaseGrant: { id: ID, ttlSeconds: 2, revision: 1 } }

/** What is said of a lease that was granted, revoked and granted again. */
function saidOf(asked: bigint | undefined): string[] {
  const book = new LeaseBook(new StoreRecorder(() => 0), () => 0)
  const apply = (command: KvCommand, result: KvResult): void =>
    book.applied(
      {
        index: 1 as Index,
        ballot: 1 as Ballot,
        kind: 'command',
        time: 0 as ClusterTime,
        origin: 1n as NodeId,
        proposal: 1 as ProposalId,
        data: encodeCommand(command),
      },
      result,
    )
  apply(GRANT, GRANTED)
  apply(
    { kind: 'leaseRevoke', leaseRevoke: { id: ID } },
    { kind: 'leaseRevoke', leaseRevoke: { revision: 1, keys: [] } },
  )
  apply(GRANT, GRANTED)
  const answer = { kind: 'done', id: ID, ttlSeconds: 2 } as const
  book.calls.push({ kind: 'grant', calledAt: 0, answeredAt: 0, asked, answer })
  return book.check().map(({ name }) => name)
}

test('a server chooses no id twice, but a client that asks again may be granted its own anew', () => {
  expect(saidOf(undefined)).toContain('idReused')
  expect(saidOf(ID)).not.toContain('idReused')
})
