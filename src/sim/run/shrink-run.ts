/**
 * Makes a run of the etcd API that fails smaller: all faults at once if none is needed, whole programs, what chance
 * does to streams, faults, requests.
 */
import type { Plan } from '../workloads/index.ts'
import { SHRINK_RUNS_MAX } from './limits.ts'
import { fewerFaults, withoutFaults, withoutStreamFaults } from './reduce-faults.ts'
import { runPlan } from './run.ts'
import type { RunPlan } from './run-plan.ts'
import type { RunResult } from './run-result.ts'
import { reduceList, type ShrinkOptions, type ShrunkPlan, shrinkPlan } from './shrink-plan.ts'

export type Shrunk = ShrunkPlan<RunPlan>

/** @param failed what the plan came to. */
export function shrinkRun(
  plan: RunPlan,
  failed: RunResult,
  options: Partial<ShrinkOptions> = {},
): Promise<Shrunk> {
  const reductions = [withoutFaults, fewerWorkloads, withoutStreamFaults, fewerFaults, fewerSteps]
  const run = (smaller: RunPlan): Promise<RunResult> => runPlan(smaller)
  return shrinkPlan<RunPlan>(plan, failed, run, reductions, { runsMax: SHRINK_RUNS_MAX, ...options })
}

const fewerWorkloads = reduceList(
  (plan: RunPlan) => plan.workloads,
  (plan, workloads) => ({ ...plan, workloads }),
)

const fewerSteps = reduceList(
  (plan: RunPlan) => plan.workloads.flatMap(each => each.steps),
  (plan, left) => {
    const kept = new Set(left)
    const workloads = plan.workloads.map(
      (each): Plan => ({ ...each, steps: each.steps.filter(step => kept.has(step)) }),
    )
    return { ...plan, workloads }
  },
)
