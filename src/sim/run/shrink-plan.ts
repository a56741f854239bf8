/**
 * Makes a plan that fails smaller, as long as its run fails in the same way: whole traits first, then parts of its
 * lists, large before small. What is left is what a person has to read.
 */
import { shrinking } from '../checkers/shrink.ts'
import type { RunResult } from './run-result.ts'

export interface ShrinkOptions {
  /** Runs of smaller plans, at most. */
  readonly runsMax: number
  /** Asked before every run; true: what there is, is good enough. */
  readonly isTimeOver?: () => boolean
}

export interface ShrunkPlan<Plan> {
  readonly plan: Plan
  readonly result: RunResult
  readonly runs: number
}

/** One way to make a plan smaller, whose run came to this. */
export type Reduction<Plan> = (plan: Plan, failed: RunResult) => Reducible<Plan> | { readonly simpler: Plan }

/** A list of which a plan can do without a part. */
interface Reducible<Plan> {
  readonly items: readonly unknown[]
  /** The plan with this part of them. */
  readonly keep: (part: readonly unknown[]) => Plan
}

/** @param keep the plan with this part of its items */
export function reduceList<Plan, T>(
  itemsOf: (plan: Plan) => readonly T[],
  keep: (plan: Plan, part: readonly T[]) => Plan,
): (plan: Plan) => Reducible<Plan> {
  return plan => ({ items: itemsOf(plan), keep: part => keep(plan, part as readonly T[]) })
}

/**
 * @param failed what the plan came to.
 * @param reductions in the order in which they are tried.
 */
export async function shrinkPlan<Plan>(
  plan: Plan,
  failed: RunResult,
  run: (plan: Plan) => Promise<RunResult>,
  reductions: readonly Reduction<Plan>[],
  options: ShrinkOptions,
): Promise<ShrunkPlan<Plan>> {
  const shrinker = new Shrinker(plan, failed, run, options)
  for (const reduction of reductions) await shrinker.reduce(reduction)
  return shrinker.shrunk
}

class Shrinker<Plan> {
  readonly #run: (plan: Plan) => Promise<RunResult>
  readonly #options: ShrinkOptions
  #best: Plan
  #result: RunResult
  #runs = 0

  constructor(
    plan: Plan,
    failed: RunResult,
    run: (plan: Plan) => Promise<RunResult>,
    options: ShrinkOptions,
  ) {
    this.#best = plan
    this.#result = failed
    this.#run = run
    this.#options = options
  }

  get shrunk(): ShrunkPlan<Plan> {
    return { plan: this.#best, result: this.#result, runs: this.#runs }
  }

  async reduce(reduction: Reduction<Plan>): Promise<void> {
    const reduced = reduction(this.#best, this.#result)
    if ('simpler' in reduced) {
      await this.#try(reduced.simpler)
      return
    }
    const { items, keep } = reduced
    if (items.length === 0) return
    const search = shrinking(items)
    let step = search.next()
    while (!step.done && !this.#isOver) step = search.next(await this.#try(keep(step.value.ask)))
  }

  /** Whether it still fails in the same way; then it is the best so far. */
  async #try(plan: Plan): Promise<boolean> {
    if (this.#isOver) return false
    this.#runs++
    const result = await this.#run(plan)
    if (result.verdict !== this.#result.verdict) return false
    this.#best = plan
    this.#result = result
    return true
  }

  get #isOver(): boolean {
    return this.#runs >= this.#options.runsMax || this.#options.isTimeOver?.() === true
  }
}
