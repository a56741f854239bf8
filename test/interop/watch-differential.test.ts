/**
 * Whole programs on a node of ours and on a real etcd: everything that writes, leases, compactions, and watches of
 * every kind beside them. Every answer, every event and the way every watch ends is compared field by field; what a
 * watch is to be told is counted by a third, the model; and at the end of each program the hash of all is equal.
 *
 * `QUORATE_PROGRAMS=5000` runs more of them, `QUORATE_PROGRAMS_FROM=77` begins elsewhere.
 */
import { afterAll, beforeAll, expect, vi } from 'vitest'
import { randomFromSeed } from '../../src/core/prng.ts'
import { ROUTES } from '../../src/services/etcd/gateway/routes.ts'
import { Cluster } from '../harness/cluster.ts'
import {
  type Answer,
  at,
  base64,
  type CallStream,
  EtcdCalls,
  type Json,
  withoutIds,
} from '../harness/etcd-calls.ts'
import { KvHistory } from '../harness/kv-histories.ts'
import { KvModel } from '../harness/kv-model.ts'
import { countWanted, createRequest, randomWatch, type WatchPlan } from '../harness/random-watches.ts'
import { missing, testUnless } from '../harness/requirement.ts'
import { invalidReason, randomCommand } from '../harness/tame-commands.ts'
import { until } from '../harness/until.ts'
import { WatchBook } from '../harness/watch-book.ts'
import { commandRequest, rangeRequest } from './etcd-gateway.ts'

const PROGRAMS = Number(process.env['QUORATE_PROGRAMS'] ?? 100)
const FIRST = Number(process.env['QUORATE_PROGRAMS_FROM'] ?? 1)
const STEPS = 25
const STREAMS = 3

vi.setConfig({ testTimeout: 120_000 + PROGRAMS * 1_000, hookTimeout: 120_000 })

const lack = missing('etcd', '--version')
const differential = testUnless(lack)

/** Ours, and then theirs. */
type Both<T> = readonly [T, T]

let clusters: Both<Cluster> | undefined
let calls: Both<EtcdCalls>
/** Of all programs together: revisions only grow. */
const model = new KvModel()
const state = {
  get current() {
    return model.current
  },
  get compacted() {
    return model.compacted
  },
  get leases() {
    return [...model.leases.keys()]
  },
  unknownOrders: false,
}

beforeAll(async () => {
  if (lack !== null) return
  clusters = await Promise.all([
    Cluster.start({ nodes: 1 }),
    Cluster.start({ program: 'etcd', nodes: 1, flags: ['--log-level=error'] }),
  ])
  calls = [new EtcdCalls(clusters[0].endpoints[0]!), new EtcdCalls(clusters[1].endpoints[0]!)]
})

afterAll(async () => {
  for (const each of calls ?? []) each.close()
  for (const cluster of clusters ?? []) await cluster.destroy()
})

interface Watch {
  readonly plan: WatchPlan
  readonly id: string
  /** The first revision that it is told of. */
  readonly from: number
  isOver: boolean
}

/** One stream on both sides, and what is known of its watches. */
class Pair {
  readonly #streams: Both<CallStream>
  readonly books: Both<WatchBook>
  readonly #watches: Watch[] = []
  readonly #compacted = new Set<string>()
  #created = 0
  #progressed = 0

  constructor() {
    const open = (side: EtcdCalls): CallStream => side.stream('etcdserverpb.Watch/Watch')
    this.#streams = [open(calls[0]), open(calls[1])]
    this.books = [new WatchBook(this.#streams[0]), new WatchBook(this.#streams[1])]
  }

  get live(): readonly Watch[] {
    return this.#watches.filter(watch => !watch.isOver)
  }

  async create(wanted: WatchPlan): Promise<void> {
    // The id of a watch that compaction has ended stays taken there.
    const plan = this.#compacted.has(String(wanted.id)) ? { ...wanted, id: 0 } : wanted
    const from = plan.startRevision === 0 ? model.current + 1 : plan.startRevision
    this.#send(createRequest(plan))
    this.#created++
    await this.#both('a watch to be created', book => book.created.length === this.#created)
    const [ours, theirs] = this.books.map(book => book.created.at(-1)!)
    expect(ours).toEqual(theirs)
    if (ours!['canceled'] === true) return
    const watch = { plan, id: at(ours!, 'watch_id') || '0', from, isOver: false }
    this.#watches.push(watch)
    if (from >= model.compacted) return
    this.#compacted.add(watch.id)
    await this.#ended(watch)
  }

  async cancel(watch: Watch): Promise<void> {
    this.#send({ cancel_request: { watch_id: watch.id } })
    await this.#ended(watch)
  }

  /** Asked when all that is known was told, and nobody waits for the future. */
  async progress(): Promise<void> {
    if (this.live.length === 0 || this.live.some(({ from }) => from > model.current)) return
    await this.settle()
    this.#send({ progress_request: {} })
    this.#progressed++
    await this.#both('progress', book => book.progress.length === this.#progressed)
    expect(this.books.map(book => book.progress.at(-1))).toEqual([model.current, model.current])
  }

  /** Until every watch was told what it was to be told; then it was the same on both sides. */
  async settle(): Promise<void> {
    for (const watch of this.live) {
      const count = countWanted(watch.plan, watch.from, model.changes)
      const isTold = (book: WatchBook): boolean => book.record(watch.id).events.length >= count
      await this.#both(`${count} events`, isTold).catch(() => {})
      this.#compare(watch, count)
    }
  }

  async end(): Promise<void> {
    await this.settle()
    for (const watch of this.live) await this.cancel(watch)
    for (const stream of this.#streams) stream.cancel()
  }

  #send(request: Json): void {
    for (const stream of this.#streams) stream.send(request)
  }

  async #ended(watch: Watch): Promise<void> {
    await this.#both(`the end of ${watch.id}`, book => book.record(watch.id).ended !== undefined)
    watch.isOver = true
    const [ours, theirs] = this.books.map(book => book.record(watch.id))
    expect(ours).toEqual(theirs)
  }

  /** Also when the wait for it was in vain: what is missing is then seen. */
  #compare({ id, plan }: Watch, count: number): void {
    const [ours, theirs] = this.books.map(book => book.record(id))
    const note = JSON.stringify(createRequest(plan))
    expect(ours, note).toEqual(theirs)
    expect(ours!.events.length, note).toBe(count)
  }

  async #both(what: string, holds: (book: WatchBook) => boolean): Promise<void> {
    await until(what, () => {
      for (const book of this.books) book.update()
      return this.books.every(holds)
    })
  }
}

