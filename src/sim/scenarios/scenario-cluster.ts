/**
 * A cluster in the words of whoever writes a scenario: `cluster.node('a').pause()`, `cluster.link('a', 'b').cut()`,
 * `await cluster.converges()`. What is not awaited happens at this instant; what is awaited lets time pass.
 */
import type { Random } from '../../core/prng.ts'
import { addMs, type Instant, msBetween } from '../../core/time.ts'
import type { Fault } from '../faults/fault.ts'
import { compareReplicas } from '../run/compare-replicas.ts'
import { LOOK_AGAIN_MS } from '../run/limits.ts'
import { isServed } from '../run/trial.ts'
import type { RecordedClient } from '../workloads/index.ts'
import type { Director } from './director.ts'
import { DIFFER_MS_MAX, MILLIONTHS_PER_PERCENT, REST_MS, WAIT_MS_MAX } from './limits.ts'
import { ScenarioClient } from './scenario-client.ts'
import { ScenarioLink } from './scenario-link.ts'
import { type LoadSize, ScenarioLoad } from './scenario-load.ts'
import { ScenarioNode } from './scenario-node.ts'

/** A node, or its name. */
export type Named = ScenarioNode | string

export class ScenarioCluster {
  readonly nodes: readonly ScenarioNode[]
  /** For scenarios that leave something to chance: the same seed gives the same draws. */
  readonly random: Random
  readonly #director: Director

  constructor(director: Director) {
    this.#director = director
    this.random = director.trial.cluster.world.random.fork()
    this.nodes = director.trial.cluster.names.map(name => new ScenarioNode(director, name))
  }

  // --- Who is who ---

  node(name: string): ScenarioNode {
    const node = this.nodes.find(each => each.name === name)
    if (node !== undefined) return node
    this.#director.step(`node ${name}`)
    return this.#director.refuse(`the nodes are ${namesOf(this.nodes)}`)
  }

