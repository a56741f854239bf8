/**
 * Look-ups on a hash ring and merges of version vectors, beside the npm packages that do the same and are used most:
 * `npx tsx bench/building-blocks.ts`. Processor time of this thread; the median of several rounds, in which all take
 * turns, so that neighbours disturb all alike.
 */
import { createRequire } from 'node:module'
import type { NodeId } from '../src/core/ids.ts'
import { randomFromSeed } from '../src/core/prng.ts'
import { VectorClock } from '../src/protocols/clocks/index.ts'
import { HashRing } from '../src/protocols/placement/index.ts'
import { figure, markdownTable, median } from './figures.ts'

const ROUNDS = 5
const COUNT = 20_000
const KEYS = 10_000
const keys = Array.from({ length: KEYS }, (_, i) => `/registry/pods/default/pod-${i}`)
let sink = 0

interface Contender {
  readonly name: string
  readonly run: (i: number) => number
}

/** The packages declare no types. */
const load = createRequire(import.meta.url)
const NpmHashring = load('hashring') as new (
  servers: readonly string[],
  hash?: string,
  options?: { readonly 'max cache size': number },
) => { get(key: string): string }
const NpmConsistentHash = load('consistent-hash') as new () => {
  add(node: string): void
  get(key: string): string
}
const npmVectorClock = load('vectorclock') as { merge(a: Versions, b: Versions): Versions }

interface Versions {
  readonly clock: Readonly<Record<string, number>>
}

/** Millions a second, of each: the median of its rounds. */
function measure(contenders: readonly Contender[], count: number): number[] {
  const speeds = contenders.map((): number[] => [])
  // The first round is for the engine to warm up.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [place, { run }] of contenders.entries()) {
      const begun = process.cpuUsage()
      for (let i = 0; i < count; i++) sink += run(i)
      const { user, system } = process.cpuUsage(begun)
      speeds[place]!.push(count / (user + system))
    }
  }
  return speeds.map(each => median(each.slice(1)))
}

function table(title: string, contenders: readonly Contender[], count: number): void {
  const speeds = measure(contenders, count)
  const rows = contenders.map(({ name }, i) => [
    name,
    figure(speeds[i]! * 1_000_000),
    figure(speeds[0]! / speeds[i]!),
  ])
  console.log(`\n### ${title}\n\n${markdownTable(['', 'a second', 'times slower'], rows)}`)
}

function rings(members: number): Contender[] {
  const names = Array.from({ length: members }, (_, i) => `10.0.0.${i}:2379`)
  const ours = new HashRing(names.map((_, i) => ({ node: BigInt(i + 1) as NodeId })))
  const cached = new NpmHashring(names)
  const uncached = new NpmHashring(names, 'md5', { 'max cache size': 1 })
  const consistent = new NpmConsistentHash()
  for (const name of names) consistent.add(name)
  const keyAt = (i: number): string => keys[i % KEYS]!
  return [
    { name: 'Quorate, 160 points a member', run: i => (ours.locate(keyAt(i)) === 1n ? 1 : 0) },
    { name: 'hashring 3.2.0, answers cached', run: i => cached.get(keyAt(i)).length },
    { name: 'hashring 3.2.0, cache of one', run: i => uncached.get(keyAt(i)).length },
    { name: 'consistent-hash 1.2.2', run: i => consistent.get(keyAt(i)).length },
  ]
}

/** Versions of so many nodes, each of which has seen something of the others. */
function merges(nodes: number): Contender[] {
  const random = randomFromSeed(nodes)
  const counters = Array.from({ length: 256 }, () =>
    Array.from({ length: nodes }, () => 1 + random.below(1000)),
  )
  const ids = Array.from({ length: nodes }, (_, i) => BigInt.asUintN(64, BigInt(i + 1) << 40n) as NodeId)
  const ours = counters.map(each => VectorClock.of(each.map((counter, i) => ({ node: ids[i]!, counter }))))
  const theirs = counters.map(
    (each): Versions => ({
      clock: Object.fromEntries(each.map((counter, i) => [ids[i]!.toString(16), counter])),
    }),
  )
  return [
    { name: 'Quorate', run: i => ours[i & 255]!.merge(ours[(i + 1) & 255]!).size },
    {
      name: 'vectorclock 0.0.0',
      run: i => (npmVectorClock.merge(theirs[i & 255]!, theirs[(i + 1) & 255]!) === undefined ? 0 : 1),
    },
  ]
}

for (const members of [10, 100]) table(`Look-ups, ${members} members`, rings(members), COUNT)
for (const nodes of [3, 10, 100])
  table(`Merges, ${nodes} nodes`, merges(nodes), COUNT / (nodes > 10 ? 10 : 1))
process.exitCode = sink === 0.5 ? 1 : 0
