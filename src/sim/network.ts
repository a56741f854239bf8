/**
 * A simulated network of byte streams: hosts by name, addresses that they listen on, and connections that
 * delay, break, stall and lie as real ones do. What goes wrong is decided by the scenario (`links`, `crash`,
 * `hush`, ...) and by chance (`faults`), drawn from the seed.
 *
 * An address is literal: `host:port` names whoever listens on exactly that, wherever it is asked from.
 * Listening on a wildcard (`0.0.0.0`, `::` or empty) means the host's own name.
 */
import { assert } from '../core/assert.ts'
import type { Random } from '../core/prng.ts'
import type { Instant } from '../core/time.ts'
import {
  type Address,
  type Connection,
  type ConnectionHandlers,
  formatAddress,
  type Listener,
  type Network,
} from '../runtime/network.ts'
import type { SimulatedClock } from './clock.ts'
import { Host } from './host.ts'
import { type LinkQuality, Links } from './links.ts'
import type { NodeClock } from './node-clock.ts'
import type { StreamEnd, StreamEventKind, StreamFaults } from './stream.ts'

/** One line of the network's trace. */
export interface NetworkEvent {
  readonly at: Instant
  readonly kind: StreamEventKind
  readonly from: string
  readonly to: string
  readonly bytes: number
}

export interface SimulatedNetworkOptions {
  /** What links are like, unless `links.setQuality` says otherwise. */
  readonly quality?: LinkQuality
  readonly faults?: StreamFaults
  /** Called with everything that happens, for traces and digests. */
  readonly observe?: (event: NetworkEvent) => void
}

export const NO_STREAM_FAULTS: StreamFaults = {
  lossPerMillion: 0,
  corruptPerMillion: 0,
  resetPerMillion: 0,
  splitPerMillion: 0,
}

/** A data centre's network: half a millisecond there, a gigabit. */
export const DATA_CENTRE: LinkQuality = { delay: { minimumUs: 100, meanUs: 400 }, bytesPerMs: 125_000 }

/** What a listener does with a new connection. */
export type Accept = (connection: Connection) => ConnectionHandlers

/** Somebody listens. */
export interface Listening {
  readonly host: Host
  readonly accept: Accept
}

const EPHEMERAL_PORT_FIRST = 49_152

export class SimulatedNetwork {
  readonly links: Links
  /** What chance does from now on. */
  faults: StreamFaults
  /** Called with everything that happens, for whoever counts it. */
  onEvent: ((event: NetworkEvent) => void) | undefined
  readonly #world: SimulatedClock
  readonly #observe: ((event: NetworkEvent) => void) | undefined
  readonly #hosts = new Map<string, Host>()
  readonly #listening = new Map<string, Listening>()
  /** Which host was last seen listening under a host part of an address. */
  readonly #owners = new Map<string, string>()
  readonly #off = new Set<string>()
  #nextPort = EPHEMERAL_PORT_FIRST

  constructor(world: SimulatedClock, random: Random, options: SimulatedNetworkOptions = {}) {
    this.#world = world
    this.links = new Links(random.fork(), options.quality ?? DATA_CENTRE)
    this.faults = options.faults ?? NO_STREAM_FAULTS
    this.#observe = options.observe
  }

  /** The network as one incarnation of a node sees it. The one before must have crashed or lost power. */
  host(name: string, clock: NodeClock): Network {
    assert(!this.#hosts.has(name), 'an earlier incarnation is gone before the next starts')
    const host = new Host(this, name, clock, this.#world)
    this.#hosts.set(name, host)
    this.#off.delete(name)
    this.links.addHost(name)
    return host
  }

  /** The process died: its listeners are gone, and its kernel hangs up for it. */
  crash(name: string): void {
    this.#remove(name, false)
  }

  /** The machine lost power: no peer is told, and nobody answers there until `host` is called again. */
  powerOff(name: string): void {
    this.#off.add(name)
    this.#remove(name, true)
  }

  /** Resets every connection between two hosts; says how many there were. */
  reset(a: string, b: string): number {
    const ends = this.#between(a, b)
    for (const end of ends) end.reset()
    return ends.length
  }

  /** Makes every present connection between two hosts half open: bytes vanish, nobody is told. Says how many. */
  hush(a: string, b: string): number {
    const ends = this.#between(a, b)
    for (const end of ends) end.hush()
    return ends.length
  }

  /**
   * Every connection that leads to a host is given up by whoever dialled it, after `breaksUs`; what was sent over it
   * meanwhile arrives after `arrivesUs`, behind what is sent anew. Says how many there were. See `StreamEnd.strand`.
   */
  strand(name: string, breaksUs: number, arrivesUs: number): number {
    const ends = [...(this.#hosts.get(name)?.ends ?? [])].filter(end => end.isAccepted)
    for (const end of ends) end.strand(breaksUs, arrivesUs)
    return ends.length
  }

  /** How many connections a host has, those that are opening included. */
  connections(name: string): number {
    return this.#hosts.get(name)?.ends.size ?? 0
  }

  /** For `Host`. */
  observe(kind: StreamEventKind, from: string, to: string, bytes: number): void {
    const event = { at: this.#world.now(), kind, from, to, bytes }
    this.#observe?.(event)
    this.onEvent?.(event)
  }

  /** For `Host`: takes an address; undefined if somebody else has it. */
  listen(host: Host, address: Address, accept: Accept): Listener | undefined {
    const name = isWildcard(address.host) ? host.name : address.host
    const port = address.port === 0 ? this.takePort() : address.port
    const key = formatAddress({ host: name, port })
    if (this.#listening.has(key)) return undefined
    const listening: Listening = { host, accept }
    this.#listening.set(key, listening)
    this.#owners.set(name, host.name)
    return {
      port: () => port,
      close: () => {
        if (this.#listening.get(key) === listening) this.#listening.delete(key)
      },
    }
  }

  /** For `Host`: a port that nobody was given before. */
  takePort(): number {
    return this.#nextPort++
  }

  /** For `Host`: who listens there now. */
  listener(address: Address): Listening | undefined {
    return this.#listening.get(formatAddress(address))
  }

  /** For `Host`: the machine behind an address, whether or not anything listens; the asker's own if unknown. */
  locate(address: Address, asker: string): string {
    return this.#owners.get(address.host) ?? (this.links.hosts.includes(address.host) ? address.host : asker)
  }

  /** Whether a machine that once ran has no power. A crashed process's machine still answers. */
  isOff(name: string): boolean {
    return this.#off.has(name)
  }

  #remove(name: string, silently: boolean): void {
    const host = this.#hosts.get(name)
    if (host === undefined) return
    this.#hosts.delete(name)
    for (const [key, listening] of [...this.#listening]) {
      if (listening.host === host) this.#listening.delete(key)
    }
    for (const end of [...host.ends]) end.abandon(silently)
  }

  #between(a: string, b: string): StreamEnd[] {
    const ends = this.#hosts.get(a)?.ends ?? new Set<StreamEnd>()
    return [...ends].filter(end => end.peerName === b)
  }
}

function isWildcard(host: string): boolean {
  return host === '' || host === '0.0.0.0' || host === '::'
}
