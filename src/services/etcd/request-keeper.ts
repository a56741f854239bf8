/** Copies of requests that are looked at again after a barrier; the call's own bytes are gone by then. */
import { ByteWriter } from '../../core/bytes.ts'
import { SLAB_BYTES } from './limits.ts'

export class RequestKeeper {
  // A view of a slab costs a sixteenth of an array of its own.
  readonly #slab = new ByteWriter(SLAB_BYTES)

  keep(message: Uint8Array): Uint8Array {
    if (message.length > SLAB_BYTES / 4) return message.slice()
    this.#slab.bytes(message)
    return this.#slab.finish()
  }
}
