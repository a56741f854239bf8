/**
 * `quorate/sim`: programs of your own under the faults that Quorate itself is tested with. Whole clusters run in
 * virtual time, in this process, without ports or files; a seed decides everything that happens, so that what fails
 * once fails again. See `docs/guides/simulate-your-own.md`.
 *
 * - `simulateMachine`: your deterministic state machine, replicated by the production group.
 * - `simulateProgram`: your client program, several of it at once, on a simulated cluster.
 * - `checkLinearizable`: a history of your own against a sequential model.
 */
export type { Random } from '../core/prng.ts'
export {
  checkLinearizable,
  type Model,
  type Operation,
  type Verdict as LinearizabilityVerdict,
} from './checkers/linearizability.ts'
export { MachineErrors, SimulationErrors } from './own/errors.ts'
export type { Json, Machine, MachineState } from './own/machine.ts'
export type { MachinePlan, MachineStep } from './own/machine-plan.ts'
export type { DrawnFor, MachineModel, MachineOperation, MachineSubject } from './own/machine-subject.ts'
export type { ProgramPlace, ProgramSubject } from './own/program-subject.ts'
export { type MachineSimulationOptions, simulateMachine } from './own/simulate-machine.ts'
export { simulateProgram } from './own/simulate-program.ts'
export type { SimulationOptions, SimulationReport } from './own/simulation.ts'
export { SimulationError, type SimulationFailure } from './own/simulation-error.ts'
export type { FaultPlan } from './run/reduce-faults.ts'
