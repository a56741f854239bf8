/**
 * Hybrid logical clocks (Kulkarni, Demirbas, Madappa, Avva and Leone, "Logical Physical Clocks", 2014): stamps that
 * respect "happened before" like Lamport's, and lie close to the wall clock.
 *
 * Promises: every stamp is greater than all that this clock made or took before, whatever the wall clock does; and it
 * is ahead of the wall clock by no more than the drift that the clock lets others have (with a counter that overflows
 * within a millisecond, by as many more milliseconds as it overflows).
 *
 * Never does: say that two events are concurrent, or that one was first in real time. Between nodes whose wall clocks
 * differ by d, two events less than d apart may be stamped in the reverse order if neither knew of the other.
 */
import { assert } from '../../core/assert.ts'
import type { ByteReader, ByteWriter } from '../../core/bytes.ts'
import { QuorateError } from '../../core/errors.ts'
import { HYBRID_COUNTER_BITS, HYBRID_DRIFT_MS } from './limits.ts'

/** The paper's (l, c). */
export interface HybridStamp {
  /** Milliseconds since 1970, of the furthest wall clock that this event can know of. */
  readonly wallMs: number
  /** Tells apart what happened within that millisecond, from 0. */
  readonly counter: number
}

const COUNTER_MAX = 2 ** HYBRID_COUNTER_BITS - 1
const WALL_MS_MAX = 2 ** (64 - HYBRID_COUNTER_BITS) - 1

export class HybridClock {
  readonly #driftMs: number
  #last: HybridStamp

  /**
   * @param driftMs how far others may be ahead of the wall clock here before their stamps are refused
   * @param last a stamp that is known to be no smaller than any that this node made before it stopped
   */
  constructor(driftMs = HYBRID_DRIFT_MS, last: HybridStamp = { wallMs: 0, counter: 0 }) {
    assert(driftMs >= 0, 'a drift is no negative time')
    this.#driftMs = driftMs
    this.#last = last
  }

  /** The newest stamp made here. */
  get last(): HybridStamp {
    return this.#last
  }

  /** A local event, or the sending of a message. */
  tick(wallMs: number): HybridStamp {
    return this.#advance(wallMs, this.#last)
  }

  /**
   * A message with this stamp was received.
   *
   * @throws QUORATE_CLOCK_AHEAD (refused) if the stamp is too far ahead: taking it would make this clock as wrong as
   *   its sender's. The clock is unchanged.
   */
  receive(stamp: HybridStamp, wallMs: number): HybridStamp {
    const aheadMs = stamp.wallMs - wallMs
    if (aheadMs > this.#driftMs) {
      throw new QuorateError(
        'QUORATE_CLOCK_AHEAD',
        `a stamp is ${aheadMs} ms ahead of the clock here, more than ${this.#driftMs}`,
        'refused',
        { hint: 'Set the clocks of both machines (NTP); the one that is right may be either.' },
      )
    }
    return this.#advance(wallMs, compareHybrid(stamp, this.#last) > 0 ? stamp : this.#last)
  }

  check(): void {
    const { wallMs, counter } = this.#last
    assert(wallMs >= 0 && wallMs <= WALL_MS_MAX && Number.isInteger(wallMs), 'a stamp fits into 48 bits')
    assert(counter >= 0 && counter <= COUNTER_MAX, 'a counter fits into 16 bits')
  }

  /** The smallest stamp above `seen` that is not behind the wall clock. */
  #advance(wallMs: number, seen: HybridStamp): HybridStamp {
    if (wallMs > seen.wallMs) this.#last = { wallMs, counter: 0 }
    else if (seen.counter < COUNTER_MAX) this.#last = { wallMs: seen.wallMs, counter: seen.counter + 1 }
    else this.#last = { wallMs: seen.wallMs + 1, counter: 0 }
    return this.#last
  }
}

/** Negative if `a` comes first. Stamps of different nodes may be equal: then nothing is known of their order. */
export function compareHybrid(a: HybridStamp, b: HybridStamp): number {
  return a.wallMs === b.wallMs ? a.counter - b.counter : a.wallMs - b.wallMs
}

/** In 64 bits, 48 of them milliseconds, whose order as numbers is that of the stamps. */
export function packHybrid(stamp: HybridStamp): bigint {
  return (BigInt(stamp.wallMs) << BigInt(HYBRID_COUNTER_BITS)) | BigInt(stamp.counter)
}

export function unpackHybrid(packed: bigint): HybridStamp {
  const counter = Number(packed & BigInt(COUNTER_MAX))
  return { wallMs: Number(packed >> BigInt(HYBRID_COUNTER_BITS)), counter }
}

export function writeHybrid(to: ByteWriter, stamp: HybridStamp): void {
  to.u64big(packHybrid(stamp))
}

/** Throws `DecodeError`. */
export function readHybrid(from: ByteReader): HybridStamp {
  return unpackHybrid(from.u64big())
}
