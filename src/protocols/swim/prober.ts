/**
 * One probe in each period (SWIM §3.1): a ping; if no answer comes in time, a few others are asked to ping for us; if
 * none has come when the period is over, the target is suspected. How long a period is depends on this member's own
 * health (Lifeguard §IV.A).
 */
import { assert } from '../../core/assert.ts'
import type { NodeId } from '../../core/ids.ts'
import { addMs, type Instant, NEVER } from '../../core/time.ts'
import { SECOND_LOOK_MS } from './limits.ts'
import type { LocalHealth } from './local-health.ts'
import { hasPart, type SwimOptions } from './options.ts'
import type { Outbox } from './outbox.ts'
import { Relays } from './relays.ts'
import type { Roster } from './roster.ts'

interface Probe {
  readonly target: NodeId
  readonly sequence: number
  /** When others are asked; `NEVER` once they are. */
  askAt: Instant
  /** When its period is over, or its verdict is due. */
  endsAt: Instant
  /** Who was asked. */
  asked: readonly NodeId[]
  /** Of these, who has said that it hears nothing either. */
  readonly nacks: Set<NodeId>
  isAnswered: boolean
  /** The last look found the answer missing. */
  isDue: boolean
}

export class Prober {
  readonly #options: Required<SwimOptions>
  readonly #health: LocalHealth
  readonly #roster: Roster
  readonly #outbox: Outbox
  readonly #relays: Relays
  #probe: Probe | undefined
  #nextAt: Instant = NEVER
  #sequence = 0

  constructor(options: Required<SwimOptions>, health: LocalHealth, roster: Roster, outbox: Outbox) {
    this.#options = options
    this.#health = health
    this.#roster = roster
    this.#outbox = outbox
    this.#relays = new Relays(options, outbox)
  }

  /** Whom it probes now. */
  get target(): NodeId | undefined {
    return this.#probe?.target
  }

  /** The first probe comes within a period: members that begin together do not probe together. */
  begin(): void {
    this.#nextAt = this.#outbox.in(this.#options.random.below(this.#options.periodMs))
  }

  /** Pings somebody beside the turn: of what is said meanwhile each hears from the other. */
  call(id: NodeId): void {
    this.#outbox.send(id, { kind: 'ping', sequence: ++this.#sequence })
  }

  onPingRequest(from: NodeId, sequence: number, target: NodeId): void {
    this.#relays.begin(++this.#sequence, from, sequence, target)
  }

  onAck(from: NodeId, sequence: number): void {
    const probe = this.#probe
    if (probe?.sequence !== sequence) return this.#relays.onAck(from, sequence)
    if (probe.isAnswered || (from !== probe.target && !probe.asked.includes(from))) return
    probe.isAnswered = true
    this.#health.improve()
  }

  onNack(from: NodeId, sequence: number): void {
    const probe = this.#probe
    if (probe?.sequence === sequence && probe.asked.includes(from)) probe.nacks.add(from)
  }

  look(): void {
    this.#relays.look()
    const { now } = this.#outbox
    const probe = this.#probe
    if (probe === undefined) {
      if (now >= this.#nextAt) this.#next()
      return
    }
    if (!probe.isAnswered && now >= probe.askAt) this.#askOthers(probe)
    if (now < probe.endsAt) return
    if (probe.isAnswered) return this.#next()
    // A timer runs before the sockets are read: the answer may be there.
    if (!probe.isDue && hasPart(this.#options, 'looks')) {
      probe.isDue = true
      probe.endsAt = this.#outbox.in(SECOND_LOOK_MS)
      return
    }
    this.#fail(probe)
    this.#next()
  }

  get wakeAt(): Instant {
    const probe = this.#probe
    const relayAt = this.#relays.wakeAt
    const ownAt =
      probe === undefined
        ? this.#nextAt
        : probe.isAnswered || probe.endsAt < probe.askAt
          ? probe.endsAt
          : probe.askAt
    return relayAt < ownAt ? relayAt : ownAt
  }

  /** For a time nobody here could hear an answer: the probe under way has another timeout, and others are asked. */
  excuse(): void {
    const probe = this.#probe
    if (probe === undefined || probe.isAnswered) return
    const timeoutMs = this.#options.probeTimeoutMs * this.#health.factor
    if (probe.askAt !== NEVER) probe.askAt = this.#outbox.in(SECOND_LOOK_MS)
    probe.endsAt = this.#outbox.in(timeoutMs)
    probe.isDue = false
  }

  check(): void {
    this.#relays.check()
    const probe = this.#probe
    if (probe === undefined) return
    assert(probe.target !== this.#options.id, 'nobody probes itself')
    assert(probe.asked.length <= this.#options.indirectProbes, 'so many are asked, and no more')
    assert(!probe.isDue || !probe.isAnswered || probe.askAt === NEVER, 'others are asked before the verdict')
  }

  #next(): void {
    const periodMs = this.#options.periodMs * this.#health.factor
    const target = this.#roster.order.take()
    if (target === undefined) {
      this.#probe = undefined
      this.#nextAt = this.#outbox.in(periodMs)
      return
    }
    const sequence = ++this.#sequence
    this.#probe = {
      target,
      sequence,
      askAt: this.#outbox.in(this.#options.probeTimeoutMs * this.#health.factor),
      endsAt: addMs(this.#outbox.now, periodMs),
      asked: [],
      nacks: new Set(),
      isAnswered: false,
      isDue: false,
    }
    this.#outbox.send(target, { kind: 'ping', sequence })
  }

  #askOthers(probe: Probe): void {
    const { target, sequence } = probe
    probe.askAt = NEVER
    probe.asked = this.#roster.order.sample(
      this.#options.indirectProbes,
      id => id !== target && this.#roster.stateOf(id) === 'alive',
    )
    for (const to of probe.asked) this.#outbox.send(to, { kind: 'pingRequest', sequence, target })
  }

  /** If all who were asked have said that they hear nothing either, it is not this member that is unwell. */
  #fail(probe: Probe): void {
    const { target, asked, nacks } = probe
    this.#health.worsen(asked.length > 0 ? asked.length - nacks.size : 1)
    this.#roster.suspect(target)
  }
}
