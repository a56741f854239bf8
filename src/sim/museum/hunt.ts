/** Looks for a bug that is put back, seed after seed, from several places. */
import type { BugName } from '../../core/seams.ts'
import { runPlan } from '../run/run.ts'
import { drawRun, type RunPlan } from '../run/run-plan.ts'
import type { RunResult } from '../run/run-result.ts'
import { playScenario } from '../scenarios/play.ts'
import type { Scenario } from '../scenarios/scenario.ts'
import { catchOf } from './catch-of.ts'
import { tryCores } from './core-trial.ts'
import type { Catch, Ground } from './exhibit.ts'
import { EXHIBITS } from './exhibits.ts'

/** One hunt. */
export interface Hunt {
  readonly firstSeed: number
  /** How many were tried, the last of which found it, if any did. */
  readonly seeds: number
  readonly found?: Catch
}

/** From one hunt's first seed to the next one's: they share none. */
const SEEDS_APART = 1_000_000

export function firstSeedOf(hunt: number): number {
  return 1 + hunt * SEEDS_APART
}

/** Undefined if the run of this seed is good in spite of the bug. Throws if it is bad without the bug too. */
export async function trySeed(bug: BugName, seed: number): Promise<Catch | undefined> {
  const { ground } = EXHIBITS[bug]
  const found = await tryOn(ground, seed, { bug })
  const foundAnyway = found && (await tryOn(ground, seed, {}))
  // It says nothing of the bug: something else is wrong, with the product or with the simulator.
  if (foundAnyway) throw new Error(`seed ${seed} is bad without ${bug}: ${foundAnyway.sentence}`)
  return found
}

async function tryOn(
  ground: Ground,
  seed: number,
  put: { readonly bug?: BugName },
): Promise<Catch | undefined> {
  return ground === 'clusters' ? tryPlan({ ...drawRun(seed), ...put }) : tryCores(ground, seed, put)
}

/** Undefined if the scenario that was written to show the bug does not. Throws if it is bad without the bug too. */
export async function tryScenario(
  scenario: Scenario,
  bug: BugName,
  seed: number,
): Promise<Catch | undefined> {
  const consensus = EXHIBITS[bug].ground.startsWith('paxos') ? 'paxos' : 'raft'
  const found = caughtIn(await playScenario(scenario, { seed, bug, consensus }))
  const foundAnyway = found && caughtIn(await playScenario(scenario, { seed, consensus }))
  if (foundAnyway) throw new Error(`${scenario.name} is bad without ${bug}: ${foundAnyway.sentence}`)
  return found
}

/** Undefined if the run is good. */
export async function tryPlan(plan: RunPlan): Promise<Catch | undefined> {
  return caughtIn(await runPlan(plan))
}

function caughtIn(result: RunResult): Catch | undefined {
  return result.verdict === 'good' ? undefined : catchOf(result)
}

/** @param isOver asked after each seed; true: it is enough */
export async function hunt(
  tried: (seed: number) => Promise<Catch | undefined>,
  firstSeed: number,
  seedsMax: number,
  isOver: () => boolean = () => false,
): Promise<Hunt> {
  for (let seeds = 1; ; seeds++) {
    const found = await tried(firstSeed + seeds - 1)
    if (found !== undefined) return { firstSeed, seeds, found }
    if (seeds >= seedsMax || isOver()) return { firstSeed, seeds }
  }
}

/** Seeds needed in the middle one of several hunts; undefined if half of them found nothing. */
export function medianSeeds(hunts: readonly Hunt[]): number | undefined {
  const needed = hunts.map(({ seeds, found }) => (found === undefined ? Number.POSITIVE_INFINITY : seeds))
  const middle = needed.toSorted((a, b) => a - b)[Math.floor(needed.length / 2)]
  return middle === undefined || middle === Number.POSITIVE_INFINITY ? undefined : middle
}
