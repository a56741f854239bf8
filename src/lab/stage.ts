/**
 * What faults act on: some nodes in virtual time, and the verbs for what may go wrong with them. Every verb is
 * recorded. What it stands on is the simulator's: `CoreWorld`, or a `ProtocolCluster`.
 */
import { formatNodeId, type NodeId } from '../core/ids.ts'
import type { Instant } from '../core/time.ts'
import type { SimulatedClock } from '../sim/clock.ts'
import type { Links } from '../sim/links.ts'
import { type MessageFaults, NO_MESSAGE_FAULTS } from '../sim/message-network.ts'
import { RUN_MS_MAX } from './limits.ts'
import type { Recorder } from './recorder.ts'

/** A world of the simulator, as far as a stage needs it. */
export interface StageWorld {
  readonly clock: SimulatedClock
  readonly network: { readonly links: Links; faults: MessageFaults }
  readonly ids: readonly NodeId[]
  isAlive(id: NodeId): boolean
  start(id: NodeId): void
  crash(id: NodeId): void
  pause(id: NodeId): void
  resume(id: NodeId): void
}

/** Thrown out of a fault whose time is over: the run ends where it is. */
export class TimeIsOver extends Error {
  override readonly name = 'TimeIsOver'
}

export class Stage {
  readonly recorder: Recorder
  readonly #world: StageWorld
  readonly #nameOf: (id: NodeId) => string
  readonly #paused = new Set<NodeId>()
  /** When anything last changed for a process, and for the network. */
  readonly #changedMs = new Map<NodeId, number>()
  #networkChangedMs = 0
  #isNetworkWhole = true

  constructor(world: StageWorld, recorder: Recorder, nameOf: (id: NodeId) => string = formatNodeId) {
    this.#world = world
    this.recorder = recorder
    this.#nameOf = nameOf
    recorder.nowUs = () => world.clock.now()
  }

  get ids(): readonly NodeId[] {
    return this.#world.ids
  }

  /** Those whose process lives (and may be paused). */
  get alive(): NodeId[] {
    return this.ids.filter(id => this.isAlive(id))
  }

  get nowMs(): number {
    return this.#world.clock.now() / 1000
  }

  nameOf(id: NodeId): string {
    return this.#nameOf(id)
  }

  isAlive(id: NodeId): boolean {
    return this.#world.isAlive(id)
  }

  isPaused(id: NodeId): boolean {
    return this.#paused.has(id)
  }

  /** Nothing is cut, slow or lost because of anybody. */
  get isNetworkWhole(): boolean {
    return this.#isNetworkWhole
  }

