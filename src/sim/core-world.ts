/**
 * A few bare cores of any protocol in virtual time, each behind the production executor, over a network of single
 * messages, with a log of records that a crash may cut short. What `protocol-cluster.ts` is to consensus this is to
 * everything smaller: elections, atomic commitment, membership. Every core checks itself after every step, and
 * whoever builds the world is shown all that the cores ask for.
 */
import { assert } from '../core/assert.ts'
import { formatNodeId, type NodeId } from '../core/ids.ts'
import { type Random, randomFromSeed } from '../core/prng.ts'
import type { Core, PersistEffect, SendEffect } from '../core/sans-io.ts'
import type { Instant } from '../core/time.ts'
import { Executor, type ExecutorInput } from '../runtime/executor.ts'
import { SimulatedClock } from './clock.ts'
import { type Delay, drawDelayUs } from './delay.ts'
import { describeMessage } from './describe-message.ts'
import type { LinkQuality } from './links.ts'
import { type FlightEvent, type MessageCodec, type MessageFaults, MessageNetwork } from './message-network.ts'
import type { NodeClock } from './node-clock.ts'
import { checked } from './protocol-cluster.ts'

/** A message that arrived; every protocol of several nodes takes these. */
export interface ReceiveInput<Message> {
  readonly kind: 'receive'
  readonly from: NodeId
  readonly message: Message
}

/** What a core is begun with, at first and after every crash. */
export interface CoreStart {
  readonly id: NodeId
  readonly ids: readonly NodeId[]
  readonly random: Random
  /** What it had made durable, in order. */
  readonly records: readonly Uint8Array[]
}

type Asks<Message, Effect> = PersistEffect<Uint8Array> | SendEffect<Message> | Effect

export interface CoreProtocol<Input, Message, Effect> extends MessageCodec<Message> {
  create(start: CoreStart): Core<Input | ReceiveInput<Message> | ExecutorInput, Asks<Message, Effect>>
}

export interface CoreWorldOptions<Input, Message, Effect> {
  readonly protocol: CoreProtocol<Input, Message, Effect>
  readonly seed: number
  readonly nodes: number
  readonly quality?: LinkQuality
  readonly faults?: MessageFaults
  /** How long a record takes to become durable. */
  readonly diskDelay?: Delay
  /** Everything that a core asks for beside writing and sending. It must not call the core back at once. */
  readonly perform: (id: NodeId, effect: Effect) => void
  /** Called with every line of the trace. */
  readonly trace?: (line: string) => void
  /** Called for every message as it leaves, and when it arrives or is lost. */
  readonly onFlight?: (event: FlightEvent<Message>) => void
}

interface Life<Input, Message, Effect extends { readonly kind: string }> {
  readonly core: Core<Input | ReceiveInput<Message> | ExecutorInput, Asks<Message, Effect>>
  readonly executor: Executor<Input | ReceiveInput<Message>, Uint8Array, Message, Effect>
  readonly clock: NodeClock
}

export class CoreWorld<Input, Message, Effect extends { readonly kind: string }> {
  readonly clock = new SimulatedClock()
  readonly network: MessageNetwork<Message>
  readonly ids: readonly NodeId[]
  /** For the scenario: its draws change nothing in the world. */
  readonly random: Random
  readonly #options: CoreWorldOptions<Input, Message, Effect>
  readonly #chance: Random
  readonly #lives = new Map<NodeId, Life<Input, Message, Effect>>()
  readonly #records = new Map<NodeId, Uint8Array[]>()
  /** Records that are being written; a crash keeps some of the first. */
  readonly #pending = new Map<NodeId, Uint8Array[]>()
  readonly #writesUntil = new Map<NodeId, Instant>()

  constructor(options: CoreWorldOptions<Input, Message, Effect>) {
    const { seed, nodes, protocol, quality, faults, trace, onFlight } = options
    const random = randomFromSeed(seed)
    this.#options = options
    this.random = random.fork()
    this.#chance = random.fork()
    this.network = new MessageNetwork(this.clock, random.fork(), protocol, {
      ...(quality && { quality }),
      ...(faults && { faults }),
      ...(onFlight && { onFlight }),
    })
    if (trace !== undefined) this.#traceSends()
    this.ids = Array.from({ length: nodes }, (_, i) => BigInt(i + 1) as NodeId)
    for (const id of this.ids) {
      this.#records.set(id, [])
      this.#pending.set(id, [])
      this.network.links.addHost(formatNodeId(id))
    }
  }

  isAlive(id: NodeId): boolean {
    return this.#lives.has(id)
  }

