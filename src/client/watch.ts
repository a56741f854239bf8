/**
 * What happens to keys, as an endless sequence: every change of what is watched, in order, each once, those of one
 * revision together. When a node fails, or has no leader, it goes on with another one, exactly where it was. It ends
 * when its user closes it, and with an error when nobody can go on: what it still needs is compacted, or the cluster
 * refuses.
 *
 * A user that is slow is no trouble: what it does not take stays with the cluster.
 */
import { assert } from '../core/assert.ts'
import { DecodeError } from '../core/bytes.ts'
import { bug, probe } from '../core/seams.ts'
import { decode } from '../wire/etcd/protobuf-reader.ts'
import { encode } from '../wire/etcd/protobuf-writer.ts'
import {
  WATCH_CREATE_DEFAULTS,
  type WatchCreateRequest,
  WatchFilter,
  writeWatchRequest,
} from '../wire/etcd/watch-request.ts'
import { readWatchResponse, type WatchEvent, type WatchResponse } from '../wire/etcd/watch-response.ts'
import { metadataField } from '../wire/grpc/metadata.ts'
import type { CallEnd } from '../wire/grpc/outcome.ts'
import { GrpcStatus } from '../wire/grpc/status.ts'
import type { HeaderField } from '../wire/hpack/header-field.ts'
import { ClientError, ClientErrors, CompactedError } from './errors.ts'
import type { Failover, OpenStream } from './failover.ts'
import type { MessageStream } from './message-stream.ts'

export type { WatchEvent }

export interface WatchOptions {
  /** The first revision of interest, also one in the past. Default: what happens from now on. */
  readonly startRevision?: number
  /** Events tell what was there before, too, unless that is compacted. */
  readonly prevKv?: boolean
  /** A quiet watch tells from time to time how far it is: a batch without events. */
  readonly progressNotify?: boolean
  /**
   * False: also a node that has lost the others may go on telling, though nothing new can happen there. Default: such a
   * node is left, after three election timeouts.
   */
  readonly requiresLeader?: boolean
  readonly noPuts?: boolean
  readonly noDeletes?: boolean
  /** Told of everything that is asked and answered, attempt by attempt: for who records a watch. */
  readonly observer?: WatchObserver
}

export interface WatchObserver {
  /** A new stream was opened, and this is asked first. */
  opened(create: WatchCreateRequest): void
  received(response: WatchResponse): void
}

/** What happened at one revision, or at several. */
export interface WatchBatch {
  /** Everything up to here has been told: a watch from the next revision on goes on behind it. */
  readonly revision: number
  /** None: it was only told how far the watch is. */
  readonly events: readonly WatchEvent[]
}

const PATH = '/etcdserverpb.Watch/Watch'

/** A node that has lost its cluster ends the stream, so that another one is asked. */
const REQUIRES_LEADER = [metadataField('hasleader', 'true', 'always')]

/** Ends that another node would say, too. */
const DEFINITE: ReadonlySet<GrpcStatus> = new Set<GrpcStatus>([
  GrpcStatus.invalidArgument,
  GrpcStatus.permissionDenied,
  GrpcStatus.unimplemented,
  GrpcStatus.unauthenticated,
])

export class Watch implements AsyncIterable<WatchBatch> {
  readonly #failover: Failover
  readonly #create: WatchCreateRequest
  readonly #observer: WatchObserver | undefined
  readonly #metadata: readonly HeaderField[]
  /** Where it goes on; 0 until it is known what "from now on" is. */
  #next: number
  #stream: MessageStream | undefined
  #opened: OpenStream | undefined
  #tokensTried = 0
  #isTaken = false
  #isClosed = false

