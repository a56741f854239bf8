/**
 * Kills and pauses real processes at random: mostly one node at a time, now and then a majority or all. Then
 * it lets them come back, waits until a client is served again, and so on.
 */
import type { Random } from '../../src/core/prng.ts'
import type { Cluster, ClusterNode } from '../harness/cluster.ts'
import { until } from '../harness/until.ts'
import { findLeader } from './leader.ts'

const PAUSE_MS_MAX = 2_500
const DOWN_MS_MAX = 800
const QUIET_MS_MAX = 700
/** Shorter than a leader's patience with followers that are gone. */
const ALONE_MS_MAX = 400
const SERVICE_LIMIT_MS = 60_000

export interface NemesisOptions {
  readonly cluster: Cluster
  readonly random: Random
  /** Counts what clients were answered: progress is that it grows. */
  answers(): number
}

export class Nemesis {
  readonly deeds: string[] = []
  readonly #options: NemesisOptions

  constructor(options: NemesisOptions) {
    this.#options = options
  }

  async run(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      await this.#strike()
      await this.#served()
      await passed(this.#options.random.below(QUIET_MS_MAX))
    }
  }

  /** Everything runs again. */
  heal(): void {
    for (const node of this.#options.cluster.nodes) {
      node.resume()
      if (!node.running) node.start()
    }
  }

  async #strike(): Promise<void> {
    const { random } = this.#options
    if (random.chance(1, 5)) return this.#relieve()
    const victims = this.#victims()
    const names = namesOf(victims)
    if (random.chance(1, 3)) {
      const ms = random.below(PAUSE_MS_MAX)
      this.deeds.push(`pause ${names} for ${ms} ms`)
      for (const node of victims) node.pause()
      await passed(ms)
      for (const node of victims) node.resume()
      return
    }
    this.deeds.push(`kill ${names}`)
    await Promise.all(victims.map(node => node.kill()))
    await passed(random.below(DOWN_MS_MAX))
    for (const node of victims) node.start()
    // Sometimes a start is cut short, too.
    if (!random.chance(1, 4)) return
    await passed(random.below(DOWN_MS_MAX))
    const [first] = victims
    this.deeds.push(`kill ${first!.layout.name} while it starts`)
    await first!.kill()
    first!.start()
  }

  /**
   * A majority dies, the others a little later, and the majority goes on without them: whatever the others
   * acknowledged by themselves in between would be lost.
   */
  async #relieve(): Promise<void> {
    const { random, cluster } = this.#options
    const leader = await findLeader(cluster.nodes)
    // The leader goes last: it alone could acknowledge anything by itself.
    const nodes = shuffled(cluster.nodes, random).sort((a, b) => Number(a === leader) - Number(b === leader))
    const majority = nodes.slice(0, (nodes.length >> 1) + 1)
    const others = nodes.slice(majority.length)
    this.deeds.push(`kill ${namesOf(majority)}, then ${namesOf(others)}; start ${namesOf(majority)} first`)
    await Promise.all(majority.map(node => node.kill()))
    await passed(random.below(ALONE_MS_MAX))
    await Promise.all(others.map(node => node.kill()))
    for (const node of majority) node.start()
    await this.#served()
    for (const node of others) node.start()
  }

  /** One of three most of the time, else two or all. */
  #victims(): ClusterNode[] {
    const { random, cluster } = this.#options
    const count = random.chance(3, 4) ? 1 : 2 + random.below(cluster.nodes.length - 1)
    return shuffled(cluster.nodes, random).slice(0, count)
  }

  /** A few more answers have come: the cluster has recovered, though perhaps not each of its nodes. */
  async #served(): Promise<void> {
    const { answers } = this.#options
    const before = answers()
    await until('the cluster to serve again', () => answers() > before + 10, SERVICE_LIMIT_MS)
  }
}

function namesOf(nodes: readonly ClusterNode[]): string {
  return nodes.map(({ layout }) => layout.name).join(' ')
}

function shuffled<Element>(elements: readonly Element[], random: Random): Element[] {
  const left = [...elements]
  return elements.map(() => left.splice(random.below(left.length), 1)[0]!)
}

/** For how long a fault lasts is the nemesis's choice, not something to wait for. */
function passed(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
