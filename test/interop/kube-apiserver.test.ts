/**
 * What kube-apiserver asks of etcd, and nothing else: Range, Txn, Compact, Watch, LeaseGrant and Status, in the shapes
 * of its storage layer (`client/v3/kubernetes`, etcd's own contract test), through a client of somebody else, against
 * three nodes. Objects are keys below `/registry/`; the version of an object is the mod revision of its key.
 */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { Cluster } from '../harness/cluster.ts'
import { type Answer, at, base64, EtcdCalls, type Json, unbase64 } from '../harness/etcd-calls.ts'
import { until } from '../harness/until.ts'

// Many processes, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const REQUIRES_LEADER = { hasleader: 'true' }

let cluster: Cluster
let calls: EtcdCalls[]
/** Its balancer asks one node after the other. */
let turn = 0

beforeAll(async () => {
  cluster = await Cluster.start({ flags: ['--watch-progress-notify-interval=200ms'] })
  calls = cluster.endpoints.map(endpoint => new EtcdCalls(endpoint))
})

afterAll(async () => {
  for (const each of calls ?? []) each.close()
  await cluster?.destroy()
})

async function ask(rpc: string, request: Json): Promise<Json> {
  const answer = await tell(rpc, request)
  expect(answer, `${rpc} ${JSON.stringify(request)}`).toMatchObject({ code: 0 })
  return answer.response
}

const tell = (rpc: string, request: Json): Promise<Answer> =>
  calls[turn++ % calls.length]!.ask(`etcdserverpb.${rpc}`, request)

const prefixEnd = (prefix: string): string =>
  prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)

const kvsOf = (json: Json): Json[] => (json['kvs'] ?? []) as Json[]
const revisionOf = (json: Json): number => Number(at(json, 'header.revision'))
const modOf = (kv: Json): number => Number(at(kv, 'mod_revision'))

const get = (key: string, revision = 0): Promise<Json> =>
  ask('KV/Range', { key: base64(key), limit: 1, revision })

const compare = (key: string, revision: number): Json => ({
  target: 'MOD',
  result: 'EQUAL',
  key: base64(key),
  mod_revision: revision,
})

/** Creates (0) or updates; on a conflict it learns what is there. */
const optimisticPut = (key: string, value: string, revision: number, lease = '0'): Promise<Json> =>
  ask('KV/Txn', {
    compare: [compare(key, revision)],
    success: [{ request_put: { key: base64(key), value: base64(value), lease } }],
    failure: [{ request_range: { key: base64(key) } }],
  })

const optimisticDelete = (key: string, revision: number): Promise<Json> =>
  ask('KV/Txn', {
    compare: [compare(key, revision)],
    success: [{ request_delete_range: { key: base64(key) } }],
    failure: [{ request_range: { key: base64(key) } }],
  })

/** What stands in the answer to the only operation. */
const onlyRange = (json: Json): Json[] =>
  kvsOf(((json['responses'] as Json[])[0]!['response_range'] ?? {}) as Json)

describe('objects', () => {
  const key = '/registry/pods/default/one'

  test('are created once, updated by who knows their version, and deleted by who does', async () => {
    const created = await optimisticPut(key, 'v1', 0)
    expect(created['succeeded']).toBe(true)
    const conflict = await optimisticPut(key, 'again', 0)
    expect(conflict['succeeded'] ?? false).toBe(false)
    const [found] = onlyRange(conflict)
    expect([unbase64(at(found!, 'value')), modOf(found!)]).toEqual(['v1', revisionOf(created)])
    const updated = await optimisticPut(key, 'v2', revisionOf(created))
    expect(updated['succeeded']).toBe(true)
    expect(revisionOf(updated)).toBeGreaterThan(revisionOf(created))
    const stale = await optimisticDelete(key, revisionOf(created))
    expect(stale['succeeded'] ?? false).toBe(false)
    expect(modOf(onlyRange(stale)[0]!)).toBe(revisionOf(updated))
    const deleted = await optimisticDelete(key, revisionOf(updated))
    expect(deleted['succeeded']).toBe(true)
    // The version of a deletion is the revision of its transaction.
    expect(revisionOf(deleted)).toBeGreaterThan(revisionOf(updated))
    expect(kvsOf(await get(key))).toEqual([])
    expect(unbase64(at(kvsOf(await get(key, revisionOf(updated)))[0]!, 'value'))).toBe('v2')
  })

  test('that many update at once are updated by each in turn: nobody overwrites what it has not seen', async () => {
    const counter = '/registry/counters/one'
    await optimisticPut(counter, '0', 0)
    const increment = async (): Promise<void> => {
      for (;;) {
        const [kv] = kvsOf(await get(counter))
        const next = String(Number(unbase64(at(kv!, 'value'))) + 1)
        if ((await optimisticPut(counter, next, modOf(kv!)))['succeeded'] === true) return
      }
    }
    await Promise.all(Array.from({ length: 6 }, increment))
    expect(unbase64(at(kvsOf(await get(counter))[0]!, 'value'))).toBe('6')
  })

  test('were deleted whatever their version by older servers, who read them in the same transaction', async () => {
    await optimisticPut(key, 'v3', 0)
    const { responses } = await ask('KV/Txn', {
      success: [{ request_range: { key: base64(key) } }, { request_delete_range: { key: base64(key) } }],
    })
    const [read, deletion] = responses as Json[]
    expect(unbase64(at(kvsOf(read!['response_range'] as Json)[0]!, 'value'))).toBe('v3')
    expect(at(deletion!, 'response_delete_range.deleted')).toBe('1')
  })
})

