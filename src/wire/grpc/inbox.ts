/**
 * Length-prefixed messages out of DATA frames (gRPC over HTTP/2): a flag, four bytes of length, the message. A
 * message that lies whole in one frame is handed on where it lies; only parts are copied.
 */
import { readU32 } from '../http2/frame.ts'
import { GrpcStatus } from './status.ts'

export const MESSAGE_PREFIX_BYTES = 5

/** Beyond this, the memory of a message is given back once it was read. */
const KEPT_BYTES_MAX = 64 * 1024

export interface InboxFailure {
  readonly status: GrpcStatus
  readonly message: string
}

const NONE = new Uint8Array(0)

export class Inbox {
  readonly #messageBytesMax: number
  /** What was fed, while it is lent, or our copy of what is left. */
  #bytes: Uint8Array = NONE
  #at = 0
  #end = 0
  #lent = false
  #copy: Uint8Array = NONE
  /** Set once: after it, nothing that comes can be understood. */
  failure: InboxFailure | null = null
  /** From the `grpc-encoding` header: which messages with the compressed flag would be in. */
  encoding: string | undefined

  constructor(messageBytesMax: number, encoding: string | undefined) {
    this.#messageBytesMax = messageBytesMax
    this.encoding = encoding
  }

  /** Bytes that were fed and are part of no message that was taken. */
  get length(): number {
    return this.#end - this.#at
  }

  /** Adds bytes, which are lent until `keep`. */
  feed(bytes: Uint8Array, from: number, to: number): void {
    if (this.length === 0) {
      this.#bytes = bytes
      this.#at = from
      this.#end = to
      this.#lent = true
      return
    }
    this.#makeRoom(to - from)
    this.#copy.set(bytes.subarray(from, to), this.#end)
    this.#end += to - from
  }

  /** The next whole message: a view that is valid until the next `feed` or `keep`. */
  next(): Uint8Array | null {
    if (this.length < MESSAGE_PREFIX_BYTES || this.failure !== null) return null
    const flag = this.#bytes[this.#at]!
    const size = readU32(this.#bytes, this.#at + 1)
    if (flag !== 0 || size > this.#messageBytesMax) {
      this.failure = this.#refusal(flag, size)
      return null
    }
    const from = this.#at + MESSAGE_PREFIX_BYTES
    if (from + size > this.#end) return null
    this.#at = from + size
    return this.#bytes.subarray(from, from + size)
  }

  /** The lent bytes go back: what is left of them is copied. */
  keep(): void {
    if (this.length === 0 || this.failure !== null) {
      this.#bytes = NONE
      this.#at = this.#end = 0
      this.#lent = false
      if (this.#copy.length > KEPT_BYTES_MAX) this.#copy = NONE
    } else if (this.#lent) {
      const { length } = this
      const left = this.#bytes.subarray(this.#at, this.#end)
      if (this.#copy.length < length) this.#copy = new Uint8Array(length)
      this.#copy.set(left)
      this.#bytes = this.#copy
      this.#at = 0
      this.#end = length
      this.#lent = false
    }
  }

  #makeRoom(count: number): void {
    const { length } = this
    if (this.#end + count <= this.#copy.length) return
    const left = this.#copy.subarray(this.#at, this.#end)
    if (length + count > this.#copy.length) {
      // Grows as bytes come, never to the length that a prefix merely claims.
      const grown = new Uint8Array(Math.max(length + count, this.#copy.length * 2))
      grown.set(left)
      this.#copy = this.#bytes = grown
    } else {
      this.#copy.set(left)
    }
    this.#at = 0
    this.#end = length
  }

  /** The texts are grpc-go's. */
  #refusal(flag: number, size: number): InboxFailure {
    if (flag > 1) {
      return { status: GrpcStatus.internal, message: `grpc: received unexpected payload format ${flag}` }
    }
    if (flag === 1 && (this.encoding === undefined || this.encoding === 'identity')) {
      const message = 'grpc: compressed flag set with identity or empty encoding'
      return { status: GrpcStatus.internal, message }
    }
    if (flag === 1) {
      const message = `grpc: Decompressor is not installed for grpc-encoding "${this.encoding}"`
      return { status: GrpcStatus.unimplemented, message }
    }
    const message = `grpc: received message larger than max (${size} vs. ${this.#messageBytesMax})`
    return { status: GrpcStatus.resourceExhausted, message }
  }
}
