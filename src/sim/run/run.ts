/** One run of a whole cluster of the etcd API, from a plan; at its end everything that was answered is judged. */
import { Nemesis } from '../faults/nemesis.ts'
import { swarmClusterOptions } from '../faults/swarm.ts'
import { RecordedClient, ROOT, type RunningWorkload, WORKLOADS } from '../workloads/index.ts'
import { compareReplicas } from './compare-replicas.ts'
import { FAREWELL_MS_MAX, LOOK_TIMEOUT_MS, ROOM_AGAIN_MS_MAX, SAFETY_MS_MIN } from './limits.ts'
import { type Load, performPhases } from './phases.ts'
import { makesRoomAgain } from './room-again.ts'
import type { RunPlan } from './run-plan.ts'
import type { RunResult } from './run-result.ts'
import { isServed, type StoreTrialOptions, Trial } from './trial.ts'
import { withoutStacks } from './without-stacks.ts'

/** Never throws what went wrong in the run: that is its result. */
export function runPlan(plan: RunPlan, options: StoreTrialOptions = {}): Promise<RunResult> {
  return withoutStacks(() => performRun(plan, options))
}

async function performRun(plan: RunPlan, options: StoreTrialOptions): Promise<RunResult> {
  const { swarm, seed, schedule, workloads, lyingDisks, bug, consensus } = plan
  const drawn = swarmClusterOptions(swarm, seed)
  const cluster = consensus === undefined ? drawn : { ...drawn, config: { ...drawn.config, consensus } }
  // Where rights are given and taken, everybody has to say who they are.
  const credentials = workloads.some(({ workload }) => workload === 'rights') ? ROOT : undefined
  const trial = new Trial({ cluster, fragile: swarm.fragile, credentials, ...(bug && { bug }) }, options)
  trial.employ()
  const nemesis = new Nemesis(trial.cluster, schedule, trial.counts, trial.atlas, trial.operator)
  // Every swarm is of small limits.
  trial.counts.add('B2')
  for (const name of lyingDisks) trial.cluster.member(name).disk.faults.lyingSync = true
  const load = new Workloads(trial, workloads, swarm.config.quotaBytes !== undefined)
  await performPhases(trial, nemesis, load)
  return trial.judge(nemesis.halts, load.running)
}

class Workloads implements Load {
  readonly safetyMsMin = SAFETY_MS_MIN
  readonly #trial: Trial
  readonly #plans: RunPlan['workloads']
  readonly #hasQuota: boolean
  running: readonly RunningWorkload[] = []

  constructor(trial: Trial, plans: RunPlan['workloads'], hasQuota: boolean) {
    this.#trial = trial
    this.#plans = plans
    this.#hasQuota = hasQuota
  }

  get unfinished(): number {
    let unfinished = 0
    for (const workload of this.running) if (!workload.isFinished) unfinished++
    return unfinished
  }

  start(): void {
    this.running = this.#plans.map(plan => WORKLOADS[plan.workload].start(this.#trial.stage, plan))
  }

  lookouts(): (member: string) => Promise<boolean> {
    this.#trial.press()
    const clients = this.#trial.clientPerMember()
    return member => isServed(clients.get(member)!)
  }

  comparers(): (members: readonly string[]) => ReturnType<typeof compareReplicas> {
    const clients = this.#trial.clientPerMember()
    return members => compareReplicas(new Map([...clients].filter(([name]) => members.includes(name))))
  }

  /** Clients live as long as programs do: nothing that happened to them on the way may have broken them for good. */
  async conclude(): Promise<void> {
    let left = this.running.length
    for (const workload of this.running) {
      workload.farewell().then(
        problems => {
          for (const problem of problems) this.#trial.problems.add('liveness', problem)
          left--
        },
        error => this.#trial.problems.crashed(error),
      )
    }
    const isDone = await this.#trial.until(() => left === 0, FAREWELL_MS_MAX)
    if (this.#trial.isSettled) return
    if (isDone) return this.#askForRoom()
    this.#trial.problems.add(
      'liveness',
      `the clients of ${left} programs were not served after all were healed`,
    )
  }

  /** Nobody else asks any more, so that everything may go. Without a quota there was room all the time. */
  async #askForRoom(): Promise<void> {
    const { stage, problems } = this.#trial
    if (!this.#hasQuota || problems.verdict !== 'good') return
    const client = new RecordedClient(stage, LOOK_TIMEOUT_MS)
    let hasRoom = false
    makesRoomAgain(client).then(
      () => {
        hasRoom = true
      },
      error => problems.crashed(error),
    )
    await this.#trial.until(() => hasRoom, ROOM_AGAIN_MS_MAX)
    if (!hasRoom && !this.#trial.isSettled)
      problems.add('liveness', `${ROOM_AGAIN_MS_MAX / 1000} s after room was asked for, nothing could be put`)
    client.close()
  }
}
