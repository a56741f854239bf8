/**
 * The transport between nodes. Every node dials every other one, with a connection of its own for each lane:
 * `prompt` for what must never wait behind data, `data` for the log, `bulk` for snapshots. Nothing is
 * promised about a message but its order within a lane while a connection lasts: what has no way or no room
 * is dropped, because the protocols above tolerate loss and a queue without a limit tolerates nothing.
 */
import type { ByteWriter } from '../../core/bytes.ts'
import type { Gauge } from '../../core/gauge.ts'
import type { GroupId, NodeId } from '../../core/ids.ts'
import { addMs, type Instant } from '../../core/time.ts'
import { noTraffic } from '../../core/traffic.ts'
import type { Lane } from '../../protocols/consensus.ts'
import type { Timer } from '../../runtime/clock.ts'
import type {
  Address,
  Connection,
  ConnectionHandlers,
  Listener,
  NetworkError,
} from '../../runtime/network.ts'
import { FRAME_BYTES_MAX } from '../../wire/frame/index.ts'
import type { GroupTransport } from '../transport.ts'
import { Incoming, type IncomingHost } from './accept.ts'
import { Complaints } from './complaints.ts'
import type { PeerContext, PeerHandlers, PeerRuntime } from './context.ts'
import type { Identity, PeerStanding } from './hello.ts'
import { GREETINGS_MAX, GUESTS_MAX, LANE_BYTES_MAX, PING_INTERVAL_MS, SILENCE_MS_MAX } from './limits.ts'
import { LANES, Peer, type PeerMeasures } from './peer.ts'

export interface PeersOptions extends Identity {
  readonly runtime: PeerRuntime
  readonly handlers: PeerHandlers
  /** Where other nodes reach this one; absent: it is not reachable (a node alone). */
  readonly listen?: Address
  /** Whether a node that is no peer was one once, and never will be again. Default: nobody was. */
  readonly wasRemoved?: (id: NodeId) => boolean
  /** A connection with nothing to say sends a ping this often. */
  readonly pingIntervalMs?: number
  /** A connection on which nothing arrived for this long is closed. */
  readonly silenceMsMax?: number
}

export class Peers implements GroupTransport, IncomingHost {
  /** Bytes of frames, with all peers together, pings included. */
  readonly traffic = noTraffic()
  readonly #context: PeerContext
  readonly #listenAddress: Address | undefined
  readonly #pingIntervalMs: number
  readonly #silentSweepsMax: number
  readonly #peers = new Map<NodeId, Peer>()
  /** Accepted, and yet to say who they are or to go away. */
  readonly #strangers = new Set<Incoming>()
  /** Taken in until this node learns of the change that brought them in, oldest first. */
  readonly #guests = new Set<NodeId>()
  readonly #sweepTimer: Timer
  readonly #wasRemoved: (id: NodeId) => boolean
  readonly #listeners: Listener[] = []
  #state: 'new' | 'running' | 'stopped' = 'new'

  constructor(options: PeersOptions) {
    const { runtime, handlers } = options
    const complaints = new Complaints(runtime.clock, runtime.log)
    this.#context = { own: options, runtime, handlers, complaints, traffic: this.traffic }
    this.#listenAddress = options.listen
    this.#wasRemoved = options.wasRemoved ?? (() => false)
    this.#pingIntervalMs = options.pingIntervalMs ?? PING_INTERVAL_MS
    this.#silentSweepsMax = Math.ceil((options.silenceMsMax ?? SILENCE_MS_MAX) / this.#pingIntervalMs)
    this.#sweepTimer = runtime.clock.timer(() => this.#sweep())
  }

