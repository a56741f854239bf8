/**
 * The promises of watches, whatever clients, compactions, snapshots and slow readers do: random programs, judged by the
 * oracle that judges simulated clusters.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bytes, compact, put, remove, txnOf } from '../../../../test/harness/kv-operations.ts'
import { randomFromSeed } from '../../../core/prng.ts'
import { type BugName, openSeams } from '../../../core/seams.ts'
import { ChangeCursor } from '../../../machines/kv/changes.ts'
import { encodeCommand } from '../../../machines/kv/command-codec.ts'
import { currentRevision } from '../../../machines/kv/revisions.ts'
import type { KvCommand, KvResult } from '../../../machines/kv/types.ts'
import {
  type Change,
  type Compaction,
  checkWatches,
  type KeyEvent,
  type WatchStreamEvent,
} from '../../../sim/checkers/index.ts'
import { WATCH_CREATE_DEFAULTS } from '../../../wire/etcd/watch-request.ts'
import { World } from '../testing/world.ts'
import { FRAGMENT_OVERHEAD_BYTES } from './limits.ts'
import { WatchClient } from './testing/watch-client.ts'

const KEYS = ['a', 'b', 'c', 'd']
const key = fc.constantFrom(...KEYS)
const stream = fc.nat(1)

type Action =
  | { readonly kind: 'change'; readonly keys: readonly string[]; readonly deletes: boolean }
  | { readonly kind: 'compact'; readonly back: number }
  | { readonly kind: 'snapshot'; readonly keys: readonly string[]; readonly compactsBack: number }
  | {
      readonly kind: 'watch'
      readonly stream: number
      readonly key: string
      readonly rangeEnd: string
      readonly id: number
      readonly ahead: number | undefined
      readonly prevKv: boolean
      readonly fragment: boolean
      readonly progressNotify: boolean
      readonly filters: readonly number[]
    }
  | { readonly kind: 'cancel'; readonly stream: number; readonly id: number }
  | { readonly kind: 'progress' | 'fill' | 'drain'; readonly stream: number }
  | { readonly kind: 'turn' | 'settle' | 'interval' }

const keys = fc.uniqueArray(key, { minLength: 1, maxLength: 3 })
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('change' as const), keys, deletes: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('compact' as const), back: fc.nat(6) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('snapshot' as const), keys, compactsBack: fc.nat(12) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('watch' as const),
      stream,
      key,
      rangeEnd: fc.constantFrom('', '', 'b', 'd', 'z', '\0'),
      id: fc.constantFrom(0, 0, 1, 2, 7),
      ahead: fc.option(fc.integer({ min: -8, max: 3 }), { nil: undefined }),
      prevKv: fc.boolean(),
      fragment: fc.boolean(),
      progressNotify: fc.boolean(),
      filters: fc.constantFrom([], [], [0], [1]),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), stream, id: fc.nat(7) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('progress' as const, 'fill' as const, 'drain' as const),
      stream,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom('turn' as const, 'settle' as const, 'interval' as const) }),
  },
)

const PROGRESS_INTERVAL_MS = 1_000

/** So that a response of two events comes in parts. */
const REQUEST_BYTES_MAX = 200 - FRAGMENT_OVERHEAD_BYTES

/** A node, two streams, and everything that was said, in its order. */
class Trial {
  readonly world: World
  readonly streams: readonly { readonly client: WatchClient; readonly events: WatchStreamEvent[] }[]
  readonly changes: Change[] = []
  readonly compactions: Compaction[] = []
  readonly #before = new Map<string, KeyEvent['kv']>()
  #at = 0
  #values = 0

  constructor(watchAheadBytes: number) {
    const intervals = { watchProgressIntervalMs: PROGRESS_INTERVAL_MS }
    this.world = new World({ ...intervals, requestBytesMax: REQUEST_BYTES_MAX, watchAheadBytes })
    this.streams = [0, 1].map(() => ({ client: new WatchClient(this.world), events: [] }))
  }

