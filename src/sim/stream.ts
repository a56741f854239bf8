/**
 * One end of a simulated byte stream. It keeps TCP's promises and no others: bytes come whole, in order and
 * once, or the connection breaks; where writes were cut or joined means nothing; loss shows as delay; an end
 * that nobody answers learns of it late. It has kernels on both sides: what was sent survives a process that
 * died, an unread window fills up, and a process that is stopped keeps its connections.
 *
 * Received bytes are overwritten after the call that they were valid for, so that keeping a view shows.
 */
import type { Instant } from '../core/time.ts'
import { type Connection, type ConnectionHandlers, NetworkError } from '../runtime/network.ts'
import type { SimulatedClock } from './clock.ts'
import { QueuedEvent } from './event-queue.ts'
import {
  RETRANSMIT_US,
  RETRANSMIT_US_MAX,
  SEGMENT_BYTES_MAX,
  STREAM_SILENCE_US_MAX,
  STREAM_WINDOW_BYTES,
  WRITE_HIGH_WATER_BYTES,
} from './limits.ts'
import type { Link } from './links.ts'
import type { NodeClock } from './node-clock.ts'
import { Reassembly, type Segment, WaitingBytes } from './segments.ts'

/** What chance does to every segment, in parts per million. */
export interface StreamFaults {
  /** Lost once, and sent again later. */
  readonly lossPerMillion: number
  /** One bit is turned, unseen by any checksum below ours. */
  readonly corruptPerMillion: number
  /** Both ends are reset, and what is under way is lost. */
  readonly resetPerMillion: number
  /** Broken off at a random byte. */
  readonly splitPerMillion: number
}

/** The machine that an end stands on. */
export interface StreamHost {
  readonly name: string
  readonly clock: NodeClock
  readonly world: SimulatedClock
  /** Nothing arrives at a machine without power, and nothing answers. */
  isOff(): boolean
  faults(): StreamFaults
  observe(kind: StreamEventKind, from: string, to: string, bytes: number): void
  /** The end is closed: forget it. */
  forget(end: StreamEnd): void
}

export type StreamEventKind =
  | 'connect'
  | 'open'
  | 'refused'
  | 'data'
  /** It came before one that was sent earlier. */
  | 'overtook'
  /** The link is cut, the connection hushed, or the machine has no power. */
  | 'lost'
  /** By chance. */
  | 'dropped'
  /** Too many were on their way. */
  | 'crowded'
  | 'corrupt'
  /** By chance; each end learns of it as a reset. */
  | 'broke'
  /** A process took bytes whose sender knows the connection to be broken. */
  | 'late'
  | 'end'
  | 'reset'
  | 'timeout'

const NO_HANDLERS: ConnectionHandlers = { received() {}, drained() {}, closed() {} }

/** What is written over bytes whose time is up. */
const STALE = 0xdd

/** Where what is received lies while it is handed over: one call after the other, whoever receives. */
const RECEIVED = new Uint8Array(SEGMENT_BYTES_MAX)

export class StreamEnd implements Connection {
  readonly remote: string
  readonly host: StreamHost
  readonly #link: Link
  readonly #flushEvent: QueuedEvent
  readonly #pumpEvent: QueuedEvent
  readonly #retry: QueuedEvent
  #peer: StreamEnd | undefined
  #isAccepted = false
  #handlers: ConnectionHandlers = NO_HANDLERS
  #state: 'opening' | 'open' | 'closed' = 'opening'
  /** What broke it; null: nothing. */
  #failure: NetworkError | null = null
  // Sending.
  readonly #waiting = new WaitingBytes()
  #flushAsked = false
  #owesDrained = false
  #ending = false
  #endSent = false
  #nextSequence = 0
  #flightBytes = 0
  #lost: Segment[] = []
  #unacknowledgedBytes = 0
  #retries = 0
  #silentSince: number | undefined
  #isHushed = false
  #isForgotten = false
  #hasPower = true
  /** What arrives before is held until then. */
  #heldUntil = 0
  // Receiving.
  readonly #arrived = new Reassembly()
  #paused = false
  #endReceived = false