  /** Begins to listen and to dial. `listening` reports once whether the address could be taken. */
  start(listening: (error: NetworkError | null) => void): void {
    const { clock } = this.#context.runtime
    this.#state = 'running'
    if (this.#listenAddress === undefined) clock.soon(() => listening(null))
    else this.listen(this.#listenAddress, listening)
    for (const peer of this.#peers.values()) peer.dial()
    this.#sweepTimer.set(addMs(clock.now(), this.#pingIntervalMs))
  }

  /** Takes one more address. `listening` reports once whether it could be taken. */
  listen(address: Address, listening: (error: NetworkError | null) => void): void {
    this.#listeners.push(this.#context.runtime.network.listen(address, this.#accept, listening))
  }

  /** Closes everything; no handler is called any more. */
  stop(): void {
    this.#state = 'stopped'
    this.#sweepTimer.clear()
    for (const listener of this.#listeners) listener.close()
    for (const stranger of this.#strangers) stranger.abandon()
    this.#strangers.clear()
    for (const peer of this.#peers.values()) peer.stop()
    this.#peers.clear()
  }

  /** The port really listened on, at the first address. */
  port(): number | undefined {
    return this.#listeners[0]?.port()
  }

  /** Adds a node to the table, or changes its addresses. */
  set(id: NodeId, addresses: readonly Address[]): void {
    if (this.#state === 'stopped' || id === this.#context.own.id) return
    this.#guests.delete(id)
    const known = this.#peers.get(id)
    if (known !== undefined) return known.move(addresses)
    const peer = new Peer(this.#context, id, addresses)
    this.#peers.set(id, peer)
    if (this.#state === 'running') peer.dial()
  }

  /** Closes the connections with a node, and refuses it from now on. Not a loss: nobody is told. */
  remove(id: NodeId): void {
    this.#peers.get(id)?.stop()
    this.#peers.delete(id)
    this.#guests.delete(id)
  }

  ids(): NodeId[] {
    return [...this.#peers.keys()]
  }

  /** Whether messages to it have a way. */
  isUp(id: NodeId): boolean {
    return this.upSince(id) !== undefined
  }

  /** Since when messages to it have had a way; undefined if they have none. */
  upSince(id: NodeId): Instant | undefined {
    return this.#peers.get(id)?.upSince
  }

  /** The latest version that it speaks, as it told when it last called; undefined if it never did. */
  versionOf(id: NodeId): number | undefined {
    return this.#peers.get(id)?.version
  }

  /** What is counted of the way to each peer. */
  measures(): PeerMeasures[] {
    return [...this.#peers.values()].map(peer => peer.measures)
  }

  /** The fullest of each lane: a frame may come on top of a lane that is not full. */
  gauges(): Gauge[] {
    const lanes = LANES.map(lane => {
      const value = Math.max(0, ...[...this.#peers.values()].map(peer => peer.waitingBytes(lane)))
      return { name: `peers: bytes in a ${lane} lane`, value, max: LANE_BYTES_MAX[lane] + FRAME_BYTES_MAX }
    })
    const strangers = this.#strangers.size
    return [...lanes, { name: 'peers: yet to greet', value: strangers, max: GREETINGS_MAX, empties: true }]
  }

  send(to: NodeId, lane: Lane, group: GroupId, encode: (to: ByteWriter) => void): void {
    this.#peers.get(to)?.send(lane, group, encode)
  }

  /** False when so much is waiting that the caller should stop until `bulkReady`. */
  sendSnapshot(to: NodeId, group: GroupId, encode: (to: ByteWriter) => void): boolean {
    return this.#peers.get(to)?.sendSnapshot(group, encode) ?? true
  }

  /** After the `snapshot` handler returned false. */
  resumeBulk(from: NodeId): void {
    this.#peers.get(from)?.resumeBulk()
  }

  // --- What accepted connections report ---

  standingOf(id: NodeId): PeerStanding {
    if (this.#peers.has(id)) return 'member'
    return this.#wasRemoved(id) ? 'removed' : 'stranger'
  }

  greeted(incoming: Incoming, address: Address, version: number): void {
    this.#strangers.delete(incoming)
    const { id, lane } = incoming.from!
    if (!this.#peers.has(id)) this.#takeIn(id, address)
    const peer = this.#peers.get(id)!
    peer.greeted(incoming, lane, address, version)
  }

  incomingClosed(incoming: Incoming): void {
    this.#strangers.delete(incoming)
    if (incoming.from === undefined) return
    this.#peers.get(incoming.from.id)?.incomingClosed(incoming, incoming.from.lane)
  }

  /** A guest has to be answered, so it is dialled like everybody else. */
  #takeIn(id: NodeId, address: Address): void {
    const [first] = this.#guests
    if (first !== undefined && this.#guests.size >= GUESTS_MAX) this.remove(first)
    this.set(id, [address])
    this.#guests.add(id)
  }

  readonly #accept = (connection: Connection): ConnectionHandlers => {
    const incoming = new Incoming(this.#context, connection, this)
    if (this.#state === 'stopped' || this.#strangers.size >= GREETINGS_MAX) incoming.abandon()
    else this.#strangers.add(incoming)
    return incoming.handlers
  }

  #sweep(): void {
    for (const peer of this.#peers.values()) peer.sweep(this.#silentSweepsMax)
    for (const stranger of this.#strangers) stranger.sweep(this.#silentSweepsMax)
    this.#sweepTimer.set(addMs(this.#context.runtime.clock.now(), this.#pingIntervalMs))
  }
}