  perform(step: Action): void {
    this.#at++
    switch (step.kind) {
      case 'change':
        return this.#commit([this.#changeOf(step.keys, step.deletes)], command => [
          this.world.replica.apply(command[0]!),
        ])
      case 'compact':
        return this.#commit([compact(this.#revision - step.back)], command => [
          this.world.replica.apply(command[0]!),
        ])
      case 'snapshot':
        return this.#commit(
          [this.#changeOf(step.keys, false), compact(this.#revision - step.compactsBack)],
          commands => this.world.replica.skipTo(commands),
        )
      case 'watch':
        return this.#create(step)
      case 'cancel':
        return this.#ask(step.stream, ({ client, events }) => {
          events.push({ kind: 'cancel', at: this.#at, watchId: BigInt(step.id) })
          client.ask({ kind: 'cancel', watchId: BigInt(step.id) })
        })
      case 'progress':
        return this.#ask(step.stream, ({ client, events }) => {
          events.push({ kind: 'progress', at: this.#at })
          client.ask({ kind: 'progress' })
        })
      case 'fill':
        this.streams[step.stream]!.client.isFull = true
        return
      case 'drain':
        this.streams[step.stream]!.client.isFull = false
        return
      case 'turn':
        this.world.clock.turn()
        return
      case 'settle':
        return this.world.clock.settle()
      case 'interval':
        return this.world.clock.pass(PROGRESS_INTERVAL_MS)
    }
  }

  collect(): void {
    for (const { client, events } of this.streams) {
      for (const { header, events: told, ...response } of client.take()) {
        const received = { ...response, revision: header.revision, events: told }
        events.push({ kind: 'response', at: this.#at, response: received })
      }
    }
  }

  finish(): void {
    this.#at++
    for (const { client } of this.streams) client.isFull = false
    this.world.clock.settle()
    this.collect()
  }

  judge(): string[] {
    const log = { changes: this.changes, compactions: this.compactions }
    const streams = this.streams.map(({ events }) => ({ events, settledAt: this.#at }))
    return checkWatches(log, streams).map(({ name, sentence }) => `${name}: ${sentence}`)
  }

  get #revision(): number {
    return currentRevision(this.world.replica.view)
  }

  #create(step: Action & { kind: 'watch' }): void {
    const startRevision = step.ahead === undefined ? 0 : Math.max(1, this.#revision + step.ahead)
    const { prevKv, fragment, progressNotify, filters } = step
    const watchId = BigInt(step.id)
    const range = { key: bytes(step.key), rangeEnd: bytes(step.rangeEnd), startRevision, prevKv, watchId }
    this.#ask(step.stream, ({ client, events }) => {
      const create = { ...range, fragment, progressNotify }
      const kinds = { noPut: filters.includes(0), noDelete: filters.includes(1) }
      events.push({ kind: 'create', at: this.#at, create: { ...create, ...kinds } })
      client.ask({ kind: 'create', create: { ...WATCH_CREATE_DEFAULTS, ...create, filters } })
    })
  }

  /** A stream that takes nothing is not heard either. */
  #ask(of: number, ask: (stream: Trial['streams'][number]) => void): void {
    const asked = this.streams[of]!
    if (!asked.client.isFull) ask(asked)
  }

  #changeOf(changed: readonly string[], deletes: boolean): KvCommand {
    if (deletes) return changed.length === 1 ? remove(changed[0]!) : remove('a', 'c')
    const puts = changed.map(each => put(each, String(++this.#values)))
    return puts.length === 1 ? puts[0]! : txnOf([], puts, [])
  }

  #commit(
    commands: readonly KvCommand[],
    apply: (commands: readonly Uint8Array[]) => readonly KvResult[],
  ): void {
    const before = this.#revision
    const results = apply(commands.map(encodeCommand))
    this.#note(before + 1)
    for (const [i, command] of commands.entries()) {
      if (command.kind !== 'compact' || results[i]!.kind === 'refused') continue
      this.compactions.push({
        at: this.#at,
        revision: command.compact.revision,
        storeRevision: this.#revision,
      })
    }
  }

  #note(from: number): void {
    const byRevision = new Map<number, KeyEvent[]>()
    const cursor = new ChangeCursor(this.world.replica.view, from)
    for (let change = cursor.next(); change !== undefined; change = cursor.next()) {
      const { revision, deleted, kv } = change
      const name = String.fromCharCode(...kv.key)
      const event: KeyEvent = { kind: deleted ? 'delete' : 'put', kv, prevKv: this.#before.get(name) }
      if (deleted) this.#before.delete(name)
      else this.#before.set(name, kv)
      byRevision.set(revision.main, [...(byRevision.get(revision.main) ?? []), event])
    }
    for (const [revision, events] of byRevision) this.changes.push({ at: this.#at, revision, events })
  }
}

/** A random program, and what the oracle says of it. */
function judged(
  steps: readonly Action[],
  seed: number,
  met: (probe: string) => void,
  bug?: BugName,
): string[] {
  const random = randomFromSeed(seed)
  const close = openSeams({ ...(bug && { bug }), met, takes: () => random.chance(seed % 3, 5) })
  try {
    // One response, or some.
    const trial = new Trial(seed % 2 === 0 ? 1 : 600)
    for (const step of steps) {
      trial.perform(step)
      trial.collect()
    }
    trial.finish()
    return trial.judge()
  } finally {
    close()
  }
}

const programs = [fc.array(action, { maxLength: 60 }), fc.nat(1_000)] as const

test('every promise holds, whatever happens', () => {
  const met = new Set<string>()
  const holds = fc.property(...programs, (steps, seed) => {
    expect(judged(steps, seed, probe => met.add(probe))).toEqual([])
  })
  // The same ones in every run: what is rare is met in each, or in none.
  fc.assert(holds, { numRuns: 400, seed: 3 })
  expect([...met].filter(name => name.startsWith('watch: ')).sort()).toEqual([
    'watch: a compaction was quicker than a watcher',
    'watch: a response came in parts',
    'watch: a revision was read in several slices',
    'watch: a slow watcher fell behind',
    'watch: a snapshot came while watchers were synced',
    'watch: progress was asked for too early',
  ])
})

test.each<BugName>(['watch-lost-when-slow', 'watch-revision-torn', 'watch-progress-overtakes'])(
  'a promise is seen to be broken with %s',
  bug => {
    const holds = fc.property(...programs, (steps, seed) => judged(steps, seed, () => {}, bug).length === 0)
    expect(fc.check(holds, { numRuns: 600, endOnFailure: true }).failed).toBe(true)
  },
)
