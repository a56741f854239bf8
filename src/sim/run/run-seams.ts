/**
 * What a run does at the seams of the product: counts the rare situations that come about, takes the rare ways that
 * it drew, and puts back one bug, if that is what it is for. A site is active in a quarter of the runs, and an active
 * one is taken in a quarter of its chances (FoundationDB's figures); every site draws from a stream of its own.
 */
import type { Random } from '../../core/prng.ts'
import { type BugName, type ProbeName, type Seams, SITES, type SiteName } from '../../core/seams.ts'

export class RunSeams implements Seams {
  readonly bug?: BugName
  readonly #probes = new Map<ProbeName, number>()
  readonly #active = new Map<SiteName, Random>()
  readonly #taken: () => void

  /** @param taken called whenever the code is sent its rare way */
  constructor(random: Random, bug: BugName | undefined, taken: () => void) {
    if (bug !== undefined) this.bug = bug
    this.#taken = taken
    for (const site of SITES) {
      const stream = random.fork()
      if (stream.chance(1, 4)) this.#active.set(site, stream)
    }
  }

  /** How often each came about. */
  get probes(): ReadonlyMap<ProbeName, number> {
    return this.#probes
  }

  met(probe: ProbeName): void {
    this.#probes.set(probe, (this.#probes.get(probe) ?? 0) + 1)
  }

  takes(site: SiteName): boolean {
    const taken = this.#active.get(site)?.chance(1, 4) ?? false
    if (taken) this.#taken()
    return taken
  }
}
