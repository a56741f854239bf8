/**
 * Makes a run that fails smaller, as long as it fails in the same way: all faults at once if none is needed, whole
 * programs, what chance does to streams, faults, requests; large parts before small ones. What is left is what a person
 * has to read.
 */
import { shrinking } from '../checkers/shrink.ts'
import { NO_STREAM_FAULTS } from '../network.ts'
import type { Plan } from '../workloads/index.ts'
import { SHRINK_RUNS_MAX } from './limits.ts'
import { runPlan } from './run.ts'
import type { RunPlan } from './run-plan.ts'
import type { RunResult } from './run-result.ts'

export interface ShrinkOptions {
  readonly runsMax?: number
  /** Asked before every run; true: what there is, is good enough. */
  readonly isTimeOver?: () => boolean
}

export interface Shrunk {
  readonly plan: RunPlan
  readonly result: RunResult
  readonly runs: number
}

/** @param failed what the plan came to. */
export async function shrinkRun(
  plan: RunPlan,
  failed: RunResult,
  options: ShrinkOptions = {},
): Promise<Shrunk> {
  const shrinker = new Shrinker(plan, failed, options)
  await shrinker.shrink()
  return shrinker.shrunk
}

class Shrinker {
  readonly #options: ShrinkOptions
  readonly #runsMax: number
  #best: RunPlan
  #result: RunResult
  #runs = 0

  constructor(plan: RunPlan, failed: RunResult, options: ShrinkOptions) {
    this.#best = plan
    this.#result = failed
    this.#options = options
    this.#runsMax = options.runsMax ?? SHRINK_RUNS_MAX
  }

  get shrunk(): Shrunk {
    return { plan: this.#best, result: this.#result, runs: this.#runs }
  }

  async shrink(): Promise<void> {
    await this.#try({ ...this.#best, schedule: [] })
    await this.#shrinkList(this.#best.workloads, (plan, workloads): RunPlan => ({ ...plan, workloads }))
    const { swarm } = this.#best
    await this.#try({
      ...this.#best,
      swarm: { ...swarm, network: { ...swarm.network, faults: NO_STREAM_FAULTS } },
    })
    await this.#shrinkList(this.#best.schedule, (plan, schedule): RunPlan => ({ ...plan, schedule }))
    const steps = this.#best.workloads.flatMap(each => each.steps)
    await this.#shrinkList(steps, (plan, left): RunPlan => {
      const kept = new Set(left)
      const workloads = plan.workloads.map(
        (each): Plan => ({ ...each, steps: each.steps.filter(step => kept.has(step)) }),
      )
      return { ...plan, workloads }
    })
  }

  /** @param place puts a part of the items where all of them were. */
  async #shrinkList<T>(
    items: readonly T[],
    place: (plan: RunPlan, part: readonly T[]) => RunPlan,
  ): Promise<void> {
    if (items.length === 0) return
    const search = shrinking(items)
    const whole = this.#best
    let step = search.next()
    while (!step.done && !this.#isOver) {
      step = search.next(await this.#try(place(whole, step.value.ask)))
    }
  }

  /** Whether it still fails in the same way; then it is the best so far. */
  async #try(plan: RunPlan): Promise<boolean> {
    if (this.#isOver) return false
    this.#runs++
    const result = await runPlan(plan)
    if (result.verdict !== this.#result.verdict) return false
    this.#best = plan
    this.#result = result
    return true
  }

  get #isOver(): boolean {
    return this.#runs >= this.#runsMax || this.#options.isTimeOver?.() === true
  }
}
