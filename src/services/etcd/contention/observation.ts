/**
 * `Election/Observe`: who is elected, each time when that changes, and whatever the leader says. It goes on until its
 * caller has gone. A leader who comes and goes between two looks is left out; what one leader says is not.
 */

import { prefixEnd } from '../../../core/bytes.ts'
import { addMs } from '../../../core/time.ts'
import type { Timer } from '../../../runtime/clock.ts'
import { contestPrefix, firstContender } from '../../../wire/etcd/contenders.ts'
import { readLeaderRequest, writeLeaderResponse } from '../../../wire/etcd/election.ts'
import type { KeyValue } from '../../../wire/etcd/key-value.ts'
import { decode } from '../../../wire/etcd/protobuf-reader.ts'
import type { WatchCreateRequest } from '../../../wire/etcd/watch-request.ts'
import type { WatchEvent } from '../../../wire/etcd/watch-response.ts'
import type { GrpcCall, StreamHandlers } from '../../../wire/grpc/call.ts'
import { GrpcStatus } from '../../../wire/grpc/status.ts'
import type { Responder } from '../responder.ts'
import { type Failure, type InnerApi, type InnerWatch, isPassing } from './inner-api.ts'
import { LOOK_AGAIN_MS } from './limits.ts'

export class Observation implements StreamHandlers {
  readonly #responder: Responder
  readonly #api: InnerApi
  readonly #call: GrpcCall
  readonly #timer: Timer
  #name: Uint8Array | undefined
  #watch: InnerWatch | undefined
  /** What comes after the watch, which is not listened to any more. */
  #next: (() => void) | undefined

  constructor(responder: Responder, api: InnerApi, call: GrpcCall) {
    this.#responder = responder
    this.#api = api
    this.#call = call
    this.#timer = responder.options.clock.timer(() => this.#look())
  }

  /** The one request; what follows it is not looked at. */
  received(message: Uint8Array): void {
    if (this.#name !== undefined) return
    this.#name = decode(message, readLeaderRequest).name.slice()
    this.#look()
  }

  halfClosed(): void {}

  drained(): void {
    this.#watch?.drained()
  }

  ended(): void {
    this.#timer.clear()
    this.#forgetWatch()
  }

  #look(): void {
    this.#api.range(this.#call, firstContender(this.#name!), (answer, failure) => {
      if (this.#call.ended) return
      if (failure !== undefined) return this.#lookFailed(failure)
      const { revision } = answer.header
      const [leader] = answer.kvs
      if (leader === undefined) return this.#awaitAnybody(revision + 1)
      this.#tell(leader, revision)
      this.#awaitNews(leader.key, revision + 1)
    })
  }

  #lookFailed(failure: Failure): void {
    if (!isPassing(failure)) return this.#fail(failure)
    const { clock } = this.#responder.options
    this.#timer.set(addMs(clock.now(), LOOK_AGAIN_MS))
  }

  /** The first who comes is elected, and goes on saying things. */
  #awaitAnybody(startRevision: number): void {
    const key = contestPrefix(this.#name!)
    this.#listen({ key, rangeEnd: prefixEnd(key), startRevision }, ({ kind, kv }) => {
      if (kind === 'delete') return true
      const hasRoom = this.#tell(kv, kv.modRevision)
      this.#then(() => this.#awaitNews(kv.key, kv.modRevision + 1))
      return hasRoom
    })
  }

  /** What the leader says, until its key has gone. */
  #awaitNews(key: Uint8Array, startRevision: number): void {
    this.#listen({ key, startRevision }, ({ kind, kv }) => {
      if (kind === 'put') return this.#tell(kv, kv.modRevision)
      this.#then(() => this.#look())
      return true
    })
  }

  /** @param news is told one event after the other, until it wants something else; false: the caller is slow. */
  #listen(create: Partial<WatchCreateRequest>, news: (event: WatchEvent) => boolean): void {
    this.#watch = this.#api.watch(this.#call, [create], {
      told: ({ events, canceled, compactRevision, cancelReason }) => {
        if (this.#next !== undefined) return true
        if (canceled && compactRevision === 0) {
          this.#fail({ status: GrpcStatus.unknown, message: cancelReason })
          return true
        }
        if (canceled) this.#then(() => this.#look())
        let hasRoom = true
        for (const event of events) if (this.#next === undefined) hasRoom = news(event) && hasRoom
        return hasRoom
      },
      ended: failure => this.#fail(failure),
    })
  }

  /** Instead of listening, and not from within what tells it: that is about to tell others. */
  #then(next: () => void): void {
    this.#next = next
    this.#responder.options.clock.soon(() => {
      if (this.#call.ended) return
      this.#forgetWatch()
      this.#next = undefined
      next()
    })
  }

  #tell(kv: KeyValue, revision: number): boolean {
    const response = this.#responder.writer()
    writeLeaderResponse(response, this.#responder.header(revision), kv)
    return this.#call.send(response.written())
  }

  #fail(failure: Failure): void {
    this.ended()
    this.#responder.fail(this.#call, failure)
  }

  #forgetWatch(): void {
    this.#watch?.cancel()
    this.#watch = undefined
  }
}