  constructor(failover: Failover, key: Uint8Array, rangeEnd: Uint8Array, options: WatchOptions) {
    this.#failover = failover
    this.#observer = options.observer
    this.#metadata = options.requiresLeader === false ? [] : REQUIRES_LEADER
    this.#next = options.startRevision ?? 0
    const filters = [
      ...(options.noPuts === true ? [WatchFilter.noPut] : []),
      ...(options.noDeletes === true ? [WatchFilter.noDelete] : []),
    ]
    this.#create = {
      ...WATCH_CREATE_DEFAULTS,
      key,
      rangeEnd,
      filters,
      prevKv: options.prevKv ?? false,
      progressNotify: options.progressNotify ?? false,
      fragment: true,
    }
  }

  /** One reader, once. Leaving the loop closes the watch. */
  async *[Symbol.asyncIterator](): AsyncGenerator<WatchBatch, void, undefined> {
    assert(!this.#isTaken, 'a watch has one reader')
    this.#isTaken = true
    try {
      for (let tried = 0; !this.#isClosed; tried++) {
        const { stream, avoid } = await this.#open()
        for (let batch = await this.#read(stream); batch !== undefined; batch = await this.#read(stream)) {
          tried = 0
          this.#tokensTried = 0
          if (batch.events.length > 0 || this.#create.progressNotify) yield batch
        }
        if (this.#isClosed) return
        const end = await stream.ended
        if (!this.#getsToken(end.message)) refuseIfDefinite(end)
        probe('client: a watch went on with another stream')
        avoid()
        await this.#failover.pause(tried)
      }
    } finally {
      this.close()
    }
  }

  /** Ends the loop of whoever reads. */
  close(): void {
    this.#isClosed = true
    this.#stream?.cancel()
  }

  /** Whether it can go on with another token; if that one is no good either, it says so. */
  #getsToken(said: string): boolean {
    return this.#opened?.wantsToken(said) === true && this.#tokensTried++ === 0
  }

  async #open() {
    const opened = await this.#failover.stream(PATH, { metadata: this.#metadata, timeoutMs: Infinity })
    this.#opened = opened
    this.#stream = opened.stream
    const isEarly = this.#next > 1 && bug('watch-resumed-early')
    const create = { ...this.#create, startRevision: isEarly ? this.#next - 1 : this.#next }
    this.#observer?.opened(create)
    opened.stream.send(encode({ kind: 'create', create } as const, writeWatchRequest))
    if (this.#isClosed) opened.stream.cancel()
    return opened
  }

  /** The next batch; undefined once the stream has ended. */
  async #read(stream: MessageStream): Promise<WatchBatch | undefined> {
    const events: WatchEvent[] = []
    for (;;) {
      const message = await stream.next()
      if (message === null) return undefined
      const response = decoded(message)
      this.#observer?.received(response)
      if (response.canceled && this.#getsToken(response.cancelReason)) {
        stream.cancel()
        return undefined
      }
      refuseIfCanceled(response)
      if (response.created) {
        if (this.#next === 0) this.#next = response.header.revision + 1
        continue
      }
      for (const event of response.events) events.push(event)
      if (!response.fragment) return this.#batchOf(events, response.header.revision)
    }
  }

  /** A header may be ahead of the events under it, in etcd: only of progress it says that everything was told. */
  #batchOf(events: readonly WatchEvent[], headerRevision: number): WatchBatch {
    const told = events.at(-1)?.kv.modRevision ?? headerRevision
    this.#next = Math.max(this.#next, told + 1)
    return { revision: this.#next - 1, events }
  }
}

function decoded(message: Uint8Array): WatchResponse {
  try {
    return decode(message, readWatchResponse)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw new ClientError(ClientErrors.protocol, `a response cannot be read: ${error.message}`, 'refused')
  }
}

function refuseIfCanceled({ canceled, compactRevision, cancelReason }: WatchResponse): void {
  if (compactRevision !== 0) throw new CompactedError(compactRevision)
  if (canceled) throw new ClientError(ClientErrors.rejected, cancelReason, 'refused')
}

function refuseIfDefinite({ outcome, status, message }: CallEnd): void {
  if (outcome === 'done' && DEFINITE.has(status)) {
    throw new ClientError(ClientErrors.rejected, message, 'refused', status)
  }
}
