/**
 * One change on its way to everybody who watches its key. It is encoded when the first of them is told, once as it is
 * and once with the value before, and the others get copies of those bytes.
 */
import { type Change, valueBefore } from '../../../machines/kv/changes.ts'
import { readPoint } from '../../../machines/kv/read-point.ts'
import type { StoreView } from '../../../runtime/store.ts'
import { ProtobufWriter } from '../../../wire/etcd/protobuf-writer.ts'
import { writeWatchEvent } from '../../../wire/etcd/watch-response.ts'
import { RequestKeeper } from '../request-keeper.ts'
import { EVENT_OVERHEAD_BYTES } from './limits.ts'

/** Encodes events; what it encoded belongs to the event. */
export class EventPress {
  readonly #view: StoreView
  readonly #writer = new ProtobufWriter()
  readonly #keeper = new RequestKeeper()

  constructor(view: StoreView) {
    this.#view = view
  }

  event(change: Change): SharedEvent {
    return new SharedEvent(this, change)
  }

  /** @param withBefore also tell what was there before, if that is known */
  encode(change: Change, withBefore: boolean): Uint8Array {
    const { deleted, kv } = change
    const prevKv = withBefore ? valueBefore(readPoint(this.#view), change) : undefined
    this.#writer.reset()
    writeWatchEvent(this.#writer, { kind: deleted ? 'delete' : 'put', kv, prevKv })
    return this.#keeper.keep(this.#writer.written())
  }
}

export class SharedEvent {
  readonly change: Change
  readonly #press: EventPress
  #plain: Uint8Array | undefined
  #withBefore: Uint8Array | undefined

  constructor(press: EventPress, change: Change) {
    this.#press = press
    this.change = change
  }

  get revision(): number {
    return this.change.revision.main
  }

  /** About what it takes in memory until it is encoded. */
  get bytes(): number {
    const { key, value } = this.change.kv
    return EVENT_OVERHEAD_BYTES + key.length + value.length
  }

  /** As field of a response. */
  encoded(withBefore: boolean): Uint8Array {
    if (withBefore) {
      this.#withBefore ??= this.#press.encode(this.change, true)
      return this.#withBefore
    }
    this.#plain ??= this.#press.encode(this.change, false)
    return this.#plain
  }
}
