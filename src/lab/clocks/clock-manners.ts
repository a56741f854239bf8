/** The three logical clocks as one thing: something that stamps, and stamps that can be compared. */
import type { NodeId } from '../../core/ids.ts'
import {
  compareHybrid,
  compareLamport,
  HybridClock,
  type HybridStamp,
  LamportClock,
  type LamportStamp,
  readHybrid,
  readLamport,
  readVectorClock,
  VectorClock,
  writeHybrid,
  writeLamport,
  writeVectorClock,
} from '../../protocols/clocks/index.ts'
import type { ClockManner } from './clock-node.ts'

export const lamportManner: ClockManner<LamportStamp> = {
  create: id => new LamportClock(id),
  write: writeLamport,
  read: readLamport,
  words: ({ counter, node }) => `${counter}.${node}`,
  compare: (a, b) => orderOf(compareLamport(a, b)),
}

/** A vector is a value; here it is kept for a node. */
class VectorKeeper {
  readonly #id: NodeId
  #vector = VectorClock.ZERO

  constructor(id: NodeId) {
    this.#id = id
  }

  tick(): VectorClock {
    this.#vector = this.#vector.increment(this.#id)
    return this.#vector
  }

  receive(stamp: VectorClock): VectorClock {
    this.#vector = this.#vector.merge(stamp)
    return this.tick()
  }
}

export const vectorManner: ClockManner<VectorClock> = {
  create: id => new VectorKeeper(id),
  write: writeVectorClock,
  read: readVectorClock,
  words: stamp => stamp.toString(),
  compare: (a, b) => a.compare(b),
}

/** How far ahead of the own wall clock a stamp may be, here. */
export const DRIFT_MS = 500

export const hybridManner: ClockManner<HybridStamp> = {
  create: (_, wallMs) => {
    const clock = new HybridClock(DRIFT_MS)
    return { tick: () => clock.tick(wallMs()), receive: stamp => clock.receive(stamp, wallMs()) }
  },
  write: writeHybrid,
  read: readHybrid,
  // Milliseconds since the run began: all wall clocks begin at the same time.
  words: ({ wallMs, counter }) => `${wallMs % WALL_MODULUS_MS}ms+${counter}`,
  compare: (a, b) => orderOf(compareHybrid(a, b)),
}

/** Stamps are shown without the days before. */
const WALL_MODULUS_MS = 86_400_000

function orderOf(difference: number): 'before' | 'after' | 'equal' {
  return difference < 0 ? 'before' : difference > 0 ? 'after' : 'equal'
}
