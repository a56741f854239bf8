/**
 * A gRPC call with any number of messages both ways, as a program reads and writes it. Back-pressure goes through:
 * what nobody takes stays with the server, but for one message and what the connection's window lets through.
 */
import { assert } from '../core/assert.ts'
import type { ClientCall, ClientCallHandlers } from '../wire/grpc/client-call.ts'
import type { CallEnd } from '../wire/grpc/outcome.ts'

export interface MessageStream {
  /** Sends a copy of the message; false when it has to wait. Whoever sends many then waits for `drained`. */
  send(message: Uint8Array): boolean
  /** Resolves once nothing that was sent waits any more, or the stream has ended. */
  drained(): Promise<void>
  /**
   * The next message, the caller's to keep; null behind the last one. One caller at a time. Messages that were not
   * taken when the stream broke or was cancelled are lost.
   */
  next(): Promise<Uint8Array | null>
  /** Will send no more. */
  halfClose(): void
  /** Gives the stream up. */
  cancel(): void
  /** How it ended, once it has. */
  readonly ended: Promise<CallEnd>
}

export class GrpcStream implements MessageStream {
  readonly ended: Promise<CallEnd>
  readonly #call: ClientCall
  #isOver = false
  /** Received before somebody asked. */
  #waiting: Uint8Array | null = null
  #take: ((message: Uint8Array | null) => void) | null = null
  #isDrained = true
  #drained: (() => void)[] = []

  /** @param open makes the call; handlers may be told of its end before it returns. */
  constructor(open: (handlers: ClientCallHandlers) => ClientCall) {
    let end: (end: CallEnd) => void = () => {}
    this.ended = new Promise(resolve => {
      end = resolve
    })
    this.#call = open({
      received: message => this.#received(message.slice()),
      drained: () => this.#tellDrained(),
      ended: how => {
        this.#isOver = true
        this.#tellDrained()
        end(how)
        this.#give(null)
      },
    })
  }

  send(message: Uint8Array): boolean {
    this.#isDrained = this.#call.send(message) || this.#isOver
    return this.#isDrained
  }

  drained(): Promise<void> {
    if (this.#isDrained) return Promise.resolve()
    return new Promise(resolve => this.#drained.push(resolve))
  }

  next(): Promise<Uint8Array | null> {
    assert(this.#take === null, 'one reader of a stream at a time')
    const message = this.#waiting
    if (message !== null) {
      this.#waiting = null
      this.#call.resume()
      return Promise.resolve(message)
    }
    if (this.#isOver) return Promise.resolve(null)
    return new Promise(resolve => {
      this.#take = resolve
    })
  }

  halfClose(): void {
    this.#call.halfClose()
  }

  cancel(): void {
    this.#waiting = null
    this.#call.cancel()
  }

  #received(message: Uint8Array): void {
    if (this.#take !== null) return this.#give(message)
    this.#waiting = message
    this.#call.pause()
  }

  #give(message: Uint8Array | null): void {
    const take = this.#take
    this.#take = null
    take?.(message)
  }

  #tellDrained(): void {
    this.#isDrained = true
    const waiting = this.#drained
    this.#drained = []
    for (const resolve of waiting) resolve()
  }
}
