/** What is thrown to whoever simulates: the story of a bad run, made as short as it gets, and how to have it again. */
import { QuorateError } from '../../core/errors.ts'
import { describeFault } from '../faults/describe-fault.ts'
import { type Divergence, describeDivergence } from '../run/divergence.ts'
import type { FaultPlan } from '../run/reduce-faults.ts'
import type { Verdict } from '../run/run-result.ts'
import type { ShrunkPlan } from '../run/shrink-plan.ts'
import { SimulationErrors } from './errors.ts'
import { STORY_LINES_MAX } from './limits.ts'
import type { Simulated } from './simulation.ts'

/** A bad run. */
export interface SimulationFailure<Plan> {
  readonly seed: number
  /**
   * `correctness`: an answer was wrong, or members differ. `crash`: something threw. `liveness`: a healed cluster did
   * not come to an end with what it was asked. `exhausted`: the run was broken off, and nothing is known.
   */
  readonly verdict: Exclude<Verdict, 'good'>
  /** What was wrong, a sentence each; the first is mostly the cause of the others. */
  readonly problems: readonly string[]
  /** The run, made smaller: plain data, which JSON keeps. Given as `plan`, it is run again. */
  readonly plan: Plan
}

/** `QUORATE_SIMULATION_FAILED`: the message tells everything, for people. */
export class SimulationError<Plan extends FaultPlan = FaultPlan> extends QuorateError {
  override readonly name = 'SimulationError'
  readonly failure: SimulationFailure<Plan>

  constructor(simulated: Simulated<Plan>, { plan, result, runs }: ShrunkPlan<Plan>) {
    const { seed, verdict, problems } = result
    const faults = plan.schedule.map(({ atMs, fault }) => `at ${atMs} ms: ${describeFault(fault)}`)
    const load = simulated.describeLoad(plan)
    const took = [
      countOf(faults.length, 'fault'),
      ...(load.length > 0 ? [countOf(load.length, 'request')] : []),
    ]
    super(
      SimulationErrors.failed,
      [
        `seed ${seed}: ${verdict}`,
        ...problems.map(problem => `  ${problem}`),
        `${runs === 0 ? '' : `made smaller in ${countOf(runs, 'run')}, `}it takes ${took.join(' and ')}:`,
        ...story([...faults, ...load]),
        `have it again: ${simulated.call}(..., { seeds: [${seed}] }), or smaller: { plan: error.failure.plan }`,
      ].join('\n'),
      'unknown',
    )
    this.failure = { seed, verdict: verdict as Exclude<Verdict, 'good'>, problems, plan }
  }
}

/** `QUORATE_SIMULATION_UNREPEATABLE`. */
export function unrepeatable(divergence: Divergence): QuorateError {
  return new QuorateError(SimulationErrors.unrepeatable, describeDivergence(divergence), 'unknown', {
    hint: 'draw from the random and wait with the pause that are given, and make everything anew for each run',
  })
}

function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

function story(lines: readonly string[]): string[] {
  const told = lines.slice(0, STORY_LINES_MAX).map(line => `  ${line}`)
  return lines.length > STORY_LINES_MAX
    ? [...told, `  and ${lines.length - STORY_LINES_MAX} lines more`]
    : told
}
