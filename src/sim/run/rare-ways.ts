/**
 * Which rare ways of the product a run takes. A site is active in a quarter of the runs, and an active one is taken in
 * a quarter of its chances (FoundationDB's figures), or less often where that would leave room for nothing else; every
 * site draws from a stream of its own.
 */
import type { Random } from '../../core/prng.ts'
import { SITES, type SiteName } from '../../core/seams.ts'

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

export class RareWays {
  readonly #active = new Map<SiteName, Random>()

  constructor(random: Random) {
    for (const site of SITES) {
      const stream = random.fork()
      if (stream.chance(1, 4)) this.#active.set(site, stream)
    }
  }

  /** Nothing rare happens any more that is a fault to whoever is healed. All else goes on. */
  spareTheHealed(): void {
    for (const site of LIKE_FAULTS) this.#active.delete(site)
  }

  takeNone(): void {
    this.#active.clear()
  }

  takes(site: SiteName): boolean {
    return this.#active.get(site)?.chance(1, CHANCES[site] ?? CHANCES_MOSTLY) ?? false
  }
}
