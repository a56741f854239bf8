/** Looks after those who were healed: who of them has been seen to serve since, and who has to wait, for a reason. */
import type { Instant } from '../../core/time.ts'
import type { ClusterTrial } from './cluster-trial.ts'
import { LOOK_AGAIN_MS } from './limits.ts'

export class CoreLookout {
  readonly #trial: ClusterTrial
  readonly #core: readonly string[]
  readonly #silent: Set<string>
  /** When each was last seen to be starved. */
  readonly #starvedAt = new Map<string, Instant>()
  #isOver = false

  /** @param serves asks one of them whether it serves. */
  constructor(trial: ClusterTrial, core: readonly string[], serves: (member: string) => Promise<boolean>) {
    this.#trial = trial
    this.#core = core
    this.#silent = new Set(core)
    for (const name of core) this.#look(name, serves).catch(error => trial.problems.crashed(error))
  }

  /** Who has not been seen to serve. */
  get silent(): readonly string[] {
    return [...this.#silent]
  }

  /** Whether all serve. Who was on the way to a vote at the beginning may never get it, and serves nobody. */
  get isServed(): boolean {
    return !this.silent.some(name => this.#trial.votes(name))
  }

  /** Whether all who are silent have to wait. */
  get mustWait(): boolean {
    return this.silent.every(name => this.#isStarved(name))
  }

  /** Whether all who are silent were seen to have to wait after this moment. */
  hadToWait(since: Instant): boolean {
    return this.silent.every(name => (this.#starvedAt.get(name) ?? 0) > since)
  }

  /** Asks nobody any more. */
  close(): void {
    this.#isOver = true
  }

  async #look(name: string, serves: (member: string) => Promise<boolean>): Promise<void> {
    const { cluster } = this.#trial
    while (!this.#isOver && !(await serves(name))) {
      if (this.#isStarved(name)) this.#starvedAt.set(name, cluster.now())
      await cluster.pause(LOOK_AGAIN_MS)
    }
    if (!this.#isOver) this.#silent.delete(name)
  }

  /**
   * Whether somebody outside the core leads, and this member of it has no whole path to or from that leader. As long as
   * the others hear of the leader they stay with it (Raft thesis §4.2.3), and who is cut off from it alone must wait.
   */
  #isStarved(name: string): boolean {
    const { cluster } = this.#trial
    const { links } = cluster.world.network
    const outsiders = cluster.leaders.filter(leader => !this.#core.includes(leader))
    return outsiders.some(leader => !links.link(leader, name).isWhole || !links.link(name, leader).isWhole)
  }
}
