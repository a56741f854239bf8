/**
 * What watches cost: puts per second with none and with thousands of watchers whom they do not concern, events per
 * second to many whom they do, and memory per watcher; a node of Quorate and one of etcd in turn, in one run. The bar
 * is for watchers who are not concerned: 95 % of the puts without any.
 *
 * What is compared is the ratio within a round, to the mean of what was measured without watchers right before and
 * right after; absolute figures are the machine's. Where others use it too, look at the processor time of the node.
 *
 *     npx tsx bench/watch.ts [--rounds 3] [--puts 10000] [--watchers 10000]
 */
import { cpus } from 'node:os'
import { Client, type ClientDuplexStream, credentials } from '@grpc/grpc-js'
import { decode } from '../src/wire/etcd/protobuf-reader.ts'
import { encode } from '../src/wire/etcd/protobuf-writer.ts'
import { WATCH_CREATE_DEFAULTS, writeWatchRequest } from '../src/wire/etcd/watch-request.ts'
import { readWatchResponse } from '../src/wire/etcd/watch-response.ts'
import { Cluster, type ClusterNode, PROGRAMS, type Program } from '../test/harness/cluster.ts'
import { readOptions, wholeNumber } from '../test/harness/options.ts'
import { until } from '../test/harness/until.ts'
import { checkPut, keyFor, PUT, putOf } from './etcd-requests.ts'
import { figure, markdownTable, median } from './figures.ts'
import { Load } from './load.ts'
import { processorSeconds, residentMiB } from './nodes.ts'

const BAR = 0.95
const IN_FLIGHT = 200
const CONNECTIONS = 100
const LISTENERS = 100

const { values: flags } = readOptions({
  options: {
    rounds: { type: 'string', default: '3' },
    puts: { type: 'string', default: '10000' },
    watchers: { type: 'string', default: '10000' },
  },
})
const rounds = wholeNumber('rounds', flags.rounds, 1)
const puts = wholeNumber('puts', flags.puts, 1)
const most = wholeNumber('watchers', flags.watchers, 10)
const few = Math.floor(most / 10)

/** Watchers whom no put of the load concerns. */
interface Crowd {
  readonly name: string
  readonly watchers: number
  readonly connections: number
  /** Of a key each, or of what begins with it. */
  readonly watches: 'keys' | 'ranges'
}

const CROWDS: readonly Crowd[] = [
  { name: `${few} keys, one stream`, watchers: few, connections: 1, watches: 'keys' },
  { name: `${most} keys, one stream`, watchers: most, connections: 1, watches: 'keys' },
  { name: `${most} ranges, one stream`, watchers: most, connections: 1, watches: 'ranges' },
  {
    name: `${most} keys, ${CONNECTIONS} connections`,
    watchers: most,
    connections: CONNECTIONS,
    watches: 'keys',
  },
]

/** One stream of watches; what comes is counted. */
class Watching {
  created = 0
  events = 0
  readonly #client: Client
  readonly #stream: ClientDuplexStream<Uint8Array, Uint8Array>

  constructor({ layout }: ClusterNode) {
    // A connection of its own.
    const options = { 'grpc.use_local_subchannel_pool': 1, 'grpc.max_receive_message_length': -1 }
    this.#client = new Client(new URL(layout.clientUrl).host, credentials.createInsecure(), options)
    const same = (bytes: Uint8Array): Buffer => Buffer.from(bytes)
    this.#stream = this.#client.makeBidiStreamRequest('/etcdserverpb.Watch/Watch', same, bytes => bytes)
    this.#stream.on('error', () => {})
    this.#stream.on('data', (bytes: Uint8Array) => {
      const { created, events } = decode(bytes, readWatchResponse)
      if (created) this.created++
      this.events += events.length
    })
  }

  add(key: Uint8Array, rangeEnd: Uint8Array): void {
    const create = { ...WATCH_CREATE_DEFAULTS, key, rangeEnd }
    this.#stream.write(encode({ kind: 'create', create }, writeWatchRequest))
  }

  close(): void {
    this.#stream.cancel()
    this.#client.close()
  }
}

const utf8 = new TextEncoder()
const NO_END = new Uint8Array(0)

async function gather(node: ClusterNode, { watchers, connections, watches }: Crowd): Promise<Watching[]> {
  const all = Array.from({ length: connections }, () => new Watching(node))
  for (let i = 0; i < watchers; i++) {
    const key = utf8.encode(`watched/${String(i).padStart(6, '0')}`)
    all[i % connections]!.add(
      key,
      watches === 'ranges' ? utf8.encode(`watched/${String(i).padStart(6, '0')}~`) : NO_END,
    )
  }
  const created = (): number => all.reduce((sum, each) => sum + each.created, 0)
  await until('all watches to be created', () => created() === watchers, 120_000)
  return all
}

