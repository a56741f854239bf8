/**
 * A transaction of long ranges, read from one pin a slice at a time. Its response is written in one piece,
 * and therefore may not be as large as a range's.
 */
import type { Instant } from '../../core/time.ts'
import { RangeCursor } from '../../machines/kv/range-cursor.ts'
import { readPoint } from '../../machines/kv/read-point.ts'
import type { RangeOperation, ResponseOperation } from '../../machines/kv/types.ts'
import type { StorePin } from '../../runtime/store.ts'
import { writeTxnResponse } from '../../wire/etcd/txn-response.ts'
import type { GrpcCall } from '../../wire/grpc/call.ts'
import { refusalError } from './failures.ts'
import { TXN_RESPONSE_BYTES_MAX } from './limits.ts'
import type { Responder } from './responder.ts'
import { keyValuesBytesMax } from './response-size.ts'
import type { SlicedWork } from './slices.ts'

export class LongTxn implements SlicedWork {
  readonly #responder: Responder
  readonly #call: GrpcCall
  readonly #deadline: Instant
  readonly #pin: StorePin
  readonly #succeeded: boolean
  readonly #ranges: readonly RangeOperation[]
  readonly #responses: ResponseOperation[] = []
  #cursor: RangeCursor | undefined
  #bytes = 0

  /** The pin is released here. The ranges were checked, and one of the two branches chosen, in its state. */
  constructor(
    responder: Responder,
    call: GrpcCall,
    deadline: Instant,
    pin: StorePin,
    succeeded: boolean,
    ranges: readonly RangeOperation[],
  ) {
    this.#responder = responder
    this.#call = call
    this.#deadline = deadline
    this.#pin = pin
    this.#succeeded = succeeded
    this.#ranges = ranges
  }

  advance(rows: number): boolean {
    if (this.#responder.gaveUp(this.#call, this.#deadline)) return this.abandon()
    const operation = this.#ranges[this.#responses.length]
    if (operation === undefined) return this.#finish()
    this.#cursor ??= new RangeCursor(this.#pin, operation)
    if (this.#cursor.advance(rows)) return true
    return this.#gathered(this.#cursor)
  }

  /** Gives back what it holds. Returns false, for `advance` to say that nothing is left. */
  abandon(): false {
    this.#pin.release()
    return false
  }

  #gathered({ outcome }: RangeCursor): boolean {
    this.#cursor = undefined
    if (outcome.kind === 'refused') {
      this.#responder.fail(this.#call, refusalError(outcome.reason))
      return this.abandon()
    }
    this.#bytes += keyValuesBytesMax(outcome.range.kvs)
    if (this.#bytes > TXN_RESPONSE_BYTES_MAX) {
      this.#responder.failTooLarge(this.#call, this.#bytes)
      return this.abandon()
    }
    this.#responses.push(outcome)
    return true
  }

  #finish(): boolean {
    const { current: revision } = readPoint(this.#pin)
    const response = this.#responder.writer()
    const outcome = { revision, succeeded: this.#succeeded, responses: this.#responses }
    writeTxnResponse(response, this.#responder.header(revision), outcome)
    this.#responder.succeed(this.#call, response)
    return this.abandon()
  }
}
