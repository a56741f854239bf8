import { expect, test } from 'vitest'
import { ClientError, ClientErrors } from '../../client/errors.ts'
import { utf8Bytes } from '../../core/utf8.ts'
import { RANGE_DEFAULTS } from '../../wire/etcd/range.ts'
import { StoreRecorder } from './recorder.ts'

const request = { kind: 'range', range: { ...RANGE_DEFAULTS, key: utf8Bytes('k') } } as const

function recorder(): StoreRecorder {
  let moments = 0
  return new StoreRecorder(() => ++moments)
}

test('what has not returned, and whatever is no refusal of our client, is unknown', () => {
  const history = recorder()
  const [lost, broken] = [history.call(1, request), history.call(2, request)]
  const [odd, refused] = [history.call(3, request), history.call(4, request)]
  history.failed(broken, new ClientError(ClientErrors.outcomeUnknown, 'etcdserver: no leader', 'unknown'))
  history.failed(odd, new TypeError('surprise'))
  const message = 'etcdserver: mvcc: required revision has been compacted'
  history.failed(refused, new ClientError(ClientErrors.rejected, message, 'refused'))
  expect(history.operations.map(({ outcome }) => outcome)).toEqual([
    { kind: 'unknown' },
    { kind: 'unknown' },
    { kind: 'unknown' },
    { kind: 'refused', reason: 'compacted' },
  ])
  expect(history.operations[lost]!.returnedAt).toBeUndefined()
  expect(history.operations[refused]).toMatchObject({ client: 4, calledAt: 4, returnedAt: 7 })
})

test('a refusal that says nothing of the state may come at any time', () => {
  const history = recorder()
  history.failed(history.call(1, request), new ClientError(ClientErrors.unavailable, 'no leader', 'refused'))
  expect(history.operations[0]!.outcome).toEqual({ kind: 'refused', reason: 'notServed' })
})

test('an operation returns once, with an answer of its own kind', () => {
  const history = recorder()
  const id = history.call(1, request)
  const header = { clusterId: 1n, memberId: 1n, revision: 1, raftTerm: 1 }
  expect(() => history.done(id, { kind: 'compact', compact: { header } })).toThrow()
  history.done(id, { kind: 'range', range: { header, kvs: [], more: false, count: 0 } })
  expect(() => history.failed(id, new Error('late'))).toThrow()
})
