/**
 * Many seeds, one after another, and what they came to together. Some are run twice: a run that differs from itself
 * drew something from outside its world, and the first event that differs says where to look.
 */
import type { ProbeName } from '../../core/seams.ts'
import type { ProtocolName } from '../../protocols/protocols.ts'
import { FAULT_CLASS_IDS, type FaultClassId, faultClassLabel } from '../faults/fault-classes.ts'
import { FaultCounts } from '../faults/fault-counts.ts'
import { awaitedProbes, shortfallOfRun, shortfallsOf } from './bars.ts'
import { type Divergence, findDivergence } from './divergence.ts'
import { REPEAT_EVERY } from './limits.ts'
import { runPlan } from './run.ts'
import type { RunHistories } from './run-histories.ts'
import { drawRun, type RunPlan } from './run-plan.ts'
import type { RunResult } from './run-result.ts'

export interface CampaignOptions {
  readonly seeds: Iterable<number>
  /** Default: as the seed says. */
  readonly planOf?: (seed: number) => RunPlan
  /** Every run is as large as it was drawn, and must show as much (`bars.ts`). Default: if `planOf` is not given. */
  readonly isHeldToBars?: boolean
  /** What the members of all plans run: the other protocols' situations are not waited for. Default: Raft. */
  readonly consensus?: ProtocolName
  /** Every so many seeds one is run twice; 0: none. */
  readonly repeatEvery?: number
  /** Processor time that this process has used, in milliseconds. */
  readonly cpuMs: () => number
  /** Asked before every seed; true: the campaign ends here. */
  readonly isOver?: () => boolean
  readonly isExhausted?: () => boolean
  /** Called before a seed is run: if nothing follows, this one did it. */
  readonly began?: (seed: number) => void
  readonly ended?: (result: RunResult, plan: RunPlan) => void | Promise<void>
  readonly trace?: (line: string) => void
  /** Called with what clients of a seed asked and were told. */
  readonly histories?: (histories: RunHistories, seed: number) => void
}

export interface CampaignSummary {
  readonly seeds: number
  readonly bad: readonly RunResult[]
  readonly divergences: readonly Divergence[]
  readonly undecided: readonly number[]
  readonly repeated: number
  readonly virtualMs: number
  readonly events: number
  readonly operations: number
  readonly cpuMs: number
  readonly faults: FaultCounts
  /** In how many seeds each class had an effect. */
  readonly seedsOfClass: ReadonlyMap<FaultClassId, number>
  /** What was not tried enough, a sentence each: then it proves too little that nothing was found. */
  readonly shortfalls: readonly string[]
  /** How often each rare situation came about; 0: never, though it could have. */
  readonly probes: ReadonlyMap<ProbeName, number>
}

export async function runCampaign(options: CampaignOptions): Promise<CampaignSummary> {
  const { planOf = drawRun, repeatEvery = REPEAT_EVERY, isOver = () => false } = options
  const { trace, histories, isExhausted, isHeldToBars = options.planOf === undefined } = options
  const runOptions = { ...(trace && { trace }), ...(isExhausted && { isExhausted }) }
  const startMs = options.cpuMs()
  const bad: RunResult[] = []
  const divergences: Divergence[] = []
  const undecided: number[] = []
  const shortfalls: string[] = []
  const seedsOfClass = new Map<FaultClassId, number>(FAULT_CLASS_IDS.map(id => [id, 0]))
  const faults = new FaultCounts()
  const probes = new Map<ProbeName, number>(awaitedProbes(options.consensus).map(name => [name, 0]))
  const total = { seeds: 0, repeated: 0, virtualMs: 0, events: 0, operations: 0 }
  for (const seed of options.seeds) {
    if (isOver()) break
    options.began?.(seed)
    const plan = planOf(seed)
    const result = await runPlan(plan, {
      ...runOptions,
      ...(histories && { histories: told => histories(told, seed) }),
    })
    total.seeds++
    total.virtualMs += result.virtualMs
    total.events += result.events
    total.operations += result.operations
    faults.addAll(result.faults)
    for (const id of result.faults.fired) seedsOfClass.set(id, seedsOfClass.get(id)! + 1)
    for (const [name, times] of result.probes) probes.set(name, (probes.get(name) ?? 0) + times)
    if (result.isUndecided) undecided.push(seed)
    const shortfall = isHeldToBars && result.verdict === 'good' ? shortfallOfRun(result) : undefined
    if (shortfall !== undefined) shortfalls.push(shortfall)
    if (result.verdict !== 'good') bad.push(result)
    await options.ended?.(result, plan)
    if (result.verdict === 'exhausted') break
    if (repeatEvery === 0 || total.seeds % repeatEvery !== 0) continue
    total.repeated++
    const again = await runPlan(plan)
    if (again.digest !== result.digest) {
      divergences.push(await findDivergence(seed, traced => runPlan(plan, traced)))
    }
  }
  if (isHeldToBars) shortfalls.push(...shortfallsOf({ seeds: total.seeds, faults, probes }))
  const cpuMs = options.cpuMs() - startMs
  return { ...total, bad, divergences, undecided, cpuMs, faults, seedsOfClass, shortfalls, probes }
}

/** For people. */
export function describeSummary(summary: CampaignSummary): string[] {
  const { seeds, virtualMs, events, operations, cpuMs, repeated, divergences, undecided, bad } = summary
  const { faults, seedsOfClass, shortfalls, probes } = summary
  const cpuSeconds = cpuMs / 1000
  const perSecond = cpuSeconds === 0 ? 0 : Math.round(operations / cpuSeconds)
  return [
    `seeds: ${seeds}, of which bad: ${bad.length}, repeated: ${repeated}, not the same again: ${divergences.length}`,
    `virtual time: ${hours(virtualMs)} hours, events: ${events}`,
    `operations checked: ${operations}, histories left undecided: ${undecided.length}`,
    `processor time: ${cpuSeconds.toFixed(1)} s, operations per second of it: ${perSecond}`,
    'faults that had an effect:',
    ...FAULT_CLASS_IDS.map(
      id => `  ${faultClassLabel(id)}: ${timesIn(faults.of(id), seedsOfClass.get(id)!)}`,
    ),
    'rare situations:',
    ...[...probes].map(([name, times]) => `  ${name}: ${times === 0 ? 'never' : times}`),
    ...shortfalls.map(shortfall => `too little was tried: ${shortfall}`),
  ]
}

function timesIn(times: number, seeds: number): string {
  return times === 0 ? 'never' : `${times}, in ${seeds} seeds`
}

function hours(ms: number): string {
  return (ms / 3_600_000).toFixed(2)
}
