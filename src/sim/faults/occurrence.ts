/** How a class of faults is drawn: one occurrence after the other. */
import type { Random } from '../../core/prng.ts'
import type { ScheduledFault } from './fault.ts'
import type { Swarm } from './swarm.ts'

/** Everything that one occurrence consists of, its end included. Draws from the class's own stream. */
export type Occurrence = (swarm: Swarm, random: Random, atMs: number) => readonly ScheduledFault[]