  /** The core of a node that lives. */
  core(id: NodeId): Life<Input, Message, Effect>['core'] {
    const life = this.#lives.get(id)
    assert(life !== undefined, 'the node is alive')
    return life.core
  }

  startAll(): void {
    for (const id of this.ids) if (!this.isAlive(id)) this.start(id)
  }

  start(id: NodeId): void {
    assert(!this.isAlive(id), 'a node is started once')
    this.#note(`start ${formatNodeId(id)}`)
    const clock = this.clock.node({ startsAt: this.#chance.below(1_000_000_000) as Instant })
    const records = this.#records.get(id)!
    const core = checked(
      this.#options.protocol.create({
        id,
        ids: this.ids,
        random: this.#chance.fork(),
        records: [...records],
      }),
    )
    const executor = new Executor<Input | ReceiveInput<Message>, Uint8Array, Message, Effect>(clock, core, {
      persist: (record, done) => this.#persist(id, clock, record, done),
      send: (to, message) => this.network.send(id, to, message),
      perform: effect => this.#options.perform(id, effect),
      gather() {},
    })
    this.#lives.set(id, { core, executor, clock })
    this.network.attach(id, clock, (from, message) => executor.give({ kind: 'receive', from, message }))
    executor.wake()
  }

  /** The process dies; of the records being written some of the first reach the disk. */
  crash(id: NodeId): void {
    const life = this.#lives.get(id)
    if (life === undefined) return
    this.#note(`crash ${formatNodeId(id)}`)
    this.network.detach(id)
    life.executor.stop()
    life.clock.kill()
    this.#lives.delete(id)
    const pending = this.#pending.get(id)!
    this.#records.get(id)!.push(...pending.slice(0, this.#chance.below(pending.length + 1)))
    pending.length = 0
  }

  pause(id: NodeId): void {
    this.#lives.get(id)?.clock.pause()
  }

  resume(id: NodeId): void {
    this.#lives.get(id)?.clock.resume()
  }

  /** Gives a core that lives an input. */
  give(id: NodeId, input: Input): void {
    this.#lives.get(id)?.executor.give(input)
  }

  /** Gives it one after a while, if the process still lives then. */
  giveLater(id: NodeId, input: Input, delay: Delay): void {
    const life = this.#lives.get(id)
    const at = (this.clock.now() + drawDelayUs(delay, this.#chance)) as Instant
    life?.clock.at(at, () => life.executor.give(input))
  }

  /** Replaces a node's log by one that says the same in fewer records. */
  compact(id: NodeId, records: readonly Uint8Array[]): void {
    assert(this.#pending.get(id)!.length === 0, 'nothing is being written meanwhile')
    this.#records.set(id, [...records])
  }

  /** Whether something of a node's log is being written. */
  isWriting(id: NodeId): boolean {
    return this.#pending.get(id)!.length > 0
  }

  /** Ends all faults, and starts everyone. */
  heal(): void {
    this.network.links.healAll()
    this.network.faults = { lossPerMillion: 0, duplicatePerMillion: 0, replayPerMillion: 0, replayDelayUs: 0 }
    for (const id of this.ids) this.resume(id)
    this.startAll()
  }

  runForMs(milliseconds: number): void {
    this.clock.runFor(milliseconds * 1000)
  }

  /** Runs until the condition holds; false if it does not within so many milliseconds. */
  runUntilTrue(condition: () => boolean, withinMs: number): boolean {
    return this.clock.runUntilTrue(condition, (this.clock.now() + withinMs * 1000) as Instant)
  }

  #persist(id: NodeId, clock: NodeClock, record: Uint8Array, done: () => void): void {
    const pending = this.#pending.get(id)!
    pending.push(record)
    const delay = this.#options.diskDelay ?? { minimumUs: 100, meanUs: 500 }
    const soonest = (this.clock.now() + drawDelayUs(delay, this.#chance)) as Instant
    // One write at a time, in order: none is durable before those that were asked for earlier.
    const at = Math.max(soonest, this.#writesUntil.get(id) ?? 0) as Instant
    this.#writesUntil.set(id, at)
    clock.at(at, () => {
      pending.shift()
      this.#records.get(id)!.push(record)
      done()
    })
  }

  #traceSends(): void {
    const { network } = this
    const send = network.send.bind(network)
    network.send = (from, to, message) => {
      this.#note(`${formatNodeId(from)} > ${formatNodeId(to)} ${describeMessage(message)}`)
      send(from, to, message)
    }
  }

  #note(line: string): void {
    this.#options.trace?.(line)
  }
}
