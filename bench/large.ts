/**
 * What grows with the data, or must not: `npx tsx bench/large.ts`, on what `npm run build` has built. How long a node
 * takes to start after SIGKILL in the middle of a load, what it holds in memory, and what a follower that starts
 * empty costs those who write meanwhile.
 *
 * Options: `--programs quorate,etcd` (one after the other; default: ours; etcd is Debian's), `--keys 1000000` (of the
 * first part; 0: without it), `--cache-mib 64` (of our store), `--mib 5120` (of the second part; 0: without it),
 * `--value-kib 64`, `--seconds 20` (of quiet before the follower starts), `--rate 200` (puts a second meanwhile),
 * `--follower-apart /dev/shm` (the follower writes below this directory, which is another disk or none, and runs when
 * nobody else wants the processor: nearly as on a machine of its own; default: beside the others).
 */
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { randomFromSeed } from '../src/core/prng.ts'
import { encode } from '../src/wire/etcd/protobuf-writer.ts'
import { PUT_DEFAULTS, writePutRequest } from '../src/wire/etcd/put.ts'
import { leaderOf } from '../test/durability/leader.ts'
import { Cluster, type ClusterNode, PROGRAMS, type Program } from '../test/harness/cluster.ts'
import { oneOf, readOptions, wholeNumber } from '../test/harness/options.ts'
import { until } from '../test/harness/until.ts'
import { checkPut, checkRange, keyFor, PUT, putOf, RANGE, rangeOf, valueFor } from './etcd-requests.ts'
import { figure, markdownTable, median, percentile } from './figures.ts'
import { allServed, Load } from './load.ts'
import { clientOf, residentMiB, revisionOf } from './nodes.ts'
import { roundsUntil } from './rounds-until.ts'

const MIB = 2 ** 20
const CONNECTIONS = 10
const IN_FLIGHT = 500
const KILLS = 3
const WRITERS = 64
const WRITING_MS = 500
const LIMIT_MS = 600_000
const LARGE_IN_FLIGHT = 32

const { values: flags } = readOptions({
  options: {
    keys: { type: 'string', default: '1000000' },
    programs: { type: 'string', default: 'quorate' },
    'cache-mib': { type: 'string', default: '64' },
    mib: { type: 'string', default: '5120' },
    'value-kib': { type: 'string', default: '64' },
    seconds: { type: 'string', default: '20' },
    rate: { type: 'string', default: '200' },
    'follower-apart': { type: 'string' },
  },
})
const keys = wholeNumber('keys', flags.keys, 0)
const cacheMib = wholeNumber('cache-mib', flags['cache-mib'], 1)
const bytes = wholeNumber('mib', flags.mib, 0) * MIB
const programs = flags.programs.split(',').map(name => oneOf('programs', name, PROGRAMS))
const valueBytes = wholeNumber('value-kib', flags['value-kib'], 1) * 1024
const seconds = wholeNumber('seconds', flags.seconds, 1)
const rate = wholeNumber('rate', flags.rate, 1)
const rows: string[][] = []

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
  allServed(await load.closedLoop(count, IN_FLIGHT), 'puts')
  load.close()
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
  allServed(await load.closedLoop(keys, IN_FLIGHT), 'reads')
  load.close()
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

/** Two of three members hold a lot, and the third one starts with nothing. */
async function emptyFollower(program: Program): Promise<void> {
  const cluster = await Cluster.prepare({ program, flags: ROOM[program] })
  const below = flags['follower-apart']
  const apart = below === undefined ? undefined : mkdtempSync(join(below, `${program}-follower-`))
  try {
    if (apart !== undefined) symlinkSync(apart, cluster.node(2).layout.dataDir)
    const early = cluster.nodes.slice(0, 2)
    for (const node of early) node.start()
    await Promise.all(early.map(node => node.becomesHealthy(LIMIT_MS)))
    const leader = await leaderOf(early)
    const follower = cluster.node(2)
    await putLarge(leader)
    note(`${program}: written beforehand, MiB`, bytes / MIB)
    tellArrival(program, await measureArrival(leader, follower))
    note(`${program}: the leader, resident MiB`, residentMiB(leader))
    note(`${program}: the follower, resident MiB`, residentMiB(follower))
  } finally {
    await cluster.destroy()
    if (apart !== undefined) rmSync(apart, { recursive: true })
  }
}

/** Values that do not compress, each from another place of a pool of random bytes. */
async function putLarge(node: ClusterNode): Promise<void> {
  const pool = new Uint8Array(valueBytes + 4096)
  const random = randomFromSeed(3)
  for (let i = 0; i < pool.length; i++) pool[i] = random.below(256)
  const load = await puts(node, sequence => {
    const at = (sequence * 97) % 4096
    const value = pool.subarray(at, at + valueBytes)
    return encode({ ...PUT_DEFAULTS, key: keyFor(1e9 + sequence), value }, writePutRequest)
  })
  allServed(await load.closedLoop(Math.ceil(bytes / valueBytes), LARGE_IN_FLIGHT), 'large puts')
  load.close()
}

/** What puts took before the follower started, and until it had everything. */
interface Arrival {
  readonly seconds: number
  readonly beforeMs: readonly number[]
  readonly meanwhileMs: readonly number[]
}

async function measureArrival(leader: ClusterNode, follower: ClusterNode): Promise<Arrival> {
  const small = await puts(leader, sequence => putOf(sequence % 1_000))
  const servedMs = async (during: number): Promise<readonly number[]> =>
    allServed(await small.openLoop(rate, during), 'puts').servedMs
  const beforeMs = await servedMs(seconds)
  const [untilThere, rounds] = await roundsUntil(catchUp(leader, follower), () => servedMs(1))
  small.close()
  return { seconds: untilThere, beforeMs, meanwhileMs: rounds.flat() }
}

/** Lets all threads of a process run only when nobody else wants to; those that they start do as they do. */
function standBack({ process: { pid } }: ClusterNode): void {
  for (const thread of readdirSync(`/proc/${pid}/task`))
    setPriority(Number(thread), constants.priority.PRIORITY_LOW)
}

/** Starts the follower; how many seconds later it has what the leader had once it was healthy. */
async function catchUp(leader: ClusterNode, follower: ClusterNode): Promise<number> {
  const start = performance.now()
  follower.start()
  if (flags['follower-apart'] !== undefined) standBack(follower)
  await follower.becomesHealthy(LIMIT_MS)
  const goal = await revisionOf(leader)
  const isThere = async (): Promise<boolean> => (await revisionOf(follower, true)) >= goal
  await until('the follower to have caught up', isThere, LIMIT_MS)
  return (performance.now() - start) / 1000
}

function tellArrival(program: Program, arrival: Arrival): void {
  const p99Before = percentile(arrival.beforeMs, 0.99)
  const bar = program === 'quorate' ? `2x: ${figure(2 * p99Before)}` : ''
  note(`${program}: until the follower has it all, s`, arrival.seconds)
  note(`${program}: p99 of puts before, ms`, p99Before)
  note(`${program}: p99 of puts meanwhile, ms`, percentile(arrival.meanwhileMs, 0.99), bar)
}

for (const program of programs) {
  if (keys > 0) await restarts(program)
  if (bytes > 0) await emptyFollower(program)
}
process.stdout.write(`${markdownTable(['', 'measured', 'bar'], rows)}\n`)
process.exit(0)