  /** What lies between two nodes. */
  link(a: Named, b: Named): ScenarioLink {
    return new ScenarioLink(this.#director, this.#known(a).name, this.#known(b).name)
  }

  /** All nodes but these. */
  others(...but: readonly Named[]): readonly ScenarioNode[] {
    const names = but.map(each => this.#known(each).name)
    return this.nodes.filter(({ name }) => !names.includes(name))
  }

  /** Those that have a process. */
  get running(): readonly ScenarioNode[] {
    return this.nodes.filter(({ isUp }) => isUp)
  }

  // --- What happens to all of them ---

  /** Members of different groups no longer reach each other; who is in no group is alone. Clients reach everybody. */
  partition(...groups: readonly (readonly Named[])[]): void {
    this.#cause({ kind: 'partition', groups: groups.map(group => group.map(each => this.#known(each).name)) })
  }

  /** Takes away whatever is wrong with the network: cuts, clogs, narrow paths, losses. */
  heal(): void {
    this.#director.causeAll('every path is healed', [{ kind: 'healAll' }, this.#losses(0)])
  }

  /** From now on so many segments in a hundred get lost, and are sent again later. */
  loseMessages(percent: number): void {
    this.#director.causeAll(`${percent} of 100 segments get lost`, [this.#losses(percent)])
  }

  /** The power of all of them, or of these, fails at one instant. */
  losePower(...nodes: readonly Named[]): void {
    const members = this.#these(nodes).map(({ name }) => name)
    this.#cause({ kind: 'losePowerTogether', members })
  }

  /** Starts all that do not run, or these. */
  start(...nodes: readonly Named[]): void {
    for (const node of this.#these(nodes)) if (!node.isUp || nodes.length > 0) node.start()
  }

  // --- What is waited for ---

  /** Lets so much time pass. */
  async after(ms: number): Promise<void> {
    const { cluster } = this.#director.trial
    const end = addMs(cluster.now(), ms)
    await this.#director.until(`${ms} ms pass`, () => cluster.now() >= end, ms)
  }

  /** Until the condition holds; what it is stands in the story. */
  async until(what: string, condition: () => boolean, limitMs = WAIT_MS_MAX): Promise<void> {
    await this.#director.until(what, condition, limitMs)
    this.#director.step(what)
  }

  /** What is waited for comes about in this time: `await cluster.within(500, cluster.elects())`. */
  async within<T>(ms: number, awaited: Promise<T>): Promise<T> {
    const { cluster } = this.#director.trial
    const begin = cluster.now()
    const value = await awaited
    this.holds(`that took at most ${ms} ms`, msBetween(begin, cluster.now()) <= ms)
    return value
  }

  /** One of them all, or of these, leads; gives the one that does. */
  async elects(...among: readonly Named[]): Promise<ScenarioNode> {
    const able = this.#these(among)
    const leading = (): readonly ScenarioNode[] => able.filter(({ leads }) => leads)
    await this.#director.until(`one of ${namesOf(able)} leads`, () => leading().length === 1)
    const [leader] = leading()
    this.#director.step(`${leader!.name} leads`)
    return leader!
  }

  /** All of them, or these, do what they are asked, each by itself. */
  async serves(...nodes: readonly Named[]): Promise<void> {
    const asked = this.#these(nodes)
    const silent = new Set(asked.map(({ name }) => name))
    for (const [name, client] of this.#clientsOf(asked)) {
      const ask = async (): Promise<void> => {
        while (!(await isServed(client))) await this.#director.trial.cluster.pause(LOOK_AGAIN_MS)
        silent.delete(name)
      }
      ask().catch(this.#director.trial.stage.broken)
    }
    await this.until(`${namesOf(asked)} can be asked`, () => silent.size === 0)
  }

  /** All of them, or these, come to hold the same: the newest state, and states of the past. */
  async converges(...nodes: readonly Named[]): Promise<void> {
    const compared = this.#these(nodes)
    const { trial } = this.#director
    const clients = this.#clientsOf(compared)
    const end = addMs(trial.cluster.now(), WAIT_MS_MAX)
    let differsFrom: Instant | undefined
    for (;;) {
      const agreement = await compareReplicas(clients)
      const now = trial.cluster.now()
      if (agreement.kind === 'agreed') {
        this.#director.step(`${namesOf(compared)} hold the same, at revision ${agreement.revision}`)
        return
      }
      differsFrom = agreement.kind === 'differ' ? (differsFrom ?? now) : undefined
      const differsForGood = differsFrom !== undefined && msBetween(differsFrom, now) >= DIFFER_MS_MAX
      if (differsForGood || now >= end) {
        const verdict = differsForGood ? 'correctness' : 'liveness'
        await this.#director.fail(verdict, `they did not converge: ${agreement.why}`)
      }
      await trial.cluster.pause(LOOK_AGAIN_MS)
    }
  }

  /** All of them run, have the same log, know it to be decided, and write nothing more of their own accord. */
  async rests(): Promise<void> {
    const { cluster } = this.#director.trial
    let end = 0
    let since = cluster.now()
    await this.until(`${namesOf(this.nodes)} rest`, () => {
      const ends = this.nodes.flatMap(({ lastIndex, commitIndex }) => [lastIndex, commitIndex])
      const isSame = this.running.length === this.nodes.length && ends.every(each => each === end)
      if (!isSame) {
        end = ends[0]!
        since = cluster.now()
      }
      return isSame && msBetween(since, cluster.now()) >= REST_MS
    })
  }

  /** What must be true at this moment; else the scenario ends here, and badly. */
  holds(what: string, isTrue: boolean): void {
    this.#director.demand(what, isTrue)
  }

  // --- Who asks ---

  /** Knows all of them, or these only. */
  client(...nodes: readonly Named[]): ScenarioClient {
    return new ScenarioClient(
      this.#director,
      this.#these(nodes).map(({ name }) => name),
    )
  }

  /** Clients that ask for everything that there is, by themselves. */
  load(size: Partial<LoadSize> = {}): ScenarioLoad {
    return new ScenarioLoad(this.#director, size)
  }

  /** These; if none are named, all. */
  #these(nodes: readonly Named[]): readonly ScenarioNode[] {
    return nodes.length === 0 ? this.nodes : nodes.map(each => this.#known(each))
  }

  #known(node: Named): ScenarioNode {
    return typeof node === 'string' ? this.node(node) : node
  }

  #clientsOf(nodes: readonly ScenarioNode[]): ReadonlyMap<string, RecordedClient> {
    return this.#director.trial.clientPerMember(nodes.map(({ name }) => name))
  }

  #losses(percent: number): Fault {
    const { links, faults } = this.#director.trial.cluster.world.network
    const lossPerMillion = percent * MILLIONTHS_PER_PERCENT
    return { kind: 'links', quality: links.quality, faults: { ...faults, lossPerMillion } }
  }

  #cause(fault: Fault): void {
    this.#director.cause(fault)
  }
}

/** `a, b and c`. */
function namesOf(nodes: readonly ScenarioNode[]): string {
  const names = nodes.map(({ name }) => name)
  const last = names.pop() ?? 'nobody'
  return names.length === 0 ? last : `${names.join(', ')} and ${last}`
}
