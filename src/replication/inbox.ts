/** What peers send to a group: bytes that are valid during a call become messages, which may be kept or not. */
import { ByteReader, ByteWriter, DecodeError } from '../core/bytes.ts'
import type { NodeId } from '../core/ids.ts'
import type { Logger } from '../runtime/logger.ts'
import { INBOX_SLAB_BYTES } from './limits.ts'

export class Inbox {
  readonly #logger: Logger
  readonly #slab = new ByteWriter(INBOX_SLAB_BYTES)

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** Undefined, and a line in the log, if the message cannot be read. */
  read<T>(from: NodeId, payload: Uint8Array, decode: (reader: ByteReader) => T): T | undefined {
    return this.readInPlace(from, this.#copied(payload), decode)
  }

  /** The same without a copy: what it gives is valid as long as the payload is, and no part of it may be kept. */
  readInPlace<T>(from: NodeId, payload: Uint8Array, decode: (reader: ByteReader) => T): T | undefined {
    try {
      return decode(new ByteReader(payload))
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      this.#logger.warn('a message of a peer could not be read', { from, error: error.message })
      return undefined
    }
  }

  /** What is kept from a message are views of this copy; small ones share a slab. */
  #copied(payload: Uint8Array): Uint8Array {
    this.#slab.bytes(payload)
    return this.#slab.finish()
  }
}