describe('lists', () => {
  const prefix = '/registry/nodes/'
  const end = prefixEnd(prefix)
  const names = Array.from({ length: 25 }, (_, i) => `${prefix}node-${String(i).padStart(2, '0')}`)

  beforeAll(async () => {
    for (const name of names) await optimisticPut(name, `of ${name}`, 0)
  })

  test('come in pages of one revision, whatever is written between two of them', async () => {
    const seen: string[] = []
    let key = prefix
    let revision = 0
    const remaining: number[] = []
    for (let more = true; more; ) {
      const page = await ask('KV/Range', { key: base64(key), range_end: base64(end), limit: 10, revision })
      const kvs = kvsOf(page)
      seen.push(...kvs.map(kv => unbase64(at(kv, 'key'))))
      if (revision === 0) revision = revisionOf(page)
      // What is left behind this page, which the API tells its own clients.
      remaining.push(Number(at(page, 'count')) - kvs.length)
      more = page['more'] === true
      key = `${seen.at(-1)}\0`
      await optimisticPut(`${prefix}written-${remaining.length}`, 'later', 0)
    }
    expect(seen).toEqual(names)
    expect(remaining).toEqual([15, 5, 0])
  })

  test('are counted, and read without values', async () => {
    const all = { key: base64(prefix), range_end: base64(end) }
    const counted = await ask('KV/Range', { ...all, count_only: true })
    expect(Number(at(counted, 'count'))).toBeGreaterThanOrEqual(names.length)
    expect(kvsOf(counted)).toEqual([])
    const keys = kvsOf(await ask('KV/Range', { ...all, keys_only: true, limit: 3 }))
    expect(keys.map(kv => [unbase64(at(kv, 'key')), at(kv, 'value')])).toEqual(
      names.slice(0, 3).map(name => [name, '']),
    )
  })

  test('at a compacted revision are refused in the words by which a client begins anew', async () => {
    const old = revisionOf(await optimisticPut(`${prefix}old`, 'x', 0))
    const now = revisionOf(await optimisticPut(`${prefix}old`, 'y', old))
    await ask('KV/Compact', { revision: now })
    const answer = await tell('KV/Range', { key: base64(prefix), range_end: base64(end), revision: old })
    expect(answer).toMatchObject({
      code: 11,
      message: 'etcdserver: mvcc: required revision has been compacted',
    })
  })

  test('of what is not there yet are refused', async () => {
    const answer = await tell('KV/Range', { key: base64(prefix), revision: 1_000_000 })
    expect(answer).toMatchObject({
      code: 11,
      message: 'etcdserver: mvcc: required revision is a future revision',
    })
  })
})

describe('compaction', () => {
  /** Of the servers only the one that gets to write the key compacts. */
  const attempt = (version: number, revision: number): Promise<Json> =>
    ask('KV/Txn', {
      compare: [
        { target: 'VERSION', result: 'EQUAL', key: base64('compact_rev_key'), version: String(version) },
      ],
      success: [{ request_put: { key: base64('compact_rev_key'), value: base64(String(revision)) } }],
      failure: [{ request_range: { key: base64('compact_rev_key') } }],
    })

  test('is done by one server in each interval, and the others learn how far', async () => {
    const revision = revisionOf(await optimisticPut('/registry/health', 'is read, not written', 0))
    const [first, second] = await Promise.all([attempt(0, revision), attempt(0, revision)])
    const won = [first, second].filter(each => each!['succeeded'] === true)
    const lost = [first, second].find(each => each!['succeeded'] !== true)!
    expect(won).toHaveLength(1)
    const [kv] = onlyRange(lost)
    expect([at(kv!, 'version'), unbase64(at(kv!, 'value'))]).toEqual(['1', String(revision)])
    await ask('KV/Compact', { revision })
    expect((await attempt(1, revision + 1))['succeeded']).toBe(true)
    expect(await tell('KV/Compact', { revision })).toMatchObject({ code: 11 })
  })
})

