/** What a user gives to have a program tested that uses a cluster. */
import type { Client } from '../../client/client.ts'
import type { Random } from '../../core/prng.ts'

/** One run's worth of it: whatever it remembers is made anew for every run. */
export interface ProgramSubject {
  /** How many of it run at once: 1 to 50, default 3. */
  readonly programs?: number
  /**
   * The program. It waits for nothing but `client` and `pause`, draws from nothing but `random`, and comes to an end
   * once most of the cluster works; until then requests may be refused, or their outcome unknown. What it throws is a
   * failure of the run.
   */
  run(here: ProgramPlace): Promise<void>
  /**
   * Called once all programs have come to their end and the cluster is healed: throws what must not be. Another minute
   * of virtual time is enough for it.
   */
  check?(here: ProgramPlace): Promise<void>
}

/** What a program has of the world. */
export interface ProgramPlace {
  /** Counted from 1; the check has 0. */
  readonly number: number
  /** Connected to all members of the cluster. */
  readonly client: Client
  /** A stream of its own. */
  readonly random: Random
  /**
   * Lets so many virtual milliseconds pass. Less than a minute: whoever is answered nothing for so long, once most of
   * the cluster works, is taken for stalled.
   */
  pause(ms: number): Promise<void>
  /** Virtual milliseconds since the run began. */
  nowMs(): number
  /** Puts a line into the trace. */
  note(line: string): void
}