function disperse(all: readonly Watching[]): void {
  for (const each of all) each.close()
}

async function measurePuts(node: ClusterNode): Promise<Puts> {
  const load = await Load.open({
    url: node.layout.clientUrl,
    path: PUT,
    connections: 10,
    message: sequence => putOf(sequence % 1_000),
    check: checkPut,
  })
  const before = processorSeconds(node)
  const { requestsPerSecond, failures } = await load.closedLoop(puts, IN_FLIGHT)
  const microseconds = ((processorSeconds(node) - before) / puts) * 1e6
  load.close()
  if (failures > 0) throw new Error(`${failures} puts failed`)
  return { perSecond: requestsPerSecond, microseconds }
}

interface Puts {
  readonly perSecond: number
  /** Processor time of the node. */
  readonly microseconds: number
}

const measured = new Map<string, number[]>()
function note(program: Program, name: string, value: number): void {
  const key = `${program} ${name}`
  measured.set(key, [...(measured.get(key) ?? []), value])
  process.stderr.write(`  ${program.padEnd(8)} ${name}: ${figure(value)}\n`)
}

const shareOf = (name: string): string => `puts with ${name}, share of those with none`
const costOf = (name: string): string => `processor time of a put with ${name}, times that with none`

async function crowded(program: Program, node: ClusterNode): Promise<void> {
  let before = await measurePuts(node)
  note(program, 'puts/s with no watcher', before.perSecond)
  note(program, 'processor time of a put with no watcher, us', before.microseconds)
  for (const crowd of CROWDS) {
    const idle = residentMiB(node)
    const all = await gather(node, crowd)
    const perWatcher = ((residentMiB(node) - idle) * 1024) / crowd.watchers
    if (crowd.watchers === most && crowd.connections === 1) {
      note(program, `KiB of memory per watcher, ${crowd.watches}`, perWatcher)
    }
    const during = await measurePuts(node)
    disperse(all)
    const after = await measurePuts(node)
    note(program, shareOf(crowd.name), during.perSecond / ((before.perSecond + after.perSecond) / 2))
    const usual = (before.microseconds + after.microseconds) / 2
    note(program, costOf(crowd.name), during.microseconds / usual)
    before = after
  }
}

/** From the first put until the last watcher has been told of the last one. */
async function measureEvents(program: Program, node: ClusterNode, connections: number): Promise<void> {
  const all = Array.from({ length: connections }, () => new Watching(node))
  for (let i = 0; i < LISTENERS; i++) all[i % connections]!.add(keyFor(1), NO_END)
  await until('all to listen', () => all.reduce((sum, each) => sum + each.created, 0) === LISTENERS)
  const count = Math.ceil(puts / 20)
  const load = await Load.open({
    url: node.layout.clientUrl,
    path: PUT,
    connections: 4,
    message: () => putOf(1),
  })
  const before = processorSeconds(node)
  const start = performance.now()
  await load.closedLoop(count, 50)
  await until(
    'all to be told',
    () => all.reduce((sum, each) => sum + each.events, 0) === count * LISTENERS,
    120_000,
  )
  const seconds = (performance.now() - start) / 1000
  const microseconds = ((processorSeconds(node) - before) / (count * LISTENERS)) * 1e6
  load.close()
  disperse(all)
  note(
    program,
    `events/s to ${LISTENERS} watchers, ${connections} connections`,
    (count * LISTENERS) / seconds,
  )
  note(program, `processor time of an event, ${connections} connections, us`, microseconds)
}

for (let round = 1; round <= rounds; round++) {
  process.stderr.write(`round ${round} of ${rounds}\n`)
  for (const program of PROGRAMS) {
    const cluster = await Cluster.start({ program, nodes: 1 })
    try {
      const node = cluster.node(0)
      await measurePuts(node)
      await crowded(program, node)
      await measureEvents(program, node, 1)
      await measureEvents(program, node, LISTENERS)
    } finally {
      await cluster.destroy()
    }
  }
}

const names = [...measured.keys()]
  .filter(key => key.startsWith('quorate '))
  .map(key => key.slice('quorate '.length))
const rows = names.map(name => {
  const [theirs, ours] = PROGRAMS.map(program => median(measured.get(`${program} ${name}`)!))
  const isBarred = name.includes('share of those')
  return [name, figure(theirs!), figure(ours!), isBarred ? `${BAR}: ${ours! >= BAR ? 'met' : 'missed'}` : '']
})
const title = `${rounds} rounds on ${cpus().length} cores, Node.js ${process.version}; medians`
const table = markdownTable(['', 'etcd', 'Quorate', 'bar'], rows)
process.stdout.write(`${title}\n\n${table}\n`)
process.exit(0)
