/**
 * Three nodes of Quorate and three of etcd on this machine, in turn, in one run: `npm run bench`. What is
 * compared is the ratio within a round; absolute figures are the machine's.
 *
 * Options: `--rounds 3`, `--requests 30000`, `--keys 1000000` (for the part with uniform keys; 0: without it),
 * `--failures 10` (how often the leader is killed, and stopped; 0: never), `--consensus raft|paxos`.
 */
import { cpus } from 'node:os'
import { join } from 'node:path'
import { randomFromSeed } from '../src/core/prng.ts'
import { PROTOCOL_NAMES } from '../src/protocols/protocols.ts'
import { leaderOf } from '../test/durability/leader.ts'
import { Cluster, type ClusterNode, PROGRAMS, type Program } from '../test/harness/cluster.ts'
import { oneOf, readOptions, wholeNumber } from '../test/harness/options.ts'
import { checkPut, checkRange, PUT, putOf, RANGE, rangeOf } from './etcd-requests.ts'
import { figure, markdownTable, median, percentile } from './figures.ts'
import { h2load } from './h2load.ts'
import { Load } from './load.ts'
import { residentMiB, revisionOf } from './nodes.ts'
import { type Fault, withoutService } from './without-service.ts'

const { values: flags } = readOptions({
  options: {
    rounds: { type: 'string', default: '3' },
    requests: { type: 'string', default: '30000' },
    keys: { type: 'string', default: '1000000' },
    seconds: { type: 'string', default: '10' },
    failures: { type: 'string', default: '10' },
    consensus: { type: 'string', default: 'raft' },
  },
})
const rounds = wholeNumber('rounds', flags.rounds, 1)
const requests = wholeNumber('requests', flags.requests, 1)
const keys = wholeNumber('keys', flags.keys, 1)
const seconds = wholeNumber('seconds', flags.seconds, 1)
const failures = wholeNumber('failures', flags.failures, 0)
const consensus = oneOf('consensus', flags.consensus, PROTOCOL_NAMES)

/** What is measured, with its unit; for `less` a smaller figure is better. */
const FIGURES = {
  'puts/s, 10 x 50 streams, one key': 'more',
  'puts/s at a follower, 10 x 50 streams': 'more',
  'linearizable reads/s, 10 x 50 streams': 'more',
  'sequential puts, the first 1,000 of a new cluster, mean ms': 'less',
  'sequential puts, mean ms': 'less',
  'sequential linearizable reads, mean ms': 'less',
  'start until all three answer, ms': 'less',
  'resident memory of the leader, MiB': 'less',
  'uniform puts/s, 500 in flight': 'more',
  'uniform puts at half of the lower peak, p50 ms': 'less',
  'uniform puts at half of the lower peak, p99 ms': 'less',
  'uniform puts at half of the lower peak, p99.9 ms': 'less',
  'uniform reads/s, 500 in flight': 'more',
  'resident memory of the leader with all keys, MiB': 'less',
} as const

type Figure = keyof typeof FIGURES

/** What we ask of ourselves: at least this ratio. */
const BARS: Partial<Record<Figure, number>> = {
  'puts/s, 10 x 50 streams, one key': 1,
  'linearizable reads/s, 10 x 50 streams': 3,
  'sequential puts, mean ms': 1,
}
const measured = new Map<string, number[]>()

function note(program: Program, name: Figure, value: number): void {
  const key = `${program} ${name}`
  measured.set(key, [...(measured.get(key) ?? []), value])
  process.stderr.write(`  ${program.padEnd(8)} ${name}: ${figure(value)}\n`)
}

function startCluster(program: Program): Promise<Cluster> {
  const flags = program === 'quorate' ? [`--consensus=${consensus}`] : []
  return Cluster.start({ program, flags })
}

async function startTimed(program: Program): Promise<Cluster> {
  const start = performance.now()
  const cluster = await startCluster(program)
  note(program, 'start until all three answer, ms', performance.now() - start)
  return cluster
}

