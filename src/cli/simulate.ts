/**
 * The inside of `quorate sim`: runs seeds or a scenario, prints what they come to, and saves what fails, made smaller.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { QuorateError } from '../core/errors.ts'
import { onUncaughtError } from '../runtime/node/child-process.ts'
import {
  decodeScenario,
  drawRun,
  encodeScenario,
  type RunPlan,
  type RunResult,
  runCampaign,
  ScenarioErrors,
  shrinkRun,
  type Verdict,
} from '../sim/index.ts'
import { ExitCode } from './exit-codes.ts'
import { SIM_HEAP_BYTES_MAX, SIM_SEED_MS_MAX, SIM_SEEDS, SIM_SHRINK_MS_MAX } from './limits.ts'
import { print } from './output.ts'
import { reportError } from './report-error.ts'
import { exhausted, type SimFlags, type SimProgress } from './sim-command.ts'
import { JSON_REPORT, type SimReport, textReport } from './sim-report.ts'

const STATUS: Readonly<Record<Verdict, number>> = {
  good: ExitCode.ok,
  crash: ExitCode.simCrash,
  liveness: ExitCode.simLiveness,
  correctness: ExitCode.simCorrectness,
  exhausted: ExitCode.simExhausted,
}

interface Failure {
  readonly plan: RunPlan
  readonly result: RunResult
}

/** Resolves to the exit status: of several failures, the first one's. */
export async function simulate(flags: SimFlags, tell: (progress: SimProgress) => void): Promise<number> {
  const scenario = flags.scenario === undefined ? undefined : readScenario(flags.scenario)
  const count = countOf(flags)
  const isAlone = scenario !== undefined || count === 1
  const end = flags.minutes === undefined ? Number.POSITIVE_INFINITY : nowMs() + flags.minutes * 60_000
  const report = flags.json === true ? JSON_REPORT : textReport(flags.scenario)
  const failures: Failure[] = []
  let doing = ''
  let startedMs = 0
  let startedCpuMs = 0
  const begin = (what: string): void => {
    doing = what
    startedMs = nowMs()
    startedCpuMs = cpuMs()
    tell({ doing })
  }
  // No run hears of it, so it ends them all.
  onUncaughtError(reason => {
    process.stderr.write(`${doing}: an error that nobody caught: ${reason.stack ?? reason.message}\n`)
    process.exit(ExitCode.simCrash)
  })
  const summary = await runCampaign({
    seeds: scenario === undefined ? seedsFrom(flags.seed ?? Date.now() * 1000, count) : [scenario.seed],
    planOf: seed => scenario ?? drawRun(seed),
    ...(isAlone && { repeatEvery: 1 }),
    cpuMs,
    isOver: () => nowMs() >= end,
    isExhausted: () =>
      nowMs() - startedMs > SIM_SEED_MS_MAX || process.memoryUsage().heapUsed > SIM_HEAP_BYTES_MAX,
    ...(flags.trace === true && { trace: print }),
    began(seed) {
      begin(`seed ${seed}`)
      if (isAlone) report.begins(scenario ?? drawRun(seed))
    },
    async ended(result, plan) {
      report.ran(result, cpuMs() - startedCpuMs)
      if (result.verdict !== 'good') failures.push({ plan, result })
      await turn()
    },
  })
  report.ended(summary)
  const [first] = failures
  if (first === undefined) return summary.divergences.length === 0 ? ExitCode.ok : ExitCode.failed
  if (first.result.verdict === 'exhausted') {
    reportError(exhausted(doing, first.result.problems.join('; ')))
  } else await saveShrunk(first, report, begin)
  return STATUS[first.result.verdict]
}

/** How many seeds are asked for. */
function countOf({ seed, seeds, minutes }: SimFlags): number {
  if (seeds !== undefined) return seeds
  if (minutes !== undefined) return Number.POSITIVE_INFINITY
  return seed === undefined ? SIM_SEEDS : 1
}

function* seedsFrom(first: number, count: number): Generator<number> {
  for (let i = 0; i < count; i++) yield first + i
}

function readScenario(path: string): RunPlan {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const message = `the scenario cannot be read: ${(error as Error).message}`
    throw new QuorateError(ScenarioErrors.unreadable, message, 'refused', {
      hint: '--scenario takes a file that quorate sim has saved',
    })
  }
  return decodeScenario(text).plan
}

async function saveShrunk(
  { plan, result }: Failure,
  report: SimReport,
  begin: (what: string) => void,
): Promise<void> {
  const end = nowMs() + SIM_SHRINK_MS_MAX
  report.shrinks(plan)
  const isTimeOver = (): boolean => {
    begin(`seed ${plan.seed}, made smaller,`)
    return nowMs() >= end
  }
  const shrunk = await shrinkRun(plan, result, { isTimeOver })
  const path = `quorate-sim-${plan.seed}.json`
  const { verdict, problems } = shrunk.result
  try {
    writeFileSync(path, encodeScenario({ plan: shrunk.plan, verdict, problems }))
  } catch (error) {
    // What was found weighs more than where it could be kept.
    process.stderr.write(`it cannot be saved: ${(error as Error).message}\n`)
    return
  }
  report.saved(plan, shrunk, path)
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

function nowMs(): number {
  return performance.now()
}

/** Lets the process breathe: a run only ever yields to itself. */
function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
