/**
 * A call that waits for a lock, or to be elected: etcd's recipe, followed on the caller's behalf. It puts its key,
 * waits for whoever came right before it to go, and has it once nobody is before it and its own key is still there,
 * both seen in one state that a majority confirmed.
 *
 * What was put is taken back when the call comes to nothing: its caller has gone, gave up, or is refused. Only what
 * nobody knows of (the outcome of the put is unknown) goes with its lease.
 */
import { compareBytes, EMPTY } from '../../../core/bytes.ts'
import { addMs } from '../../../core/time.ts'
import type { Clock, Timer } from '../../../runtime/clock.ts'
import { contenderBefore, contenderKey, createdAt } from '../../../wire/etcd/contenders.ts'
import { PUT_DEFAULTS } from '../../../wire/etcd/put.ts'
import { RANGE_DEFAULTS } from '../../../wire/etcd/range.ts'
import type { RequestOp } from '../../../wire/etcd/txn-request.ts'
import type { ResponseOp } from '../../../wire/etcd/txn-response.ts'
import { WatchFilter } from '../../../wire/etcd/watch-request.ts'
import type { WatchResponse } from '../../../wire/etcd/watch-response.ts'
import type { GrpcCall } from '../../../wire/grpc/call.ts'
import { GrpcStatus } from '../../../wire/grpc/status.ts'
import { EtcdErrors } from '../errors.ts'
import { type Failure, type InnerApi, type InnerWatch, isPassing } from './inner-api.ts'
import { LOOK_AGAIN_MS, OWN_LEASE_TTL_SECONDS } from './limits.ts'

/** What a call asks for; bytes of its own. */
export interface Claim {
  readonly name: Uint8Array
  /** 0: it is given one. */
  readonly lease: bigint
  /** What it says of itself. */
  readonly value: Uint8Array
  /** When its key has gone before its turn came. */
  readonly lost: Failure
}

/** How it came out: told once, unless the contender was given up. */
export interface ContenderEvents {
  first(contender: Contender): void
  failed(failure: Failure): void
}

export class Contender {
  readonly claim: Claim
  key = EMPTY
  lease: bigint
  /** The create revision of its key, once that is known: the fencing token. */
  token = 0
  /** The revision at which it entered, and at which it was seen to be first. */
  enteredAt = 0
  firstAt = 0
  readonly #api: InnerApi
  readonly #clock: Clock
  readonly #caller: GrpcCall
  readonly #events: ContenderEvents
  readonly #timer: Timer
  #watch: InnerWatch | undefined
  #isOver = false

  constructor(api: InnerApi, clock: Clock, caller: GrpcCall, claim: Claim, events: ContenderEvents) {
    this.#api = api
    this.#clock = clock
    this.#caller = caller
    this.claim = claim
    this.lease = claim.lease
    this.#events = events
    this.#timer = clock.timer(this.#look)
  }

