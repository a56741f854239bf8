import { beforeEach, describe, expect, test } from 'vitest'
import { ByteReader, ByteWriter } from '../core/bytes.ts'
import type { Ballot, Index, NodeId } from '../core/ids.ts'
import type { LogBase } from '../core/log-update.ts'
import { addMs, type ClusterTime } from '../core/time.ts'
import { utf8Bytes } from '../core/utf8.ts'
import { kvMachine } from '../machines/kv/kv-machine.ts'
import type { Clock } from '../runtime/clock.ts'
import { SimulatedClock } from '../sim/clock.ts'
import { readApplied, writeApplied } from './applied-state.ts'
import { emptyStore } from './empty-store.conformance.ts'
import { SNAPSHOT_CHUNK_BYTES, SNAPSHOT_IDLE_MS, SNAPSHOT_WINDOW_CHUNKS } from './limits.ts'
import { readSnapshotMessage, type SnapshotMessage, writeSnapshotMessage } from './snapshot-message.ts'
import { SnapshotReceiver } from './snapshot-receiver.ts'
import { SnapshotSender } from './snapshot-sender.ts'
import { SlowStore } from './testing/slow-store.ts'

const LEADER = 1n as NodeId
const FOLLOWER = 2n as NodeId
/** Several windows of chunks. */
const CHUNKS = 5 * SNAPSHOT_WINDOW_CHUNKS
const BASE: LogBase = {
  index: 70 as Index,
  ballot: 3 as Ballot,
  time: 9 as ClusterTime,
  configuration: utf8Bytes('members'),
}

const keyOf = (i: number): Uint8Array => utf8Bytes(`h${1000 + i}`)

/** A sender and a receiver, each with its store, and a wire that keeps the order. */
class Transfer {
  readonly world = new SimulatedClock()
  readonly clock: Clock = this.world.node()
  readonly store = new SlowStore(emptyStore(this.world).store)
  readonly installed: LogBase[] = []
  readonly failed: number[] = []
  chunks = 0
  abandoned = 0
  /** Messages are lost without anybody hearing of it. */
  isCut = false
  readonly receiver: SnapshotReceiver
  readonly #sender: SnapshotSender

  constructor() {
    const source = emptyStore(this.world).store
    const batch = source.batch()
    for (let i = 0; i < CHUNKS; i++) {
      batch.put(keyOf(i), new Uint8Array(SNAPSHOT_CHUNK_BYTES).fill(i))
    }
    writeApplied(batch, BASE)
    batch.commit()
    const machine = kvMachine()
    machine.open(source)
    this.#sender = new SnapshotSender(this.clock, source, machine, (_to, message) =>
      this.#toFollower(message),
    )
    this.receiver = new SnapshotReceiver(this.clock, this.store, 5, {
      send: (_to, message) => this.#toLeader(message),
      mayCommit: () => true,
      installed: base => this.installed.push(base),
      failed: index => this.failed.push(index),
    })
    this.receiver.begin(LEADER, BASE.index)
  }

  runMs(ms: number): void {
    this.world.runUntil(addMs(this.clock.now(), ms))
  }

  #toFollower(message: SnapshotMessage): void {
    if (message.kind === 'abandon') this.abandoned++
    const sent = new ByteWriter()
    writeSnapshotMessage(sent, message)
    this.#deliver(() => {
      const received = readSnapshotMessage(new ByteReader(sent.finish()))
      if (received.kind === 'chunk') this.chunks++
      this.receiver.receive(LEADER, received)
    })
  }

  #toLeader(message: SnapshotMessage): void {
    if (message.kind === 'abandon') this.abandoned++
    this.#deliver(() => this.#sender.receive(FOLLOWER, message))
  }

  #deliver(arrives: () => void): void {
    if (!this.isCut) this.clock.timer(arrives).set(addMs(this.clock.now(), 1))
  }
}

let transfer: Transfer
beforeEach(() => {
  transfer = new Transfer()
})

test('a snapshot that was fetched is in the store, whole', () => {
  transfer.world.runUntilIdle()
  expect(transfer.installed).toEqual([BASE])
  expect(transfer.store.count({ from: utf8Bytes('h') })).toBe(CHUNKS)
  for (let i = 0; i < CHUNKS; i++) {
    const value = transfer.store.get(keyOf(i))!
    expect(value.length).toBe(SNAPSHOT_CHUNK_BYTES)
    expect(value.every(byte => byte === i)).toBe(true)
  }
  expect(readApplied(transfer.store)).toEqual(BASE)
  expect(transfer.abandoned).toBe(0)
})

test('a transfer without progress is given up, and says so', () => {
  transfer.runMs(3)
  transfer.isCut = true
  transfer.runMs(SNAPSHOT_IDLE_MS + 100)
  expect(transfer.failed).toEqual([BASE.index])
  expect(transfer.installed).toEqual([])
})

describe('while the disk does not keep up with what is installed', () => {
  beforeEach(() => {
    transfer.store.installing.isCongested = true
    transfer.runMs(1_000)
  })

  test('no more than a window of chunks comes', () => {
    expect(transfer.chunks).toBe(SNAPSHOT_WINDOW_CHUNKS)
    expect(transfer.installed).toEqual([])
  })

  test('both ends wait for it, however long it takes', () => {
    transfer.runMs(20 * SNAPSHOT_IDLE_MS)
    expect(transfer.chunks).toBe(SNAPSHOT_WINDOW_CHUNKS)
    transfer.store.installing.relieve()
    transfer.world.runUntilIdle()
    expect(transfer.installed).toEqual([BASE])
    expect(transfer.failed).toEqual([])
    expect(transfer.abandoned).toBe(0)
  })

  test('each relief lets another window come', () => {
    transfer.store.installing.relieve()
    transfer.store.installing.isCongested = true
    transfer.runMs(1_000)
    expect(transfer.chunks).toBe(2 * SNAPSHOT_WINDOW_CHUNKS)
    expect(transfer.store.installing.isAwaited).toBe(true)
  })

  test("a lost connection ends it, and relief that comes later is nobody's", () => {
    transfer.receiver.linkLost(LEADER)
    expect(transfer.failed).toEqual([BASE.index])
    transfer.store.installing.relieve()
    transfer.runMs(1_000)
    expect(transfer.chunks).toBe(SNAPSHOT_WINDOW_CHUNKS)
  })

  test('a sender that is silent after the relief is given up as any other', () => {
    transfer.isCut = true
    transfer.store.installing.relieve()
    transfer.runMs(SNAPSHOT_IDLE_MS + 100)
    expect(transfer.failed).toEqual([BASE.index])
  })
})
