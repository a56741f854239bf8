/**
 * How evenly keys are placed, how many move when a member joins or leaves, what a look-up costs and what a table
 * holds: `npx tsx --expose-gc bench/placement.ts`. It prints the tables of `docs/concepts/placement.md`. Times are
 * processor time of this thread, the best of several rounds, so that neighbours disturb less.
 */
import { compareBytes, EMPTY } from '../src/core/bytes.ts'
import type { NodeId } from '../src/core/ids.ts'
import { utf8Bytes } from '../src/core/utf8.ts'
import { BoundedLoads } from '../src/protocols/placement/bounded-loads.ts'
import { HashRing } from '../src/protocols/placement/hash-ring.ts'
import { jumpHash } from '../src/protocols/placement/jump.ts'
import { MaglevTable } from '../src/protocols/placement/maglev.ts'
import type { Member } from '../src/protocols/placement/members.ts'
import { type Range, RangeMap } from '../src/protocols/placement/range-map.ts'
import { Rendezvous } from '../src/protocols/placement/rendezvous.ts'
import { figure, markdownTable } from './figures.ts'

const KEYS = 200_000
const ROUNDS = 5
/** Members of all tables that are held at once to see what one holds, since the collector leaves a little behind. */
const HELD_MEMBERS = 4000
const keys = Array.from({ length: KEYS }, (_, i) => `/registry/pods/default/pod-${i}`)

/** Ranges are of bytes, and whoever has ranges has its keys as bytes. */
const keyBytes = keys.map(utf8Bytes)
/** Ranges are cut where a sample of the keys says, every so many-th: no divisor of ten, for the keys are numbered. */
const SAMPLED_EACH = 7
const RANGES_A_MEMBER = 10

/** What all ways have in common: where a key belongs, as a number. */
interface Table {
  /** @param i the place of the key among all */
  locate(key: string, i: number): NodeId | number
  /** The same table with other members, where it is not made anew. */
  changed?(members: readonly Member[]): Table
}

interface Way {
  readonly name: string
  readonly build: (members: readonly Member[]) => Table
  /** Only the last member can leave. */
  readonly leavesFromTheEnd?: boolean
  /** Of how many keys the look-up is measured. */
  readonly lookUps?: number
}

/** What is out grows to one piece a key; nothing is given back. */
function bounded(members: readonly Member[]): Table {
  const loads = new BoundedLoads(new HashRing(members), 0.25)
  return { locate: key => loads.acquire(key) }
}

/** Ranges of about equally many keys; then what changes is who has which. */
function ranged(members: readonly Member[]): Table {
  const sample = keyBytes.filter((_, i) => i % SAMPLED_EACH === 0).sort(compareBytes)
  const count = members.length * RANGES_A_MEMBER
  const starts = Array.from({ length: count }, (_, i) => sample[Math.floor((i * sample.length) / count)]!)
  return rangesOf(
    starts.map((start, i) => ({
      start: i === 0 ? EMPTY : start,
      end: starts[i + 1],
      owner: members[i % members.length]!.node,
      version: 1,
    })),
  )
}

function rangesOf(ranges: readonly Range<NodeId>[]): Table {
  const map = RangeMap.of(ranges)
  return {
    locate: (_, i) => map.locate(keyBytes[i]!).owner,
    changed: members => rangesOf(dealt(ranges, members)),
  }
}

/** Those that nobody has any more go to whoever has the fewest; then whoever has the most gives of them. */
function dealt(ranges: readonly Range<NodeId>[], members: readonly Member[]): Range<NodeId>[] {
  const held = new Map(members.map(({ node }): [NodeId, number[]] => [node, []]))
  const byCount = (): number[][] => [...held.values()].sort((a, b) => a.length - b.length)
  for (const [i, { owner }] of ranges.entries()) held.get(owner)?.push(i)
  for (const [i, { owner }] of ranges.entries()) if (!held.has(owner)) byCount()[0]!.push(i)
  for (let order = byCount(); order.at(-1)!.length > order[0]!.length + 1; order = byCount())
    order[0]!.push(order.at(-1)!.pop()!)
  const dealtRanges = [...ranges]
  for (const [owner, places] of held) for (const i of places) dealtRanges[i] = { ...ranges[i]!, owner }
  return dealtRanges
}

