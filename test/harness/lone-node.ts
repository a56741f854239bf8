/** One node that is its own cluster: the smallest thing that keeps promises, for tests of what stops it. */
import { readFileSync, statSync } from 'node:fs'
import { afterEach } from 'vitest'
import { connectEndpoints } from '../../src/cli/connect-endpoints.ts'
import { type Client, prefixSpan } from '../../src/client/client.ts'
import { Cluster, type ClusterNode } from './cluster.ts'
import { type CommandOutcome, quorate } from './command.ts'
import type { Ended } from './process.ts'

export class LoneNode {
  readonly cluster: Cluster
  readonly node: ClusterNode

  constructor(cluster: Cluster) {
    this.cluster = cluster
    this.node = cluster.node(0)
  }

  static async prepare(...flags: string[]): Promise<LoneNode> {
    return new LoneNode(await Cluster.prepare({ nodes: 1, flags }))
  }

  static async start(...flags: string[]): Promise<LoneNode> {
    const lone = await LoneNode.prepare(...flags)
    await lone.start()
    return lone
  }

  get dataDir(): string {
    return this.node.layout.dataDir
  }

  get url(): string {
    return this.node.layout.clientUrl
  }

  async start(): Promise<void> {
    this.node.start()
    await this.node.becomesHealthy(60_000)
  }

  /** Stops the node as a supervisor would. */
  stop(): Promise<Ended> {
    return this.node.process.stop()
  }

  /** Starts the node, waits until it has ended by itself, and returns its status and last words. */
  async refusesToStart(): Promise<{ status: number | null; said: string }> {
    const logFile = `${this.cluster.directory}/${this.node.layout.name}.log`
    const before = sizeOf(logFile)
    this.node.start()
    const { status } = await this.node.process.ended
    const lines = readFileSync(logFile).subarray(before).toString('utf8').trimEnd().split('\n')
    return { status, said: lines.at(-1) ?? '' }
  }

  kv(args: readonly string[], stdin?: string | Uint8Array): Promise<CommandOutcome> {
    const input = stdin === undefined ? {} : { stdin }
    return quorate(['kv', ...args, '--endpoints', this.url], input)
  }

  /** Writes so many pairs, k0, k1, ... */
  async fill(count: number, size = 20): Promise<void> {
    const value = new Uint8Array(size)
    await this.#withClient(client =>
      Promise.all(Array.from({ length: count }, (_, i) => client.put(`k${i}`, value))),
    )
  }

  /** How many of them are there. */
  async count(): Promise<number> {
    const { count } = await this.#withClient(client => client.range(prefixSpan('k'), { countOnly: true }))
    return count
  }

  async #withClient<T>(use: (client: Client) => Promise<T>): Promise<T> {
    const { client } = connectEndpoints(this.url)
    try {
      return await use(client)
    } finally {
      client.close()
    }
  }
}

/** Lone nodes of a file's tests: what this prepares is gone when the test that asked for it has ended. */
export function loneNodes(): (...flags: string[]) => Promise<LoneNode> {
  const prepared: LoneNode[] = []
  afterEach(async () => {
    for (const lone of prepared.splice(0)) await lone.cluster.destroy()
  })
  return async (...flags) => {
    const lone = await LoneNode.prepare(...flags)
    prepared.push(lone)
    return lone
  }
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size
  } catch {
    return 0
  }
}
