/**
 * One long range, from its cursor to its response, a slice at a time: read the rows from a pin, add up how
 * large the response will be, and write it into a buffer of just that size. It is given up when its caller
 * has gone, when its time is over, or when the response would be too large.
 */
import { probe } from '../../core/seams.ts'
import type { Instant } from '../../core/time.ts'
import type { RangeCursor } from '../../machines/kv/range-cursor.ts'
import type { RangeResult } from '../../machines/kv/types.ts'
import type { StorePin } from '../../runtime/store.ts'
import { writeHeader } from '../../wire/etcd/header.ts'
import { ProtobufWriter } from '../../wire/etcd/protobuf-writer.ts'
import { writeRangeKeyValue, writeRangeTotals } from '../../wire/etcd/range.ts'
import type { GrpcCall } from '../../wire/grpc/call.ts'
import { EtcdErrors } from './errors.ts'
import { refusalError } from './failures.ts'
import { BYTES_PER_ROW, RESPONSE_OVERHEAD_BYTES } from './limits.ts'
import type { Responder } from './responder.ts'
import { keyValueBytesMax } from './response-size.ts'
import type { SlicedWork } from './slices.ts'

export class LongRange implements SlicedWork {
  readonly #responder: Responder
  readonly #call: GrpcCall
  readonly #deadline: Instant
  #pin: StorePin | undefined
  #cursor: RangeCursor | undefined
  #result: RangeResult | undefined
  /** Rows measured, then rows written. */
  #measured = 0
  #written = 0
  #bytes = RESPONSE_OVERHEAD_BYTES
  #response: ProtobufWriter | undefined

  constructor(responder: Responder, call: GrpcCall, deadline: Instant) {
    this.#responder = responder
    this.#call = call
    this.#deadline = deadline
  }

  /** Begin with what is yet to be read; the pin is released here. */
  read(pin: StorePin, cursor: RangeCursor): this {
    this.#pin = pin
    this.#cursor = cursor
    return this
  }

  /** Begin with what was read, because it is too much to be written at once. */
  answer(result: RangeResult): this {
    this.#result = result
    return this
  }

  advance(rows: number): boolean {
    if (this.#responder.gaveUp(this.#call, this.#deadline)) {
      probe('etcd: nobody waited any longer for a long range')
      return this.abandon()
    }
    if (this.#cursor !== undefined) return this.#gather(this.#cursor, rows)
    const result = this.#result!
    if (this.#measured < result.kvs.length) return this.#measure(result, rows)
    if (this.#response === undefined) return this.#begin(result)
    if (this.#written < result.kvs.length) return this.#write(result, this.#response, rows)
    return this.#finish(result, this.#response)
  }

  /** Gives back what it holds. Returns false, for `advance` to say that nothing is left. */
  abandon(): false {
    this.#pin?.release()
    this.#pin = undefined
    if (this.#response !== undefined) this.#responder.releaseMemory(this.#bytes)
    this.#response = undefined
    return false
  }

  #gather(cursor: RangeCursor, rows: number): boolean {
    if (cursor.advance(rows)) return true
    const { outcome } = cursor
    if (outcome.kind === 'refused') {
      this.#responder.fail(this.#call, refusalError(outcome.reason))
      return this.abandon()
    }
    // What was read stays valid without the pin.
    this.#cursor = undefined
    this.#result = outcome.range
    this.abandon()
    return true
  }

  #measure({ kvs }: RangeResult, rows: number): boolean {
    const end = Math.min(this.#measured + rows, kvs.length)
    while (this.#measured < end) this.#bytes += keyValueBytesMax(kvs[this.#measured++]!)
    return true
  }

  #begin({ revision }: RangeResult): boolean {
    if (this.#bytes > this.#responder.rangeResponseBytesMax) {
      this.#responder.failTooLarge(this.#call, this.#bytes)
      return this.abandon()
    }
    if (!this.#responder.reserveMemory(this.#bytes)) {
      this.#responder.fail(this.#call, EtcdErrors.tooManyRequests)
      return this.abandon()
    }
    this.#response = new ProtobufWriter(this.#bytes)
    writeHeader(this.#response, this.#responder.header(revision))
    return true
  }

  #write({ kvs }: RangeResult, response: ProtobufWriter, rows: number): boolean {
    for (let budget = rows; budget > 0 && this.#written < kvs.length; budget--) {
      const kv = kvs[this.#written++]!
      writeRangeKeyValue(response, kv)
      budget -= kv.value.length / BYTES_PER_ROW
    }
    return true
  }

  #finish({ more, count }: RangeResult, response: ProtobufWriter): boolean {
    writeRangeTotals(response, more, count)
    this.#responder.succeed(this.#call, response)
    return this.abandon()
  }
}
