/**
 * A series of power losses of a whole cluster, with a judgement after each: the nodes must all start again on
 * what their drives were left with, agree with each other, and hold all that clients were promised.
 */
import type { Client } from '../../src/client/index.ts'
import { type Random, randomFromSeed } from '../../src/core/prng.ts'
import { until } from '../harness/until.ts'
import { Chronicle, readChronicle } from './chronicle.ts'
import { History } from './history.ts'
import { judge } from './judge.ts'
import { Machines } from './machines.ts'
import { clientOf, compareNodes, NodeView } from './node-view.ts'
import { HONEST, type Lies } from './power-loss-disk.ts'
import { Session } from './session.ts'
import { STRIKE_KINDS, Strike } from './strike.ts'

/** How long all of this may take at most, on a machine that is busy with something else. */
const SERVICE_LIMIT_MS = 30_000
const REQUEST_TIMEOUT_MS = 5_000
const SESSIONS = 6
const KEYS = ['a', 'b', 'c', 'd', 'e']
const PADDING_MAX = 3_000
const ANSWERS_BEFORE_ONE_MAX = 60
/** A violation is told with this many others. */
const VIOLATIONS_SHOWN = 5

/** One cluster, from its first start. Stops at the first violation. */
export class PowerLosses {
  readonly history = new History()
  readonly moments: string[] = []
  readonly #random: Random
  readonly #machines: Machines
  #chronicle = new Chronicle()

  constructor(random: Random, machines: Machines) {
    this.#random = random
    this.#machines = machines
  }

  /** @param drive decides what the drives keep of what was not synced; by default drawn from the seed. */
  static async prepare(seed: number, lies: Lies = HONEST, drive?: Random): Promise<PowerLosses> {
    const random = randomFromSeed(seed)
    const machines = await Machines.prepare(drive ?? random)
    for (const machine of machines.all) machine.disk.lies = lies
    return new PowerLosses(random, machines)
  }

  /** Runs until so many power losses were survived, or until something is wrong: then returns what. */
  async run(losses: number): Promise<string[]> {
    for (let loss = 0; loss < losses; loss++) {
      const violations = await this.#round()
      if (violations.length > 0) return this.#reported(violations)
    }
    return this.#reported(await this.#lastJudgement())
  }

  destroy(): Promise<void> {
    return this.#machines.destroy()
  }

  async #round(): Promise<string[]> {
    const kind = STRIKE_KINDS[this.#random.below(STRIKE_KINDS.length)]!
    const strike = new Strike(kind, this.#random, () => this.#machines.cutPower())
    const isEarly = kind === 'start' || kind === 'election'
    if (isEarly) this.#machines.onStep(step => strike.step(step))
    this.#machines.boot()
    if (kind === 'election') setTimeout(() => strike.strike('some time after the start'), strike.afterMs)
    const violations = isEarly ? [] : await this.#judgement()
    if (violations.length > 0) return violations
    this.#machines.onStep(step => strike.step(step))
    await this.#load(strike)
    this.moments.push(`${kind}: ${strike.moment}`)
    this.#machines.onStep(() => {})
    await this.#machines.losePower()
    return this.#machines.faults()
  }

  async #load(strike: Strike): Promise<void> {
    const clients: Client[] = []
    const addresses = this.#machines.all.map(({ address }) => address)
    for (let number = 0; number < SESSIONS; number++) {
      // Half of them know one node only, the others know all.
      const one = addresses[number]
      const client = clientOf(one === undefined ? addresses : [one])
      clients.push(client)
      const session = new Session({
        number,
        client,
        history: this.history,
        random: this.#random.fork(),
        keys: KEYS,
        timeoutMs: REQUEST_TIMEOUT_MS,
        paddingMax: PADDING_MAX,
      })
      const isOver = () => strike.struck || this.#machines.faults().length > 0
      void session.run(isOver, () => strike.answered())
    }
    const isOver = () => strike.struck || this.#machines.faults().length > 0
    if (this.#random.chance(1, 3)) await this.#loseOne(strike, isOver)
    await until('the power to go', isOver, SERVICE_LIMIT_MS)
    // What they still wait for stays unknown.
    for (const client of clients) client.close()
  }

  /** One machine alone loses power under load and comes back, perhaps while the others lose it too. */
  async #loseOne(strike: Strike, isOver: () => boolean): Promise<void> {
    const from = strike.answers + this.#random.below(ANSWERS_BEFORE_ONE_MAX)
    await until('a few answers', () => isOver() || strike.answers >= from, SERVICE_LIMIT_MS)
    const machine = this.#machines.all[this.#random.below(this.#machines.all.length)]!
    if (isOver()) return
    this.moments.push(`${machine.name} alone`)
    machine.cutPower()
    await machine.disk.losePower()
    if (!isOver()) machine.boot()
  }

  /** With all of history read anew: nothing that was seen after earlier losses may have changed since. */
  async #lastJudgement(): Promise<string[]> {
    this.#machines.boot()
    this.#chronicle = new Chronicle()
    return this.#judgement()
  }

  /** Everything is running, and held against everything that was ever promised. */
  async #judgement(): Promise<string[]> {
    const views = this.#machines.all.map(({ name, address }) => new NodeView(name, address))
    try {
      await this.#inService(views)
      if (this.#machines.faults().length > 0) return this.#machines.faults()
      const { violations, revision } = await compareNodes(views, SERVICE_LIMIT_MS)
      if (violations.length > 0) return violations
      if (revision < this.#chronicle.end) {
        return [`revision ${this.#chronicle.end} was seen already, and now the newest is ${revision}`]
      }
      const view = views[this.#random.below(views.length)]!
      await readChronicle(view.client, this.#chronicle, revision)
      return judge(this.history.operations, this.#chronicle)
    } catch (error) {
      return [String(error), ...this.#machines.faults()]
    } finally {
      for (const view of views) view.close()
    }
  }

  /** Every node answers a linearizable read, or one has stopped by itself. */
  async #inService(views: readonly NodeView[]): Promise<void> {
    const ready = new Set<NodeView>()
    const look = async (view: NodeView): Promise<void> => {
      await view.client.get('a', { timeoutMs: SERVICE_LIMIT_MS })
      ready.add(view)
    }
    for (const view of views) look(view).catch(() => {})
    const isDecided = () => ready.size === views.length || this.#machines.faults().length > 0
    await until('all nodes to serve', isDecided, SERVICE_LIMIT_MS)
  }

  #reported(violations: readonly string[]): string[] {
    if (violations.length === 0) return []
    const logs = this.#machines.all.map(({ name, log }) => `--- log of ${name}\n${log.text()}`)
    return [...violations.slice(0, VIOLATIONS_SHOWN), ...this.moments.slice(-3), ...logs]
  }
}
