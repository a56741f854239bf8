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
import { historyWriter } from './sim-histories.ts'
import { jsonResult, printFailure } from './sim-report.ts'
import type { SimWatch } from './sim-watch.ts'
import { VERDICT_STATUS } from './verdict-status.ts'

/** A story is mostly wanted again as it was. */
const FIRST_SEED = 1

/** Every seed twice. Resolves to the exit status: of several failures, the first one's. */
export async function playNamed(
  scenario: Scenario,
  { seed = FIRST_SEED, seeds = 1, minutes, bug, consensus = 'raft', trace, json, histories }: SimFlags,
  watch: SimWatch,
): Promise<number> {
  const { name } = scenario
  const end = minutes === undefined ? Number.POSITIVE_INFINITY : performance.now() + minutes * 60_000
  const play = (at: number, options: Partial<PlayOptions>): Promise<PlayResult> => {
    watch.begin(`scenario ${name}, seed ${at},`)
    const isExhausted = (): boolean => watch.isExhausted
    return playScenario(scenario, { seed: at, isExhausted, consensus, ...(bug && { bug }), ...options })
  }
  const write = histories === undefined ? undefined : historyWriter(histories)
  const withBug = bug === undefined ? '' : ` --bug ${bug}`
  const others = consensus === 'paxos' ? `${withBug} --consensus paxos` : withBug
  if (json !== true) for (const line of heading(scenario)) print(line)
  let status: number = ExitCode.ok
  for (let at = seed; at - seed < seeds && performance.now() < end; at++) {
    const tell = json !== true && trace !== true ? { tell: print } : {}
    const result = await play(at, {
      ...(trace === true ? { trace: print } : tell),
      ...(write && { histories: told => write(told, at) }),
    })
    if (json === true) print(JSON.stringify({ scenario: name, ...jsonResult(result, watch.cpuMs) }))
    else printResult(name, result, others)
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

/** @param others what it is repeated with, besides its name and its seed. */
function printResult(name: string, result: PlayResult, others: string): void {
  const { seed, digest, verdict } = result
  print(`${seed} -> ${digest}`)
  if (verdict === 'good') print(`scenario ${name}, seed ${seed}: good`)
  else printFailure(result, `--scenario ${name} --seed ${seed}${others}`)
}
