/**
 * The whole story: three nodes, several processes that add to one counter, and meanwhile nodes that are killed and
 * started again, and an adder as well. In the end the counter is the sum of all additions that were acknowledged, and
 * of those of unknown outcome that took effect, each once:
 *
 *     npx tsx examples/counter/run.ts --consensus paxos
 *
 * It needs a built tree (`npm run build`).
 */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { connectEndpoints } from '../../src/cli/connect-endpoints.ts'
import type { Client } from '../../src/client/index.ts'
import { utf8Text } from '../../src/core/utf8.ts'
import { Cluster } from '../../test/harness/cluster.ts'
import { until } from '../../test/harness/until.ts'
import { lastKey, totalKey } from './counter.ts'

export const COUNTER = 'counter'

/** Reads TypeScript in the process itself, so that whoever kills it kills no wrapper. */
const LOADER = new URL('../../node_modules/tsx/dist/loader.mjs', import.meta.url).href
const ADDER = fileURLToPath(new URL('adder.ts', import.meta.url))
/** However slow the machine is. */
const LIMIT_MS = 120_000

export interface Options {
  readonly consensus: 'raft' | 'paxos'
  readonly adders: number
  /** Of each adder. */
  readonly additions: number
  /** Of nodes, one after the other. */
  readonly kills: number
  say(line: string): void
}

export interface Summary {
  readonly total: number
  /** What the counter has to be. */
  readonly expected: number
  readonly acknowledged: number
  /** Attempts of which nobody could tell at first whether they count. */
  readonly unknown: number
}

/** Different ones, so that one addition cannot stand for another. */
export function amountOf(number: number): number {
  return 1 + (number % 5)
}

/** Throws at the first thing that is not as promised. */
export async function countTogether(options: Options): Promise<Summary> {
  const { consensus, adders: count, kills, say } = options
  const cluster = await Cluster.start({ flags: [`--consensus=${consensus}`] })
  const endpoints = cluster.endpoints.join(',')
  const { client } = connectEndpoints(endpoints)
  const adders = Array.from({ length: count }, (_, i) => new Adder(`adder ${i + 1}`, endpoints, options))
  try {
    for (let kill = 0; kill < kills; kill++) await killOne(cluster, kill, adders, say)
    await adders[0]!.restart()
    await Promise.all(adders.map(adder => adder.ended()))
    return await settle(client, adders, say)
  } finally {
    for (const adder of adders) adder.kill()
    client.close()
    await cluster.destroy()
  }
}

/** A node that comes in its turn dies, while some more is added, and is started again. */
async function killOne(
  cluster: Cluster,
  kill: number,
  adders: readonly Adder[],
  say: (line: string) => void,
): Promise<void> {
  const victim = cluster.nodes[kill % cluster.nodes.length]!
  const acknowledged = () => adders.reduce((sum, { done }) => sum + done.length, 0)
  const goesOn = async (): Promise<void> => {
    const before = acknowledged()
    const isMore = async () => acknowledged() >= before + adders.length || adders.every(adder => adder.isDone)
    await until('some more to be added', isMore, LIMIT_MS)
  }
  await goesOn()
  await victim.kill()
  say(`${victim.layout.name} was killed after ${acknowledged()} additions`)
  await goesOn()
  victim.start()
  await victim.becomesHealthy(LIMIT_MS)
}

/** Compares what the cluster holds with what every adder was told. */
async function settle(
  client: Client,
  adders: readonly Adder[],
  say: (line: string) => void,
): Promise<Summary> {
  const numberAt = async (key: string): Promise<number> => Number(utf8Text((await client.get(key))!.value))
  let expected = 0
  for (const { name, done, unknown } of adders) {
    const last = await numberAt(lastKey(COUNTER, name))
    for (let number = 1; number <= last; number++) {
      expected += amountOf(number)
      if (done.includes(number) || unknown.has(number)) continue
      throw new Error(`${name}: addition ${number} counts, and nobody was told so`)
    }
    if (done.some(number => number > last))
      throw new Error(`${name}: an addition that was acknowledged is lost`)
  }
  const total = await numberAt(totalKey(COUNTER))
  const acknowledged = adders.reduce((sum, { done }) => sum + done.length, 0)
  const unknown = adders.reduce((sum, adder) => sum + adder.unknown.size, 0)
  say(`${acknowledged} additions acknowledged, ${unknown} unknown at first; the counter is ${total}`)
  if (total !== expected) throw new Error(`the counter is ${total}, and has to be ${expected}`)
  return { total, expected, acknowledged, unknown }
}

/** One that adds, in a process of its own. */
class Adder {
  readonly name: string
  readonly done: number[] = []
  /** Also what was under way when its process was killed. */
  readonly unknown = new Set<number>()
  readonly #args: readonly string[]
  readonly #additions: number
  #process: ReturnType<typeof spawn>
  #exit: Promise<void>

  constructor(name: string, endpoints: string, { additions }: Options) {
    this.name = name
    this.#additions = additions
    this.#args = ['--import', LOADER, ADDER, name, endpoints, String(additions)]
    ;[this.#process, this.#exit] = this.#start()
  }

  get isDone(): boolean {
    return this.done.includes(this.#additions) || this.unknown.has(this.#additions)
  }

  kill(): void {
    this.#process.kill('SIGKILL')
  }

  /** What it was doing when it died, it may have done. */
  async restart(): Promise<void> {
    this.kill()
    await this.#exit
    if (this.isDone) return
    this.unknown.add((this.done.at(-1) ?? 0) + 1)
    ;[this.#process, this.#exit] = this.#start()
  }

  ended(): Promise<void> {
    return this.#exit
  }

  #start(): [ReturnType<typeof spawn>, Promise<void>] {
    const child = spawn(process.execPath, this.#args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const lines = createInterface(child.stdout!)
    lines.on('line', line => {
      const [what, number] = line.split(' ')
      if (what === 'done') this.done.push(Number(number))
      else this.unknown.add(Number(number))
    })
    const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
    const read = new Promise<void>(resolve => lines.once('close', resolve))
    return [child, Promise.all([ended, read]).then(() => {})]
  }
}
