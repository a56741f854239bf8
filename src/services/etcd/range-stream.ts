/**
 * `KV/RangeStream`: a range of any size as a stream of chunks, each about as large as a request may be at most. It is
 * read from a pin, so all chunks are of one revision; the header, and what there is in all, come with the last one.
 * The first chunk has ten keys; the next has twice as many, or half of them if it turned out too large.
 *
 * It holds one chunk in memory, and makes the next when the caller has taken it. Orders and filters would have to look
 * at everything first: as in etcd, they are for `Range`.
 */
import { EMPTY } from '../../core/bytes.ts'
import { keySet } from '../../machines/kv/key-range.ts'
import { hasFilters } from '../../machines/kv/range-order.ts'
import {
  keyValueOf,
  type ReadPoint,
  readPoint,
  refusalOfRead,
  versionAt,
  versionsAt,
} from '../../machines/kv/read-point.ts'
import type { KeyValue } from '../../machines/kv/types.ts'
import { checkRange } from '../../machines/kv/validate.ts'
import type { KeyVersion, VersionSource } from '../../machines/kv/version-source.ts'
import type { StorePin } from '../../runtime/store.ts'
import { decode } from '../../wire/etcd/protobuf-reader.ts'
import { type RangeRequest, readRangeRequest } from '../../wire/etcd/range.ts'
import { writeRangeStreamResponse } from '../../wire/etcd/range-stream.ts'
import type { GrpcCall, StreamHandlers } from '../../wire/grpc/call.ts'
import { GrpcStatus } from '../../wire/grpc/status.ts'
import { EtcdErrors } from './errors.ts'
import { invalidError, refusalError } from './failures.ts'
import { RANGE_CHUNK_KEYS_FIRST, RANGE_CHUNK_KEYS_MAX } from './limits.ts'
import type { Responder } from './responder.ts'
import { keyValueBytesMax } from './response-size.ts'
import type { SlicedWork, Slices } from './slices.ts'

export class RangeStream implements StreamHandlers, SlicedWork {
  readonly #responder: Responder
  readonly #slices: Slices
  readonly #call: GrpcCall
  #request: RangeRequest | undefined
  #pin: StorePin | undefined
  #at!: ReadPoint
  #source!: VersionSource
  #chunk: KeyValue[] = []
  #chunkBytes = 0
  #chunkKeys = RANGE_CHUNK_KEYS_FIRST
  /** Keys that were put into chunks, and all that there are, as far as they were looked at. */
  #taken = 0
  #count = 0

  constructor(responder: Responder, slices: Slices, call: GrpcCall) {
    this.#responder = responder
    this.#slices = slices
    this.#call = call
  }

  received(message: Uint8Array): void {
    if (this.#request !== undefined) return
    // It is looked at long after the call.
    const request = decode(message.slice(), readRangeRequest)
    this.#request = request
    const problem = checkRange(request)
    if (problem !== undefined) return this.#responder.fail(this.#call, invalidError(problem))
    if (request.sortOrder !== 0 || request.sortTarget !== 0 || hasFilters(request)) {
      const reason = 'etcdserver: a stream of a range has no order and no filters'
      return this.#responder.finish(this.#call, GrpcStatus.unimplemented, reason)
    }
    if (request.serializable) return this.#begin(request)
    if (this.#responder.status().role === 'learner') {
      return this.#responder.fail(this.#call, EtcdErrors.notForLearner)
    }
    const deadline = this.#responder.deadline(this.#call)
    this.#responder.options.replica.read(deadline, refusal => {
      if (this.#call.ended) return
      if (refusal === null) this.#begin(request)
      else this.#responder.readFailed(this.#call, refusal)
    })
  }

  halfClosed(): void {}

  drained(): void {
    if (this.#pin !== undefined) this.#goOn()
  }

  /** The caller has gone, or has all. */
  ended(): void {
    this.#pin?.release()
    this.#pin = undefined
  }

  advance(rows: number): boolean {
    if (this.#pin === undefined || this.#call.ended) return false
    for (let budget = rows; budget > 0; budget--) {
      const found = this.#source.step()
      if (found === undefined) return this.#finish()
      if (found === null) continue
      this.#count++
      if (!this.#isEnough()) this.#take(found)
      if (this.#isChunkFull()) return this.#send()
    }
    return true
  }

  #begin(request: RangeRequest): void {
    const denied = this.#responder.callers.refusalOfRead(this.#call, request)
    if (denied !== undefined) return this.#responder.fail(this.#call, denied)
    const pin = this.#responder.options.replica.pin()
    this.#pin = pin
    this.#at = readPoint(pin)
    const refusal = refusalOfRead(this.#at, request.revision)
    if (refusal !== undefined) {
      this.ended()
      return this.#responder.fail(this.#call, refusalError(refusal))
    }
    this.#source = sourceOf(this.#at, request)
    this.#goOn()
  }

  #isEnough(): boolean {
    const { limit, countOnly } = this.#request!
    return countOnly || (limit > 0 && this.#taken >= limit)
  }

  #take({ key, version }: KeyVersion): void {
    const { main: modRevision, createRevision, lease } = version
    const kv = this.#request!.keysOnly
      ? { key, createRevision, modRevision, version: version.version, value: EMPTY, lease }
      : keyValueOf(this.#at, version)
    this.#chunk.push(kv)
    this.#chunkBytes += keyValueBytesMax(kv)
    this.#taken++
  }

  #isChunkFull(): boolean {
    const { requestBytesMax } = this.#responder
    return this.#chunk.length >= this.#chunkKeys || this.#chunkBytes >= requestBytesMax
  }

  /** False when the caller has enough for now: `drained` goes on. */
  #send(): boolean {
    const { requestBytesMax } = this.#responder
    if (this.#chunkBytes >= requestBytesMax) this.#chunkKeys = Math.max(1, this.#chunkKeys >> 1)
    else if (this.#chunkBytes * 2 <= requestBytesMax) {
      this.#chunkKeys = Math.min(RANGE_CHUNK_KEYS_MAX, this.#chunkKeys * 2)
    }
    const response = this.#responder.writer()
    writeRangeStreamResponse(response, this.#chunk, undefined)
    this.#chunk = []
    this.#chunkBytes = 0
    return this.#call.send(response.written())
  }

  #finish(): false {
    const response = this.#responder.writer()
    const header = this.#responder.header(this.#at.current)
    const end = { header, more: this.#count > this.#taken && !this.#request!.countOnly, count: this.#count }
    writeRangeStreamResponse(response, this.#chunk, end)
    this.#responder.succeed(this.#call, response)
    this.ended()
    return false
  }

  #goOn(): void {
    if (this.#slices.add(this)) return
    this.#responder.fail(this.#call, EtcdErrors.tooManyRequests)
    this.ended()
  }
}

function sourceOf(at: ReadPoint, { key, rangeEnd, revision }: RangeRequest): VersionSource {
  const wanted = keySet(key, rangeEnd)
  const readAt = revision > 0 ? revision : at.current
  if (wanted.kind === 'span') return versionsAt(at, wanted, readAt)
  const version = versionAt(at, key, readAt)
  const found: KeyVersion[] = version === undefined ? [] : [{ key, version }]
  return { step: () => found.shift() }
}
