/** Ways to make any plan smaller that faults were drawn for. */
import type { ScheduledFault } from '../faults/fault.ts'
import type { Swarm } from '../faults/swarm.ts'
import { NO_STREAM_FAULTS } from '../network.ts'
import { type Reduction, reduceList } from './shrink-plan.ts'

/** What goes wrong with a cluster, and what it is like. */
export interface FaultPlan {
  /** Of the world: everything that chance decides during the run. */
  readonly seed: number
  readonly swarm: Swarm
  readonly schedule: readonly ScheduledFault[]
}

/** Nothing goes wrong at all, but for what chance does to streams. */
export function withoutFaults<P extends FaultPlan>(plan: P): { simpler: P } {
  return { simpler: { ...plan, schedule: [] } }
}

export function withoutStreamFaults<P extends FaultPlan>(plan: P): { simpler: P } {
  const { swarm } = plan
  return {
    simpler: { ...plan, swarm: { ...swarm, network: { ...swarm.network, faults: NO_STREAM_FAULTS } } },
  }
}

export function fewerFaults<P extends FaultPlan>(plan: P): ReturnType<Reduction<P>> {
  const keep = (whole: P, schedule: P['schedule']): P => ({ ...whole, schedule })
  return reduceList((whole: P) => whole.schedule, keep)(plan)
}