/** h2load against one node; what it calls a success is checked by how far the revision went. */
async function putsByH2load(
  cluster: Cluster,
  node: ClusterNode,
  count: number,
  connections: number,
  streams: number,
) {
  const before = await revisionOf(node)
  const result = h2load({
    url: `${node.layout.clientUrl}${PUT}`,
    message: putOf(1),
    bodyFile: join(cluster.directory, 'body'),
    requests: count,
    connections,
    streams,
  })
  const done = (await revisionOf(node)) - before
  if (done !== count) throw new Error(`${count} puts, but the revision went up by ${done}`)
  return result
}

async function oneKey(program: Program): Promise<void> {
  const cluster = await startTimed(program)
  try {
    const leader = await leaderOf(cluster.nodes)
    const follower = cluster.nodes.find(node => node !== leader)!
    const first = await putsByH2load(cluster, leader, 1_000, 1, 1)
    note(program, 'sequential puts, the first 1,000 of a new cluster, mean ms', first.meanMs)
    await putsByH2load(cluster, leader, Math.ceil(requests / 2), 10, 50)
    const puts = await putsByH2load(cluster, leader, requests, 10, 50)
    note(program, 'puts/s, 10 x 50 streams, one key', puts.requestsPerSecond)
    const atFollower = await putsByH2load(cluster, follower, requests, 10, 50)
    note(program, 'puts/s at a follower, 10 x 50 streams', atFollower.requestsPerSecond)
    // One after the other is another path than many at once, and has to be warm as well.
    await putsByH2load(cluster, leader, Math.ceil(requests / 10), 1, 1)
    const sequential = await putsByH2load(cluster, leader, Math.ceil(requests / 10), 1, 1)
    note(program, 'sequential puts, mean ms', sequential.meanMs)
    const read = {
      url: `${leader.layout.clientUrl}${RANGE}`,
      message: rangeOf(1),
      bodyFile: join(cluster.directory, 'body'),
    }
    const reads = h2load({ ...read, requests, connections: 10, streams: 50 })
    note(program, 'linearizable reads/s, 10 x 50 streams', reads.requestsPerSecond)
    h2load({ ...read, requests: Math.ceil(requests / 10), connections: 1, streams: 1 })
    const one = h2load({ ...read, requests: Math.ceil(requests / 10), connections: 1, streams: 1 })
    note(program, 'sequential linearizable reads, mean ms', one.meanMs)
    note(program, 'resident memory of the leader, MiB', residentMiB(leader))
  } finally {
    await cluster.destroy()
  }
}

/** Keys uniform over all preloaded ones. Returns the peak, and how to measure latency at a given rate. */
async function uniform(program: Program): Promise<{ peak: number; atRate: (rate: number) => Promise<void> }> {
  const cluster = await startCluster(program)
  const leader = await leaderOf(cluster.nodes)
  const random = randomFromSeed(7)
  const url = leader.layout.clientUrl
  const preload = await Load.open({ url, path: PUT, connections: 10, message: putOf, check: checkPut })
  const loaded = await preload.closedLoop(keys, 500)
  preload.close()
  if (loaded.failures > 0) throw new Error(`${loaded.failures} puts of the preload failed`)
  const drawn = (): number => random.below(keys)
  const puts = await Load.open({
    url,
    path: PUT,
    connections: 10,
    message: () => putOf(drawn()),
    check: checkPut,
  })
  const count = Math.min(keys, requests * 2)
  const peak = await puts.closedLoop(count, 500)
  note(program, 'uniform puts/s, 500 in flight', peak.requestsPerSecond)
  const chosen: number[] = []
  const reads = await Load.open({
    url,
    path: RANGE,
    connections: 10,
    message: sequence => rangeOf((chosen[sequence] = drawn())),
    check: (response, sequence) => checkRange(response, chosen[sequence]!),
  })
  const read = await reads.closedLoop(count, 500)
  reads.close()
  if (read.failures > 0) throw new Error(`${read.failures} reads failed`)
  note(program, 'uniform reads/s, 500 in flight', read.requestsPerSecond)
  note(program, 'resident memory of the leader with all keys, MiB', residentMiB(leader))
  return {
    peak: peak.requestsPerSecond,
    atRate: async rate => {
      const { latenciesMs, failures } = await puts.openLoop(rate, seconds)
      puts.close()
      await cluster.destroy()
      if (failures > 0) throw new Error(`${failures} puts failed`)
      note(program, 'uniform puts at half of the lower peak, p50 ms', percentile(latenciesMs, 0.5))
      note(program, 'uniform puts at half of the lower peak, p99 ms', percentile(latenciesMs, 0.99))
      note(program, 'uniform puts at half of the lower peak, p99.9 ms', percentile(latenciesMs, 0.999))
    },
  }
}

