/**
 * What logical clocks cost, in nanoseconds an operation: `npx tsx bench/clocks.ts`. Processor time of this thread, the
 * best of several rounds, so that neighbours disturb less.
 */
import { ByteReader, ByteWriter } from '../src/core/bytes.ts'
import type { NodeId } from '../src/core/ids.ts'
import { randomFromSeed } from '../src/core/prng.ts'
import { readVectorClock, writeVectorClock } from '../src/protocols/clocks/clock-codec.ts'
import { HybridClock } from '../src/protocols/clocks/hybrid-clock.ts'
import { LamportClock } from '../src/protocols/clocks/lamport-clock.ts'
import { Siblings } from '../src/protocols/clocks/siblings.ts'
import { VectorClock } from '../src/protocols/clocks/vector-clock.ts'
import { figure, markdownTable } from './figures.ts'

const COUNT = 200_000
const ROUNDS = 5
let sink = 0

function nanoseconds(run: (i: number) => number): string {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    const begun = process.cpuUsage()
    for (let i = 0; i < COUNT; i++) sink += run(i)
    const { user, system } = process.cpuUsage(begun)
    best = Math.min(best, ((user + system) * 1000) / COUNT)
  }
  return figure(best)
}

/** Clocks of so many nodes, each of which has seen something of the others. */
function clocksOf(nodes: number): VectorClock[] {
  const random = randomFromSeed(nodes)
  return Array.from({ length: 256 }, () =>
    VectorClock.of(
      Array.from({ length: nodes }, (_, i) => ({
        node: BigInt.asUintN(64, BigInt(i + 1) << 40n) as NodeId,
        counter: 1 + random.below(1000),
      })),
    ),
  )
}

const rows = [3, 10, 100].map(nodes => {
  const clocks = clocksOf(nodes)
  const at = (i: number): VectorClock => clocks[i & 255]!
  const node = at(0).dots()[nodes >> 1]!.node
  const writer = new ByteWriter()
  writeVectorClock(writer, at(0))
  const bytes = writer.finish()
  return [
    String(nodes),
    nanoseconds(i => at(i).merge(at(i + 1)).size),
    nanoseconds(i => at(i).compare(at(i + 1)).length),
    nanoseconds(i => at(i).increment(node).size),
    nanoseconds(() => readVectorClock(new ByteReader(bytes)).size),
    String(bytes.length),
  ]
})
console.log(
  markdownTable(['nodes', 'merge, ns', 'compare, ns', 'increment, ns', 'decode, ns', 'bytes'], rows),
)

const lamport = new LamportClock(1n as NodeId)
const hybrid = new HybridClock()
console.log(`\nLamport, tick: ${nanoseconds(() => lamport.tick().counter)} ns`)
console.log(`hybrid, tick: ${nanoseconds(i => hybrid.tick(1_735_689_600_000 + (i >> 4)).counter)} ns`)
let cart = Siblings.none<number>()
console.log(
  `siblings, read and write: ${nanoseconds(i => (cart = cart.write(1n as NodeId, i, cart.context)).values.length)} ns`,
)
process.exitCode = sink === 0.5 ? 1 : 0
