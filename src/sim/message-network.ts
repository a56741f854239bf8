/**
 * A network of single messages, for running protocol cores alone: each message may be lost, doubled, delayed
 * past others, or stopped by a cut link, independently. Every message passes through the codec, so no two
 * nodes ever share an object.
 */
import { assert } from '../core/assert.ts'
import { ByteReader, ByteWriter } from '../core/bytes.ts'
import { formatNodeId, type NodeId } from '../core/ids.ts'
import type { Random } from '../core/prng.ts'
import type { Instant } from '../core/time.ts'
import type { SimulatedClock } from './clock.ts'
import { type LinkQuality, Links } from './links.ts'
import type { NodeClock } from './node-clock.ts'

/** What makes bytes of messages: the part of a protocol that a network needs. */
export interface MessageCodec<Message> {
  encode(message: Message, to: ByteWriter): void
  decode(from: ByteReader): Message
}

export interface MessageFaults {
  /** Never arrives. */
  readonly lossPerMillion: number
  /** Arrives twice, each time after its own delay. */
  readonly duplicatePerMillion: number
  /** Arrives again after `replayDelayUs`, when nobody expects it any more. */
  readonly replayPerMillion: number
  readonly replayDelayUs: number
}

export const NO_MESSAGE_FAULTS: MessageFaults = {
  lossPerMillion: 0,
  duplicatePerMillion: 0,
  replayPerMillion: 0,
  replayDelayUs: 0,
}

/**
 * What becomes of one message on its way, told as it happens, to whoever draws it. One that is doubled makes another
 * flight. Why it is lost: chance, a link that is cut, or nobody there who would take it.
 */
export type FlightEvent<Message> =
  | {
      readonly kind: 'sent'
      readonly flight: number
      readonly from: NodeId
      readonly to: NodeId
      readonly message: Message
    }
  | { readonly kind: 'arrived'; readonly flight: number }
  | { readonly kind: 'lost'; readonly flight: number; readonly why: 'chance' | 'cut' | 'down' }

export interface MessageNetworkOptions<Message = unknown> {
  readonly quality?: LinkQuality
  readonly faults?: MessageFaults
  /** Called for every message as it leaves, and when it arrives or is lost. */
  readonly onFlight?: (event: FlightEvent<Message>) => void
  /** Called for every message that is delivered, with its bytes. */
  readonly observe?: (at: Instant, from: NodeId, to: NodeId, bytes: Uint8Array) => void
}

/** A wide spread of delays: messages overtake each other all the time. */
export const UNRULY: LinkQuality = { delay: { minimumUs: 500, meanUs: 5000 }, bytesPerMs: 0 }

interface Station<Message> {
  readonly clock: NodeClock
  readonly receive: (from: NodeId, message: Message) => void
}

export class MessageNetwork<Message> {
  /** Cuts, clogs and partitions, by `formatNodeId` of the nodes. */
  readonly links: Links
  /** What chance does from now on. */
  faults: MessageFaults
  readonly #world: SimulatedClock
  readonly #codec: MessageCodec<Message>
  readonly #observe: MessageNetworkOptions['observe']
  readonly #onFlight: ((event: FlightEvent<Message>) => void) | undefined
  readonly #stations = new Map<NodeId, Station<Message>>()
  #flights = 0

  constructor(
    world: SimulatedClock,
    random: Random,
    codec: MessageCodec<Message>,
    options: MessageNetworkOptions<Message> = {},
  ) {
    this.#world = world
    this.#codec = codec
    this.links = new Links(random.fork(), options.quality ?? UNRULY)
    this.faults = options.faults ?? NO_MESSAGE_FAULTS
    this.#observe = options.observe
    this.#onFlight = options.onFlight
  }

  /** A node, or its next incarnation, is reached under this id from now on. */
  attach(id: NodeId, clock: NodeClock, receive: (from: NodeId, message: Message) => void): void {
    this.links.addHost(formatNodeId(id))
    this.#stations.set(id, { clock, receive })
  }

  /** The node is gone: what is under way to it is lost when it arrives. */
  detach(id: NodeId): void {
    this.#stations.delete(id)
  }

  /** Sends, once and without a promise. A codec that does not give back what it took breaks the run. */
  send(from: NodeId, to: NodeId, message: Message): void {
    const writer = new ByteWriter(64)
    this.#codec.encode(message, writer)
    const bytes = writer.finish()
    const { random } = this.links.link(formatNodeId(from), formatNodeId(to))
    const { lossPerMillion, duplicatePerMillion, replayPerMillion, replayDelayUs } = this.faults
    // Always the same draws, so that one rate's setting does not shift the others' chances.
    const isLost = random.below(1_000_000) < lossPerMillion
    const isDoubled = random.below(1_000_000) < duplicatePerMillion
    const isReplayed = random.below(1_000_000) < replayPerMillion
    const flight = this.#takeOff(from, to, message)
    if (isLost) this.#onFlight?.({ kind: 'lost', flight, why: 'chance' })
    else this.#dispatch(flight, from, to, bytes, 0)
    if (isDoubled) this.#dispatch(this.#takeOff(from, to, message), from, to, bytes, 0)
    if (isReplayed) this.#dispatch(this.#takeOff(from, to, message), from, to, bytes, replayDelayUs)
  }

  #takeOff(from: NodeId, to: NodeId, message: Message): number {
    const flight = ++this.#flights
    this.#onFlight?.({ kind: 'sent', flight, from, to, message })
    return flight
  }

  #dispatch(flight: number, from: NodeId, to: NodeId, bytes: Uint8Array, extraUs: number): void {
    const link = this.links.link(formatNodeId(from), formatNodeId(to))
    const at = (link.arrival(this.#world.now(), bytes.length) + extraUs) as Instant
    this.#world.at(at, () => {
      if (link.isCut) this.#onFlight?.({ kind: 'lost', flight, why: 'cut' })
      else this.#deliver(flight, from, to, bytes)
    })
  }

  #deliver(flight: number, from: NodeId, to: NodeId, bytes: Uint8Array): void {
    const station = this.#stations.get(to)
    if (station === undefined) {
      this.#onFlight?.({ kind: 'lost', flight, why: 'down' })
      return
    }
    this.#onFlight?.({ kind: 'arrived', flight })
    this.#observe?.(this.#world.now(), from, to, bytes)
    const reader = new ByteReader(bytes.slice())
    const message = this.#codec.decode(reader)
    assert(reader.remaining === 0, 'a codec reads all that it wrote')
    station.clock.event(() => station.receive(from, message)).run()
  }
}
