/**
 * One lane to one peer: the connection that this node dials for it, and dials again whenever it is lost.
 * Messages go out on dialled connections only; an accepted one is the other node's lane to us.
 */
import { ByteReader, type ByteWriter, type DecodeError } from '../../core/bytes.ts'
import type { GroupId, NodeId } from '../../core/ids.ts'
import { addMs, type Instant, msBetween } from '../../core/time.ts'
import type { Timer } from '../../runtime/clock.ts'
import type { Address } from '../../runtime/network.ts'
import type { Refusal } from '../../wire/frame/index.ts'
import {
  FRAME_KIND,
  NO_GROUP,
  type PeerLane,
  readRefusal,
  readWelcome,
  writeHello,
} from '../../wire/frame/index.ts'
import { Backoff } from './backoff.ts'
import type { PeerContext } from './context.ts'
import { judgeWelcome, makeHello } from './hello.ts'
import { LANE_BUFFER_BYTES, LANE_BYTES_MAX } from './limits.ts'
import { Link, type LinkHost } from './link.ts'

export interface LaneHost {
  /** Where the peer may be; dialled in turn, until one of them answers. */
  readonly addresses: readonly Address[]
  laneUp(lane: PeerLane): void
  /** The lane had been up. */
  laneLost(lane: PeerLane): void
  laneDrained(lane: PeerLane): void
  /** The answer to `ping`. */
  laneEchoed(number: number): void
}

/** What became of a message: handed to the connection; handed over, but stop until drained; dropped. */
export type Sent = 'sent' | 'congested' | 'dropped'

export class OutgoingLane {
  readonly lane: PeerLane
  readonly #context: PeerContext
  readonly #peer: NodeId
  readonly #host: LaneHost
  readonly #backoff: Backoff
  readonly #redial: Timer
  /** Which of the peer's addresses was dialled last. */
  #address: Address | undefined
  #attempts = 0
  #link: Link | undefined
  #upSince: Instant | undefined

  constructor(context: PeerContext, peer: NodeId, lane: PeerLane, host: LaneHost) {
    this.lane = lane
    this.#context = context
    this.#peer = peer
    this.#host = host
    this.#backoff = new Backoff(context.runtime.random)
    this.#redial = context.runtime.clock.timer(() => this.dial())
  }

  get isUp(): boolean {
    return this.#upSince !== undefined
  }

  /** Dials now, unless it is connected or dialling already. */
  dial(): void {
    const { addresses } = this.#host
    if (this.#link !== undefined || addresses.length === 0) return
    this.#redial.clear()
    const address = addresses[this.#attempts % addresses.length]!
    this.#address = address
    const { own, runtime } = this.#context
    const link: Link = new Link(runtime.checksum, LANE_BUFFER_BYTES, this.#linkHost())
    this.#link = link
    const handlers = {
      opened() {},
      received: (bytes: Uint8Array) => link.received(bytes),
      drained: () => link.drained(),
      closed: (error: Parameters<Link['closed']>[0]) => link.closed(error),
    }
    link.attach(runtime.network.connect(address, handlers))
    link.send(FRAME_KIND.hello, NO_GROUP, to => writeHello(to, makeHello(own, this.#peer, this.lane)))
  }

  /** The peer has other addresses: what is connected, or under way, to one that it has no more is given up. */
  moved(): void {
    if (this.#host.addresses.some(address => isSameAddress(address, this.#address))) return
    this.#attempts = 0
    this.stop()
    this.dial()
  }

  send(kind: number, group: GroupId, encode: (to: ByteWriter) => void): Sent {
    const link = this.#link
    if (link === undefined || this.#upSince === undefined) return 'dropped'
    if (link.waitingBytes() >= LANE_BYTES_MAX[this.lane]) return 'dropped'
    return link.send(kind, group, encode) ? 'sent' : 'congested'
  }

  /** Asks the other end to send this number back. One of an older version never does. */
  ping(number: number): void {
    if (this.isUp) this.#link?.send(FRAME_KIND.ping, NO_GROUP, to => to.u32(number))
  }

  waitingBytes(): number {
    return this.#link?.waitingBytes() ?? 0
  }

  sweep(silentSweepsMax: number): void {
    this.#link?.sweep(silentSweepsMax)
  }

  stop(): void {
    this.#redial.clear()
    this.#link?.abandon()
    this.#link = undefined
    this.#upSince = undefined
  }

  #linkHost(): LinkHost {
    return {
      traffic: this.#context.traffic,
      frame: (kind, _group, payload) => this.#take(kind, payload),
      damaged: error => this.#damaged(error),
      drained: () => this.#host.laneDrained(this.lane),
      closed: reason => this.#closed(reason),
    }
  }

  #take(kind: number, payload: Uint8Array): void {
    if (kind === FRAME_KIND.refusal) {
      this.#refused(readRefusal(new ByteReader(payload)))
    } else if (kind === FRAME_KIND.welcome && !this.isUp) {
      const { own } = this.#context
      const wrong = judgeWelcome(own, this.#peer, readWelcome(new ByteReader(payload)))
      if (wrong === undefined) this.#up()
      else this.#refused(wrong)
    } else if (kind === FRAME_KIND.pong && this.isUp) {
      this.#host.laneEchoed(new ByteReader(payload).u32())
    } else {
      this.#refused({ reason: 'protocol', text: `a frame of kind ${kind} is not expected here` })
    }
  }

  #up(): void {
    this.#upSince = this.#context.runtime.clock.now()
    this.#link?.trust()
    this.#host.laneUp(this.lane)
  }

  #refused(refusal: Refusal): void {
    this.#complain(refusal.reason, refusal.text)
    this.#backoff.slow()
    this.#link?.close(refusal.text)
    if (refusal.reason === 'removed') this.#context.handlers.removed?.(this.#peer)
  }

  #damaged(error: DecodeError): void {
    this.#complain('protocol', error.message)
  }

  #complain(reason: Refusal['reason'], text: string): void {
    this.#context.complaints.about(reason, this.#peer, this.#link?.remote ?? '', text)
  }

  #closed(reason: string): void {
    const { clock, log } = this.#context.runtime
    const upSince = this.#upSince
    this.#link = undefined
    this.#upSince = undefined
    const now = clock.now()
    if (upSince !== undefined) this.#backoff.lasted(msBetween(upSince, now))
    else this.#attempts++
    this.#redial.set(addMs(now, this.#backoff.next()))
    if (upSince === undefined) return
    log.debug('peer: lane lost', { peer: this.#peer, lane: this.lane, reason })
    this.#host.laneLost(this.lane)
  }
}

export function isSameAddress(one: Address, other: Address | undefined): boolean {
  return one.host === other?.host && one.port === other.port
}
