/** Tests a user's own program: several of it at once, on a simulated cluster, through the real client. */

import type { FaultPlan } from '../run/reduce-faults.ts'
import { fewerFaults, withoutFaults, withoutStreamFaults } from '../run/reduce-faults.ts'
import type { RunResult } from '../run/run-result.ts'
import { checkCount } from './check-count.ts'
import { PROGRAMS, PROGRAMS_MAX } from './limits.ts'
import { drawFaults } from './machine-plan.ts'
import { runProgram } from './program-run.ts'
import type { ProgramSubject } from './program-subject.ts'
import { type SimulationOptions, type SimulationReport, simulate } from './simulation.ts'

/**
 * Runs seeds. In each, a cluster of one, three or five nodes of the etcd API serves the programs, and processes,
 * machines, networks, disks and clocks fail as drawn. Then a majority is healed, and the programs must come to their
 * end; then all are, must hold the same, and the check is made.
 *
 * @param make called for every run: what the programs and the check remember together begins anew there.
 *
 * Resolves to what was tried if all of it was good. Else throws:
 * - `SimulationError` (`QUORATE_SIMULATION_FAILED`) with the first bad seed, its faults made fewer;
 * - `QUORATE_SIMULATION_UNREPEATABLE` if a seed is not the same twice;
 * - `QUORATE_SIMULATION_INVALID` for options that make no sense.
 *
 * ```ts
 * await simulateProgram(() => ({
 *   async run({ client, number }) { await client.put(`program ${number}`, 'was here', { idempotent: true }) },
 *   async check({ client }) { assert((await client.get('program 1')) !== undefined) },
 * }))
 * ```
 */
export async function simulateProgram(
  make: () => ProgramSubject,
  options: SimulationOptions<FaultPlan> = {},
): Promise<SimulationReport> {
  const { programs = PROGRAMS } = make()
  checkCount('programs', programs, 1, PROGRAMS_MAX)
  return simulate<FaultPlan>(
    {
      call: 'simulateProgram',
      draw: drawFaults,
      run: (plan, trial) => runProgram(make(), plan, trial),
      reductions: [withoutTheRest, withoutFaults, withoutStreamFaults, fewerFaults],
      describeLoad: () => [],
    },
    options,
  )
}

/** What would have come later, had the run gone on. */
function withoutTheRest(plan: FaultPlan, { virtualMs }: RunResult): { simpler: FaultPlan } {
  return { simpler: { ...plan, schedule: plan.schedule.filter(({ atMs }) => atMs <= virtualMs) } }
}