  begin(): void {
    if (this.claim.lease !== 0n) return this.#enter()
    this.#api.grant(this.#caller, OWN_LEASE_TTL_SECONDS, (promise, failure) => {
      if (failure !== undefined) return this.#fail(failure)
      this.lease = promise.id
      if (this.#isOver) return this.#takeBack()
      this.#enter()
    })
  }

  /** The caller has gone. What is on its way is taken back when it has arrived. */
  giveUp(): void {
    if (this.#isOver) return
    this.#stop()
    if (this.token !== 0) this.#takeBack()
  }

  /** Its key may be there already: the same lease asked before. */
  #enter(): void {
    this.key = contenderKey(this.claim.name, this.lease)
    const request = {
      compare: [createdAt(this.key, 0)],
      success: [this.#put()],
      failure: [{ kind: 'range', range: { ...RANGE_DEFAULTS, key: this.key } } as const],
    }
    this.#api.txn(this.#caller, request, (answer, failure) => {
      if (failure !== undefined) return this.#isOver ? this.#takeBack() : this.#fail(failure)
      const { succeeded, header, responses } = answer
      const own = onlyKey(responses)
      this.enteredAt = header.revision
      this.token = succeeded ? header.revision : own!.createRevision
      if (this.#isOver) this.#takeBack()
      else if (!succeeded && compareBytes(own!.value, this.claim.value) !== 0) this.#tellAgain()
      else this.#look()
    })
  }

  /** Whoever stands there already says something else now. */
  #tellAgain(): void {
    const request = { compare: [createdAt(this.key, this.token)], success: [this.#put()], failure: [] }
    this.#api.txn(this.#caller, request, (answer, failure) => {
      if (this.#isOver) return
      if (failure !== undefined) return this.#fail(failure)
      if (!answer.succeeded) return this.#fail(this.claim.lost)
      this.#look()
    })
  }

  /** Who is right before it, if anybody is, and whether its own key is still there: in one state. */
  readonly #look = (): void => {
    const before = { kind: 'range', range: contenderBefore(this.claim.name, this.token) } as const
    const request = { compare: [createdAt(this.key, this.token)], success: [before], failure: [] }
    this.#api.txn(this.#caller, request, (answer, failure) => {
      if (this.#isOver) return
      if (failure !== undefined) return this.#lookFailed(failure)
      if (!answer.succeeded) return this.#fail(this.claim.lost)
      const next = onlyKey(answer.responses)
      if (next !== undefined) return this.#await(next.key, answer.header.revision + 1)
      this.firstAt = answer.header.revision
      this.#stop()
      this.#events.first(this)
    })
  }

  /** Nobody loses its place in the line for what passes. */
  #lookFailed(failure: Failure): void {
    if (!isPassing(failure)) return this.#fail(failure)
    this.#timer.set(addMs(this.#clock.now(), LOOK_AGAIN_MS))
  }

  /** Until either key goes; who has its own taken away learns it at once. */
  #await(before: Uint8Array, startRevision: number): void {
    const creates = [before, this.key].map(key => ({ key, startRevision, filters: [WatchFilter.noPut] }))
    this.#watch = this.#api.watch(this.#caller, creates, {
      told: response => {
        this.#heard(response)
        return true
      },
      ended: failure => this.#fail(failure),
    })
  }

  #heard({ events, canceled, compactRevision, cancelReason }: WatchResponse): void {
    if (this.#isOver) return
    if (canceled && compactRevision === 0) {
      return this.#fail({ status: GrpcStatus.unknown, message: cancelReason })
    }
    if (events.length === 0 && !canceled) return
    // Not from within what tells it: that is about to tell others.
    this.#clock.soon(() => {
      if (this.#isOver || this.#watch === undefined) return
      this.#watch.cancel()
      this.#watch = undefined
      this.#look()
    })
  }

  #put(): RequestOp {
    const put = { ...PUT_DEFAULTS, key: this.key, value: this.claim.value, lease: this.lease }
    return { kind: 'put', put }
  }

  /** A node that stops cannot take anything back; whoever asks another finds its place in the line again. */
  #fail(failure: Failure): void {
    if (this.#isOver) return
    this.#stop()
    if (failure.message !== EtcdErrors.serverStopped.message) this.#takeBack()
    this.#events.failed(failure)
  }

  #stop(): void {
    this.#isOver = true
    this.#timer.clear()
    this.#watch?.cancel()
    this.#watch = undefined
  }

  /** Its own lease takes the key with it, even one that is put later. Somebody else's key of that name stays. */
  #takeBack(): void {
    if (this.lease === 0n) return
    if (this.claim.lease === 0n) return this.#api.revoke(this.#caller, this.lease)
    if (this.token === 0) return
    const deletion = { key: this.key, rangeEnd: EMPTY, prevKv: false }
    const success = [{ kind: 'deleteRange', deleteRange: deletion } as const]
    const request = { compare: [createdAt(this.key, this.token)], success, failure: [] }
    this.#api.txn(this.#caller, request, () => {})
  }
}

function onlyKey(responses: readonly ResponseOp[]) {
  const [response] = responses
  return response?.kind === 'range' ? response.range.kvs[0] : undefined
}
