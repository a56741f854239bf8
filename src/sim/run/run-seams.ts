/**
 * What a run does at the seams of the product: counts the rare situations that come about, takes the rare ways that
 * it drew, and puts back one bug, if that is what it is for. A site is active in a quarter of the runs, and an active
 * one is taken in a quarter of its chances (FoundationDB's figures), or less often where that would leave room for
 * nothing else; every site draws from a stream of its own.
 */
import type { NodeId } from '../../core/ids.ts'
import type { Random } from '../../core/prng.ts'
import type { ReplicaWitness } from '../../core/replica-witness.ts'
import { type BugName, type ProbeName, type Seams, SITES, type SiteName } from '../../core/seams.ts'

/** Of so many chances such a site takes one. */
const CHANCES: Partial<Record<SiteName, number>> = {
  'group: a checkpoint is made early': 16,
  'log: goes over to a new segment early': 128,
  'peers: a connection is closed for no reason': 128,
  'raft: a snapshot is offered though there are entries': 32,
  // Pair by pair, from the first to the last: so transfers take long, and what may happen meanwhile does.
  'snapshot: a chunk brings one pair': 1,
  'snapshot: one chunk is asked for at a time': 1,
  'paxos: a snapshot is offered though there are entries': 32,
}
const CHANCES_MOSTLY = 4

/** What the code does here of its own is what chance does to links, and spares healed members. */
const LIKE_FAULTS: readonly SiteName[] = ['peers: a connection is closed for no reason']

export class RunSeams implements Seams {
  readonly bug?: BugName
  readonly #probes = new Map<ProbeName, number>()
  readonly #active = new Map<SiteName, Random>()
  readonly #met: (probe: ProbeName) => void
  readonly #taken: () => void
  readonly #witness: (replica: NodeId) => ReplicaWitness

  /**
   * @param met called with every rare situation that comes about
   * @param taken called whenever the code is sent its rare way
   * @param witness whom a replica that begins has to tell everything
   */
  constructor(
    random: Random,
    bug: BugName | undefined,
    met: (probe: ProbeName) => void,
    taken: () => void,
    witness: (replica: NodeId) => ReplicaWitness,
  ) {
    if (bug !== undefined) this.bug = bug
    this.#met = met
    this.#taken = taken
    this.#witness = witness
    for (const site of SITES) {
      const stream = random.fork()
      if (stream.chance(1, 4)) this.#active.set(site, stream)
    }
  }

  /** Nothing rare happens any more that is a fault to whoever is healed. All else goes on. */
  spareTheHealed(): void {
    for (const site of LIKE_FAULTS) this.#active.delete(site)
  }

  /** Nothing rare happens but what whoever directs the run makes happen. */
  takeNoRareWays(): void {
    this.#active.clear()
  }

  /** How often each came about. */
  get probes(): ReadonlyMap<ProbeName, number> {
    return this.#probes
  }

  met(probe: ProbeName): void {
    this.#probes.set(probe, (this.#probes.get(probe) ?? 0) + 1)
    this.#met(probe)
  }

  witness(replica: NodeId): ReplicaWitness {
    return this.#witness(replica)
  }

  takes(site: SiteName): boolean {
    const taken = this.#active.get(site)?.chance(1, CHANCES[site] ?? CHANCES_MOSTLY) ?? false
    if (taken) this.#taken()
    return taken
  }
}
