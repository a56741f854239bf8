/** Programs that write without a pause, and what must be there of what they were told is done. */
import { expect } from 'vitest'
import { type Client, ClientError } from '../../src/client/index.ts'
import { addressOf } from '../../src/server/node-url.ts'
import type { Cluster, ClusterNode } from '../harness/cluster.ts'
import { until } from '../harness/until.ts'
import { clientOf, NodeView } from './node-view.ts'

const WRITERS = 4
const LIMIT_MS = 60_000
const VALUE_CHARACTERS = 500

/** Writes keys of its own without a pause, and remembers what was acknowledged. */
export class Writers {
  readonly acknowledged = new Set<string>()
  /** With which they were surely refused. */
  readonly refusals = new Set<string>()
  readonly #client: Client
  readonly #value: string
  #isOver = false
  #loops: Promise<void>[] = []

  constructor(nodes: readonly ClusterNode[], valueCharacters = VALUE_CHARACTERS) {
    this.#value = 'v'.repeat(valueCharacters)
    this.#client = clientOf(nodes.map(({ layout }) => addressOf(layout.clientUrl)))
  }

  start(): void {
    this.#loops = Array.from({ length: WRITERS }, (_, writer) => this.#loop(writer))
  }

  async more(count: number): Promise<void> {
    const goal = this.acknowledged.size + count
    await until(`${count} more writes`, () => this.acknowledged.size >= goal, LIMIT_MS)
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#loops)
    this.#client.close()
  }

  async #loop(writer: number): Promise<void> {
    for (let count = 0; !this.#isOver; count++) {
      const key = `${writer}/${count}`
      try {
        await this.#client.put(key, this.#value)
        this.acknowledged.add(key)
      } catch (error) {
        if (!(error instanceof ClientError)) throw error
        if (error.outcome === 'refused') this.refusals.add(error.message)
      }
    }
  }
}

/** All nodes come to hold the same, and everything that was acknowledged. */
export async function expectAllThere(cluster: Cluster, acknowledged: ReadonlySet<string>): Promise<void> {
  const views = cluster.nodes.map(({ layout }) => new NodeView(layout.name, addressOf(layout.clientUrl)))
  let contents = new Set<string>()
  const agree = async (): Promise<boolean> => {
    // A node that meets damage stops, and its next process repairs it: what a supervisor does.
    for (const node of cluster.nodes) if (!node.running) node.start()
    const revisions = await Promise.all(views.map(view => view.revision()))
    if (new Set(revisions).size > 1) return false
    contents = new Set(await Promise.all(views.map(view => view.contents(revisions[0]!, true))))
    return contents.size === 1
  }
  await until('all nodes to hold the same', agree, LIMIT_MS)
  const keys = new Set([...contents][0]!.split('\n').map(line => line.split(' ')[0]))
  expect([...acknowledged].filter(key => !keys.has(key))).toEqual([])
  for (const view of views) view.close()
}
