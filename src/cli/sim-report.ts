/** What `quorate sim` prints, for people and for programs. */
import {
  type CampaignSummary,
  describeDivergence,
  describeSummary,
  describeSwarm,
  type RunPlan,
  type RunResult,
  type Shrunk,
} from '../sim/index.ts'
import { codeOrigin } from './code-origin.ts'
import { SIM_SHRINK_MS_MAX } from './limits.ts'
import { print } from './output.ts'
import type { SimFlags } from './sim-command.ts'

export interface SimReport {
  /** Before a run that is the only one. */
  begins(plan: RunPlan): void
  /** @param cpuMs processor time that it took */
  ran(result: RunResult, cpuMs: number): void
  ended(summary: CampaignSummary): void
  shrinks(plan: RunPlan): void
  saved(plan: RunPlan, shrunk: Shrunk, path: string): void
}

/** What a run of this command line is repeated with, besides its seed. */
export function textReport({
  scenario,
  bug,
  consensus,
}: Pick<SimFlags, 'scenario' | 'bug' | 'consensus'>): SimReport {
  const settings = [
    ...(bug === undefined ? [] : [` --bug ${bug}`]),
    ...(consensus === undefined || consensus === 'raft' ? [] : [` --consensus ${consensus}`]),
  ].join('')
  const repeated = (seed: number): string =>
    scenario === undefined ? `--seed ${seed}${settings}` : `--scenario ${scenario}`
  return {
    begins({ swarm }) {
      for (const line of describeSwarm(swarm)) print(line)
    },
    ran(result) {
      print(`${result.seed} -> ${result.digest}`)
      if (result.verdict !== 'good') printFailure(result, repeated(result.seed))
    },
    ended(summary) {
      for (const line of describeSummary(summary)) print(line)
      for (const divergence of summary.divergences) print(describeDivergence(divergence))
    },
    shrinks({ seed }) {
      print(`making seed ${seed} smaller, for at most ${SIM_SHRINK_MS_MAX / 1000} s ...`)
    },
    saved(plan, shrunk, path) {
      print(`after ${shrunk.runs} runs, of ${sizeOf(plan)} there are left ${sizeOf(shrunk.plan)}`)
      print(`saved: repeat it with: quorate sim --scenario ${path}`)
      if (scenario === path) print('it replaced the scenario that was given')
    },
  }
}

/** A line of JSON for each run, each that was not the same twice, what was tried too little, and what was saved. */
export const JSON_REPORT: SimReport = {
  begins() {},
  ran(result, cpuMs) {
    printJson(jsonResult(result, cpuMs))
  },
  ended({ divergences, shortfalls }) {
    for (const divergence of divergences) printJson({ divergence })
    for (const shortfall of shortfalls) printJson({ shortfall })
  },
  shrinks() {},
  saved({ seed }, _, path) {
    printJson({ saved: path, seed })
  },
}

/** What a run came to, as a line of JSON tells it. */
export function jsonResult({ faults, probes, ...result }: RunResult, cpuMs: number): object {
  const counts = Object.fromEntries(faults.fired.map(id => [id, faults.of(id)]))
  const told = { ...result, cpuMs: Math.round(cpuMs), faults: counts, probes: Object.fromEntries(probes) }
  return result.verdict === 'good' ? told : { ...told, code: codeOrigin() }
}

function printJson(value: object): void {
  print(JSON.stringify(value))
}

/** What is wrong, and how to see it again. */
export function printFailure({ seed, verdict, problems }: RunResult, repeated: string): void {
  print(`seed ${seed}: ${verdict}`)
  for (const problem of problems) print(`  ${problem.replaceAll('\n', '\n  ')}`)
  print(codeOrigin())
  print(`repeat it with: quorate sim ${repeated}`)
}

function sizeOf({ schedule, workloads }: RunPlan): string {
  const requests = workloads.reduce((sum, { steps }) => sum + steps.length, 0)
  return `${schedule.length} faults and ${requests} requests`
}
