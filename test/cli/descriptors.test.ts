/** However many connections strangers open: the files that a node needs are never among what they can take. */
import { existsSync, readdirSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { connectEndpoints } from '../../src/cli/connect-endpoints.ts'
import { ExitCode } from '../../src/cli/exit-codes.ts'
import { clientConnectionsMax } from '../../src/server/open-files.ts'
import { Cluster, type ClusterNode, QUORATE } from '../harness/cluster.ts'
import { Process } from '../harness/process.ts'
import { until } from '../harness/until.ts'

vi.setConfig({ testTimeout: 120_000 })

const OPEN_FILES_MAX = 250
const STRANGERS = 400

const endings: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

/** A node that is its own cluster, laid out and not started. */
async function prepare(): Promise<{ node: ClusterNode; directory: string }> {
  const cluster = await Cluster.prepare({ nodes: 1 })
  endings.push(() => cluster.destroy())
  return { node: cluster.node(0), directory: cluster.directory }
}

/** The limit is set by a shell, which then becomes the node. */
function startLimited({ layout }: ClusterNode, directory: string, openFilesMax: number): Process {
  const flags = [
    `--name=${layout.name}`,
    `--data-dir=${layout.dataDir}`,
    `--listen-client-urls=${layout.clientUrl}`,
    `--advertise-client-urls=${layout.clientUrl}`,
    `--listen-peer-urls=${layout.peerUrl}`,
    `--initial-advertise-peer-urls=${layout.peerUrl}`,
    `--initial-cluster=${layout.name}=${layout.peerUrl}`,
  ]
  const script = `ulimit -n ${openFilesMax}; exec "$0" "$@"`
  const command = ['-c', script, process.execPath, QUORATE, 'server', ...flags]
  const node = new Process('bash', command, `${directory}/limited.log`)
  endings.push(() => node.kill())
  return node
}

/** Connections that say nothing, to a port of this machine; counts those that the other side has closed. */
class Strangers {
  closed = 0
  #connected = 0
  readonly #sockets: readonly Socket[]

  constructor(url: string, count: number) {
    this.#sockets = Array.from({ length: count }, () => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1', () => this.#connected++)
      socket.on('error', () => {})
      socket.on('close', () => this.closed++)
      return socket
    })
    endings.push(async () => this.leave())
  }

  get allConnected(): boolean {
    return this.#connected === this.#sockets.length
  }

  leave(): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}

test('a node outlives clients and peers that open all the connections they can, and goes on with its log', async () => {
  const { node, directory } = await prepare()
  const server = startLimited(node, directory, OPEN_FILES_MAX)
  await node.becomesHealthy(60_000)
  const { client } = connectEndpoints(node.layout.clientUrl)
  endings.push(async () => client.close())
  await client.put('before', 'x')

  const clients = new Strangers(node.layout.clientUrl, STRANGERS)
  const peers = new Strangers(node.layout.peerUrl, STRANGERS)
  await until('the strangers to be there', () => clients.allConnected && peers.allConnected)
  // The log's files have 4, 8, 16 MiB: this needs the second and the third one.
  const value = new Uint8Array(64 * 1024)
  for (let batch = 0; batch < 20; batch++) {
    await Promise.all(Array.from({ length: 10 }, (_, i) => client.put(`k${10 * batch + i}`, value)))
  }
  expect(readdirSync(join(node.layout.dataDir, 'log')).length).toBeGreaterThanOrEqual(3)
  expect(server.log()).not.toContain('halt:')

  // Those that it holds are as many as it may hold with ours (and the one that asked for its health, if still open).
  const held = clientConnectionsMax(OPEN_FILES_MAX, 0)
  await until('the rest to be turned away', () => clients.closed >= STRANGERS - held)
  expect(clients.closed).toBeLessThanOrEqual(STRANGERS - held + 2)
  expect(server.log()).toContain('there are too many')

  clients.leave()
  await until('a new connection to be served', () => node.healthy())
  expect(server.running).toBe(true)
})

test('a node that may open too few files does not start, and says how many it needs', async () => {
  const { node, directory } = await prepare()
  const server = startLimited(node, directory, 200)
  expect((await server.ended).status).toBe(ExitCode.refused)
  expect(server.log()).toMatch(
    /may open 200 files, .* needs 208 \[QUORATE_OPEN_FILES_TOO_FEW\]; hint: .*ulimit -n.*\n$/,
  )
  expect(existsSync(node.layout.dataDir)).toBe(false)
})
