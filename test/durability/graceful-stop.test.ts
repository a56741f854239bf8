import { expect, test } from 'vitest'
import { type Client, ClientError } from '../../src/client/index.ts'
import { addressOf } from '../../src/server/node-url.ts'
import { Cluster } from '../harness/cluster.ts'
import { until } from '../harness/until.ts'
import { leaderOf } from './leader.ts'
import { clientOf } from './node-view.ts'

const ELECTION_MS = 3_000
const WRITERS = 4
const LIMIT_MS = 30_000

/** Writes without a pause, and remembers when it was answered and how it failed. */
class Writers {
  readonly answeredAt: number[] = []
  readonly unknown: string[] = []
  readonly #clients: readonly Client[]
  #isOver = false
  #loops: Promise<void>[] = []

  constructor(clients: readonly Client[]) {
    this.#clients = clients
  }

  start(): void {
    this.#loops = Array.from({ length: WRITERS }, (_, writer) => this.#loop(writer))
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#loops)
    for (const client of this.#clients) client.close()
  }

  /** The longest time without an answer, in milliseconds. */
  get gapMs(): number {
    return Math.max(...this.answeredAt.slice(1).map((at, i) => at - this.answeredAt[i]!))
  }

  async moreAnswers(count: number): Promise<void> {
    const goal = this.answeredAt.length + count
    await until(`${count} more answers`, () => this.answeredAt.length >= goal, LIMIT_MS)
  }

  async #loop(writer: number): Promise<void> {
    const client = this.#clients[writer % this.#clients.length]!
    for (let count = 0; !this.#isOver; count++) {
      try {
        await client.put(`key-${writer}`, `${count}`)
        this.answeredAt.push(performance.now())
      } catch (error) {
        if (!(error instanceof ClientError)) throw error
        if (error.outcome === 'unknown') this.unknown.push(error.message)
      }
    }
  }
}

test('a leader that is asked to stop hands over first: nobody waits for an election', async () => {
  const cluster = await Cluster.start({ flags: [`--election-timeout=${ELECTION_MS}`] })
  try {
    const leader = await leaderOf(cluster.nodes)
    const others = cluster.nodes.filter(node => node !== leader)
    const writers = new Writers(others.map(({ layout }) => clientOf([addressOf(layout.clientUrl)])))
    writers.start()
    await writers.moreAnswers(50)
    expect(await leader.process.stop()).toEqual({ status: 0, signal: null })
    await writers.moreAnswers(50)
    await writers.stop()
    console.info(`without service for ${writers.gapMs.toFixed(1)} ms, ${writers.unknown.length} unknown`)
    expect(writers.gapMs).toBeLessThan(ELECTION_MS / 3)
    // What was on its way through the old leader, one for each writer, may be lost to its client.
    expect(writers.unknown.length, writers.unknown.join('\n')).toBeLessThanOrEqual(WRITERS)
    expect(others).toContain(await leaderOf(others))
  } finally {
    await cluster.destroy()
  }
}, 90_000)

test('a node that is asked to stop answers what it was asked before, and exits with 0', async () => {
  const cluster = await Cluster.start()
  try {
    const leader = await leaderOf(cluster.nodes)
    const follower = cluster.nodes.find(node => node !== leader)!
    const writers = new Writers([clientOf(cluster.endpoints.map(addressOf))])
    writers.start()
    await writers.moreAnswers(50)
    expect(await follower.process.stop()).toEqual({ status: 0, signal: null })
    await writers.moreAnswers(50)
    await writers.stop()
    expect(writers.unknown).toEqual([])
  } finally {
    await cluster.destroy()
  }
}, 90_000)
