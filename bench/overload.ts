/**
 * What becomes of a cluster of three that is asked for more than it can do: its peak with a few hundred puts in flight,
 * then several times as many a second, whatever becomes of the earlier ones. Beside it a real etcd, in the same run.
 * The load comes from this process, on the same machine: the ratios say more than the figures.
 *
 *     npx tsx bench/overload.ts [--times 3] [--seconds 10] [--requests 30000] [--connections 20] [--idle 10000]
 *       [--greedy 4] [--programs etcd,quorate]
 *
 * `--idle`: how many connections that say nothing are opened then, and what puts and memory cost beside them (0: none).
 * `--greedy`: how many connections have thousands of puts in flight, and what one put after the other takes beside
 * them.
 */
import { concatBytes } from '../src/core/bytes.ts'
import { silentLogger } from '../src/runtime/logger.ts'
import type { Connection } from '../src/runtime/network.ts'
import { nodeRuntime } from '../src/runtime/node/index.ts'
import { addressOf } from '../src/server/node-url.ts'
import { PREFACE } from '../src/wire/http2/frame.ts'
import { leaderOf } from '../test/durability/leader.ts'
import { Cluster, type ClusterNode, PROGRAMS, type Program } from '../test/harness/cluster.ts'
import { oneOf, readOptions, wholeNumber } from '../test/harness/options.ts'
import { until } from '../test/harness/until.ts'
import { checkPut, PUT, putOf } from './etcd-requests.ts'
import { figure, markdownTable, percentile } from './figures.ts'
import { Load, type LoadResult } from './load.ts'
import { residentMiB } from './nodes.ts'

const { values: flags } = readOptions({
  options: {
    times: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '10' },
    requests: { type: 'string', default: '30000' },
    connections: { type: 'string', default: '20' },
    idle: { type: 'string', default: '0' },
    greedy: { type: 'string', default: '0' },
    programs: { type: 'string', default: 'etcd,quorate' },
  },
})
const times = wholeNumber('times', flags.times, 1)
const seconds = wholeNumber('seconds', flags.seconds, 1)
const requests = wholeNumber('requests', flags.requests, 1)
const connections = wholeNumber('connections', flags.connections, 1)
const idle = wholeNumber('idle', flags.idle, 0)
const greedy = wholeNumber('greedy', flags.greedy, 0)
const programs = flags.programs.split(',').map(name => oneOf('programs', name, PROGRAMS))

const IN_FLIGHT = 500
/** Of one greedy connection: fewer than the streams that it may have. */
const GREEDY_IN_FLIGHT = 4_000
const SPREAD = 100_000
/** An HTTP/2 frame of no settings: nine bytes of header. */
const EMPTY_SETTINGS = Uint8Array.of(0, 0, 0, 4, 0, 0, 0, 0, 0)

const { network } = nodeRuntime({ log: silentLogger })
const rows: string[][] = []

function note(program: Program, what: string, value: number): void {
  rows.push([program, what, figure(value)])
  process.stderr.write(`  ${program.padEnd(8)} ${what}: ${figure(value)}\n`)
}

function open(node: ClusterNode, over = connections): Promise<Load> {
  return Load.open({
    url: node.layout.clientUrl,
    path: PUT,
    connections: over,
    message: sequence => putOf((sequence * 7919) % SPREAD),
    check: checkPut,
  })
}

async function measured(program: Program): Promise<void> {
  const cluster = await Cluster.start({ program })
  try {
    const leader = await leaderOf(cluster.nodes)
    const load = await open(leader)
    await load.closedLoop(Math.ceil(requests / 2), IN_FLIGHT)
    const peak = await load.closedLoop(requests, IN_FLIGHT)
    note(program, `peak, puts/s with ${IN_FLIGHT} in flight`, peak.requestsPerSecond)
    note(program, 'resident memory of the leader at its peak, MiB', residentMiB(leader))
    const over = await load.openLoop(peak.requestsPerSecond * times, seconds)
    tellOverload(program, peak, over)
    note(program, 'resident memory of the leader afterwards, MiB', residentMiB(leader))
    const calm = await load.closedLoop(Math.ceil(requests / 10), 10)
    note(program, 'after it, 10 in flight, p99 ms', percentile(calm.latenciesMs, 0.99))
    load.close()
    if (idle > 0) await besideIdle(program, leader)
    if (greedy > 0) await besideGreedy(program, leader)
  } finally {
    await cluster.destroy()
  }
}

function tellOverload(program: Program, peak: LoadResult, over: LoadResult): void {
  const offered = over.latenciesMs.length
  note(program, `served/s at ${times} times that`, over.servedPerSecond)
  note(program, 'goodput: its share of the peak', over.servedPerSecond / peak.requestsPerSecond)
  note(program, 'refused, share of what was offered', over.failures / offered)
  note(program, 'of those served, p50 ms', percentile(over.servedMs, 0.5))
  note(program, 'of those served, p99 ms', percentile(over.servedMs, 0.99))
}

async function besideIdle(program: Program, node: ClusterNode): Promise<void> {
  const load = await open(node)
  const alone = await load.closedLoop(2_000, 1)
  note(program, 'one put after the other, p50 ms', percentile(alone.latenciesMs, 0.5))
  const before = residentMiB(node)
  const opened = await openIdle(node)
  note(program, 'connections that say nothing', opened.length)
  note(program, 'KiB of memory for each of them', ((residentMiB(node) - before) * 1024) / opened.length)
  const beside = await load.closedLoop(2_000, 1)
  note(program, 'one put after the other beside them, p50 ms', percentile(beside.latenciesMs, 0.5))
  note(program, 'one put after the other beside them, p99 ms', percentile(beside.latenciesMs, 0.99))
  for (const connection of opened) connection.destroy()
  load.close()
}

async function besideGreedy(program: Program, node: ClusterNode): Promise<void> {
  const [load, polite] = await Promise.all([open(node, greedy), open(node, 1)])
  let isOver = false
  const filled = load.closedLoop(requests + greedy * GREEDY_IN_FLIGHT, greedy * GREEDY_IN_FLIGHT)
  const all = filled.then(result => {
    isOver = true
    return result
  })
  const latenciesMs: number[] = []
  while (!isOver) latenciesMs.push(...(await polite.closedLoop(1, 1)).latenciesMs)
  const name = `${greedy} connections with ${GREEDY_IN_FLIGHT} puts in flight each`
  note(program, `one put after the other beside ${name}, p50 ms`, percentile(latenciesMs, 0.5))
  note(program, `one put after the other beside ${name}, p99 ms`, percentile(latenciesMs, 0.99))
  note(program, `puts/s of ${name}`, (await all).requestsPerSecond)
  load.close()
  polite.close()
}

/** As many as there are files for, here and there. Each says what an HTTP/2 client says first. */
async function openIdle(node: ClusterNode): Promise<Connection[]> {
  const address = addressOf(node.layout.clientUrl)
  const preface = concatBytes([PREFACE, EMPTY_SETTINGS])
  const alive = new Set<Connection>()
  let answered = 0
  for (let i = 0; i < idle; i++) {
    const connection: Connection = network.connect(address, {
      opened: () => {
        alive.add(connection)
        answered++
        connection.write(preface)
      },
      received: () => {},
      drained: () => {},
      closed: () => {
        if (!alive.delete(connection)) answered++
      },
    })
    if (i % 200 === 199) await until('connections to be made', () => answered > i, 30_000)
  }
  await until('connections to be made', () => answered >= idle, 30_000)
  return [...alive]
}

for (const program of programs) await measured(program)
process.stdout.write(`${markdownTable(['program', 'figure', 'value'], rows)}\n`)
