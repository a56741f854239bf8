/** Tests a user's own state machine: replicated by the production group, under the swarm's faults. */
import { fewerFaults, withoutFaults, withoutStreamFaults } from '../run/reduce-faults.ts'
import type { RunResult } from '../run/run-result.ts'
import { reduceList } from '../run/shrink-plan.ts'
import { checkCount } from './check-count.ts'
import { shortened } from './describe-operation.ts'
import { REQUESTS, REQUESTS_MAX, TRIES_MAX } from './limits.ts'
import type { Json } from './machine.ts'
import { drawMachinePlan, type MachinePlan } from './machine-plan.ts'
import { type AnySubject, runMachine } from './machine-run.ts'
import type { MachineSubject } from './machine-subject.ts'
import { type SimulationOptions, type SimulationReport, simulate } from './simulation.ts'

export interface MachineSimulationOptions extends SimulationOptions<MachinePlan> {
  /** What the clients of one run ask, together: 1 to 10,000, default 200. */
  readonly requests?: number
}

/**
 * Runs seeds. In each, a cluster of one, three or five members hosts the machine, three to six clients ask what was
 * drawn, and processes, machines, networks, disks and clocks fail as drawn. Then a majority is healed, and must finish;
 * then all are, and must hold the same. Every answer must be what the machine gives if it carries the log out alone, in
 * an order that agrees with time; what was refused must not have been carried out.
 *
 * Resolves to what was tried if all of it was good. Else throws:
 * - `SimulationError` (`QUORATE_SIMULATION_FAILED`) with the first bad seed, made smaller;
 * - `QUORATE_SIMULATION_UNREPEATABLE` if a seed is not the same twice;
 * - `QUORATE_SIMULATION_INVALID` for options, and `QUORATE_MACHINE_VALUE` for commands, that make no sense.
 *
 * ```ts
 * await simulateMachine({ machine: () => new Inventory(), draw: drawCommand }, { seeds: 50 })
 * ```
 */
export async function simulateMachine<Command, Result, Value = Json, State = unknown>(
  subject: MachineSubject<Command, Result, Value, State>,
  options: MachineSimulationOptions = {},
): Promise<SimulationReport> {
  const { tries = 1 } = subject
  const { requests = REQUESTS } = options
  checkCount('tries', tries, 1, TRIES_MAX)
  checkCount('requests', requests, 1, REQUESTS_MAX)
  // Its commands, results and values are JSON from here on, whatever its author calls them.
  const plain = subject as unknown as AnySubject
  const reductions = [withoutTheRest, withoutFaults, withoutStreamFaults, fewerFaults, fewerSteps]
  return simulate<MachinePlan>(
    {
      call: 'simulateMachine',
      draw: seed => drawMachinePlan(seed, requests, plain.draw),
      run: (plan, trial) => runMachine(plain, plan, trial),
      reductions,
      describeLoad,
    },
    options,
  )
}

/** What would have come later, had the run gone on. */
function withoutTheRest(plan: MachinePlan, { virtualMs }: RunResult): { simpler: MachinePlan } {
  const schedule = plan.schedule.filter(({ atMs }) => atMs <= virtualMs)
  const steps = plan.steps.filter(({ atMs }) => atMs <= virtualMs)
  return { simpler: { ...plan, schedule, steps } }
}

const fewerSteps = reduceList(
  (plan: MachinePlan) => plan.steps,
  (plan, steps) => ({ ...plan, steps }),
)

function describeLoad({ steps }: MachinePlan): string[] {
  return steps.map(({ client, atMs, command }) => `at ${atMs} ms client ${client} asks ${shortened(command)}`)
}
