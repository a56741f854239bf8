/**
 * A simulated world, thin: one clock, one network, one seed, and a trace of everything that happened, folded
 * into a digest. The same seed gives the same digest; two digests that differ show that something was drawn
 * from outside the world.
 */
import { type Random, randomFromSeed } from '../core/prng.ts'
import type { Instant } from '../core/time.ts'
import type { Network } from '../runtime/network.ts'
import { SimulatedClock } from './clock.ts'
import { Digest } from './digest.ts'
import { QUIET_STEPS_MAX } from './limits.ts'
import { type NetworkEvent, SimulatedNetwork, type SimulatedNetworkOptions } from './network.ts'
import type { NodeClock, NodeClockOptions } from './node-clock.ts'

export interface WorldOptions {
  readonly seed: number
  readonly network?: Omit<SimulatedNetworkOptions, 'observe'>
  /** Called with every line of the trace. */
  readonly trace?: (line: string) => void
}

/** What a node's runtime takes from the world. */
export interface WorldNode {
  readonly name: string
  readonly clock: NodeClock
  readonly network: Network
  readonly random: Random
}

export class World {
  readonly seed: number
  readonly clock = new SimulatedClock()
  readonly network: SimulatedNetwork
  /** For whoever builds on this world: fork one stream for each purpose. */
  readonly random: Random
  readonly #nodeRandom: Random
  readonly #trace: ((line: string) => void) | undefined
  readonly #nodes = new Map<string, WorldNode>()
  readonly #digest = new Digest()

  constructor(options: WorldOptions) {
    this.seed = options.seed
    this.#trace = options.trace
    const random = randomFromSeed(options.seed)
    const networkRandom = random.fork()
    this.#nodeRandom = random.fork()
    this.random = random
    this.network = new SimulatedNetwork(this.clock, networkRandom, {
      ...options.network,
      observe: event => this.#observe(event),
    })
  }

  /** Starts an incarnation of a node. */
  start(name: string, options: NodeClockOptions = {}): WorldNode {
    const clock = this.clock.node(options)
    const node = { name, clock, network: this.network.host(name, clock), random: this.#nodeRandom.fork() }
    this.#nodes.set(name, node)
    this.note(`start ${name}`)
    return node
  }

  /** The incarnation that runs or is paused now. */
  node(name: string): WorldNode | undefined {
    return this.#nodes.get(name)
  }

  /** The process dies; its machine answers for it. */
  crash(name: string): void {
    this.#stop(name)
    this.network.crash(name)
  }

  /** The machine loses power; nobody answers until the next `start`. */
  powerOff(name: string): void {
    this.#stop(name)
    this.network.powerOff(name)
  }

  /** As SIGSTOP. */
  pause(name: string): void {
    this.note(`pause ${name}`)
    this.#nodes.get(name)?.clock.pause()
  }

  /** As SIGCONT. */
  resume(name: string): void {
    this.note(`resume ${name}`)
    this.#nodes.get(name)?.clock.resume()
  }

  /** Adds an event to the trace. */
  note(what: string): void {
    this.#digest.number(this.clock.now())
    this.#digest.text(what)
    this.#trace?.(`${this.clock.now()} ${what}`)
  }

  /** Adds an event that takes long to tell: plain data, which is told only if somebody listens. */
  noteValue(value: unknown, tell: () => string): void {
    this.#digest.number(this.clock.now())
    this.#digest.value(value)
    this.#trace?.(`${this.clock.now()} ${tell()}`)
  }

  /** Stands for everything noted so far. */
  digest(): string {
    return this.#digest.toString()
  }

  /**
   * Runs a world in which promises live too (client programs, nodes that start): it lets `drain` empty the queue of
   * microtasks after every call-back behind which promises may go on, and now and then after others. `drain` comes
   * from outside, because nothing here may wait.
   */
  async runUntilTrue(condition: () => boolean, limit: Instant, drain: () => Promise<void>): Promise<boolean> {
    await drain()
    for (let quietSteps = 0; !condition(); ) {
      if (this.clock.nextAt() > limit) return false
      this.clock.step()
      if (!this.clock.takeStirred() && ++quietSteps < QUIET_STEPS_MAX) continue
      quietSteps = 0
      await drain()
    }
    return true
  }

  #observe({ at, kind, from, to, bytes }: NetworkEvent): void {
    this.#digest.number(at)
    this.#digest.text(kind)
    this.#digest.text(from)
    this.#digest.text(to)
    this.#digest.number(bytes)
    this.#trace?.(`${at} ${kind} ${from} ${to} ${bytes}`)
  }

  #stop(name: string): void {
    this.note(`stop ${name}`)
    this.#nodes.get(name)?.clock.kill()
    this.#nodes.delete(name)
  }
}
