/**
 * One run of a whole cluster, from a plan. First safety: everything that was drawn goes wrong while clients ask. Then
 * liveness: a majority is healed, everybody else is left as broken as they are, and every request must come to an end.
 * Then all are healed, and must be of one mind. At the end everything that was answered is judged.
 *
 * Uniform random faults alone never find the livelocks that asymmetric, lasting faults cause: hence the second phase.
 */
import { Nemesis } from '../faults/nemesis.ts'
import { swarmClusterOptions } from '../faults/swarm.ts'
import { NO_STREAM_FAULTS } from '../network.ts'
import { type RunningWorkload, WORKLOADS } from '../workloads/index.ts'
import { type Agreement, compareReplicas } from './compare-replicas.ts'
import { LOOK_AGAIN_MS, REUNION_MS_MAX, SAFETY_MS_MAX, SAFETY_MS_MIN, STALL_MS_MAX } from './limits.ts'
import type { RunPlan } from './run-plan.ts'
import type { RunResult } from './run-result.ts'
import { isServed, Trial, type TrialOptions } from './trial.ts'

/** Never throws what went wrong in the run: that is its result. */
export async function runPlan(plan: RunPlan, options: TrialOptions = {}): Promise<RunResult> {
  const run = new Run(plan, options)
  await run.perform()
  return run.judge()
}

class Run {
  readonly #plan: RunPlan
  readonly #trial: Trial
  readonly #nemesis: Nemesis
  #workloads: readonly RunningWorkload[] = []

  constructor(plan: RunPlan, options: TrialOptions) {
    const { swarm, seed, schedule, bug } = plan
    this.#plan = plan
    this.#trial = new Trial(
      { cluster: swarmClusterOptions(swarm, seed), fragile: swarm.fragile, ...(bug && { bug }) },
      options,
    )
    const { cluster, counts, atlas } = this.#trial
    this.#nemesis = new Nemesis(cluster, schedule, counts, atlas)
    // Every swarm is of small limits.
    counts.add('B2')
  }

  async perform(): Promise<void> {
    await this.#trial.perform(async () => {
      await this.#safety()
      if (!this.#trial.hasCrashed) await this.#liveness()
      if (!this.#trial.hasCrashed) await this.#reunion()
    })
  }

  /** Once the run is over. */
  judge(): RunResult {
    return this.#trial.judge(
      this.#nemesis.halts,
      this.#workloads.flatMap(workload => workload.problems()),
    )
  }

  async #safety(): Promise<void> {
    const { workloads, lyingDisks } = this.#plan
    const { cluster, stage } = this.#trial
    for (const name of lyingDisks) cluster.member(name).disk.faults.lyingSync = true
    cluster.start()
    this.#workloads = workloads.map(plan => WORKLOADS[plan.workload].start(stage, plan))
    await this.#trial.until(() => this.#isDone && cluster.now() >= SAFETY_MS_MIN * 1000, SAFETY_MS_MAX)
  }

  async #liveness(): Promise<void> {
    const trial = this.#trial
    // Before, so that their paths are healed too.
    const clients = trial.clientPerMember()
    const core = this.#nemesis.calm()
    const silent = new Set(core)
    const probe = async (name: string): Promise<void> => {
      const client = clients.get(name)!
      while (!(await isServed(client))) await client.pause(LOOK_AGAIN_MS)
      silent.delete(name)
    }
    for (const name of core) probe(name).catch(trial.stage.broken)
    const isOver = (): boolean => this.#isDone && silent.size === 0
    // However much is left, and however slow the network: somebody is answered all the time, and all are in the end.
    for (let before = -1; before < trial.answers && !isOver(); ) {
      before = trial.answers
      await trial.until(isOver, STALL_MS_MAX)
    }
    if (isOver() || trial.hasCrashed) return
    const left = this.#workloads.filter(({ isFinished }) => !isFinished).length
    const what =
      silent.size > 0 ? `${[...silent].join(', ')} did not serve` : `${left} programs were not done`
    const since = `for ${STALL_MS_MAX / 1000} s nobody was answered`
    trial.problems.add('liveness', `${core.join(', ')} were healed, and then ${since}; ${what}`)
  }

  async #reunion(): Promise<void> {
    this.#healAll()
    const { stage, problems } = this.#trial
    const clients = this.#trial.clientPerMember()
    const last: { agreement: Agreement } = { agreement: { kind: 'apart', why: 'nobody was asked' } }
    const compare = async (): Promise<void> => {
      for (;;) {
        const present = this.#revive()
        last.agreement = await compareReplicas(
          new Map([...clients].filter(([name]) => present.includes(name))),
        )
        if (last.agreement.kind === 'agreed') return
        await clients.values().next().value!.pause(LOOK_AGAIN_MS)
      }
    }
    compare().catch(stage.broken)
    await this.#trial.until(() => last.agreement.kind === 'agreed', REUNION_MS_MAX)
    const { agreement } = last
    if (agreement.kind === 'agreed') return
    const verdict = agreement.kind === 'differ' ? 'correctness' : 'liveness'
    problems.add(verdict, `${REUNION_MS_MAX / 1000} s after all were healed, ${agreement.why}`)
  }

  #healAll(): void {
    const { world, members } = this.#trial.cluster
    world.note('reunion')
    world.network.links.healAll()
    world.network.faults = NO_STREAM_FAULTS
    for (const { disk } of members) disk.faults.heal()
    for (const member of members) member.resume()
  }

  /** Starts whoever may be started. Gives the names of all of whom something can be expected. */
  #revive(): readonly string[] {
    const { cluster, atlas } = this.#trial
    const present = cluster.names.filter(name => atlas.mayStart(name))
    for (const name of present) cluster.member(name).start()
    return present
  }

  get #isDone(): boolean {
    return this.#workloads.every(({ isFinished }) => isFinished)
  }
}
