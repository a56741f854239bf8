/**
 * What every call passes before its method sees it: whether whoever asks may ask for such a thing at all (`needs.ts`).
 * While authentication is off the door stands open.
 *
 * A token that another member made a moment ago may be unknown here. Then the call waits for one read barrier, behind
 * which this member knows what that one knew. So does a call of somebody who is not root here, and may be by what
 * another member has acknowledged.
 */
import type { GrpcCall, StreamHandlers } from '../../../wire/grpc/call.ts'
import { EtcdErrors } from '../errors.ts'
import type { Responder } from '../responder.ts'
import { STREAM_MESSAGES_HELD_MAX } from './limits.ts'
import { needOf } from './needs.ts'

export class Door {
  readonly #responder: Responder

  constructor(responder: Responder) {
    this.#responder = responder
  }

  enter(call: GrpcCall, message: Uint8Array, handle: (message: Uint8Array) => void): void {
    if (!this.#mustWait(call)) return this.#admit(call, () => handle(message))
    const kept = message.slice()
    this.#wait(call, () => this.#admit(call, () => handle(kept)))
  }

  /** @param open comes within the call, or later; a stream that is refused is never opened. */
  enterStream(call: GrpcCall, open: () => StreamHandlers): StreamHandlers {
    if (!this.#mustWait(call)) {
      let opened: StreamHandlers = DEAF
      this.#admit(call, () => {
        opened = open()
      })
      return opened
    }
    const held = new HeldStream(() => this.#responder.fail(call, EtcdErrors.tooManyRequests))
    this.#wait(call, () => this.#admit(call, () => held.openWith(open())))
    return held
  }

  #admit(call: GrpcCall, go: () => void): void {
    const refusal = this.#responder.callers.refusalOfCall(call)
    if (refusal === undefined) go()
    else this.#responder.fail(call, refusal)
  }

  #mustWait(call: GrpcCall): boolean {
    const { callers } = this.#responder
    const need = needOf(call.path)
    if (!callers.mustBeKnown || need === 'nobody') return false
    if (callers.callerOf(call).kind === 'unknownYet') return true
    return need === 'root' && callers.refusalOfCall(call) === EtcdErrors.permissionDenied
  }

  #wait(call: GrpcCall, go: () => void): void {
    const responder = this.#responder
    responder.behindBarrier(call, responder.deadline(call), go)
  }
}

/** Of a stream that was refused. */
export const DEAF: StreamHandlers = { received: () => {}, halfClosed: () => {}, drained: () => {} }

/** Keeps what comes until the stream is opened. */
class HeldStream implements StreamHandlers {
  readonly #refuse: () => void
  #messages: Uint8Array[] = []
  #isHalfClosed = false
  #opened: StreamHandlers | undefined

  constructor(refuse: () => void) {
    this.#refuse = refuse
  }

  openWith(opened: StreamHandlers): void {
    this.#opened = opened
    for (const message of this.#messages) opened.received(message)
    this.#messages = []
    if (this.#isHalfClosed) opened.halfClosed()
  }

  received(message: Uint8Array): void {
    if (this.#opened !== undefined) this.#opened.received(message)
    else if (this.#messages.length < STREAM_MESSAGES_HELD_MAX) this.#messages.push(message.slice())
    else this.#refuse()
  }

  halfClosed(): void {
    if (this.#opened === undefined) this.#isHalfClosed = true
    else this.#opened.halfClosed()
  }

  drained(): void {
    this.#opened?.drained()
  }
}
