/**
 * What a run does at the seams of the product: counts the rare situations that come about, takes the rare ways that
 * it drew, and puts back one bug, if that is what it is for.
 */
import type { NodeId } from '../../core/ids.ts'
import type { Random } from '../../core/prng.ts'
import type { ReplicaWitness } from '../../core/replica-witness.ts'
import type { BugName, ProbeName, Seams, SiteName } from '../../core/seams.ts'
import { RareWays } from './rare-ways.ts'

export class RunSeams implements Seams {
  readonly bug?: BugName
  readonly #probes = new Map<ProbeName, number>()
  readonly #ways: RareWays
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
    this.#ways = new RareWays(random)
  }

  /** Nothing rare happens any more that is a fault to whoever is healed. All else goes on. */
  spareTheHealed(): void {
    this.#ways.spareTheHealed()
  }

  /** Nothing rare happens but what whoever directs the run makes happen. */
  takeNoRareWays(): void {
    this.#ways.takeNone()
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
    const taken = this.#ways.takes(site)
    if (taken) this.#taken()
    return taken
  }
}
