/**
 * A cluster of real processes on free ports of this machine, of Quorate or of etcd: the same flags start
 * either, which is the point. Nodes have the environment of their test, so that `ETCD_CONSENSUS=paxos` runs any of
 * them on Multi-Paxos, unchanged.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePorts } from './ports.ts'
import { Process } from './process.ts'
import { until } from './until.ts'

/** In the order in which they are measured. */
export const PROGRAMS = ['etcd', 'quorate'] as const

export type Program = (typeof PROGRAMS)[number]

/** The program under test: this tree's, or the one that the variable names (an installed package, an older version). */
export const QUORATE =
  process.env['QUORATE_PROGRAM'] ?? fileURLToPath(new URL('../../bin/quorate.js', import.meta.url))

export interface NodeLayout {
  readonly name: string
  readonly clientUrl: string
  readonly peerUrl: string
  readonly dataDir: string
  /** Where its health is asked for: the client URL, unless that speaks TLS. */
  readonly healthUrl?: string
}

export class ClusterNode {
  readonly layout: NodeLayout
  /** What the server is started with. */
  readonly flags: readonly string[]
  readonly #spawn: () => Process
  #process: Process | null = null

  constructor(layout: NodeLayout, spawn: () => Process, flags: readonly string[] = []) {
    this.layout = layout
    this.flags = flags
    this.#spawn = spawn
  }

  get process(): Process {
    if (this.#process === null) throw new Error(`${this.layout.name} was never started`)
    return this.#process
  }

  get running(): boolean {
    return this.#process?.running === true
  }

  start(): void {
    this.#process = this.#spawn()
  }

  kill(): Promise<void> {
    return this.process.kill()
  }

  pause(): void {
    this.process.signal('SIGSTOP')
  }

  resume(): void {
    this.process.signal('SIGCONT')
  }

  /** Answers `/health` with success: it has a leader and serves. */
  async healthy(): Promise<boolean> {
    const { healthUrl = this.layout.clientUrl } = this.layout
    const response = await fetch(`${healthUrl}/health`, { signal: AbortSignal.timeout(2_000) })
    const body = (await response.json()) as { health?: unknown }
    return response.status === 200 && String(body.health) === 'true'
  }

  /** Where clients reach the members of which this node knows that. */
  async clientUrls(): Promise<string[]> {
    const response = await fetch(`${this.layout.clientUrl}/v3/cluster/member/list`, {
      method: 'POST',
      body: '{}',
      signal: AbortSignal.timeout(2_000),
    })
    const { members } = (await response.json()) as { members: { clientURLs?: string[] }[] }
    return members.flatMap(({ clientURLs = [] }) => clientURLs)
  }

  async becomesHealthy(limitMs = 30_000): Promise<void> {
    await until(`${this.layout.name} to be healthy`, () => this.healthy(), limitMs)
  }
}

export interface ClusterOptions {
  readonly program?: Program
  readonly nodes?: number
  readonly flags?: readonly string[]
  readonly environment?: Record<string, string>
  /** With https the flags have to name certificates. */
  readonly scheme?: 'http' | 'https'
}

export class Cluster {
  /** The program of Quorate's nodes, and of the commands that tests run. */
  readonly program = QUORATE
  readonly nodes: readonly ClusterNode[]
  readonly directory: string

  constructor(nodes: readonly ClusterNode[], directory: string) {
    this.nodes = nodes
    this.directory = directory
  }

  /**
   * Starts all nodes and waits until each is healthy and, where that can be asked without certificates, knows where
   * clients reach each. If one does not get there, none is left; their logs are.
   */
  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    const cluster = await Cluster.prepare(options)
    for (const node of cluster.nodes) node.start()
    try {
      await Promise.all(cluster.nodes.map(node => node.becomesHealthy()))
      if (options.scheme !== 'https') await cluster.#untilAllKnowAll()
    } catch (error) {
      await cluster.destroy(true)
      throw error
    }
    return cluster
  }

  /** Lays everything out and starts nothing. */
  static async prepare(options: ClusterOptions = {}): Promise<Cluster> {
    const { program = 'quorate', nodes: count = 3, flags = [], environment = {}, scheme = 'http' } = options
    const directory = mkdtempSync(join(tmpdir(), `${program}-cluster-`))
    const ports = await freePorts(count * 3)
    const layouts = Array.from({ length: count }, (_, i): NodeLayout => {
      const name = `n${i + 1}`
      return {
        name,
        clientUrl: `${scheme}://127.0.0.1:${ports[2 * i]}`,
        peerUrl: `${scheme}://127.0.0.1:${ports[2 * i + 1]}`,
        dataDir: join(directory, name),
        ...(scheme === 'https' && { healthUrl: `http://127.0.0.1:${ports[2 * count + i]}` }),
      }
    })
    const nodes = layouts.map(layout => {
      const args = [...serverFlags(layout, layouts), ...flags]
      const logFile = join(directory, `${layout.name}.log`)
      const spawn = (): Process =>
        program === 'etcd'
          ? new Process('etcd', args, logFile, environment)
          : new Process(process.execPath, [QUORATE, 'server', ...args], logFile, environment)
      return new ClusterNode(layout, spawn, args)
    })
    return new Cluster(nodes, directory)
  }

  /** A node answers before all others have said of themselves where clients reach them. */
  async #untilAllKnowAll(): Promise<void> {
    const { endpoints } = this
    const knowsAll = async (node: ClusterNode): Promise<boolean> => {
      const known = await node.clientUrls()
      return endpoints.every(endpoint => known.includes(endpoint))
    }
    await Promise.all(
      this.nodes.map(node =>
        until(`${node.layout.name} to know where clients reach each`, () => knowsAll(node), 30_000),
      ),
    )
  }

  get endpoints(): string[] {
    return this.nodes.map(node => node.layout.clientUrl)
  }

  node(position: number): ClusterNode {
    const node = this.nodes[position]
    if (node === undefined) throw new Error(`there is no node ${position}`)
    return node
  }

  /** Kills every process that is left and removes the data, unless told to keep it. */
  async destroy(keepData = false): Promise<void> {
    for (const node of this.nodes) {
      if (!node.running) continue
      node.resume()
      await node.kill()
    }
    if (!keepData) rmSync(this.directory, { recursive: true, force: true })
  }
}

function serverFlags(node: NodeLayout, all: readonly NodeLayout[]): string[] {
  return [
    `--name=${node.name}`,
    `--data-dir=${node.dataDir}`,
    `--listen-client-urls=${node.clientUrl}`,
    `--advertise-client-urls=${node.clientUrl}`,
    `--listen-peer-urls=${node.peerUrl}`,
    `--initial-advertise-peer-urls=${node.peerUrl}`,
    `--initial-cluster=${all.map(each => `${each.name}=${each.peerUrl}`).join(',')}`,
    '--initial-cluster-state=new',
    '--initial-cluster-token=test',
    ...(node.healthUrl === undefined ? [] : [`--listen-metrics-urls=${node.healthUrl}`]),
  ]
}
