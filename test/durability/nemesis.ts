/**
 * Kills and pauses real processes at random: mostly one node at a time, now and then a majority or all. Then
 * it lets them come back, waits until a client is served again, and so on.
 */
import type { Random } from '../../src/core/prng.ts'
import type { Cluster, ClusterNode } from '../harness/cluster.ts'
import { until } from '../harness/until.ts'

const PAUSE_MS_MAX = 2_500
const DOWN_MS_MAX = 800
const QUIET_MS_MAX = 700
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
    const victims = this.#victims()
    const names = victims.map(({ layout }) => layout.name).join(' ')
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

  /** One of three most of the time, else two or all. */
  #victims(): ClusterNode[] {
    const { random, cluster } = this.#options
    const left = [...cluster.nodes]
    const count = random.chance(3, 4) ? 1 : 2 + random.below(left.length - 1)
    return Array.from({ length: count }, () => left.splice(random.below(left.length), 1)[0]!)
  }

  /** A few more answers have come: the cluster has recovered, though perhaps not each of its nodes. */
  async #served(): Promise<void> {
    const { answers } = this.#options
    const before = answers()
    await until('the cluster to serve again', () => answers() > before + 10, SERVICE_LIMIT_MS)
  }
}

/** For how long a fault lasts is the nemesis's choice, not something to wait for. */
function passed(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
