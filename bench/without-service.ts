/**
 * How long a cluster is without service when its leader goes: killed with SIGKILL, or stopped with SIGSTOP, under
 * a light open loop of writes to the nodes that stay.
 *
 * The time without service is the gap between the last write that was answered before and the first one after,
 * by when they were answered. A killed leader is noticed by its broken connections, a stopped one only by
 * its silence.
 */
import type { Client } from '../src/client/index.ts'
import { findLeader, leaderOf } from '../test/durability/leader.ts'
import { Cluster, type ClusterNode } from '../test/harness/cluster.ts'
import { until } from '../test/harness/until.ts'
import { figure } from './figures.ts'
import { clientOf } from './nodes.ts'

const REQUEST_INTERVAL_MS = 1
const REQUEST_TIMEOUT_MS = 10_000
/** Answers before and after, so that the gap is surely the failure's and the code is warm. */
const ANSWERS_AROUND = 1_000
const LIMIT_MS = 60_000

/** Asks for a write every millisecond, of one node and the next in turn, whatever became of the earlier ones. */
class OpenLoop {
  readonly #answeredAt: number[] = []
  readonly #clients: readonly Client[]
  readonly #timer: NodeJS.Timeout
  readonly #startedAt = performance.now()
  #asked = 0

  constructor(nodes: readonly ClusterNode[]) {
    this.#clients = nodes.map(clientOf)
    this.#timer = setInterval(() => this.#ask(), REQUEST_INTERVAL_MS)
  }

  /** When so many more were answered than at this moment. */
  async moreAnswers(count: number): Promise<void> {
    const goal = this.#answeredAt.length + count
    await until(`${count} more answers`, () => this.#answeredAt.length >= goal, LIMIT_MS)
  }

  /** The longest gap between answers that ends after `since`. */
  gapMs(since: number): number {
    let gap = 0
    for (let i = 1; i < this.#answeredAt.length; i++) {
      const at = this.#answeredAt[i]!
      if (at > since) gap = Math.max(gap, at - this.#answeredAt[i - 1]!)
    }
    return gap
  }

  stop(): void {
    clearInterval(this.#timer)
    for (const client of this.#clients) client.close()
  }

  /** A timer that is late asks for all that is due. */
  #ask(): void {
    const due = Math.floor((performance.now() - this.#startedAt) / REQUEST_INTERVAL_MS)
    for (; this.#asked < due; this.#asked++) {
      const client = this.#clients[this.#asked % this.#clients.length]!
      const answered = () => void this.#answeredAt.push(performance.now())
      const options = { timeoutMs: REQUEST_TIMEOUT_MS }
      client.put(`key-${this.#asked % 100}`, `${this.#asked}`, options).then(answered, () => {})
    }
  }
}

export type Fault = 'SIGKILL' | 'SIGSTOP'

async function measure(cluster: Cluster, fault: Fault): Promise<number> {
  await Promise.all(cluster.nodes.map(node => node.becomesHealthy(LIMIT_MS)))
  const leader = await leaderOf(cluster.nodes)
  const load = new OpenLoop(cluster.nodes.filter(node => node !== leader))
  await load.moreAnswers(ANSWERS_AROUND)
  const struckAt = performance.now()
  if (fault === 'SIGKILL') await leader.kill()
  else leader.pause()
  await load.moreAnswers(ANSWERS_AROUND)
  // Answers that were on their way may have satisfied that: the service must also have outlasted them.
  await until('a new leader', () => hasNewLeader(cluster, leader), LIMIT_MS)
  await load.moreAnswers(ANSWERS_AROUND)
  load.stop()
  if (fault === 'SIGKILL') leader.start()
  else leader.resume()
  return load.gapMs(struckAt)
}

async function hasNewLeader(cluster: Cluster, old: ClusterNode): Promise<boolean> {
  return (await findLeader(cluster.nodes.filter(node => node !== old))) !== undefined
}

/** Milliseconds without service, for each time that the leader was struck. */
export async function withoutService(
  times: number,
  flags: readonly string[] = [],
): Promise<Readonly<Record<Fault, readonly number[]>>> {
  const cluster = await Cluster.start({ flags })
  const gaps: Record<Fault, number[]> = { SIGKILL: [], SIGSTOP: [] }
  try {
    for (const fault of ['SIGKILL', 'SIGSTOP'] as const) {
      for (let time = 0; time < times; time++) {
        const gap = await measure(cluster, fault)
        gaps[fault].push(gap)
        process.stderr.write(`  ${fault} ${time + 1}: ${figure(gap)} ms without service\n`)
      }
    }
  } finally {
    await cluster.destroy()
  }
  return gaps
}