function spreadOf(ratios: readonly number[], better: 'more' | 'less'): string {
  const times = better === 'more' ? ratios : ratios.map(ratio => 1 / ratio)
  return `${figure(Math.min(...times))} to ${figure(Math.max(...times))}`
}

/** Quorate's alone: the bars are a median of 300 ms and a worst of a second after SIGKILL. */
function reportFailures({ SIGKILL, SIGSTOP }: Readonly<Record<Fault, readonly number[]>>): string {
  const rows = Object.entries({ SIGKILL, SIGSTOP }).map(([fault, gaps]) => {
    const isMet = median(gaps) <= 300 && Math.max(...gaps) <= 1_000
    const verdict = fault === 'SIGKILL' ? `300, 1,000: ${isMet ? 'met' : 'missed'}` : ''
    return [fault, figure(median(gaps)), figure(Math.max(...gaps)), verdict]
  })
  return markdownTable(['without service after, ms', 'median', 'worst', 'bar'], rows)
}

function report(): string {
  const rows = Object.entries(FIGURES).flatMap(([name, better]) => {
    const [theirs, ours] = PROGRAMS.map(program => measured.get(`${program} ${name}`))
    if (theirs === undefined || ours === undefined) return []
    const ratios = ours.map((value, round) => value / theirs[round]!)
    const times = median(better === 'more' ? ratios : ratios.map(ratio => 1 / ratio))
    const bar = BARS[name as Figure]
    const verdict = bar === undefined ? '' : `${bar}x: ${times >= bar ? 'met' : 'missed'}`
    const spread = rounds > 1 && ratios.length > 1 ? ` (${spreadOf(ratios, better)})` : ''
    return [[name, figure(median(theirs)), figure(median(ours)), `${figure(times)}x${spread}`, verdict]]
  })
  const machine = `${cpus().length} cores, Node.js ${process.version}`
  const title = `${rounds} rounds on ${machine}; medians; above 1x is better than etcd`
  return `${title}\n\n${markdownTable(['', 'etcd', 'Quorate', 'ratio (of the rounds)', 'bar'], rows)}`
}

for (let round = 1; round <= rounds; round++) {
  process.stderr.write(`round ${round} of ${rounds}\n`)
  for (const program of PROGRAMS) await oneKey(program)
}
if (keys > 0) {
  process.stderr.write(`${keys} keys\n`)
  // One at a time: a second cluster beside the one that is measured would take its processors.
  const peaks: number[] = []
  for (const program of PROGRAMS) {
    const { peak, atRate } = await uniform(program)
    peaks.push(peak)
    await atRate(Math.min(...peaks) / 2)
  }
}
const gaps = failures > 0 ? await withoutService(failures) : undefined
process.stdout.write(`${report()}\n`)
if (gaps !== undefined) process.stdout.write(`\n${reportFailures(gaps)}\n`)
process.exit(0)
