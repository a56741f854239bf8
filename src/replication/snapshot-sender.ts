/**
 * Sends snapshots: each transfer reads a pin of the store in key order, leaving out what the state machine
 * says is dead, so that the receiver gets the same bytes from whichever replica it asks. Together they are paced:
 * the processor, the disk and the links that they take are those of the requests that are served meanwhile.
 */
import { ByteWriter, equalBytes } from '../core/bytes.ts'
import type { Gauge } from '../core/gauge.ts'
import type { NodeId } from '../core/ids.ts'
import type { LogBase } from '../core/log-update.ts'
import type { ReplicaWitness } from '../core/replica-witness.ts'
import { buggify, probe } from '../core/seams.ts'
import { addMs, type Instant } from '../core/time.ts'
import type { Clock, Timer } from '../runtime/clock.ts'
import { hashState } from '../runtime/state-hash.ts'
import type { StateMachine } from '../runtime/state-machine.ts'
import type { Store, StoreCursor, StorePin } from '../runtime/store.ts'
import { APPLIED_KEY, MACHINE_KEYS, readApplied } from './applied-state.ts'
import {
  SNAPSHOT_BYTES_PER_SECOND,
  SNAPSHOT_CHUNK_BYTES,
  SNAPSHOT_IDLE_MS,
  SNAPSHOT_SENDS_MAX,
} from './limits.ts'
import type { Pair, SnapshotMessage } from './snapshot-message.ts'

interface Transfer {
  readonly to: NodeId
  readonly session: number
  readonly pin: StorePin
  readonly base: LogBase
  readonly cursor: StoreCursor
  readonly isLive: (key: Uint8Array, value: Uint8Array) => boolean
  /** Holds the values of one chunk after the other: new arrays for each would be left to the collector. */
  readonly values: ByteWriter
  sequence: number
  credit: number
  idleAt: Instant
}

export class SnapshotSender {
  readonly #clock: Clock
  readonly #store: Pick<Store, 'pin'>
  readonly #machine: StateMachine<unknown>
  readonly #witness: ReplicaWitness | undefined
  readonly #send: (to: NodeId, message: SnapshotMessage) => void
  readonly #timer: Timer
  readonly #transfers = new Map<NodeId, Transfer>()
  /** Those that have credit: each sends one chunk, and goes to the end of the line. */
  readonly #line = new Set<Transfer>()
  readonly #pace: Timer
  /** When the next chunk may leave. */
  #freeAt: Instant

  /** @param send lets a message leave within the call: the values of a chunk are written over by the next. */
  constructor(
    clock: Clock,
    store: Pick<Store, 'pin'>,
    machine: StateMachine<unknown>,
    send: (to: NodeId, message: SnapshotMessage) => void,
    witness?: ReplicaWitness,
  ) {
    this.#clock = clock
    this.#store = store
    this.#machine = machine
    this.#witness = witness
    this.#send = send
    this.#timer = clock.timer(() => this.#dropIdle())
    this.#pace = clock.timer(() => this.#sendNext())
    this.#freeAt = clock.now()
  }

