/**
 * Seeds, one after another, of whatever a user wants to have tested: the first that is bad is made smaller and thrown.
 * Some are run twice, because a run that differs from itself proves nothing.
 */
import { FAULT_CLASS_IDS, type FaultClassId } from '../faults/fault-classes.ts'
import { FaultCounts } from '../faults/fault-counts.ts'
import type { TrialOptions } from '../run/cluster-trial.ts'
import { findDivergence } from '../run/divergence.ts'
import type { FaultPlan } from '../run/reduce-faults.ts'
import type { RunResult } from '../run/run-result.ts'
import { type Reduction, shrinkPlan } from '../run/shrink-plan.ts'
import { checkCount } from './check-count.ts'
import { invalid } from './errors.ts'
import { REPEAT_EVERY, SEEDS, SHRINK_RUNS, SHRINK_RUNS_MAX } from './limits.ts'
import { SimulationError, unrepeatable } from './simulation-error.ts'
import { turn } from './turn.ts'

export interface SimulationOptions<Plan> {
  /** How many, from 1 on; or which: whole numbers below 2^53. Default 20. */
  readonly seeds?: number | readonly number[]
  /** Instead of seeds: a plan of a failure, to have exactly that run again. */
  readonly plan?: Plan
  /** How many runs it may take to make a bad one smaller; 0: it is thrown as it is. Default 100. */
  readonly shrinkRuns?: number
  /** Called with every event of every run, and with what members log, as a line: for one seed, or a plan. */
  readonly trace?: (line: string) => void
}

/** What was tried, and found good. */
export interface SimulationReport {
  readonly seeds: number
  /** Virtual milliseconds of all runs together. */
  readonly virtualMs: number
  /** What clients asked of the cluster. */
  readonly requests: number
  /** How often each class of faults had an effect, by its id (see docs/guides/simulate-your-own.md). */
  readonly faults: Readonly<Partial<Record<FaultClassId, number>>>
}

/** What is simulated. */
export interface Simulated<Plan extends FaultPlan> {
  /** The call that a user makes, for texts. */
  readonly call: string
  readonly draw: (seed: number) => Plan
  /** Never throws what went wrong in the run. */
  readonly run: (plan: Plan, options: TrialOptions) => Promise<RunResult>
  /** What a bad plan is tried without, in this order. */
  readonly reductions: readonly Reduction<Plan>[]
  /** What is asked in the plan, a line each. */
  readonly describeLoad: (plan: Plan) => readonly string[]
}

/** One simulation at a time: a process has one set of seams (`core/seams.ts`). */
let last: Promise<unknown> = Promise.resolve()

/** Throws `QUORATE_SIMULATION_...`. */
export function simulate<Plan extends FaultPlan>(
  simulated: Simulated<Plan>,
  options: SimulationOptions<Plan>,
): Promise<SimulationReport> {
  const { shrinkRuns = SHRINK_RUNS } = options
  checkCount('shrinkRuns', shrinkRuns, 0, SHRINK_RUNS_MAX)
  const plans = plansOf(simulated, options)
  const next = last.then(() => runAll(simulated, plans, { ...options, shrinkRuns }))
  last = next.catch(() => {})
  return next
}

async function runAll<Plan extends FaultPlan>(
  simulated: Simulated<Plan>,
  plans: Iterable<Plan>,
  { trace, shrinkRuns }: SimulationOptions<Plan> & { readonly shrinkRuns: number },
): Promise<SimulationReport> {
  const faults = new FaultCounts()
  const total = { seeds: 0, virtualMs: 0, requests: 0 }
  for (const plan of plans) {
    await turn()
    const result = await simulated.run(plan, trace === undefined ? {} : { trace })
    const isBad = result.verdict !== 'good'
    if (isBad || total.seeds % REPEAT_EVERY === 0) await checkRepeatable(simulated, plan, result)
    if (isBad) throw await shrunkError(simulated, plan, result, shrinkRuns)
    total.seeds++
    total.virtualMs += result.virtualMs
    total.requests += result.operations
    faults.addAll(result.faults)
  }
  const fired = FAULT_CLASS_IDS.filter(id => faults.of(id) > 0).map(id => [id, faults.of(id)])
  return { ...total, faults: Object.fromEntries(fired) }
}

async function checkRepeatable<Plan extends FaultPlan>(
  { run }: Simulated<Plan>,
  plan: Plan,
  { digest, seed }: RunResult,
): Promise<void> {
  await turn()
  if ((await run(plan, {})).digest === digest) return
  throw unrepeatable(await findDivergence(seed, traced => run(plan, traced)))
}

async function shrunkError<Plan extends FaultPlan>(
  simulated: Simulated<Plan>,
  plan: Plan,
  failed: RunResult,
  runsMax: number,
): Promise<SimulationError<Plan>> {
  const again = async (smaller: Plan): Promise<RunResult> => {
    await turn()
    return simulated.run(smaller, {})
  }
  const shrunk = await shrinkPlan(plan, failed, again, simulated.reductions, { runsMax })
  return new SimulationError(simulated, shrunk)
}

function plansOf<Plan extends FaultPlan>(
  { draw }: Simulated<Plan>,
  { seeds = SEEDS, plan }: SimulationOptions<Plan>,
): Iterable<Plan> {
  if (plan !== undefined) return [plan]
  const isList = typeof seeds !== 'number'
  const count = isList ? seeds.length : seeds
  if (!Number.isSafeInteger(count) || count < 1) throw invalid(`seeds: at least one, not ${count}`)
  const odd = isList ? seeds.find(seed => !Number.isSafeInteger(seed) || seed < 0) : undefined
  if (odd !== undefined) throw invalid(`seeds: ${odd} is no whole number from 0 to 2^53 - 1`)
  return drawn(isList ? seeds : Array.from({ length: count }, (_, i) => i + 1), draw)
}

function* drawn<Plan>(seeds: readonly number[], draw: (seed: number) => Plan): Generator<Plan> {
  for (const seed of seeds) yield draw(seed)
}
