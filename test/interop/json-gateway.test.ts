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

/** Lines of a stream of answers, as they come. */
async function* linesOf(url: string, body: unknown, signal: AbortSignal): AsyncGenerator<Json> {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body), signal })
  const text = response.body!.pipeThrough(new TextDecoderStream())
  let rest = ''
  for await (const chunk of text) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()!
    for (const line of lines) yield JSON.parse(line) as Json
  }
}

/** What a watch tells of two puts and a deletion. */
async function watched(url: string): Promise<unknown[]> {
  const gone = new AbortController()
  const request = { create_request: { key: base64('watched'), prev_kv: true } }
  const lines = linesOf(`${url}/v3/watch`, request, gone.signal)
  const next = async () => ((await lines.next()).value as { result: Json }).result
  const created = await next()
  const post = (path: string, body: Json) => fetch(url + path, { method: 'POST', body: JSON.stringify(body) })
  await post('/v3/kv/put', { key: base64('watched'), value: A })
  const results = [created, await next()]
  await post('/v3/kv/put', { key: base64('watched'), value: B })
  results.push(await next())
  await post('/v3/kv/deleterange', { key: base64('watched') })
  results.push(await next())
  gone.abort()
  return results.map(({ header, events, ...rest }) => ({
    ...rest,
    events: (events as Json[] | undefined)?.map(shape),
  }))
}

/** An event without its revisions. */
function shape({ type, kv, prev_kv }: Json): unknown {
  const told = (pair: unknown): unknown => {
    const { key, value, version, lease } = pair as Json
    return { key, value, version, lease }
  }
  return { type, kv: told(kv), prev_kv: prev_kv && told(prev_kv) }
}

testUnless(missing('etcd', '--version'))('a watch tells what that of a real etcd tells', async () => {
  const theirs = await Cluster.start({ nodes: 1, program: 'etcd' })
  expect(await watched(urlOf(ours))).toEqual(await watched(urlOf(theirs)))
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
