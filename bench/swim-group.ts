/**
 * A large group of members in one process and virtual time: bare cores, one heap of events, a network that delays and
 * loses, processes that stop. What `bench/swim.ts` measures on.
 */
import { ByteWriter, EMPTY } from '../src/core/bytes.ts'
import type { NodeId } from '../src/core/ids.ts'
import { type Random, randomFromSeed } from '../src/core/prng.ts'
import { type Instant, NEVER } from '../src/core/time.ts'
import type { Claim, SwimEffect, SwimInput, SwimOptions } from '../src/protocols/swim/index.ts'
import { encodeMessage, Swim } from '../src/protocols/swim/index.ts'
import { drawDelayUs } from '../src/sim/delay.ts'
import { EventQueue, QueuedEvent } from '../src/sim/event-queue.ts'

/** A local network, as the papers have it. */
const DELAY = { minimumUs: 200, meanUs: 800 }

/** What a process that stands still takes up meanwhile; the rest is lost, as in a socket. */
const HELD_MAX = 400

export interface News {
  readonly atMs: number
  readonly by: NodeId
  readonly kind: SwimEffect['kind']
  readonly about: NodeId
  /** Of whom it is about. */
  readonly incarnation: number
}

export interface GroupOptions {
  readonly members: number
  readonly seed: number
  readonly lossPerMillion?: number
  readonly options?: Partial<SwimOptions>
}

class Process {
  readonly id: NodeId
  readonly swim: Swim
  readonly timer: QueuedEvent
  readonly held: SwimInput[] = []
  isAlive = true
  stillUntil = 0

  constructor(id: NodeId, swim: Swim, onTimer: (process: Process) => void) {
    this.id = id
    this.swim = swim
    this.timer = new QueuedEvent(() => onTimer(this))
  }
}

export class Group {
  readonly random: Random
  readonly news: News[] = []
  messages = 0
  bytes = 0
  readonly #processes: Process[] = []
  readonly #events = new EventQueue<QueuedEvent>()
  readonly #lossPerMillion: number
  readonly #writer = new ByteWriter(4096)
  #nowUs = 0

  /** Everybody knows everybody, as after having joined long ago. */
  constructor({ members, seed, lossPerMillion = 0, options }: GroupOptions) {
    this.random = randomFromSeed(seed)
    this.#lossPerMillion = lossPerMillion
    const ids = Array.from({ length: members }, (_, i) => BigInt(i + 1) as NodeId)
    const claims = ids.map((id): Claim => ({ state: 'alive', id, incarnation: 0, meta: EMPTY }))
    for (const id of ids) {
      const swim = new Swim({ id, random: this.random.fork(), ...options })
      this.#processes.push(new Process(id, swim, process => this.#onTimer(process)))
    }
    for (const process of this.#processes) {
      const others = claims.filter(({ id }) => id !== process.id)
      const message = { kind: 'sync', asks: false, claims: others } as const
      this.#step(process, { kind: 'receive', from: ids[0]!, message })
    }
    this.news.length = 0
  }

  get nowMs(): number {
    return this.#nowUs / 1000
  }

  get ids(): NodeId[] {
    return this.#processes.filter(({ isAlive }) => isAlive).map(({ id }) => id)
  }

  runForMs(milliseconds: number): void {
    const end = this.#nowUs + milliseconds * 1000
    for (let next = this.#events.peek(); next !== undefined && next.at <= end; next = this.#events.peek()) {
      this.#events.pop()
      this.#nowUs = next.at
      next.run()
    }
    this.#nowUs = end
  }

  /** The process dies; others have to find out. */
  crash(id: NodeId): void {
    const process = this.#process(id)
    process.isAlive = false
    this.#events.remove(process.timer)
  }

  /** The process stands still for so long: then its timer runs, and then it reads what has come. */
  stop(id: NodeId, milliseconds: number): void {
    const process = this.#process(id)
    process.stillUntil = this.#nowUs + milliseconds * 1000
    const resume = new QueuedEvent(() => this.#resume(process))
    this.#events.push(resume, process.stillUntil as Instant)
  }

  give(id: NodeId, input: SwimInput): void {
    this.#step(this.#process(id), input)
  }

  #process(id: NodeId): Process {
    return this.#processes[Number(id) - 1]!
  }

  #resume(process: Process): void {
    if (process.swim.deadline() <= this.#nowUs) this.#step(process, { kind: 'deadline' })
    const held = process.held.splice(0)
    if (held.length > 0) this.#step(process, ...held)
  }

  #onTimer(process: Process): void {
    if (this.#nowUs >= process.stillUntil) this.#step(process, { kind: 'deadline' })
  }

  #step(process: Process, ...inputs: SwimInput[]): void {
    if (!process.isAlive) return
    const out: SwimEffect[] = []
    process.swim.step(this.#nowUs as Instant, inputs, out)
    for (const effect of out) {
      if (effect.kind === 'send') this.#send(process, effect)
      else if (effect.kind !== 'departed') {
        const { kind, member } = effect
        const { id: about, incarnation } = member
        this.news.push({ atMs: this.nowMs, by: process.id, kind, about, incarnation })
      }
    }
    const deadline = process.swim.deadline()
    if (deadline !== NEVER) this.#events.push(process.timer, deadline)
  }

  #send(from: Process, { to, message }: Extract<SwimEffect, { readonly kind: 'send' }>): void {
    encodeMessage(message, this.#writer)
    this.messages++
    this.bytes += this.#writer.finish().length
    if (this.random.below(1_000_000) < this.#lossPerMillion) return
    const input: SwimInput = { kind: 'receive', from: from.id, message }
    const target = this.#process(to)
    const arrival = new QueuedEvent(() => this.#arrive(target, input))
    this.#events.push(arrival, (this.#nowUs + drawDelayUs(DELAY, this.random)) as Instant)
  }

  #arrive(process: Process, input: SwimInput): void {
    if (this.#nowUs >= process.stillUntil) this.#step(process, input)
    else if (process.held.length < HELD_MAX) process.held.push(input)
  }
}
