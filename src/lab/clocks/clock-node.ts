/**
 * A node that writes, tells the others, and stamps everything that happens to it with a logical clock: the smallest
 * program around clocks, which have no messages of their own.
 */
import type { ByteReader, ByteWriter } from '../../core/bytes.ts'
import { QuorateError } from '../../core/errors.ts'
import { formatNodeId, type NodeId } from '../../core/ids.ts'
import type { Core, SendEffect } from '../../core/sans-io.ts'
import { type Instant, NEVER } from '../../core/time.ts'
import type { CausalOrder } from '../../protocols/clocks/index.ts'

/** One clock of any kind: what makes stamps, and what can be read off two of them. */
export interface ClockManner<Stamp> {
  create(id: NodeId, wallMs: () => number): { tick(): Stamp; receive(stamp: Stamp): Stamp }
  write(to: ByteWriter, stamp: Stamp): void
  read(from: ByteReader): Stamp
  words(stamp: Stamp): string
  /** What two stamps say of their events. */
  compare(a: Stamp, b: Stamp): CausalOrder
}

/** A write and its stamp, on its way to those who have not seen it. */
export interface Told<Stamp> {
  readonly kind: 'write'
  /** Which event of its sender this message is. */
  readonly event: number
  readonly value: string
  readonly stamp: Stamp
}

export type ClockInput<Stamp> =
  | { readonly kind: 'receive'; readonly from: NodeId; readonly message: Told<Stamp> }
  /** Something is written here, and told to these. */
  | { readonly kind: 'write'; readonly value: string; readonly to: readonly NodeId[] }
  | { readonly kind: 'deadline' }

export type ClockEffect<Stamp> =
  | SendEffect<Told<Stamp>>
  | {
      readonly kind: 'happened'
      /** The how-manieth event of this node it is. */
      readonly event: number
      readonly value: string
      readonly stamp: Stamp
      /** Of a message that was received: whose event it was. */
      readonly cause?: { readonly node: NodeId; readonly event: number }
    }
  /** A stamp was not taken. */
  | { readonly kind: 'refused'; readonly value: string; readonly why: string }

export class ClockNode<Stamp> implements Core<ClockInput<Stamp>, ClockEffect<Stamp>> {
  readonly #manner: ClockManner<Stamp>
  readonly #clock: ReturnType<ClockManner<Stamp>['create']>
  #events = 0
  #last: Stamp | undefined

  constructor(id: NodeId, manner: ClockManner<Stamp>, wallMs: () => number) {
    this.#manner = manner
    this.#clock = manner.create(id, wallMs)
  }

  step(_: Instant, inputs: readonly ClockInput<Stamp>[], out: ClockEffect<Stamp>[]): void {
    for (const input of inputs) {
      if (input.kind === 'write') this.#write(input.value, input.to, out)
      else if (input.kind === 'receive') this.#receive(input.from, input.message, out)
    }
  }

  deadline(): Instant {
    return NEVER
  }

  check(): void {}

  describe(): string {
    return this.#last === undefined ? 'nothing yet' : this.#manner.words(this.#last)
  }

  #write(value: string, to: readonly NodeId[], out: ClockEffect<Stamp>[]): void {
    const stamp = this.#stamped(this.#clock.tick())
    const event = this.#events
    out.push({ kind: 'happened', event, value, stamp })
    for (const id of to) out.push({ kind: 'send', to: id, message: { kind: 'write', event, value, stamp } })
  }

  #receive(from: NodeId, { value, event, stamp }: Told<Stamp>, out: ClockEffect<Stamp>[]): void {
    try {
      const own = this.#stamped(this.#clock.receive(stamp))
      out.push({ kind: 'happened', event: this.#events, value, stamp: own, cause: { node: from, event } })
    } catch (error) {
      if (!(error instanceof QuorateError)) throw error
      out.push({ kind: 'refused', value: `${value} of ${formatNodeId(from)}`, why: error.message })
    }
  }

  #stamped(stamp: Stamp): Stamp {
    this.#events++
    this.#last = stamp
    return stamp
  }
}
