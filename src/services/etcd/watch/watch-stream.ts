/**
 * One `Watch` call: requests in, responses out, for any number of watchers. It sends no more than a little ahead of
 * what its client takes: then its watchers go on from the store once there is room, so that a slow reader costs little
 * memory and keeps nobody else waiting.
 */
import { compareBytes } from '../../../core/bytes.ts'
import { bug, buggify, probe } from '../../../core/seams.ts'
import { currentRevision } from '../../../machines/kv/revisions.ts'
import { decode } from '../../../wire/etcd/protobuf-reader.ts'
import { readWatchRequest, type WatchCreateRequest } from '../../../wire/etcd/watch-request.ts'
import {
  NO_WATCH,
  WATCH_RESPONSE_DEFAULTS,
  type WatchResponseHead,
  writeWatchResponseHead,
} from '../../../wire/etcd/watch-response.ts'
import type { GrpcCall } from '../../../wire/grpc/call.ts'
import { STATUS_NAMES } from '../../../wire/grpc/status.ts'
import { type EtcdError, EtcdErrors } from '../errors.ts'
import { RESPONSE_OVERHEAD_BYTES } from '../limits.ts'
import type { Responder } from '../responder.ts'
import {
  FRAGMENT_OVERHEAD_BYTES,
  RESPONSE_BYTES,
  RESPONSE_EVENTS,
  STREAM_AHEAD_BYTES,
  WATCHERS_PER_STREAM_MAX,
} from './limits.ts'
import type { SharedEvent } from './shared-event.ts'
import type { WatchHub } from './watch-hub.ts'
import { SMALLEST_KEY, Watcher } from './watcher.ts'

/** Why a watch is not created; the texts are etcd's. */
const EMPTY_RANGE = 'mvcc: watcher range is empty'
const DUPLICATE_ID = 'mvcc: duplicate watch ID provided on the WatchStream'

/** A response that is being sent, as far as `from`. */
interface Sending {
  readonly watcher: Watcher
  readonly events: readonly SharedEvent[]
  readonly from: number
  readonly to: number
  readonly revision: number
}

export class WatchStream {
  /** Those of its watchers who have to catch up, and cannot while nothing is taken. */
  readonly stalled = new Set<Watcher>()
  readonly #call: GrpcCall
  readonly #hub: WatchHub
  readonly #responder: Responder
  readonly #watchers = new Map<bigint, Watcher>()
  #nextId = 0n
  /** Sent since `send` said that it is enough; `drained` follows. */
  #aheadBytes = 0
  /** Found for its watchers, and not sent yet. */
  gatheredBytes = 0
  readonly #aheadBytesMax: number
  /** It takes nothing for a turn, for no reason. */
  #pretendsFull = false
  /** Parts that follow, once there is room. */
  #parts: Sending | undefined

  constructor(call: GrpcCall, hub: WatchHub, responder: Responder) {
    this.#call = call
    this.#hub = hub
    this.#responder = responder
    this.#aheadBytesMax = responder.options.watchAheadBytes ?? STREAM_AHEAD_BYTES
  }

  /** Whether it takes nothing more for now. */
  get isFull(): boolean {
    return this.#isAheadEnough || this.#pretendsFull
  }

  /** Whether what was found for its watchers is as much as it would take by now. */
  get hasEnough(): boolean {
    return this.#aheadBytes + this.gatheredBytes >= this.#aheadBytesMax
  }

