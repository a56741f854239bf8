/**
 * What grows with the data, or must not: `npx tsx bench/large.ts`, on what `npm run build` has built. How long a node
 * takes to start after SIGKILL in the middle of a load, what it holds in memory, and what a follower that starts
 * empty costs those who write meanwhile.
 *
 * Options: `--keys 1000000` (of the first part; 0: without it), `--programs quorate,etcd` (whose first part; etcd is
 * Debian's), `--cache-mib 64` (of our store), `--mib 5120` (of the second part; 0: without it),
 * `--value-kib 64`, `--seconds 20` (of quiet before the follower starts), `--rate 200` (puts a second meanwhile).
 */
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { randomFromSeed } from '../src/core/prng.ts'
import { encode } from '../src/wire/etcd/protobuf-writer.ts'
import { PUT_DEFAULTS, writePutRequest } from '../src/wire/etcd/put.ts'
import { leaderOf } from '../test/durability/leader.ts'
import { Cluster, type ClusterNode, type Program } from '../test/harness/cluster.ts'
import { until } from '../test/harness/until.ts'
import { checkPut, checkRange, keyFor, PUT, putOf, RANGE, rangeOf, valueFor } from './etcd-requests.ts'
import { figure, markdownTable, median, percentile } from './figures.ts'
import { Load } from './load.ts'
import { clientOf, residentMiB, revisionOf } from './nodes.ts'

const MIB = 2 ** 20
const CONNECTIONS = 10
const IN_FLIGHT = 500
const KILLS = 3
const WRITERS = 64
const WRITING_MS = 500
const LIMIT_MS = 600_000

const { values: flags } = parseArgs({
  options: {
    keys: { type: 'string', default: '1000000' },
    programs: { type: 'string', default: 'quorate' },
    'cache-mib': { type: 'string', default: '64' },
    mib: { type: 'string', default: '5120' },
    'value-kib': { type: 'string', default: '64' },
    seconds: { type: 'string', default: '20' },
    rate: { type: 'string', default: '200' },
  },
})
const keys = Number(flags.keys)
const cacheMib = Number(flags['cache-mib'])
const bytes = Number(flags.mib) * MIB
const programs = flags.programs.split(',').map(programNamed)
const valueBytes = Number(flags['value-kib']) * 1024
const seconds = Number(flags.seconds)
const rate = Number(flags.rate)
const rows: string[][] = []

function programNamed(name: string): Program {
  if (name === 'quorate' || name === 'etcd') return name
  throw new Error(`--programs: ${name} is neither quorate nor etcd`)
}

function note(name: string, value: number, bar = ''): void {
  process.stderr.write(`  ${name}: ${figure(value)}\n`)
  rows.push([name, figure(value), bar])
}

async function puts(node: ClusterNode, message: (sequence: number) => Uint8Array): Promise<Load> {
  const url = node.layout.clientUrl
  return Load.open({ url, path: PUT, connections: CONNECTIONS, message, check: checkPut })
}

async function put(node: ClusterNode, from: number, count: number): Promise<void> {
  const load = await puts(node, sequence => putOf(from + sequence))
  const { failures } = await load.closedLoop(count, IN_FLIGHT)
  load.close()
  if (failures > 0) throw new Error(`${failures} puts failed`)
}

/** Some writers, each with one put after the other, whatever becomes of them; until the call. */
function keepWriting(node: ClusterNode): () => void {
  const client = clientOf(node)
  let isOver = false
  for (let writer = 0; writer < WRITERS; writer++) {
    void (async () => {
      for (let i = 0; !isOver; i++) await client.put(keyFor(i), valueFor(i)).catch(() => {})
    })()
  }
  return () => {
    isOver = true
    client.close()
  }
}

/** Reads keys at random, as many as there are, so that the cache is full; each is checked. */
async function readAll(node: ClusterNode): Promise<void> {
  const random = randomFromSeed(7)
  const chosen: number[] = []
  const load = await Load.open({
    url: node.layout.clientUrl,
    path: RANGE,
    connections: CONNECTIONS,
    message: sequence => rangeOf((chosen[sequence] = random.below(keys))),
    check: (response, sequence) => checkRange(response, chosen[sequence]!),
  })
  const { failures } = await load.closedLoop(keys, IN_FLIGHT)
  load.close()
  if (failures > 0) throw new Error(`${failures} reads failed`)
}

