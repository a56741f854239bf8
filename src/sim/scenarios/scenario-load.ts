/** Clients that ask for everything that the store can do, by themselves, while the scenario goes on. */
import { type RunningWorkload, WORKLOADS } from '../workloads/index.ts'
import type { Director } from './director.ts'

export interface LoadSize {
  readonly clients: number
  readonly requests: number
  /** How long they take together, if nothing goes wrong. */
  readonly overMs: number
}

const USUAL: LoadSize = { clients: 3, requests: 120, overMs: 10_000 }

export class ScenarioLoad {
  readonly #director: Director
  readonly #size: LoadSize
  readonly #running: RunningWorkload

  /** They begin at once. */
  constructor(director: Director, size: Partial<LoadSize>) {
    this.#director = director
    this.#size = { ...USUAL, ...size }
    const { clients, requests, overMs } = this.#size
    const { stage, cluster } = director.trial
    director.step(`${clients} clients begin to ask ${requests} times, in ${overMs} ms`)
    const plan = WORKLOADS.kv.plan(cluster.world.random.fork(), { clients, steps: requests, spanMs: overMs })
    this.#running = WORKLOADS.kv.start(stage, plan)
    director.follow(this.#running)
  }

  /** They have asked everything, and were answered or have given up. */
  get isOver(): boolean {
    return this.#running.isFinished
  }

  /** Resolves when it is over. */
  async ends(): Promise<void> {
    const what = `${this.#size.clients} clients have asked ${this.#size.requests} times`
    await this.#director.until(what, () => this.isOver, this.#size.overMs * SLOWEST)
    this.#director.step(what)
  }
}

/** Requests that are not answered take their time-outs. */
const SLOWEST = 20