  /** A `request`, `credit` or `abandon` of a receiver. */
  receive(from: NodeId, message: SnapshotMessage): void {
    if (message.kind === 'request') this.#begin(from, message.session, message.minimum, message.credit)
    const transfer = this.#transfers.get(from)
    if (transfer === undefined || transfer.session !== message.session) return
    if (message.kind === 'credit') {
      transfer.credit = Math.max(transfer.credit, message.credit)
      transfer.idleAt = addMs(this.#clock.now(), SNAPSHOT_IDLE_MS)
      this.#queue(transfer)
    } else if (message.kind === 'abandon') {
      this.#end(transfer)
    }
  }

  gauge(): Gauge {
    return { name: 'snapshot: transfers', value: this.#transfers.size, max: SNAPSHOT_SENDS_MAX }
  }

  stop(): void {
    for (const transfer of [...this.#transfers.values()]) this.#end(transfer)
    this.#timer.clear()
    this.#pace.clear()
  }

  #begin(to: NodeId, session: number, minimum: number, credit: number): void {
    const previous = this.#transfers.get(to)
    if (previous !== undefined) this.#end(previous)
    const pin = this.#store.pin()
    const base = readApplied(pin)
    const isBusy = this.#transfers.size >= SNAPSHOT_SENDS_MAX || buggify('snapshot: a request is refused')
    if (base === undefined || base.index < minimum || isBusy) {
      probe('snapshot: a sender had none to give')
      pin.release()
      this.#send(to, { kind: 'abandon', session })
      return
    }
    const transfer: Transfer = {
      to,
      session,
      pin,
      base,
      cursor: pin.scan({ from: APPLIED_KEY }),
      isLive: this.#machine.isLive(pin),
      values: new ByteWriter(2 * SNAPSHOT_CHUNK_BYTES),
      sequence: 0,
      credit,
      idleAt: addMs(this.#clock.now(), SNAPSHOT_IDLE_MS),
    }
    this.#transfers.set(to, transfer)
    this.#witness?.snapshotTaken(base, () => hashState(pin, transfer.isLive, MACHINE_KEYS))
    this.#timer.set(addMs(this.#clock.now(), SNAPSHOT_IDLE_MS))
    this.#queue(transfer)
  }

  /** Gets in line if there is credit; who stands there already keeps the place. */
  #queue(transfer: Transfer): void {
    if (transfer.sequence >= transfer.credit) return
    this.#line.add(transfer)
    this.#pace.set(this.#freeAt)
  }

  /**
   * A chunk of the first in line; the next one leaves when as much may have been sent. Of the time before, what a chunk
   * takes may be made good: else a timer that is late would slow the pace, and small chunks would wait for one each.
   */
  #sendNext(): void {
    const [transfer] = this.#line
    if (transfer === undefined) return
    this.#line.delete(transfer)
    const { pairs, bytes, last } = nextChunk(transfer)
    const now = this.#clock.now()
    const begunAt = Math.max(this.#freeAt, addMs(now, -msOf(SNAPSHOT_CHUNK_BYTES))) as Instant
    this.#freeAt = addMs(begunAt, msOf(bytes))
    transfer.idleAt = addMs(now, SNAPSHOT_IDLE_MS)
    const { to, session, base } = transfer
    this.#send(to, { kind: 'chunk', session, sequence: transfer.sequence++, base, last, pairs })
    if (last) this.#end(transfer)
    else this.#queue(transfer)
    if (this.#line.size > 0) this.#pace.set(this.#freeAt)
  }

  #end(transfer: Transfer): void {
    this.#transfers.delete(transfer.to)
    this.#line.delete(transfer)
    transfer.pin.release()
  }

  #dropIdle(): void {
    const now = this.#clock.now()
    for (const transfer of [...this.#transfers.values()]) {
      if (transfer.idleAt > now) continue
      probe('snapshot: a sender gave up on a receiver')
      this.#end(transfer)
    }
    if (this.#transfers.size > 0) this.#timer.set(addMs(now, SNAPSHOT_IDLE_MS))
  }
}

/** How long the pace takes for so many bytes. */
function msOf(bytes: number): number {
  return (1000 * bytes) / SNAPSHOT_BYTES_PER_SECOND
}

/** `bytes`: about what it costs to read and to send them. */
function nextChunk({ cursor, isLive, values }: Transfer): { pairs: Pair[]; bytes: number; last: boolean } {
  values.rewind()
  const pairs: Pair[] = []
  let bytes = 0
  const bytesMax = buggify('snapshot: a chunk brings one pair') ? 1 : SNAPSHOT_CHUNK_BYTES
  while (bytes < bytesMax) {
    if (!cursor.next()) return { pairs, bytes, last: true }
    const { key, valueUntilNext: value } = cursor
    // Dead pairs cost time but no bytes: they count a little, so that a chunk stays a slice.
    bytes += 32
    if (!equalBytes(key, APPLIED_KEY) && !isLive(key, value)) continue
    bytes += key.length + value.length
    values.bytes(value)
    pairs.push({ key, value: values.finish() })
  }
  return { pairs, bytes, last: false }
}