  constructor(host: StreamHost, link: Link, remote: string) {
    this.host = host
    this.remote = remote
    this.#link = link
    this.#flushEvent = host.clock.event(() => this.#flush())
    this.#pumpEvent = host.clock.event(() => this.#pump())
    this.#retry = new QueuedEvent(() => this.#sendAgain())
  }

  /** Joins two ends. The accepting one may be used at once, the connecting one after `open`. */
  static join(connecting: StreamEnd, accepting: StreamEnd): void {
    connecting.#peer = accepting
    accepting.#peer = connecting
    accepting.#isAccepted = true
    accepting.#state = 'open'
  }

  /** The other end dialled. */
  get isAccepted(): boolean {
    return this.#isAccepted
  }

  /** The name of the machine at the other end; empty while there is none. */
  get peerName(): string {
    return this.#peer?.host.name ?? ''
  }

  get isClosed(): boolean {
    return this.#state === 'closed'
  }

  /** A process that was stopped may accept what broke meanwhile: it hears of that next. */
  handle(handlers: ConnectionHandlers): void {
    this.#handlers = handlers
    if (this.isClosed) this.host.clock.soon(() => handlers.closed(this.#failure))
  }

  /** The other end answered. */
  open(opened: () => void): void {
    if (this.#state !== 'opening') return
    this.#state = 'open'
    opened()
    this.#flush()
    this.#pump()
  }

  write(bytes: Uint8Array): boolean {
    if (this.#state === 'closed' || this.#ending) return false
    this.#waiting.push(bytes)
    this.#askFlush()
    if (this.#waiting.length < WRITE_HIGH_WATER_BYTES) return true
    this.#owesDrained = true
    return false
  }

  bufferedBytes(): number {
    return this.#waiting.length
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.host.clock.soon(() => this.#pump())
  }

  end(): void {
    if (this.#state === 'closed' || this.#ending) return
    this.#ending = true
    this.#askFlush()
  }

  destroy(): void {
    if (this.#state === 'closed') return
    this.#hangUp()
    const handlers = this.#handlers
    this.host.clock.soon(() => handlers.closed(null))
  }

  /** The process died; its kernel closes what it had open. `silently`: the machine lost power instead. */
  abandon(silently: boolean): void {
    if (this.#state === 'closed') return
    if (silently) {
      this.#hasPower = false
      this.#stopRetrying()
      this.#shut()
    } else {
      this.#hangUp()
    }
  }

  /** A middlebox forgot the connection: whatever is sent over it now goes nowhere, and no end is told. */
  hush(): void {
    this.#isHushed = true
    if (this.#peer !== undefined) this.#peer.#isHushed = true
  }

  /** Breaks the connection in both directions, each end learning of it after its own delay. */
  reset(): void {
    this.#sendReset()
    if (this.#peer !== undefined) this.#peer.#sendReset()
    this.hush()
  }

  /**
   * The path that these two ends have goes bad, as one of several does between two machines, and others take its place
   * for whoever connects anew. What is sent over it from now on, or is on its way, arrives after `arrivesUs`. Before
   * that, after `breaksUs`, the other end is told that the connection is broken; this one is not.
   */
  strand(breaksUs: number, arrivesUs: number): void {
    const other = this.#peer!
    const { world } = this.host
    const heldUntil = world.now() + arrivesUs
    this.#heldUntil = heldUntil
    other.#heldUntil = heldUntil
    world.atQuietly((world.now() + breaksUs) as Instant, () => {
      // Whoever is healed meanwhile keeps the connection: what is held comes late.
      if (other.isClosed || other.#link.isSpared) return
      other.#isForgotten = true
      other.fail(new NetworkError('reset', 'reset on its way'))
    })
  }

  /** Closes this end because of `error`, on the kernel's word. */
  fail(error: NetworkError): void {
    if (this.#state === 'closed') return
    const kind = error.kind === 'timeout' || error.kind === 'refused' ? error.kind : 'reset'
    // Whoever was never reached has no end.
    this.host.observe(kind, this.#link.to, this.host.name, 0)
    this.#failure = error
    this.#shut()
    this.#stopRetrying()
    const handlers = this.#handlers
    this.host.clock.event(() => handlers.closed(error)).run()
  }

  // --- Sending -------------------------------------------------------------------------------------------

  #askFlush(): void {
    if (this.#flushAsked) return
    this.#flushAsked = true
    this.host.clock.soon(() => {
      this.#flushAsked = false
      this.#flush()
    })
  }

  #flush(): void {
    if (this.#state !== 'open') return
    while (this.#waiting.length > 0 && this.#flightBytes < STREAM_WINDOW_BYTES) this.#sendBytes()
    if (this.#waiting.length > 0) return
    if (this.#ending && !this.#endSent) {
      this.#endSent = true
      this.#send(null)
      if (this.#endReceived) this.#close()
    } else if (this.#owesDrained) {
      this.#owesDrained = false
      this.#handlers.drained()
    }
  }

  #sendBytes(): void {
    const { random } = this.#link
    const faults = this.host.faults()
    let size = Math.min(this.#waiting.length, SEGMENT_BYTES_MAX, STREAM_WINDOW_BYTES - this.#flightBytes)
    if (hits(faults.splitPerMillion, this.#link)) size = 1 + random.below(size)
    let bytes = this.#waiting.take(size)
    if (!this.#link.keepsBits && hits(faults.corruptPerMillion, this.#link)) {
      bytes = bytes.slice()
      const at = random.below(bytes.length)
      bytes[at] = bytes[at]! ^ (1 << random.below(8))
      this.host.observe('corrupt', this.host.name, this.peerName, 1)
    }
    this.#flightBytes += bytes.length
    this.#send(bytes)
    if (!hits(faults.resetPerMillion, this.#link)) return
    this.host.observe('broke', this.host.name, this.peerName, 0)
    this.reset()
  }

  #send(bytes: Uint8Array | null): void {
    this.#transmit({ sequence: this.#nextSequence++, bytes })
  }

  #transmit(segment: Segment): void {
    const { world } = this.host
    if (!this.#link.enter()) {
      this.#lose(segment, 'crowded')
      return
    }
    const at = this.#link.arrival(world.now(), segment.bytes?.length ?? 0)
    world.atQuietly(at, () => this.#travelled(segment))
  }

  #travelled(segment: Segment): void {
    const { world } = this.host
    if (world.now() < this.#heldUntil) {
      world.atQuietly(this.#heldUntil as Instant, () => this.#travelled(segment))
      return
    }
    const peer = this.#peer!
    this.#link.leave()
    if (this.#isHushed || this.#link.isCut || peer.host.isOff()) {
      this.#lose(segment, 'lost')
      return
    }
    if (hits(this.host.faults().lossPerMillion, this.#link)) {
      this.#lose(segment, 'dropped')
      return
    }
    this.#retries = 0
    this.#silentSince = undefined
    this.host.observe(
      segment.bytes === null ? 'end' : 'data',
      this.host.name,
      peer.host.name,
      segment.bytes?.length ?? 0,
    )
    peer.#take(segment)
  }

  #lose(segment: Segment, why: 'lost' | 'dropped' | 'crowded'): void {
    if (!this.#hasPower || this.#isForgotten) return
    this.host.observe(why, this.host.name, this.peerName, segment.bytes?.length ?? 0)
    this.#lost.push(segment)
    this.#armRetry()
  }

  #armRetry(): void {
    if (this.#retry.isQueued) return
    const { world } = this.host
    this.#silentSince ??= world.now()
    const waitUs = Math.min(RETRANSMIT_US * 2 ** this.#retries, RETRANSMIT_US_MAX)
    this.#retries++
    world.schedule(this.#retry, (world.now() + waitUs) as Instant)
  }

  /** The kernel's retransmission: it goes on when the process is stopped or dead. */
  #sendAgain(): void {
    if (this.host.world.now() - this.#silentSince! >= STREAM_SILENCE_US_MAX) {
      this.#stopRetrying()
      this.fail(new NetworkError('timeout', 'nothing was acknowledged for too long'))
      return
    }
    const lost = this.#lost
    this.#lost = []
    for (const segment of lost) this.#transmit(segment)
    const unacknowledged = this.#unacknowledgedBytes
    this.#unacknowledgedBytes = 0
    if (unacknowledged > 0) this.#acknowledged(unacknowledged)
  }

  /** The other end has read this many bytes, and its word takes the way back. */
  #acknowledged(bytes: number): void {
    if (this.#peer!.#link.isCut || this.#isHushed) {
      this.#unacknowledgedBytes += bytes
      this.#armRetry()
      return
    }
    this.#flightBytes -= bytes
    if (this.#waiting.length > 0) this.#flushEvent.run()
  }

  #stopRetrying(): void {
    this.host.world.cancel(this.#retry)
    this.#lost = []
    this.#unacknowledgedBytes = 0
    this.#silentSince = undefined
  }

  // --- Receiving -----------------------------------------------------------------------------------------

  #take(segment: Segment): void {
    if (this.#state === 'closed') {
      if (segment.bytes !== null) this.#sendReset()
      return
    }
    const isNext = this.#arrived.add(segment)
    if (!isNext) this.host.observe('overtook', this.peerName, this.host.name, segment.bytes?.length ?? 0)
    if (this.#arrived.isReady) this.#pumpEvent.run()
  }

  /** Gives the process what has arrived. */
  #pump(): void {
    while (this.#state === 'open' && !this.#paused && this.#arrived.isReady) {
      const length = this.#arrived.read(RECEIVED)
      if (length === null) {
        this.#endReceived = true
        this.#ending = true
        if (this.#endSent) this.#close()
        else this.#flush()
        return
      }
      this.#peer!.#acknowledged(length)
      const bytes = RECEIVED.subarray(0, length)
      if (this.#peer!.#failure !== null) this.host.observe('late', this.peerName, this.host.name, length)
      this.#handlers.received(bytes)
      bytes.fill(STALE)
    }
  }

  // --- Closing -------------------------------------------------------------------------------------------

  /** Both directions ended in order. */
  #close(): void {
    this.#shut()
    this.#handlers.closed(null)
  }

  /** As close(2): what was sent still arrives, then the end; or a reset, if bytes from there were left unread. */
  #hangUp(): void {
    const { hasUnread } = this.#arrived
    const wasOpen = this.#state === 'open'
    this.#shut()
    if (!wasOpen) return
    if (hasUnread) this.#sendReset()
    else if (!this.#endSent) this.#send(null)
  }

  #shut(): void {
    this.#state = 'closed'
    this.#waiting.clear()
    this.#arrived.clear()
    this.host.forget(this)
  }

  /** Tells the other end, if the way there is open, that there is no such connection. */
  #sendReset(): void {
    const peer = this.#peer
    if (peer === undefined || this.#isHushed) return
    const { world } = this.host
    world.atQuietly(this.#link.arrival(world.now(), 0), () => {
      if (!this.#link.isCut && !peer.host.isOff())
        peer.fail(new NetworkError('reset', 'reset by the other end'))
    })
  }
}

/** Draws only where a fault is switched on: another fault's setting does not shift this one's draws by much. */
function hits(perMillion: number, link: Link): boolean {
  return perMillion > 0 && !link.isSpared && link.random.chance(perMillion, 1_000_000)
}
