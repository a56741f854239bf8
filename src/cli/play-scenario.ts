/** `quorate sim --scenario NAME`: plays a scenario that has a name, and prints its story. */
import {
  describeDivergence,
  findDivergence,
  type PlayOptions,
  type PlayResult,
  playScenario,
  type Scenario,
} from '../sim/index.ts'
import { ExitCode } from './exit-codes.ts'
import { print } from './output.ts'
import { reportError } from './report-error.ts'
import { exhausted, type SimFlags } from './sim-command.ts'
import type { SimWatch } from './sim-watch.ts'
import { VERDICT_STATUS } from './verdict-status.ts'

/** A story is mostly wanted again as it was. */
const FIRST_SEED = 1

/** Every seed twice. Resolves to the exit status: of several failures, the first one's. */
export async function playNamed(
  scenario: Scenario,
  { seed = FIRST_SEED, seeds = 1, minutes, trace, json }: SimFlags,
  watch: SimWatch,
): Promise<number> {
  const { name } = scenario
  const end = minutes === undefined ? Number.POSITIVE_INFINITY : performance.now() + minutes * 60_000
  const play = (at: number, options: Partial<PlayOptions>): Promise<PlayResult> => {
    watch.begin(`scenario ${name}, seed ${at},`)
    return playScenario(scenario, { seed: at, isExhausted: () => watch.isExhausted, ...options })
  }
  if (json !== true) for (const line of heading(scenario)) print(line)
  let status: number = ExitCode.ok
  for (let at = seed; at - seed < seeds && performance.now() < end; at++) {
    const tell = json !== true && trace !== true ? { tell: print } : {}
    const result = await play(at, trace === true ? { trace: print } : tell)
    if (json === true) printJson(name, result, watch.cpuMs)
    else printResult(name, result)
    if (result.verdict === 'exhausted') reportError(exhausted(watch.doing, result.problems.join('; ')))
    status ||= VERDICT_STATUS[result.verdict]
    if ((await play(at, {})).digest === result.digest) continue
    const divergence = await findDivergence(at, options => play(at, options))
    print(json === true ? JSON.stringify({ divergence }) : describeDivergence(divergence))
    status ||= ExitCode.failed
  }
  return status
}

function heading({ name, sentence, source }: Scenario): string[] {
  return [`${name}: ${sentence}`, `(${source})`]
}

function printResult(name: string, { seed, digest, verdict, problems }: PlayResult): void {
  print(`${seed} -> ${digest}`)
  print(`scenario ${name}, seed ${seed}: ${verdict}`)
  for (const problem of problems) print(`  ${problem.replaceAll('\n', '\n  ')}`)
  if (verdict !== 'good') print(`repeat it with: quorate sim --scenario ${name} --seed ${seed}`)
}

function printJson(scenario: string, { faults, probes, ...result }: PlayResult, cpuMs: number): void {
  const counts = Object.fromEntries(faults.fired.map(id => [id, faults.of(id)]))
  const told = { ...result, cpuMs: Math.round(cpuMs), faults: counts, probes: Object.fromEntries(probes) }
  print(JSON.stringify({ scenario, ...told }))
}
