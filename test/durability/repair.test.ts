/** Real processes under load: one is killed, its directory deleted or damaged, and it comes back from its peers. */
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { type Client, ClientError } from '../../src/client/index.ts'
import { addressOf } from '../../src/server/config.ts'
import { Cluster, type ClusterNode } from '../harness/cluster.ts'
import { flipByte } from '../harness/flip-byte.ts'
import { until } from '../harness/until.ts'
import { clientOf, NodeView } from './node-view.ts'

// Many processes, on a machine that may be busy.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

const WRITERS = 4
const LIMIT_MS = 60_000
const VALUE = 'v'.repeat(500)

/** Writes keys of its own without a pause, and remembers what was acknowledged. */
class Writers {
  readonly acknowledged = new Set<string>()
  readonly #client: Client
  #isOver = false
  #loops: Promise<void>[] = []

  constructor(nodes: readonly ClusterNode[]) {
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
        await this.#client.put(key, VALUE)
        this.acknowledged.add(key)
      } catch (error) {
        if (!(error instanceof ClientError)) throw error
      }
    }
  }
}

/** All nodes come to hold the same, and everything that was acknowledged. */
async function expectAllThere(cluster: Cluster, acknowledged: ReadonlySet<string>): Promise<void> {
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

async function repaired(cluster: Cluster, damage: (node: ClusterNode) => void): Promise<void> {
  const writers = new Writers(cluster.nodes)
  writers.start()
  await writers.more(2_000)
  const victim = cluster.node(0)
  await victim.kill()
  await writers.more(200)
  damage(victim)
  victim.start()
  await writers.more(500)
  await writers.stop()
  await expectAllThere(cluster, writers.acknowledged)
}

/** Small limits, so that there are tables to damage. */
const FLAGS = ['--snapshot-count=300']

test('a node whose directory was deleted comes back with everything, and nothing acknowledged is lost', async () => {
  const cluster = await Cluster.start({ flags: FLAGS })
  await repaired(cluster, ({ layout }) => rmSync(layout.dataDir, { recursive: true }))
  expect(cluster.node(0).process.log()).toContain('the others have told enough')
  await cluster.destroy()
})

test('a node with rot in its log and in a table comes back with everything', async () => {
  const cluster = await Cluster.start({ flags: FLAGS })
  await repaired(cluster, ({ layout }) => {
    const [log, store] = [join(layout.dataDir, 'log'), join(layout.dataDir, 'store')]
    // In the header of its second batch.
    flipByte(join(log, readdirSync(log).findLast(name => name.endsWith('.log'))!), 2 * 4096 + 4)
    const table = readdirSync(store).find(name => name.endsWith('.table'))!
    flipByte(join(store, table), 100)
  })
  expect(cluster.node(0).process.log()).toContain('QUORATE_LOG_DAMAGED')
  await cluster.destroy()
})