async function ask(path: string, request: Json): Promise<void> {
  const rpc = ROUTES.get(path)!.rpc.slice(1)
  const [ours, theirs] = await Promise.all([calls[0].ask(rpc, request), calls[1].ask(rpc, request)])
  expect(comparable(ours), `${rpc} ${JSON.stringify(request)}`).toEqual(comparable(theirs))
}

/** 3.4 does not say which revision it has hashed. */
function comparable({ response: { hash_revision: _, ...response }, ...answer }: Answer): Answer {
  return { ...answer, response: withoutIds(response) }
}

async function step(history: KvHistory, pairs: readonly Pair[]): Promise<void> {
  const draw = history.below(20)
  const pair = history.pick(pairs)
  if (draw < 9) {
    const command = randomCommand(history, state)
    const { path, request } = commandRequest(command)
    await ask(path, request)
    if (invalidReason(command) === undefined) model.apply(command)
  } else if (draw < 12) {
    await ask('/v3/kv/range', rangeRequest(history.range(state)))
  } else if (draw < 17) {
    await pair.create(tame(randomWatch(history, state)))
  } else if (draw < 18 && pair.live.length > 0) {
    await pair.settle()
    await pair.cancel(history.pick(pair.live))
  } else if (draw < 19) {
    await pair.progress()
  } else {
    for (const each of pairs) await each.settle()
    const revision = history.compaction(state)
    const command = { kind: 'compact', compact: { revision } } as const
    await ask('/v3/kv/compaction', commandRequest(command).request)
    model.apply(command)
  }
}

/**
 * etcd 3.4 loses a deletion at the revision of a compaction (#18089): a watch from there on would miss it. And it looks
 * at watches that start in the past every tenth of a second: one with nothing to be told cannot be seen to have caught
 * up, and a compaction that comes first would end it there.
 */
function tame(plan: WatchPlan): WatchPlan {
  const { startRevision } = plan
  if (startRevision === 0 || startRevision > model.current) return plan
  // Its id would be passed over for good: see `create`.
  if (startRevision < model.compacted) return { ...plan, id: 0 }
  const isLost = model.changes.some(({ main, kv }) => main === model.compacted && kv === undefined)
  const from = startRevision === model.compacted && isLost ? startRevision + 1 : startRevision
  return { ...plan, startRevision: countWanted(plan, from, model.changes) === 0 ? 0 : from }
}

differential(
  `${PROGRAMS} random programs: answers, events, ends of watches and hashes are etcd’s`,
  async () => {
    for (let seed = FIRST; seed < FIRST + PROGRAMS; seed++) {
      const history = new KvHistory(randomFromSeed(seed))
      const pairs = Array.from({ length: STREAMS }, () => new Pair())
      try {
        for (let i = 0; i < STEPS; i++) await step(history, pairs)
        for (const pair of pairs) await pair.end()
        await ask('/v3/maintenance/hashkv', { revision: 0 })
      } catch (error) {
        throw new Error(`program ${seed}: ${String(error)}`, { cause: error })
      }
    }
  },
)

differential(
  'a long response comes in parts to whoever has asked for them, and whole to others',
  async () => {
    const value = base64(new Uint8Array(700 * 1024).fill(120))
    const key = base64('long')
    const [first] = await Promise.all(calls.map(side => side.ask('etcdserverpb.KV/Put', { key, value })))
    for (let i = 0; i < 4; i++)
      await Promise.all(calls.map(side => side.ask('etcdserverpb.KV/Put', { key, value })))
    const startRevision = Number(at(first!.response, 'header.revision'))
    for (const fragment of [true, false]) {
      const told = await Promise.all(
        calls.map(side => longWatch(side, { key, start_revision: startRevision, fragment })),
      )
      expect(told[0]).toEqual(told[1])
    }
  },
)

/** The revisions that it was told of, once it was told of five. */
async function longWatch(side: EtcdCalls, request: Json): Promise<string[]> {
  const stream = side.stream('etcdserverpb.Watch/Watch')
  stream.send({ create_request: request })
  const revisions = (): string[] =>
    stream.received.flatMap(({ events = [] }) =>
      (events as Json[]).map(event => at(event, 'kv.mod_revision')),
    )
  await until('five events', () => revisions().length === 5)
  stream.cancel()
  return revisions()
}