  get #isAheadEnough(): boolean {
    return this.#aheadBytes > 0 && this.#aheadBytes >= this.#aheadBytesMax
  }

  // --- What the client asks ---

  received(message: Uint8Array): void {
    const request = decode(message, readWatchRequest)
    switch (request.kind) {
      case 'create':
        return this.#create(request.create)
      case 'cancel':
        return this.#cancel(request.watchId)
      case 'progress':
        return this.#tellProgressOfAll()
      case 'none':
        // As in etcd: the stream stays.
        return
    }
  }

  drained(): void {
    this.#aheadBytes = 0
    if (this.#parts !== undefined) this.#sendParts(this.#parts)
    this.#wake()
  }

  /** Nobody listens any more. */
  end(): void {
    this.#parts = undefined
    for (const watcher of this.#watchers.values()) this.#hub.remove(watcher)
    this.#watchers.clear()
  }

  #create(create: WatchCreateRequest): void {
    const revision = currentRevision(this.#responder.options.replica.view)
    const refusal = this.#deniedOf(create) ?? this.#refusalOf(create)
    if (refusal !== undefined) {
      const head = { watchId: NO_WATCH, created: true, canceled: true, cancelReason: refusal }
      return this.#tell(head, revision)
    }
    const id = create.watchId === 0n ? this.#freeId() : create.watchId
    const next = create.startRevision === 0 ? revision + 1 : create.startRevision
    const { callers } = this.#responder
    const by = { user: callers.userOf(this.#call), generation: callers.generation }
    const watcher = new Watcher(this, id, create, next, by)
    this.#watchers.set(id, watcher)
    this.#tell({ watchId: id, created: true }, revision)
    this.#hub.add(watcher)
  }

  /** Watched is read: from a key on without an end, too (GHSA-xg4h-6gfc-h4m8). */
  #deniedOf({ key, rangeEnd }: WatchCreateRequest): string | undefined {
    const keys = { key: key.length === 0 ? SMALLEST_KEY : key, rangeEnd }
    const denied = this.#responder.callers.refusalOfRead(this.#call, keys)
    return denied === undefined ? undefined : reasonOf(denied)
  }

  /** In the order of etcd's checks. */
  #refusalOf({ startRevision, key, rangeEnd, watchId }: WatchCreateRequest): string | undefined {
    if (startRevision < 0) return EtcdErrors.compacted.message
    const hasEnd = rangeEnd.length > 1 || (rangeEnd.length === 1 && rangeEnd[0] !== 0)
    if (hasEnd && compareBytes(key, rangeEnd) >= 0) return EMPTY_RANGE
    if (watchId !== 0n && this.#watchers.has(watchId)) return DUPLICATE_ID
    const hasRoom = this.#watchers.size < WATCHERS_PER_STREAM_MAX && this.#hub.hasRoom
    return hasRoom ? undefined : EtcdErrors.tooManyRequests.message
  }

  #freeId(): bigint {
    while (this.#watchers.has(this.#nextId)) this.#nextId++
    return this.#nextId++
  }

  #cancel(watchId: bigint): void {
    const watcher = this.#watchers.get(watchId)
    if (watcher === undefined) return
    this.#forget(watcher)
    this.#tell({ watchId, canceled: true }, currentRevision(this.#responder.options.replica.view))
  }

  // --- What it is told to say ---

  /** Sends what fits, whole revisions to a response; how far that goes. The rest is forgotten. */
  deliver(watcher: Watcher, events: readonly SharedEvent[], through: number): number {
    if (events.length > 0 && !this.recheck(watcher)) return through
    for (let from = 0; from < events.length; ) {
      if (this.isFull || this.#pretendToBeFull()) return events[from]!.revision - 1
      const to = endOfResponse(events, from)
      const revision = to === events.length ? through : events[to - 1]!.revision
      watcher.wasQuiet = false
      this.#sendParts({ watcher, events, from, to, revision })
      from = to
    }
    return through
  }

  /**
   * Looks again whether its user may read what it watches, if the permissions have moved; it ends if not. (etcd looks
   * once, when a watch is created, and lets it run on.)
   */
  recheck(watcher: Watcher): boolean {
    const { callers } = this.#responder
    if (watcher.allowedAt === callers.generation) return true
    const denied = callers.refusalOfWatch(watcher.user, watcher.asked)
    if (denied === undefined) {
      watcher.allowedAt = callers.generation
      return true
    }
    this.#forget(watcher)
    const head = { watchId: watcher.id, canceled: true, cancelReason: reasonOf(denied) }
    this.#tell(head, currentRevision(this.#responder.options.replica.view))
    return false
  }

  get watchers(): Iterable<Watcher> {
    return this.#watchers.values()
  }

  /** etcd says neither a revision nor a reason here. */
  cancelCompacted(watcher: Watcher, compactRevision: number): void {
    this.#forget(watcher)
    this.#tell({ watchId: watcher.id, canceled: true, compactRevision }, 0)
  }

  /** To each of its watchers who asked for it, knows everything, and has heard nothing since the last time. */
  tellProgress(): void {
    for (const watcher of this.#watchers.values()) {
      if (!watcher.wantsProgress) continue
      const { wasQuiet } = watcher
      watcher.wasQuiet = true
      if (wasQuiet && !this.isFull && this.#isComplete(watcher)) {
        this.#tell({ watchId: watcher.id }, this.#hub.reached)
      }
    }
  }

  /** Nothing is said unless all of its watchers know everything: a client asks again. */
  #tellProgressOfAll(): void {
    if (this.#watchers.size === 0) return
    for (const watcher of this.#watchers.values()) {
      if (!this.#isComplete(watcher)) return probe('watch: progress was asked for too early')
    }
    this.#tell({ watchId: NO_WATCH }, this.#hub.reached)
  }

  /**
   * Who starts in the future must not be sent back before that (etcd #20221); nor who started from now on, when what
   * was applied by then has not been handed out to the others yet.
   */
  #isComplete({ state, startRevision, next }: Watcher): boolean {
    const { reached } = this.#hub
    const isSynced = state === 'synced' || bug('watch-progress-overtakes')
    return isSynced && startRevision <= reached && next <= reached + 1
  }

  /** In parts, if that was asked for and it is long; those for which there is no room follow when there is. */
  #sendParts(sending: Sending): void {
    const { watcher, to } = sending
    this.#parts = undefined
    for (let from = sending.from; from < to; ) {
      if (this.#isAheadEnough) {
        this.#parts = { ...sending, from }
        return
      }
      const end = watcher.mayFragment ? this.#endOfPart(sending, from) : to
      this.#sendPart(sending, from, end)
      from = end
    }
  }

  #endOfPart({ watcher, events, to }: Sending, from: number): number {
    const isShort = buggify('watch: a response is sent in parts though it is short')
    const bytesMax = isShort ? 1 : this.#responder.requestBytesMax + FRAGMENT_OVERHEAD_BYTES
    let bytes = RESPONSE_OVERHEAD_BYTES
    for (let end = from; end < to; end++) {
      bytes += events[end]!.encoded(watcher.withBefore).length
      if (bytes >= bytesMax && end > from) return end
    }
    return to
  }

  #sendPart({ watcher, events, to, revision }: Sending, from: number, end: number): void {
    const fragment = end < to
    if (fragment) probe('watch: a response came in parts')
    const response = this.#begin({ watchId: watcher.id, fragment }, revision)
    for (let i = from; i < end; i++) response.encoded(events[i]!.encoded(watcher.withBefore))
    this.#responder.options.counters.watchEvents += end - from
    this.#send(response.written())
  }

  #tell(head: Partial<WatchResponseHead>, revision: number): void {
    this.#send(this.#begin(head, revision).written())
  }

  #begin(head: Partial<WatchResponseHead>, revision: number) {
    const response = this.#responder.writer()
    writeWatchResponseHead(response, this.#responder.header(revision), {
      ...WATCH_RESPONSE_DEFAULTS,
      ...head,
    })
    return response
  }

  #send(bytes: Uint8Array): void {
    if (!this.#call.send(bytes)) this.#aheadBytes += bytes.length
  }

  #pretendToBeFull(): boolean {
    if (!buggify('watch: a stream takes nothing for a turn')) return false
    this.#pretendsFull = true
    this.#responder.options.clock.nextTurn(() => {
      this.#pretendsFull = false
      this.#wake()
    })
    return true
  }

  /** There is room: those who waited for it go on. */
  #wake(): void {
    if (this.isFull) return
    for (const watcher of [...this.stalled]) this.#hub.goOn(watcher)
  }

  #forget(watcher: Watcher): void {
    this.#hub.remove(watcher)
    this.#watchers.delete(watcher.id)
  }
}

/** Behind the revision with which a response is long enough; it begins with the event at `from`. */
function endOfResponse(events: readonly SharedEvent[], from: number): number {
  let bytes = 0
  for (let i = from; i < events.length; i++) {
    const isNewRevision = i > from && events[i]!.revision !== events[i - 1]!.revision
    if (isNewRevision && (bytes >= RESPONSE_BYTES || i - from >= RESPONSE_EVENTS)) return i
    bytes += events[i]!.bytes
  }
  return events.length
}

/** As grpc-go spells an error: clients find in it whether to log in again. */
function reasonOf({ status, message }: EtcdError): string {
  return `rpc error: code = ${STATUS_NAMES[status]} desc = ${message}`
}