const WAYS: readonly Way[] = [
  { name: 'ring, 1 point', build: members => new HashRing(members, { virtualNodes: 1 }) },
  { name: 'ring, 160 points', build: members => new HashRing(members) },
  { name: 'ring, 1,000 points', build: members => new HashRing(members, { virtualNodes: 1000 }) },
  { name: 'ring, 160 points, loads bounded at 1.25', build: bounded },
  { name: 'rendezvous', build: members => new Rendezvous(members), lookUps: 5_000 },
  {
    name: 'jump',
    build: ({ length }) => ({ locate: key => jumpHash(key, length) }),
    leavesFromTheEnd: true,
  },
  { name: 'Maglev, 65,537 slots', build: members => new MaglevTable(members) },
  { name: 'ranges, 10 a member', build: ranged },
]

function membersOf(count: number): Member[] {
  return Array.from({ length: count }, (_, i) => ({
    node: (BigInt(i + 1) * 0x9e3779b97f4a7c15n) as NodeId,
  })).map(({ node }) => ({ node: BigInt.asUintN(64, node) as NodeId }))
}

interface Balance {
  readonly fullest: number
  readonly deviationPercent: number
}

/** The fullest member beside the mean; the standard deviation, in hundredths of the mean. */
function balance(located: readonly (NodeId | number)[], count: number): Balance {
  const counts = new Map<NodeId | number, number>()
  for (const at of located) counts.set(at, (counts.get(at) ?? 0) + 1)
  const mean = KEYS / count
  let fullest = 0
  let squares = (count - counts.size) * mean ** 2
  for (const held of counts.values()) {
    fullest = Math.max(fullest, held)
    squares += (held - mean) ** 2
  }
  return { fullest: fullest / mean, deviationPercent: (100 * Math.sqrt(squares / count)) / mean }
}

/** Keys that are elsewhere afterwards, beside the fewest that could be. */
function movement(before: readonly (NodeId | number)[], after: Table, count: number): string {
  let moved = 0
  for (const [i, key] of keys.entries()) if (before[i] !== after.locate(key, i)) moved++
  return `${figure((100 * moved) / KEYS)} (${figure(100 / count)})`
}

function lookUpNs(table: Table, count: number): number {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    const begun = process.cpuUsage()
    for (let i = 0; i < count; i++) table.locate(keys[i]!, i)
    const { user, system } = process.cpuUsage(begun)
    best = Math.min(best, ((user + system) * 1000) / count)
  }
  return best
}

function heldKiB(build: () => Table, copies: number): number {
  const held = (): number => {
    globalThis.gc?.()
    globalThis.gc?.()
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    return heapUsed + arrayBuffers
  }
  const before = held()
  const tables = Array.from({ length: copies }, build)
  const bytes = (held() - before) / tables.length
  return Math.max(0, bytes / 1024)
}

function measure(way: Way, count: number): string[] {
  const members = membersOf(count)
  const table = way.build(members)
  const located = keys.map((key, i) => table.locate(key, i))
  const { fullest, deviationPercent } = balance(located, count)
  const changedTo = (others: readonly Member[]): Table => table.changed?.(others) ?? way.build(others)
  const middle = way.leavesFromTheEnd ? members.slice(0, -1) : members.toSpliced(count >> 1, 1)
  return [
    way.name,
    fullest.toFixed(2),
    deviationPercent.toFixed(1),
    movement(located, changedTo(membersOf(count + 1)), count + 1),
    movement(located, changedTo(middle), count),
    figure(lookUpNs(table, way.lookUps ?? KEYS)),
    figure(heldKiB(() => way.build(members), HELD_MEMBERS / count)),
  ]
}

const HEADER = [
  'way',
  'fullest / mean',
  'deviation, %',
  'moved by a join, % (fewest)',
  'moved by a leave, % (fewest)',
  'look-up, ns',
  'held, KiB',
]

for (const count of [10, 100, 1000]) {
  const rows = WAYS.map(way => measure(way, count))
  console.log(`\n### ${figure(count)} members\n\n${markdownTable(HEADER, rows)}`)
}

const weighted = new Rendezvous(membersOf(100).map(({ node }, i) => ({ node, weight: 1 + (i % 2) })))
console.log(
  `\nRendezvous with unequal weights, 100 members: ${figure(lookUpNs(weighted, 5000))} ns a look-up.`,
)
