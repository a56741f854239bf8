/**
 * Probes on behalf of others: who is asked for one pings the target, and passes its answer on. If none has come when
 * the other will not wait much longer, it says that (Lifeguard's `nack`): so the other knows that it is heard.
 */
import { assert } from '../../core/assert.ts'
import type { NodeId } from '../../core/ids.ts'
import { type Instant, NEVER } from '../../core/time.ts'
import { RELAYS_MAX } from './limits.ts'
import { hasPart, type SwimOptions } from './options.ts'
import type { Outbox } from './outbox.ts'

/** The part of what the other waits for, behind which it is told that there is no answer yet. */
const NACK_SHARE = 0.8

interface Relay {
  readonly origin: NodeId
  /** The number that the other gave its probe. */
  readonly originSequence: number
  readonly target: NodeId
  readonly nackAt: Instant
  readonly endsAt: Instant
  hasNacked: boolean
}

export class Relays {
  readonly #options: Required<SwimOptions>
  readonly #outbox: Outbox
  /** By the number of our ping. All wait equally long, so who came first is done first. */
  readonly #relays = new Map<number, Relay>()

  constructor(options: Required<SwimOptions>, outbox: Outbox) {
    this.#options = options
    this.#outbox = outbox
  }

  /** Pings the target for somebody; says nothing if it does that for too many others. */
  begin(sequence: number, origin: NodeId, originSequence: number, target: NodeId): void {
    if (this.#relays.size >= RELAYS_MAX) return
    const { periodMs, probeTimeoutMs } = this.#options
    const patienceMs = Math.min(probeTimeoutMs, periodMs - probeTimeoutMs)
    this.#relays.set(sequence, {
      origin,
      originSequence,
      target,
      nackAt: this.#outbox.in(NACK_SHARE * patienceMs),
      endsAt: this.#outbox.in(periodMs),
      hasNacked: !hasPart(this.#options, 'probe'),
    })
    this.#outbox.send(target, { kind: 'ping', sequence })
  }

  onAck(from: NodeId, sequence: number): void {
    const relay = this.#relays.get(sequence)
    if (relay === undefined || relay.target !== from) return
    this.#relays.delete(sequence)
    this.#outbox.send(relay.origin, { kind: 'ack', sequence: relay.originSequence })
  }

  look(): void {
    const { now } = this.#outbox
    for (const [sequence, relay] of this.#relays) {
      if (!relay.hasNacked && now >= relay.nackAt) {
        relay.hasNacked = true
        this.#outbox.send(relay.origin, { kind: 'nack', sequence: relay.originSequence })
      }
      if (now >= relay.endsAt) this.#relays.delete(sequence)
    }
  }

  get wakeAt(): Instant {
    let wakeAt = NEVER
    for (const { hasNacked, nackAt, endsAt } of this.#relays.values()) {
      const at = hasNacked ? endsAt : nackAt
      if (at < wakeAt) wakeAt = at
    }
    return wakeAt
  }

  check(): void {
    assert(this.#relays.size <= RELAYS_MAX, 'no more is done for others than there is room for')
  }
}
