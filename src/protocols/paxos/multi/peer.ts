/** What the leader knows about another member, and what it has sent it. */
import type { Index } from '../../../core/ids.ts'
import type { Instant } from '../../../core/time.ts'
import { InflightWindow } from '../../replica/inflight-window.ts'
import type { PaxosLimits } from './limits.ts'
import { SlotSet } from './slot-set.ts'

export class Peer {
  /** Accepted in this ballot, durably. */
  readonly accepted: SlotSet
  /** Proposals up to here were sent, as far as they were open. */
  #sent: Index
  readonly #inflight: InflightWindow
  /** It is known to know what is chosen up to here. */
  #chosen = 0 as Index
  #chosenAwaited = 0 as Index
  #atLastBeat = -1
  /** It was told that everything up to here is chosen. */
  chosenSent = 0 as Index
  /** When it was last heard of. */
  heardAt: Instant
  /** The newest round of reads that it acknowledged. */
  round = 0
  /** It was offered a snapshot at this index, and does not have it yet; 0: it was not. */
  offered = 0 as Index

  constructor(sent: Index, now: Instant, limits: PaxosLimits) {
    this.#sent = sent
    this.accepted = new SlotSet(sent)
    this.#inflight = new InflightWindow(limits)
    this.heardAt = now
  }

  get sent(): Index {
    return this.#sent
  }

  get chosen(): Index {
    return this.#chosen
  }

  get inflightCount(): number {
    return this.#inflight.count
  }

  get maySend(): boolean {
    return !this.#inflight.full
  }

  sentThrough(last: Index, bytes: number): void {
    this.#sent = last
    if (bytes > 0) this.#inflight.sent(last, bytes)
  }

  acceptedRun(first: Index, last: Index): void {
    this.accepted.add(first, last)
    this.#inflight.acknowledged(this.accepted.highest)
  }

  /** What is chosen anyway needs no acceptance of this one any more. */
  cover(chosen: Index): void {
    this.accepted.cover(chosen)
    this.#inflight.acknowledged(chosen)
    if (chosen > this.#sent) this.#sent = chosen
  }

  knowsChosen(chosen: Index): void {
    if (chosen > this.#chosen) this.#chosen = chosen
    if (chosen >= this.offered) this.offered = 0 as Index
  }

  /** It answers callers of its own once it knows that this slot is chosen. */
  awaitChosen(index: Index): void {
    if (index > this.#chosenAwaited) this.#chosenAwaited = index
  }

  get awaitsNotice(): boolean {
    return this.#chosenAwaited > this.chosenSent
  }

  /** Messages may have been lost: what is open and not accepted is sent again. */
  restart(chosen: Index): void {
    this.#inflight.clear()
    this.#sent = Math.min(this.#sent, Math.max(chosen, this.accepted.through)) as Index
    this.chosenSent = 0 as Index
    this.#atLastBeat = -1
  }

  /** It answered a beat. True if since its last answer it has accepted nothing although something is under way. */
  isStalled(): boolean {
    const { highest, through } = this.accepted
    const progress = highest + through
    const isUnderway = through < this.#sent || this.#inflight.count > 0
    const stalled = this.#atLastBeat === progress && isUnderway
    this.#atLastBeat = progress
    return stalled
  }
}
