/**
 * Fetches a snapshot and installs it. One at a time; whatever goes wrong ends in `failed`, and the leader
 * will offer a snapshot again. Credit is given as fast as the disk takes what came, so that never more than a
 * window of chunks waits in memory; a disk that is slow is nobody's fault, and ends no transfer.
 */
import { compareBytes } from '../core/bytes.ts'
import type { Index, NodeId } from '../core/ids.ts'
import type { LogBase } from '../core/log-update.ts'
import { buggify, probe } from '../core/seams.ts'
import { addMs } from '../core/time.ts'
import type { Clock, Timer } from '../runtime/clock.ts'
import type { DiskError } from '../runtime/disk.ts'
import type { Store, StoreInstallation } from '../runtime/store.ts'
import { SNAPSHOT_IDLE_MS, SNAPSHOT_KEEPALIVE_MS, SNAPSHOT_WINDOW_CHUNKS } from './limits.ts'
import type { SnapshotChunk, SnapshotMessage } from './snapshot-message.ts'

export interface SnapshotReceiverHost {
  send(to: NodeId, message: SnapshotMessage): void
  /** All chunks are here. False if the state has meanwhile come as far by itself. */
  mayCommit(base: LogBase): boolean
  installed(base: LogBase): void
  /** `error`: what the disk said, if it was the disk. */
  failed(index: Index, error?: DiskError): void
}

interface Fetch {
  readonly from: NodeId
  readonly index: Index
  readonly session: number
  readonly installation: StoreInstallation
  /** The sequence number of the next chunk. */
  expected: number
  /** How many chunks the sender may send in all. */
  credit: number
  /** The installation is congested: no more credit until it is not. */
  isHeld: boolean
  lastKey: Uint8Array | undefined
  committing: boolean
}

export class SnapshotReceiver {
  readonly #store: Store
  readonly #clock: Clock
  readonly #host: SnapshotReceiverHost
  readonly #timer: Timer
  #nextSession: number
  #fetch: Fetch | undefined

  /** @param firstSession random, so that chunks for an earlier incarnation are not taken for ours. */
  constructor(clock: Clock, store: Store, firstSession: number, host: SnapshotReceiverHost) {
    this.#clock = clock
    this.#store = store
    this.#host = host
    this.#nextSession = firstSession
    this.#timer = clock.timer(() => this.#onTimer())
  }

  /** True from the moment when the content may switch until it has: nothing may be applied meanwhile. */
  get committing(): boolean {
    return this.#fetch?.committing === true
  }

  begin(from: NodeId, index: Index): void {
    if (this.#fetch !== undefined) return this.#host.failed(index)
    const session = this.#nextSession++
    const installation = this.#store.install()
    const credit = SNAPSHOT_WINDOW_CHUNKS
    this.#fetch = {
      from,
      index,
      session,
      installation,
      expected: 0,
      credit,
      isHeld: false,
      lastKey: undefined,
      committing: false,
    }
    this.#arm(SNAPSHOT_IDLE_MS)
    this.#host.send(from, { kind: 'request', session, minimum: index, credit })
  }

  /** Keeps no part of the message. */
  receive(from: NodeId, message: SnapshotMessage): void {
    const fetch = this.#fetch
    if (fetch === undefined || fetch.committing) return
    if (from !== fetch.from || message.session !== fetch.session) return
    if (message.kind === 'abandon') this.#giveUp()
    else if (message.kind === 'chunk') this.#take(fetch, message)
  }

  linkLost(peer: NodeId): void {
    if (this.#fetch?.from === peer) this.#giveUp()
  }

  stop(): void {
    this.#timer.clear()
    if (this.#fetch !== undefined && !this.#fetch.committing) this.#fetch.installation.abort()
    this.#fetch = undefined
  }

  #take(fetch: Fetch, chunk: SnapshotChunk): void {
    // A gap means that a chunk was lost with its connection; an order that is not one, a confused peer.
    if (chunk.sequence !== fetch.expected || !ascends(fetch, chunk)) return this.#giveUp()
    fetch.expected++
    for (const { key, value } of chunk.pairs) fetch.installation.put(key, value)
    if (chunk.last) return this.#commit(fetch, chunk.base)
    if (fetch.isHeld) return
    if (fetch.installation.isCongested) this.#hold(fetch)
    else this.#grant(fetch)
  }

  #hold(fetch: Fetch): void {
    fetch.isHeld = true
    this.#arm(SNAPSHOT_KEEPALIVE_MS)
    fetch.installation.whenRelieved(() => {
      if (this.#fetch !== fetch || fetch.committing) return
      fetch.isHeld = false
      this.#grant(fetch)
    })
  }

  #grant(fetch: Fetch): void {
    fetch.credit =
      fetch.expected + (buggify('snapshot: one chunk is asked for at a time') ? 1 : SNAPSHOT_WINDOW_CHUNKS)
    this.#arm(SNAPSHOT_IDLE_MS)
    this.#sendCredit(fetch)
  }

  #sendCredit({ from, session, credit }: Fetch): void {
    this.#host.send(from, { kind: 'credit', session, credit })
  }

  /** The sender was silent; or could not but be, because it was held: then it hears that it is still wanted. */
  #onTimer(): void {
    const fetch = this.#fetch
    if (fetch === undefined || !fetch.isHeld) return this.#giveUp()
    this.#arm(SNAPSHOT_KEEPALIVE_MS)
    this.#sendCredit(fetch)
  }

  #commit(fetch: Fetch, base: LogBase): void {
    // Who sends has promised that, and nothing is applied meanwhile; but an older state must never replace a newer one.
    if (base.index < fetch.index || !this.#host.mayCommit(base)) return this.#giveUp()
    fetch.committing = true
    this.#timer.clear()
    fetch.installation.commit(error => {
      if (this.#fetch !== fetch) return
      this.#fetch = undefined
      if (error === null) probe('snapshot: installed')
      if (error === null) this.#host.installed(base)
      else this.#host.failed(fetch.index, error)
    })
  }

  #giveUp(): void {
    const fetch = this.#fetch
    if (fetch === undefined || fetch.committing) return
    probe('snapshot: a receiver gave up')
    this.#fetch = undefined
    this.#timer.clear()
    fetch.installation.abort()
    this.#host.send(fetch.from, { kind: 'abandon', session: fetch.session })
    this.#host.failed(fetch.index)
  }

  #arm(ms: number): void {
    this.#timer.set(addMs(this.#clock.now(), ms))
  }
}

function ascends(fetch: Fetch, { pairs }: SnapshotChunk): boolean {
  let last = fetch.lastKey
  for (const { key } of pairs) {
    if (last !== undefined && compareBytes(last, key) >= 0) return false
    last = key
  }
  fetch.lastKey = last?.slice()
  return true
}
