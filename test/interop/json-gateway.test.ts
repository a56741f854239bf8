/** The JSON gateway as curl uses it, in step with a real etcd: the same requests, the same answers. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { Cluster } from '../harness/cluster.ts'
import { runCommand } from '../harness/command.ts'
import { missing, testUnless } from '../harness/requirement.ts'

// Processes, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

type Json = { readonly [name: string]: unknown }

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const [A, B, C] = ['a', 'b', 'c'].map(base64) as [string, string, string]

const REQUESTS: readonly [path: string, body: unknown][] = [
  ['/v3/kv/put', { key: A, value: base64('1') }],
  ['/v3/kv/put', { key: B, value: base64('2'), prev_kv: true }],
  ['/v3/kv/put', { key: A, value: base64('3'), prev_kv: true }],
  ['/v3/kv/range', { key: A }],
  ['/v3/kv/range', { key: A, rangeEnd: C, sortOrder: 'DESCEND', sort_target: 'KEY', limit: '1' }],
  ['/v3/kv/range', { key: A, range_end: C, keys_only: true, unknown: [{}] }],
  ['/v3/kv/range', { key: A, range_end: C, count_only: true }],
  ['/v3/kv/range', { key: A, revision: 2 }],
  ['/v3/kv/range', { key: base64('none') }],
  [
    '/v3/kv/txn',
    {
      compare: [{ key: A, target: 'VERSION', version: '2', result: 'EQUAL' }],
      success: [
        { request_put: { key: C, value: base64('in a transaction') } },
        { requestRange: { key: A, range_end: base64('d') } },
        { request_delete_range: { key: B, prev_kv: true } },
      ],
    },
  ],
  [
    '/v3/kv/txn',
    { compare: [{ key: A, target: 'VALUE', value: base64('x') }], failure: [{ request_range: { key: A } }] },
  ],
  ['/v3/kv/deleterange', { key: A, range_end: C, prev_kv: true }],
  ['/v3/kv/compaction', { revision: 4 }],
  ['/v3/kv/range', { key: A, revision: 99 }],
  ['/v3/kv/range', { key: A, revision: 2 }],
  ['/v3/kv/range', {}],
  ['/v3/kv/put', { value: A }],
  ['/v3/kv/put', { key: A, lease: '77' }],
]

let ours: Cluster

beforeAll(async () => {
  ours = await Cluster.start({ nodes: 1 })
})
afterAll(() => ours.destroy())

const urlOf = (cluster: Cluster): string => cluster.node(0).layout.clientUrl

/** What does not depend on who answered. */
async function answerOf(url: string, [path, body]: readonly [string, unknown]): Promise<unknown> {
  const response = await fetch(url + path, { method: 'POST', body: JSON.stringify(body) })
  const { header, ...rest } = (await response.json()) as Json & { header?: Json }
  if (!response.ok) return { status: response.status, code: rest['code'], error: rest['error'] }
  return { status: response.status, revision: header?.['revision'], ...rest }
}

testUnless(missing('etcd', '--version'))('every answer is the one that a real etcd gives', async () => {
  const theirs = await Cluster.start({ nodes: 1, program: 'etcd' })
  for (const request of REQUESTS) {
    expect(await answerOf(urlOf(ours), request), JSON.stringify(request)).toEqual(
      await answerOf(urlOf(theirs), request),
    )
  }
  await theirs.destroy()
})

test.each(['--http1.1', '--http2-prior-knowledge'])('curl %s puts and reads', async version => {
  const curl = async (path: string, body: Json): Promise<Json> => {
    const { stdout } = await runCommand('curl', [
      '-sS',
      version,
      urlOf(ours) + path,
      '-d',
      JSON.stringify(body),
    ])
    return JSON.parse(stdout) as Json
  }
  const key = base64(version)
  await curl('/v3/kv/put', { key, value: base64('from curl') })
  expect(await curl('/v3/kv/range', { key })).toMatchObject({
    kvs: [{ key, value: base64('from curl') }],
    count: '1',
  })
})