/** As much room as there is; etcd takes no more than this without a warning. */
const ROOM: Readonly<Record<Program, readonly string[]>> = {
  quorate: ['--quota-backend-bytes=-1', `--store-cache-bytes=${cacheMib * MIB}`],
  etcd: [`--quota-backend-bytes=${8 * 1024 * MIB}`],
}

/** Loads the keys and kills the node on the way, several times; each time it starts on what was written. */
async function restarts(program: Program): Promise<void> {
  const cluster = await Cluster.start({ program, nodes: 1, flags: ROOM[program] })
  const hasBars = program === 'quorate'
  try {
    const node = cluster.node(0)
    const empty = residentMiB(node)
    note(`${program}: an empty node, resident MiB`, empty)
    const startsMs: number[] = []
    const part = Math.floor(keys / (KILLS + 1))
    for (let kill = 0; kill < KILLS; kill++) {
      await put(node, kill * part, part)
      const stopWriting = keepWriting(node)
      await setTimeout(WRITING_MS)
      await node.kill()
      stopWriting()
      const start = performance.now()
      node.start()
      await node.becomesHealthy(LIMIT_MS)
      startsMs.push(performance.now() - start)
    }
    const limit = hasBars ? '2,000' : ''
    note(`${program}: start after SIGKILL in the middle of ${keys} keys, median ms`, median(startsMs), limit)
    note(`${program}: the slowest of them, ms`, Math.max(...startsMs), limit)
    await put(node, KILLS * part, keys - KILLS * part)
    note(`${program}: with ${keys} keys written, resident MiB`, residentMiB(node))
    await readAll(node)
    const bar = hasBars ? `1.3 x (empty + ${cacheMib}) = ${figure(1.3 * (empty + cacheMib))}` : ''
    note(`${program}: and all of them read at random, resident MiB`, residentMiB(node), bar)
  } finally {
    await cluster.destroy()
  }
}

async function emptyFollower(): Promise<void> {
  const cluster = await Cluster.prepare({ flags: ['--quota-backend-bytes=-1'] })
  try {
    const early = cluster.nodes.slice(0, 2)
    for (const node of early) node.start()
    await Promise.all(early.map(node => node.becomesHealthy(LIMIT_MS)))
    const leader = await leaderOf(early)
    const pool = new Uint8Array(valueBytes + 4096)
    const random = randomFromSeed(3)
    for (let i = 0; i < pool.length; i++) pool[i] = random.below(256)
    const large = await puts(leader, sequence => {
      const at = (sequence * 97) % 4096
      const value = pool.subarray(at, at + valueBytes)
      return encode({ ...PUT_DEFAULTS, key: keyFor(1e9 + sequence), value }, writePutRequest)
    })
    const loaded = await large.closedLoop(Math.ceil(bytes / valueBytes), 32)
    large.close()
    if (loaded.failures > 0) throw new Error(`${loaded.failures} large puts failed`)
    note('written beforehand, MiB', bytes / MIB)

    const small = await puts(leader, sequence => putOf(sequence % 1_000))
    const before = await small.openLoop(rate, seconds)
    const follower = cluster.node(2)
    const start = performance.now()
    follower.start()
    const during: number[] = []
    let isThere = false
    const arrival = (async () => {
      await follower.becomesHealthy(LIMIT_MS)
      const goal = await revisionOf(leader)
      await until(
        'the follower to have caught up',
        async () => (await revisionOf(follower, true)) >= goal,
        LIMIT_MS,
      )
      isThere = true
      return (performance.now() - start) / 1000
    })()
    while (!isThere) during.push(...(await small.openLoop(rate, 1)).latenciesMs)
    note('until the follower has it all, s', await arrival)
    small.close()
    const [p99Before, p99During] = [percentile(before.latenciesMs, 0.99), percentile(during, 0.99)]
    note('p99 of puts before, ms', p99Before)
    note('p99 of puts meanwhile, ms', p99During, `2x: ${figure(2 * p99Before)}`)
    note('the leader, resident MiB', residentMiB(leader))
    note('the follower, resident MiB', residentMiB(follower))
  } finally {
    await cluster.destroy()
  }
}

if (keys > 0) for (const program of programs) await restarts(program)
if (bytes > 0) await emptyFollower()
process.stdout.write(`${markdownTable(['', 'measured', 'bar'], rows)}\n`)
process.exit(0)
