/**
 * The inside of `quorate sim`: runs seeds or a scenario, prints what they come to, and saves what fails, made smaller.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { QuorateError } from '../core/errors.ts'
import { ConfigErrors } from '../server/config-errors.ts'
import {
  type BugName,
  decodeScenario,
  drawRun,
  EXHIBITS,
  encodeScenario,
  type RunPlan,
  type RunResult,
  runCampaign,
  type SavedRun,
  SCENARIOS,
  ScenarioErrors,
  scenarioNamed,
  shrinkRun,
} from '../sim/index.ts'
import { ExitCode } from './exit-codes.ts'
import { huntCores } from './hunt-cores.ts'
import { SIM_SEEDS, SIM_SHRINK_MS_MAX } from './limits.ts'
import { print } from './output.ts'
import { playNamed } from './play-scenario.ts'
import { reportError } from './report-error.ts'
import { exhausted, type SimFlags, type SimProgress } from './sim-command.ts'
import { historyWriter } from './sim-histories.ts'
import { JSON_REPORT, type SimReport, textReport } from './sim-report.ts'
import { cpuMs, SimWatch } from './sim-watch.ts'
import { VERDICT_STATUS } from './verdict-status.ts'

interface Failure {
  readonly plan: RunPlan
  readonly result: RunResult
}

/** Resolves to the exit status: of several failures, the first one's. */
export async function simulate(flags: SimFlags, tell: (progress: SimProgress) => void): Promise<number> {
  const watch = new SimWatch(tell)
  const named = flags.scenario === undefined ? undefined : scenarioNamed(flags.scenario)
  if (named !== undefined) return playNamed(named, flags, watch)
  const saved = flags.scenario === undefined ? undefined : readScenario(flags.scenario, flags)
  const scenario = saved?.plan
  const { bug } = flags
  const consensus = flags.consensus === 'raft' ? undefined : flags.consensus
  const count = countOf(flags)
  const seeds = seedsFrom(flags.seed ?? Date.now() * 1000, count)
  const isAlone = scenario !== undefined || count === 1
  const end = flags.minutes === undefined ? Number.POSITIVE_INFINITY : nowMs() + flags.minutes * 60_000
  if (bug !== undefined && EXHIBITS[bug].ground !== 'clusters') {
    if (flags.histories !== undefined) throw withoutClients(bug)
    return huntCores(bug, EXHIBITS[bug].ground, seeds, flags, watch, () => nowMs() >= end)
  }
  const report = flags.json === true ? JSON_REPORT : textReport(flags)
  const histories = flags.histories === undefined ? undefined : historyWriter(flags.histories)
  const failures: Failure[] = []
  const planOf = (seed: number): RunPlan => scenario ?? { ...drawRun(seed, consensus), ...(bug && { bug }) }
  const summary = await runCampaign({
    seeds: scenario === undefined ? seeds : [scenario.seed],
    planOf,
    isHeldToBars: scenario === undefined && bug === undefined,
    ...(consensus && { consensus }),
    ...(isAlone && { repeatEvery: 1 }),
    cpuMs,
    // A bug that was put back is found once.
    isOver: () => nowMs() >= end || (bug !== undefined && failures.length > 0),
    isExhausted: () => watch.isExhausted,
    ...(flags.trace === true && { trace: print }),
    ...(histories && { histories }),
    began(seed) {
      watch.begin(`seed ${seed}`)
      if (isAlone) report.begins(planOf(seed))
    },
    async ended(result, plan) {
      report.ran(result, watch.cpuMs)
      if (result.verdict !== 'good') failures.push({ plan, result })
      await turn()
    },
  })
  report.ended(summary)
  const [first] = failures
  if (first === undefined) {
    const isWhole = summary.divergences.length === 0 && summary.shortfalls.length === 0
    return isWhole ? ExitCode.ok : ExitCode.failed
  }
  if (first.result.verdict === 'exhausted') {
    reportError(exhausted(watch.doing, first.result.problems.join('; ')))
    // Whoever keeps a scenario wants it as it was.
  } else if (first.result.verdict !== saved?.verdict) await saveShrunk(first, report, watch)
  return VERDICT_STATUS[first.result.verdict]
}

function withoutClients(bug: BugName): QuorateError {
  const message = `${bug} is hunted among bare cores, which have no clients: --histories does not go with it`
  return new QuorateError(ConfigErrors.invalid, message, 'refused', { hint: 'see docs/museum.md' })
}

/** How many seeds are asked for. */
function countOf({ seed, seeds, minutes, bug }: SimFlags): number {
  if (seeds !== undefined) return seeds
  if (minutes !== undefined || (bug !== undefined && seed === undefined)) return Number.POSITIVE_INFINITY
  return seed === undefined ? SIM_SEEDS : 1
}

function* seedsFrom(first: number, count: number): Generator<number> {
  for (let i = 0; i < count; i++) yield first + i
}

/** A run that was saved. */
function readScenario(path: string, { seed, seeds, minutes, bug, consensus }: SimFlags): SavedRun {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const message = `there is no scenario of that name, and no file: ${(error as Error).message}`
    const names = SCENARIOS.map(({ name }) => name).join(', ')
    throw new QuorateError(ScenarioErrors.unreadable, message, 'refused', {
      hint: `--scenario takes a file that quorate sim has saved, or one of these: ${names}`,
    })
  }
  if (consensus === 'paxos' || [seed, seeds, minutes, bug].some(flag => flag !== undefined)) {
    const message =
      'a run that was saved is as it was: --seed, --seeds, --minutes, --bug and --consensus do not go with it'
    throw new QuorateError(ConfigErrors.invalid, message, 'refused', { hint: 'see quorate sim --help' })
  }
  return decodeScenario(text)
}

async function saveShrunk({ plan, result }: Failure, report: SimReport, watch: SimWatch): Promise<void> {
  const end = nowMs() + SIM_SHRINK_MS_MAX
  report.shrinks(plan)
  const isTimeOver = (): boolean => {
    watch.begin(`seed ${plan.seed}, made smaller,`)
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

function nowMs(): number {
  return performance.now()
}

/** Lets the process breathe: a run only ever yields to itself. */
function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
