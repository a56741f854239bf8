import { expect, test } from 'vitest'
import { utf8Bytes } from '../../core/utf8.ts'
import { PUT_DEFAULTS } from '../../wire/etcd/put.ts'
import { exportElle, exportPorcupine, exportStore } from './export-history.ts'
import type { StoreHistory } from './history.ts'

test('Porcupine reads calls and returns in the order of their instants', () => {
  const history = [
    { client: 1, input: { put: 1n }, output: 'ok', calledAt: 1, returnedAt: 4 },
    { client: 2, input: { get: 'x' }, output: 1, calledAt: 2, returnedAt: 3 },
    { client: 3, input: { get: 'x' }, calledAt: 4 },
    { client: 2, input: { put: 2n }, calledAt: 5 },
  ]
  expect(exportPorcupine(history).split('\n')).toEqual([
    '{"kind":"call","id":0,"clientId":1,"value":{"put":"1"}}',
    '{"kind":"call","id":1,"clientId":2,"value":{"get":"x"}}',
    '{"kind":"return","id":1,"clientId":2,"value":1}',
    '{"kind":"call","id":2,"clientId":3,"value":{"get":"x"}}',
    '{"kind":"return","id":0,"clientId":1,"value":"ok"}',
    '{"kind":"call","id":3,"clientId":2,"value":{"put":"2"}}',
    '{"kind":"return","id":2,"clientId":3,"value":null}',
    '{"kind":"return","id":3,"clientId":2,"value":null}',
    '',
  ])
})

test('of a store, what is unknown may return with anything, and what was refused says so', () => {
  const header = { clusterId: 0n, memberId: 0n, revision: 3, raftTerm: 0 }
  const put = { ...PUT_DEFAULTS, key: utf8Bytes('k'), value: utf8Bytes('v') }
  const request = { kind: 'put', put } as const
  const history: StoreHistory = [
    {
      id: 0,
      client: 1,
      calledAt: 1,
      returnedAt: 2,
      request,
      outcome: { kind: 'done', response: { kind: 'put', put: { header, prevKv: undefined } } },
    },
    { id: 1, client: 1, calledAt: 3, returnedAt: 4, request, outcome: { kind: 'unknown' } },
    {
      id: 2,
      client: 1,
      calledAt: 5,
      returnedAt: 6,
      request,
      outcome: { kind: 'refused', reason: 'notServed' },
    },
  ]
  const call = { kind: 'call', clientId: 1, value: { put: { key: 'k', value: 'v' } } }
  const events = exportStore(history)
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(events).toEqual([
    { ...call, id: 0 },
    { kind: 'return', id: 0, clientId: 1, value: { done: { put: { header: { revision: 3 } } } } },
    { ...call, id: 1 },
    { ...call, id: 2 },
    { kind: 'return', id: 2, clientId: 1, value: { refused: 'notServed' } },
    { kind: 'return', id: 1, clientId: 1, value: null },
  ])
})

test('Elle reads invocations without what reads found, and completions with it', () => {
  const history = [
    {
      id: 0,
      process: 3,
      calledAt: 1,
      returnedAt: 5,
      outcome: 'committed',
      operations: [
        { kind: 'append', key: '1', value: 2 },
        { kind: 'read', key: '1', values: [1, 2] },
        { kind: 'read', key: 'a "b"', values: [] },
      ],
    },
    {
      id: 1,
      process: 4,
      calledAt: 2,
      returnedAt: 3,
      outcome: 'aborted',
      operations: [{ kind: 'write', key: 'x', value: '7' }],
    },
    {
      id: 2,
      process: 5,
      calledAt: 4,
      outcome: 'unknown',
      operations: [{ kind: 'read', key: 'x', value: undefined }],
    },
    {
      id: 3,
      process: 6,
      calledAt: 6,
      returnedAt: 7,
      outcome: 'committed',
      operations: [{ kind: 'read', key: 'x', value: null }],
    },
  ] as const
  expect(exportElle(history).split('\n')).toEqual([
    '{:type :invoke, :f :txn, :value [[:append 1 2] [:r 1 nil] [:r "a \\"b\\"" nil]], :process 3, :time 1, :index 0}',
    '{:type :invoke, :f :txn, :value [[:w "x" "7"]], :process 4, :time 2, :index 1}',
    '{:type :fail, :f :txn, :value [[:w "x" "7"]], :process 4, :time 3, :index 2}',
    '{:type :invoke, :f :txn, :value [[:r "x" nil]], :process 5, :time 4, :index 3}',
    '{:type :ok, :f :txn, :value [[:append 1 2] [:r 1 [1 2]] [:r "a \\"b\\"" []]], :process 3, :time 5, :index 4}',
    '{:type :invoke, :f :txn, :value [[:r "x" nil]], :process 6, :time 6, :index 5}',
    '{:type :ok, :f :txn, :value [[:r "x" nil]], :process 6, :time 7, :index 6}',
    '',
  ])
})
