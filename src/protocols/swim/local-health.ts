/**
 * How well this member itself is, by what it notices (Lifeguard §IV.A): probes that fail, suspicions against itself,
 * being woken late. Whoever is not well probes more slowly and waits longer for answers, since it is likelier that it
 * reads them late than that all others have died.
 */
import { HEALTH_MAX } from './limits.ts'

export class LocalHealth {
  readonly #isKept: boolean
  #worse = 0

  /** @param isKept false: it is taken to be well whatever happens */
  constructor(isKept: boolean) {
    this.#isKept = isKept
  }

  /** 0 is well; `HEALTH_MAX` is as bad as it gets. */
  get worse(): number {
    return this.#worse
  }

  /** By how much everything that waits for others is stretched. */
  get factor(): number {
    return this.#worse + 1
  }

  worsen(by: number): void {
    if (this.#isKept) this.#worse = Math.min(HEALTH_MAX, this.#worse + by)
  }

  improve(): void {
    this.#worse = Math.max(0, this.#worse - 1)
  }
}
