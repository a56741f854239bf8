import { beforeEach, describe, expect, test } from 'vitest'
import { StrictStore } from '../../test/harness/strict-store.ts'
import type { Ballot, Index, NodeId } from '../core/ids.ts'
import { addMs, type ClusterTime, type Instant, msBetween } from '../core/time.ts'
import { utf8Bytes } from '../core/utf8.ts'
import { kvMachine } from '../machines/kv/kv-machine.ts'
import type { Clock } from '../runtime/clock.ts'
import { SimulatedClock } from '../sim/clock.ts'
import { writeApplied } from './applied-state.ts'
import {
  SNAPSHOT_BYTES_PER_SECOND,
  SNAPSHOT_CHUNK_BYTES,
  SNAPSHOT_IDLE_MS,
  SNAPSHOT_SENDS_MAX,
} from './limits.ts'
import type { SnapshotMessage } from './snapshot-message.ts'
import { SnapshotSender } from './snapshot-sender.ts'

const CHUNK_MS = (1000 * SNAPSHOT_CHUNK_BYTES) / SNAPSHOT_BYTES_PER_SECOND
/** So many transfers at once that each takes longer than one without progress may last. */
const CHUNKS = Math.ceil((1.2 * SNAPSHOT_IDLE_MS) / CHUNK_MS / SNAPSHOT_SENDS_MAX)
const PAIRS = 2 * CHUNKS
const INDEX = 70 as Index

interface Sent {
  readonly to: NodeId
  readonly at: Instant
  readonly message: SnapshotMessage
  /** Of its pairs, when it was sent. */
  readonly values: readonly string[]
}

/** The first and the last byte: whoever writes over a value begins at one end. */
const briefly = (value: Uint8Array): string => `${value[0]} ${value.at(-1)}`
const nodes = (count: number): NodeId[] => Array.from({ length: count }, (_, i) => BigInt(i + 2) as NodeId)

let world: SimulatedClock
let clock: Clock
let sender: SnapshotSender
let sent: Sent[]

beforeEach(() => {
  world = new SimulatedClock()
  clock = world.node()
  sent = []
  const store = new StrictStore()
  const batch = store.batch()
  for (let i = 0; i < PAIRS; i++) {
    batch.put(utf8Bytes(`h${1000 + i}`), new Uint8Array(SNAPSHOT_CHUNK_BYTES / 2).fill(i))
  }
  writeApplied(batch, {
    index: INDEX,
    ballot: 3 as Ballot,
    time: 9 as ClusterTime,
    configuration: utf8Bytes('members'),
  })
  batch.commit()
  const machine = kvMachine()
  sender = new SnapshotSender(clock, store, machine, (to, message) => {
    const pairs = message.kind === 'chunk' ? message.pairs : []
    sent.push({ to, at: clock.now(), message, values: pairs.map(({ value }) => briefly(value)) })
  })
  // Whatever was not sent before counts for one chunk, and no more.
  world.runUntil(addMs(clock.now(), 1_000))
})

function ask(from: NodeId, credit = 2 * CHUNKS): void {
  sender.receive(from, { kind: 'request', session: Number(from), minimum: INDEX, credit })
}

function chunksTo(node: NodeId): Sent[] {
  return sent.filter(({ to, message }) => to === node && message.kind === 'chunk')
}

function isWhole(node: NodeId): boolean {
  const last = chunksTo(node).at(-1)?.message
  return last?.kind === 'chunk' && last.last
}

function passed(): number {
  return msBetween(sent[0]!.at, sent.at(-1)!.at)
}

test('a chunk has its values when it leaves, though the next ones are read to where they lie', () => {
  const [node] = nodes(1) as [NodeId]
  ask(node)
  world.runUntilIdle()
  const values = chunksTo(node).flatMap(chunk => chunk.values)
  expect(values.slice(-PAIRS)).toEqual(Array.from({ length: PAIRS }, (_, i) => `${i & 0xff} ${i & 0xff}`))
})

describe('the pace of what is sent', () => {
  test('is that of the bytes, however much credit there is', () => {
    const [node] = nodes(1) as [NodeId]
    ask(node)
    world.runUntilIdle()
    expect(isWhole(node)).toBe(true)
    expect(passed()).toBeGreaterThanOrEqual((chunksTo(node).length - 3) * CHUNK_MS)
    expect(passed()).toBeLessThan((CHUNKS + 2) * CHUNK_MS)
  })

  test('is shared by all, who take turns', () => {
    const [one, other] = nodes(2) as [NodeId, NodeId]
    ask(one)
    world.runUntil(addMs(clock.now(), 5.5 * CHUNK_MS))
    const early = sent.length
    ask(other)
    world.runUntil(addMs(clock.now(), 10 * CHUNK_MS))
    const later = sent.slice(early).map(({ to }) => to)
    expect(early).toBe(7)
    expect(later).toHaveLength(10)
    for (const [i, to] of later.entries()) expect(to).toBe(i % 2 === 0 ? one : other)
  })

  test('is nothing that who waits for credit takes from others', () => {
    const [one, other] = nodes(2) as [NodeId, NodeId]
    ask(one, 2)
    ask(other, 6)
    world.runUntil(addMs(clock.now(), 10 * CHUNK_MS))
    expect(chunksTo(one)).toHaveLength(2)
    expect(chunksTo(other)).toHaveLength(6)
    sender.receive(one, { kind: 'credit', session: Number(one), credit: 3 })
    world.runUntil(addMs(clock.now(), 1))
    expect(chunksTo(one)).toHaveLength(3)
  })

  test('lets nobody be taken for idle who waits for a turn', () => {
    const all = nodes(SNAPSHOT_SENDS_MAX)
    for (const node of all) ask(node)
    world.runUntilIdle()
    expect(passed()).toBeGreaterThan(SNAPSHOT_IDLE_MS)
    for (const node of all) expect(isWhole(node)).toBe(true)
  })
})

test('a receiver that wants no more, or anew, has no place in line', () => {
  const [node] = nodes(1) as [NodeId]
  ask(node)
  world.runUntil(addMs(clock.now(), 0.5 * CHUNK_MS))
  ask(node)
  world.runUntil(addMs(clock.now(), 3 * CHUNK_MS))
  const sequences = chunksTo(node).map(({ message }) => message.kind === 'chunk' && message.sequence)
  expect(sequences).toEqual([0, 1, 0, 1, 2])
  sender.receive(node, { kind: 'abandon', session: Number(node) })
  world.runUntilIdle()
  expect(chunksTo(node)).toHaveLength(5)
})