  /** For how long nothing has changed for this process: it was up, down or paused, and the network as it is. */
  quietMsOf(id: NodeId): number {
    return this.nowMs - Math.max(this.#changedMs.get(id) ?? 0, this.#networkChangedMs)
  }

  /** What the reader should know at this point. */
  say(what: string): void {
    this.recorder.event('say', undefined, what)
  }

  /** Lets virtual time pass. */
  pass(milliseconds: number): void {
    const until = this.nowMs + milliseconds
    this.#world.clock.runUntil((Math.min(until, RUN_MS_MAX) * 1000) as Instant)
    if (until > RUN_MS_MAX) throw new TimeIsOver()
  }

  /** Lets time pass until the condition holds; false if it does not within so many milliseconds. */
  until(condition: () => boolean, withinMs: number): boolean {
    const limit = Math.min(this.nowMs + withinMs, RUN_MS_MAX)
    return this.#world.clock.runUntilTrue(condition, (limit * 1000) as Instant)
  }

  crash(id: NodeId): void {
    if (!this.isAlive(id)) return
    this.#paused.delete(id)
    this.#processChanges(id)
    this.recorder.event('crash', id, 'crashes')
    this.recorder.gone(id, 'down')
    this.#world.crash(id)
  }

  start(id: NodeId): void {
    if (this.isAlive(id)) return
    this.#processChanges(id)
    this.recorder.event('start', id, 'starts again, with what it had made durable')
    this.recorder.back(id)
    this.#world.start(id)
  }

  /** As SIGSTOP: it lives, and does nothing. */
  pause(id: NodeId): void {
    if (!this.isAlive(id) || this.#paused.has(id)) return
    this.#paused.add(id)
    this.#processChanges(id)
    this.recorder.event('pause', id, 'is paused')
    this.recorder.gone(id, 'paused')
    this.#world.pause(id)
  }

  resume(id: NodeId): void {
    if (!this.#paused.delete(id)) return
    this.#processChanges(id)
    this.recorder.event('resume', id, 'goes on')
    this.recorder.back(id)
    this.#world.resume(id)
  }

  /** Nothing passes between different groups any more. Who is in no group is alone. */
  partition(...groups: readonly (readonly NodeId[])[]): void {
    const alone = this.ids.filter(id => !groups.some(group => group.includes(id)))
    const sides = [...groups, ...alone.map(id => [id])]
    const text = `parted: ${sides.map(side => side.map(id => this.nameOf(id)).join(' ')).join(' | ')}`
    this.#networkChanges(`the network is ${text}`)
    this.recorder.partitioned(text)
    this.#world.network.links.healAll()
    this.#world.network.links.partition(sides.map(side => side.map(formatNodeId)))
  }

  /** The first so many nodes are parted from the rest; half of them, if nothing else is said. */
  split(first = Math.ceil(this.ids.length / 2)): void {
    this.partition(this.ids.slice(0, first), this.ids.slice(first))
  }

  /** Cuts one node off from all others. */
  isolate(id: NodeId): void {
    this.partition(
      [id],
      this.ids.filter(other => other !== id),
    )
  }

  /** What `from` sends no longer reaches `to`; the other direction is as it was. */
  cutOneWay(from: NodeId, to: NodeId): void {
    const text = `cut from ${this.nameOf(from)} to ${this.nameOf(to)}`
    this.#networkChanges(`the link is ${text}`)
    this.recorder.partitioned(text)
    this.#world.network.links.cutOneWay(formatNodeId(from), formatNodeId(to))
  }

  /** Ends everything that is wrong with links, and all loss. */
  healNetwork(): void {
    this.#networkChanges('the network is whole', true)
    this.recorder.healed()
    this.#world.network.links.healAll()
    this.#world.network.faults = NO_MESSAGE_FAULTS
  }

  /** From now on chance loses so many messages of a hundred, and doubles as many. */
  loseSome(percent: number): void {
    this.#networkChanges(`of 100 messages ${percent} are lost, and ${percent} arrive twice`)
    const perMillion = percent * 10_000
    this.#world.network.faults = {
      ...NO_MESSAGE_FAULTS,
      lossPerMillion: perMillion,
      duplicatePerMillion: perMillion,
    }
  }

  /** Everything from and to these nodes takes so much longer from now on. */
  slow(ids: readonly NodeId[], milliseconds: number): void {
    for (const id of ids)
      this.slowBetween(
        id,
        this.ids.filter(other => other !== id),
        milliseconds,
      )
  }

  /** The same for the links between one node and these others. */
  slowBetween(id: NodeId, others: readonly NodeId[], milliseconds: number): void {
    const { links } = this.#world.network
    for (const other of others) {
      links.clog(formatNodeId(id), formatNodeId(other), milliseconds * 1000)
      links.clog(formatNodeId(other), formatNodeId(id), milliseconds * 1000)
    }
    const names = others.map(other => this.nameOf(other)).join(' ')
    const text = `messages between ${this.nameOf(id)} and ${names} take ${milliseconds} ms longer`
    this.#networkChanges(text)
  }

  /** All links whole, every process alive and running. */
  healAll(): void {
    this.healNetwork()
    for (const id of this.ids) {
      this.resume(id)
      this.start(id)
    }
  }

  #processChanges(id: NodeId): void {
    this.#changedMs.set(id, this.nowMs)
  }

  #networkChanges(text: string, isWhole = false): void {
    this.#networkChangedMs = this.nowMs
    this.#isNetworkWhole = isWhole
    this.recorder.event('network', undefined, text)
  }
}
