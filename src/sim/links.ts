/**
 * The wires between hosts, one for each direction, and what may be wrong with them: cut, clogged, narrow, slow. Both
 * simulated networks, of streams and of single messages, run over links.
 */
import { assert } from '../core/assert.ts'
import { type Random, randomFromSeed } from '../core/prng.ts'
import type { Instant } from '../core/time.ts'
import { type Delay, drawDelayUs } from './delay.ts'

export interface LinkQuality {
  readonly delay: Delay
  /** Bytes per millisecond; 0 for no limit. */
  readonly bytesPerMs: number
}

export const LOCAL_QUALITY: LinkQuality = { delay: { minimumUs: 20, meanUs: 30 }, bytesPerMs: 0 }

/** One direction between two hosts. */
export class Link {
  readonly from: string
  readonly to: string
  /** Everything that chance decides on this link, drawn here, so that links do not disturb each other. */
  readonly random: Random
  quality: LinkQuality
  /** Chance does nothing to what travels here, whatever it does elsewhere. */
  isSpared = false
  /** Chance turns no bits here: what travels has no checksum but TCP's, which is not simulated. */
  keepsBits = false
  #isCut = false
  #clogUs = 0
  #packetsMax = Number.POSITIVE_INFINITY
  #packets = 0
  #freeAt = 0

  constructor(from: string, to: string, quality: LinkQuality, random: Random) {
    this.from = from
    this.to = to
    this.quality = quality
    this.random = random
  }

  get isCut(): boolean {
    return this.#isCut
  }

  /** Nothing is wrong here that somebody did; the link may be slow by nature. */
  get isWhole(): boolean {
    return !this.#isCut && this.#clogUs === 0 && this.#packetsMax === Number.POSITIVE_INFINITY
  }

  /** When something of this size, sent now, arrives (if it does). Takes its share of the bandwidth. */
  arrival(now: Instant, bytes: number): Instant {
    const { delay, bytesPerMs } = this.quality
    const transmissionUs = bytesPerMs === 0 ? 0 : Math.ceil((bytes * 1000) / bytesPerMs)
    this.#freeAt = (this.#freeAt > now ? this.#freeAt : now) + transmissionUs
    return (this.#freeAt + this.#clogUs + drawDelayUs(delay, this.random)) as Instant
  }

  /** Takes one more packet on its way; false if there is no place for it, and it is lost. */
  enter(): boolean {
    if (this.#packets >= this.#packetsMax) return false
    this.#packets++
    return true
  }

  /** A packet that had entered has arrived, or is lost. */
  leave(): void {
    this.#packets--
  }

  /** Nothing passes any more. What is under way is lost when it arrives. */
  cut(): void {
    this.#isCut = true
  }

  /** Takes the cut away, and nothing else. */
  join(): void {
    this.#isCut = false
  }

  /** Takes everything away that is wrong here. False if nothing was. */
  heal(): boolean {
    const wasWhole = this.isWhole
    this.#clogUs = 0
    this.#isCut = false
    this.#packetsMax = Number.POSITIVE_INFINITY
    return !wasWhole
  }

  /** From now on at most so many packets are on their way; what comes on top is lost. False if it was so already. */
  narrow(packets: number): boolean {
    const changes = this.#packetsMax !== packets
    this.#packetsMax = packets
    return changes
  }

  /** Everything sent from now on takes this much longer. False if it did already. */
  clog(microseconds: number): boolean {
    const changes = this.#clogUs !== microseconds
    this.#clogUs = microseconds
    return changes
  }
}

/** All links of a world, made when first asked for. */
export class Links {
  /** What links made from now on are like. */
  quality: LinkQuality
  readonly #seed: number
  readonly #hosts: string[] = []
  readonly #links = new Map<string, Link>()

  constructor(random: Random, quality: LinkQuality) {
    this.#seed = random.uint32()
    this.quality = quality
  }

  /** Names a host, so that partitions know of it. No effect if it is known. */
  addHost(name: string): void {
    assert(!name.includes('>'), 'a host name holds no ">"')
    if (!this.#hosts.includes(name)) this.#hosts.push(name)
  }

  /** The hosts named so far, in that order. */
  get hosts(): readonly string[] {
    return this.#hosts
  }

  /** One direction; its chances depend on the two names and the seed alone. */
  link(from: string, to: string): Link {
    const key = `${from}>${to}`
    let link = this.#links.get(key)
    if (link === undefined) {
      this.addHost(from)
      this.addHost(to)
      const quality = from === to ? LOCAL_QUALITY : this.quality
      link = new Link(from, to, quality, randomFromSeed(this.#seed + nameHash(key) * 2 ** 20))
      this.#links.set(key, link)
    }
    return link
  }

  /** Cuts one direction: what `from` sends no longer reaches `to`. */
  cutOneWay(from: string, to: string): void {
    this.link(from, to).cut()
  }

  /** Cuts both directions between two hosts. */
  cut(a: string, b: string): void {
    this.cutOneWay(a, b)
    this.cutOneWay(b, a)
  }

  /** Cuts every link between hosts of different groups. A host in no group is alone. */
  partition(groups: readonly (readonly string[])[]): void {
    const groupOf = new Map<string, number>()
    for (const [number, group] of groups.entries()) for (const name of group) groupOf.set(name, number)
    for (const a of [...this.#hosts]) {
      for (const b of [...this.#hosts]) {
        if (a !== b && (!groupOf.has(a) || groupOf.get(a) !== groupOf.get(b))) this.cutOneWay(a, b)
      }
    }
  }

  /** Cuts a host off from all others. */
  isolate(name: string): void {
    for (const other of [...this.#hosts]) if (other !== name) this.cut(name, other)
  }

  /** Delays what travels from `from` to `to`, beyond what the link does by itself. False if it did already. */
  clog(from: string, to: string, microseconds: number): boolean {
    return this.link(from, to).clog(microseconds)
  }

  /** Heals both directions between two hosts. */
  heal(a: string, b: string): void {
    this.link(a, b).heal()
    this.link(b, a).heal()
  }

  /** Heals every link. False if none was in need of it. */
  healAll(): boolean {
    return [...this.#links.values()].map(link => link.heal()).includes(true)
  }

  /** Changes what every link between different hosts is like. */
  setQuality(quality: LinkQuality): void {
    this.quality = quality
    for (const link of this.#links.values()) if (link.from !== link.to) link.quality = quality
  }
}

/** FNV-1a: spreads names over 32 bits. */
function nameHash(name: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
  return hash >>> 0
}