describe('watches', () => {
  const prefix = '/registry/configmaps/'

  function watch(startRevision: number, extra: Json = {}) {
    const stream = calls[turn++ % calls.length]!.stream('etcdserverpb.Watch/Watch', {
      metadata: REQUIRES_LEADER,
    })
    const create = {
      key: base64(prefix),
      range_end: base64(prefixEnd(prefix)),
      start_revision: startRevision,
      prev_kv: true,
      progress_notify: true,
      ...extra,
    }
    stream.send({ create_request: create })
    return stream
  }
  const eventsOf = (responses: readonly Json[]): string[] =>
    responses.flatMap(response =>
      ((response['events'] ?? []) as Json[]).map(event => {
        const before = at(event, 'prev_kv.value')
        const was = before === '' ? '' : ` was ${unbase64(before)}`
        return `${at(event, 'type') || 'PUT'} ${unbase64(at(event, 'kv.key'))}${was}`
      }),
    )

  test('from the revision of a list tell all that came after it, with what was there before', async () => {
    const listed = await ask('KV/Range', { key: base64(prefix), range_end: base64(prefixEnd(prefix)) })
    const stream = watch(revisionOf(listed) + 1)
    const created = await optimisticPut(`${prefix}a`, '1', 0)
    await optimisticPut(`${prefix}a`, '2', revisionOf(created))
    const [kv] = kvsOf(await get(`${prefix}a`))
    await optimisticDelete(`${prefix}a`, modOf(kv!))
    const wanted = [`PUT ${prefix}a`, `PUT ${prefix}a was 1`, `DELETE ${prefix}a was 2`]
    await until('three events', () => eventsOf(stream.received).length === 3)
    expect(eventsOf(stream.received)).toEqual(wanted)
    expect(stream.received[0]).toMatchObject({ created: true })
    stream.cancel()
  })

  test('are told how far they are: by themselves, and at once when asked, never before the events', async () => {
    const stream = watch(0)
    await until('the creation', () => stream.received.length === 1)
    const written = revisionOf(await optimisticPut(`${prefix}progress`, 'x', 0))
    // Other keys move the revision on, and the cache has to learn that it missed nothing.
    const elsewhere = revisionOf(await optimisticPut('/registry/else', 'x', 0))
    const progress = (): number[] =>
      stream.received
        .filter(response => response['created'] !== true && response['events'] === undefined)
        .map(revisionOf)
    await until('progress', () => {
      stream.send({ progress_request: {} })
      return progress().some(revision => revision >= elsewhere)
    })
    const position = stream.received.findIndex(response => response['events'] !== undefined)
    const told = stream.received.slice(0, position).filter(each => each['created'] !== true)
    expect(told.every(response => revisionOf(response) < written)).toBe(true)
    stream.cancel()
  })

  test('from a compacted revision end with how far it is compacted, so that a client lists again', async () => {
    const old = revisionOf(await optimisticPut(`${prefix}b`, '1', 0))
    const now = revisionOf(await optimisticPut(`${prefix}b`, '2', old))
    await ask('KV/Compact', { revision: now })
    // A member that has yet to hear of it would tell what is there: after a linearizable read each has.
    for (const _ of calls) await get(`${prefix}b`)
    const stream = watch(old)
    await until('the end', () => stream.received.some(response => response['canceled'] === true))
    expect(stream.received.at(-1)).toMatchObject({ canceled: true, compact_revision: String(now) })
    stream.cancel()
  })

  test('end with "no leader" where the others are gone, so that a client turns elsewhere', async () => {
    const stream = calls[0]!.stream('etcdserverpb.Watch/Watch', { metadata: REQUIRES_LEADER })
    stream.send({ create_request: { key: base64(prefix), prev_kv: true } })
    await until('the creation', () => stream.received.length === 1)
    for (const node of [1, 2]) cluster.node(node).pause()
    try {
      await until('the end of the stream', () => stream.status !== undefined, 30_000)
      expect([stream.status!.code, stream.status!.details]).toEqual([14, 'etcdserver: no leader'])
    } finally {
      for (const node of [1, 2]) cluster.node(node).resume()
    }
    await Promise.all(cluster.nodes.map(node => node.becomesHealthy()))
  })
})

describe('leases and the rest', () => {
  test('one lease serves many events, which all go with it', async () => {
    const granted = await ask('Lease/LeaseGrant', { TTL: '2' })
    const keys = ['x', 'y', 'z'].map(name => `/registry/events/${name}`)
    for (const key of keys) await optimisticPut(key, 'an event', 0, at(granted, 'ID'))
    await until('all to be gone', async () => {
      const all = { key: base64('/registry/events/'), range_end: base64('/registry/events0') }
      return kvsOf(await ask('KV/Range', { ...all })).length === 0
    })
  })

  test('the version is one of those for which it asks for progress, and the size is told', async () => {
    const status = await ask('Maintenance/Status', {})
    const [major, minor] = at(status, 'version').split('.').map(Number)
    expect(major! * 100 + minor!).toBeGreaterThanOrEqual(305)
    expect(Number(at(status, 'dbSize'))).toBeGreaterThan(0)
  })
})
