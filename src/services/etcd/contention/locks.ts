/**
 * `v3lockpb.Lock`: a lock for whoever cannot follow the recipe on its own. Whoever locks by it contends with those who
 * can (`etcdctl lock`, Go's `concurrency`, Quorate's client).
 *
 * The fencing token is the create revision of the key in the answer. The revision in the answer's header will do as
 * well: it is not below the token, and below the token of whoever has the lock next.
 */
import { EMPTY } from '../../../core/bytes.ts'
import { writeHeader } from '../../../wire/etcd/header.ts'
import { readLockRequest, readUnlockRequest, writeLockResponse } from '../../../wire/etcd/lock.ts'
import { decode } from '../../../wire/etcd/protobuf-reader.ts'
import type { GrpcCall } from '../../../wire/grpc/call.ts'
import type { Responder } from '../responder.ts'
import type { Contests } from './contests.ts'
import { ContentionErrors } from './errors.ts'
import type { InnerApi } from './inner-api.ts'

export class Locks {
  readonly #responder: Responder
  readonly #api: InnerApi
  readonly #contests: Contests

  constructor(responder: Responder, api: InnerApi, contests: Contests) {
    this.#responder = responder
    this.#api = api
    this.#contests = contests
  }

  lock(call: GrpcCall, message: Uint8Array): void {
    const { name, lease } = decode(message, readLockRequest)
    const claim = { name: name.slice(), lease, value: EMPTY, lost: ContentionErrors.sessionExpired }
    this.#contests.contend(call, claim, ({ key, firstAt }) => {
      const response = this.#responder.writer()
      writeLockResponse(response, this.#responder.header(firstAt), key)
      this.#responder.succeed(call, response)
    })
  }

  /** Deletes the key, whoever has put it: as etcd. */
  unlock(call: GrpcCall, message: Uint8Array): void {
    const { key } = decode(message, readUnlockRequest)
    this.#api.delete(call, key, (answer, failure) => {
      if (failure !== undefined) return this.#responder.fail(call, failure)
      const response = this.#responder.writer()
      writeHeader(response, this.#responder.header(answer.header.revision))
      this.#responder.succeed(call, response)
    })
  }
}
