/** All calls of a member that wait for a lock or to be elected: how many there may be, and what ends their waiting. */
import type { Gauge } from '../../../core/gauge.ts'
import type { GrpcCall } from '../../../wire/grpc/call.ts'
import { EtcdErrors } from '../errors.ts'
import type { Responder } from '../responder.ts'
import { type Claim, Contender } from './contender.ts'
import type { InnerApi } from './inner-api.ts'
import { CONTENDERS_MAX } from './limits.ts'

export class Contests {
  readonly #responder: Responder
  readonly #api: InnerApi
  #waiting = 0

  constructor(responder: Responder, api: InnerApi) {
    this.#responder = responder
    this.#api = api
  }

  /** @param first is to answer the call; every other end of it is answered here. */
  contend(call: GrpcCall, claim: Claim, first: (contender: Contender) => void): void {
    if (this.#waiting >= CONTENDERS_MAX) return this.#responder.fail(call, EtcdErrors.tooManyRequests)
    this.#waiting++
    const contender = new Contender(this.#api, this.#responder.options.clock, call, claim, {
      first: () => {
        this.#waiting--
        first(contender)
      },
      failed: failure => {
        this.#waiting--
        this.#responder.fail(call, failure)
      },
    })
    call.onCancelled = () => {
      this.#waiting--
      this.#responder.dropped(call)
      contender.giveUp()
    }
    contender.begin()
  }

  gauges(): readonly Gauge[] {
    return [{ name: 'contention: calls that wait', value: this.#waiting, max: CONTENDERS_MAX }]
  }
}
