/** The canary of the simulator: a run that must fail, so that whoever sees it succeed knows that nobody looks. */
import { drawRun, type RunPlan } from '../run/run-plan.ts'

/** The run of a seed, but everybody loses power at once, and nobody's disk had kept its word. */
export function canaryRun(seed: number): RunPlan {
  const plan = drawRun(seed)
  const { members } = plan.swarm
  return {
    ...plan,
    lyingDisks: members,
    schedule: [
      { atMs: 20_000, fault: { kind: 'losePowerTogether', members } },
      ...members.map(member => ({ atMs: 20_100, fault: { kind: 'start', member } }) as const),
    ],
  }
}
