/** One run of a user's programs: a cluster of the etcd API, faults, and what the programs come to. */
import { Nemesis } from '../faults/nemesis.ts'
import { swarmClusterOptions } from '../faults/swarm.ts'
import type { TrialOptions } from '../run/cluster-trial.ts'
import { performPhases } from '../run/phases.ts'
import type { FaultPlan } from '../run/reduce-faults.ts'
import type { RunResult } from '../run/run-result.ts'
import { Trial } from '../run/trial.ts'
import { ProgramLoad } from './program-load.ts'
import type { ProgramSubject } from './program-subject.ts'

/** Never throws what went wrong in the run: that is its result. */
export async function runProgram(
  subject: ProgramSubject,
  { seed, swarm, schedule }: FaultPlan,
  options: TrialOptions = {},
): Promise<RunResult> {
  const trial = new Trial({ cluster: swarmClusterOptions(swarm, seed), fragile: swarm.fragile }, options)
  const nemesis = new Nemesis(trial.cluster, schedule, trial.counts, trial.atlas)
  await performPhases(trial, nemesis, new ProgramLoad(trial, { seed, swarm, schedule }, subject))
  // What programs ask is theirs to judge; of their requests there is no history.
  return trial.conclude(nemesis.halts, trial.answers, false)
}
