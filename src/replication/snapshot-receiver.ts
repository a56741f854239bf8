/**
 * Fetches a snapshot and installs it. One at a time; whatever goes wrong ends in `failed`, and the leader
 * will offer a snapshot again.
 */
import { compareBytes } from '../core/bytes.ts'
import type { Index, NodeId } from '../core/ids.ts'
import type { LogBase } from '../core/log-update.ts'
import { addMs } from '../core/time.ts'
import type { Clock, Timer } from '../runtime/clock.ts'
import type { Store, StoreInstallation } from '../runtime/store.ts'
import { SNAPSHOT_IDLE_MS, SNAPSHOT_WINDOW_CHUNKS } from './limits.ts'
import type { SnapshotChunk, SnapshotMessage } from './snapshot-message.ts'

export interface SnapshotReceiverHost {
  send(to: NodeId, message: SnapshotMessage): void
  /** All chunks are here. False if the state has meanwhile come as far by itself. */
  mayCommit(base: LogBase): boolean
  installed(base: LogBase): void
  failed(index: Index): void
}

interface Fetch {
  readonly from: NodeId
  readonly index: Index
  readonly session: number
  readonly installation: StoreInstallation
  expected: number
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
    this.#timer = clock.timer(() => this.#giveUp())
  }

  /** True from the moment when the content may switch until it has: nothing may be applied meanwhile. */
  get committing(): boolean {
    return this.#fetch?.committing === true
  }

  begin(from: NodeId, index: Index): void {
    if (this.#fetch !== undefined) return this.#host.failed(index)
    const session = this.#nextSession++
    const installation = this.#store.install()
    this.#fetch = { from, index, session, installation, expected: 0, lastKey: undefined, committing: false }
    this.#touch()
    this.#host.send(from, { kind: 'request', session, minimum: index, credit: SNAPSHOT_WINDOW_CHUNKS })
  }

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
    this.#touch()
    for (const { key, value } of chunk.pairs) fetch.installation.put(key, value)
    if (chunk.last) return this.#commit(fetch, chunk.base)
    const credit = fetch.expected + SNAPSHOT_WINDOW_CHUNKS
    this.#host.send(fetch.from, { kind: 'credit', session: fetch.session, credit })
  }

  #commit(fetch: Fetch, base: LogBase): void {
    if (base.index < fetch.index || !this.#host.mayCommit(base)) return this.#giveUp()
    fetch.committing = true
    this.#timer.clear()
    fetch.installation.commit(error => {
      if (this.#fetch !== fetch) return
      this.#fetch = undefined
      if (error === null) this.#host.installed(base)
      else this.#host.failed(fetch.index)
    })
  }

  #giveUp(): void {
    const fetch = this.#fetch
    if (fetch === undefined || fetch.committing) return
    this.#fetch = undefined
    this.#timer.clear()
    fetch.installation.abort()
    this.#host.send(fetch.from, { kind: 'abandon', session: fetch.session })
    this.#host.failed(fetch.index)
  }

  #touch(): void {
    this.#timer.set(addMs(this.#clock.now(), SNAPSHOT_IDLE_MS))
  }
}

function ascends(fetch: Fetch, chunk: SnapshotChunk): boolean {
  for (const { key } of chunk.pairs) {
    if (fetch.lastKey !== undefined && compareBytes(fetch.lastKey, key) >= 0) return false
    fetch.lastKey = key
  }
  return true
}
