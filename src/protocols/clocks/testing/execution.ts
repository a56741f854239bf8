/**
 * A random execution of a few nodes that work, send and receive, with every clock beside every event, and with the
 * truth: for each event the set of all that happened before it, followed along the arrows and not by any clock.
 */
import type { NodeId } from '../../../core/ids.ts'
import { type Random, randomFromSeed } from '../../../core/prng.ts'
import { HybridClock, type HybridStamp } from '../hybrid-clock.ts'
import { LamportClock, type LamportStamp } from '../lamport-clock.ts'
import { VectorClock } from '../vector-clock.ts'

export interface Happening {
  readonly node: NodeId
  /** The places, as bits, of everything that happened before this; and its own. */
  readonly history: bigint
  readonly lamport: LamportStamp
  readonly vector: VectorClock
  readonly hybrid: HybridStamp
  /** What the node's wall clock showed. */
  readonly wallMs: number
}

class Participant {
  readonly id: NodeId
  readonly skewMs: number
  readonly lamport: LamportClock
  readonly hybrid = new HybridClock()
  vector = VectorClock.ZERO
  history = 0n

  constructor(id: NodeId, skewMs: number) {
    this.id = id
    this.skewMs = skewMs
    this.lamport = new LamportClock(id)
  }
}

export class Execution {
  readonly happenings: Happening[] = []
  readonly #participants: readonly Participant[]
  #nowMs = 1000

  /** @param skewsMs of the wall clock of each node */
  constructor(skewsMs: readonly number[]) {
    this.#participants = skewsMs.map((skew, i) => new Participant(BigInt(i + 10) as NodeId, skew))
  }

  /** Time passes, everywhere. */
  pass(milliseconds: number): void {
    this.#nowMs += milliseconds
  }

  /** The node at this place works, or sends: what it returns is what a message carries. */
  work(place: number): Happening {
    const one = this.#participants[place]!
    const wallMs = this.#nowMs + one.skewMs
    return this.#record(one, wallMs, 0n, one.lamport.tick(), one.hybrid.tick(wallMs))
  }

  receive(place: number, message: Happening): Happening {
    const one = this.#participants[place]!
    const wallMs = this.#nowMs + one.skewMs
    one.vector = one.vector.merge(message.vector)
    const lamport = one.lamport.receive(message.lamport)
    return this.#record(one, wallMs, message.history, lamport, one.hybrid.receive(message.hybrid, wallMs))
  }

  #record(
    one: Participant,
    wallMs: number,
    heard: bigint,
    lamport: LamportStamp,
    hybrid: HybridStamp,
  ): Happening {
    one.vector = one.vector.increment(one.id)
    one.history |= heard | (1n << BigInt(this.happenings.length))
    const { id: node, history, vector } = one
    const happening = { node, history, lamport, vector, hybrid, wallMs }
    this.happenings.push(happening)
    return happening
  }
}

/** The same seed gives the same execution: two to six nodes, wall clocks up to `skewMs` apart. */
export function drawExecution(seed: number, events: number, skewMs: number): Execution {
  const random: Random = randomFromSeed(seed)
  const count = 2 + random.below(5)
  const execution = new Execution(Array.from({ length: count }, () => random.below(skewMs + 1)))
  const flying: { readonly to: number; readonly message: Happening }[] = []
  while (execution.happenings.length < events) {
    if (random.chance(1, 3)) execution.pass(random.below(20))
    const place = random.below(count)
    if (flying.length > 0 && random.chance(1, 2)) {
      const { to, message } = flying.splice(random.below(flying.length), 1)[0]!
      execution.receive(to, message)
    } else {
      const message = execution.work(place)
      if (random.chance(2, 3)) flying.push({ to: random.below(count), message })
    }
  }
  return execution
}

/** Whether the event at the first place happened before the one at the second. */
export function happenedBefore(execution: Execution, first: number, second: number): boolean {
  return first !== second && ((execution.happenings[second]!.history >> BigInt(first)) & 1n) === 1n
}
