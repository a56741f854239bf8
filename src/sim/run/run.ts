/**
 * One run of a whole cluster, from a plan. First safety: everything that was drawn goes wrong while clients ask. Then
 * liveness: a majority is healed, everybody else is left as broken as they are, and every request must come to an end.
 * Then all are healed, and must be of one mind. At the end everything that was answered is judged.
 *
 * Uniform random faults alone never find the livelocks that asymmetric, lasting faults cause: hence the second phase.
 */
import { EMPTY } from '../../core/bytes.ts'
import { QuorateError } from '../../core/errors.ts'
import { openSeams } from '../../core/seams.ts'
import { utf8Bytes } from '../../core/utf8.ts'
import { StoreRecorder } from '../checkers/recorder.ts'
import { checkStore } from '../checkers/store-model.ts'
import { SimulatedCluster } from '../cluster/simulated-cluster.ts'
import { Atlas } from '../faults/atlas.ts'
import { FaultCounts } from '../faults/fault-counts.ts'
import { Nemesis } from '../faults/nemesis.ts'
import { swarmClusterOptions } from '../faults/swarm.ts'
import { NO_STREAM_FAULTS } from '../network.ts'
import { RecordedClient, type RunningWorkload, type Stage, WORKLOADS } from '../workloads/index.ts'
import { type Agreement, compareReplicas } from './compare-replicas.ts'
import { countFailure, countRequests } from './count-requests.ts'
import {
  EVENTS_MAX,
  EVENTS_PER_LOOK,
  LOOK_AGAIN_MS,
  LOOK_TIMEOUT_MS,
  PROBLEMS_TOLD_MAX,
  REUNION_MS_MAX,
  SAFETY_MS_MAX,
  SAFETY_MS_MIN,
  SCRUB_INTERVAL_MS,
  STALL_MS_MAX,
} from './limits.ts'
import type { RunPlan } from './run-plan.ts'
import type { RunResult, Verdict } from './run-result.ts'
import { RunSeams } from './run-seams.ts'
import { traceLogger } from './trace-logger.ts'

export interface RunOptions {
  /** Called with every event, and with what members log, as a line. */
  readonly trace?: (line: string) => void
  /** Asked now and then; true: the run is broken off, for want of time or memory. */
  readonly isExhausted?: () => boolean
}

/** Never throws what went wrong in the run: that is its result. */
export async function runPlan(plan: RunPlan, options: RunOptions = {}): Promise<RunResult> {
  const run = new Run(plan, options)
  const close = openSeams(run.seams)
  try {
    await run.perform()
    return run.judge()
  } finally {
    close()
  }
}

/** Deleting it changes nothing, goes through the log, and is not refused for want of room. */
const NOBODYS_KEY = utf8Bytes('nobody writes this')

class Exhausted extends Error {}

interface Problem {
  readonly verdict: Verdict
  readonly sentence: string
}

class Run {
  readonly seams: RunSeams
  readonly #plan: RunPlan
  readonly #options: RunOptions
  readonly #cluster: SimulatedCluster
  readonly #counts = new FaultCounts()
  readonly #atlas: Atlas
  readonly #nemesis: Nemesis
  readonly #recorder: StoreRecorder
  readonly #stage: Stage
  readonly #problems: Problem[] = []
  #workloads: readonly RunningWorkload[] = []
  #answers = 0
  #looks = 0

  constructor(plan: RunPlan, options: RunOptions) {
    this.#plan = plan
    this.#options = options
    const { swarm, seed, schedule } = plan
    const { trace } = options
    const write = (line: string): void => trace?.(`${this.#cluster.now()} ${line}`)
    const traced = trace && { trace, log: (name: string) => traceLogger(name, write) }
    this.#cluster = new SimulatedCluster({
      ...swarmClusterOptions(swarm, seed),
      tuning: { ...swarm.tuning, scrubIntervalMs: SCRUB_INTERVAL_MS },
      ...traced,
    })
    this.#atlas = new Atlas(swarm.members, swarm.fragile)
    this.#nemesis = new Nemesis(this.#cluster, schedule, this.#counts, this.#atlas)
    this.seams = new RunSeams(this.#cluster.world.random.fork(), plan.bug, () => this.#counts.add('B1'))
    let moments = 0
    let clients = 0
    const moment = (): number => ++moments
    this.#recorder = new StoreRecorder(moment)
    this.#stage = {
      cluster: this.#cluster,
      recorder: this.#recorder,
      moment,
      nextClient: () => ++clients,
      answered: () => {
        this.#answers++
      },
      failed: error => countFailure(error, this.#counts),
      broken: error => this.#crashed(error),
    }
    // Every swarm is of small limits.
    this.#counts.add('B2')
  }

  async perform(): Promise<void> {
    try {
      await this.#safety()
      if (!this.#hasCrashed) await this.#liveness()
      if (!this.#hasCrashed) await this.#reunion()
    } catch (error) {
      if (error instanceof Exhausted) this.#blame('exhausted', error.message)
      else this.#crashed(error)
    }
  }

  /** Once the run is over. */
  judge(): RunResult {
    const { operations } = this.#recorder
    const { world } = this.#cluster
    for (const { member, reason, isExplained } of this.#nemesis.halts) {
      if (!isExplained) this.#blame('crash', `${member} stopped itself: ${describeError(reason)}`)
    }
    countRequests(operations, this.#counts)
    const verdict = checkStore(operations)
    if (verdict.kind === 'wrong') this.#blame('correctness', verdict.report)
    for (const workload of this.#workloads) {
      for (const problem of workload.problems()) this.#blame('correctness', problem)
    }
    return {
      seed: this.#plan.seed,
      digest: world.digest(),
      verdict: worstOf(this.#problems),
      problems: this.#problems.slice(0, PROBLEMS_TOLD_MAX).map(({ sentence }) => sentence),
      virtualMs: Math.floor(this.#cluster.now() / 1000),
      events: world.clock.steps,
      operations: operations.length,
      isUndecided: verdict.kind === 'undecided',
      faults: this.#counts,
      probes: this.seams.probes,
    }
  }

  async #safety(): Promise<void> {
    const { workloads, lyingDisks } = this.#plan
    for (const name of lyingDisks) this.#cluster.member(name).disk.faults.lyingSync = true
    this.#cluster.start()
    this.#workloads = workloads.map(plan => WORKLOADS[plan.workload].start(this.#stage, plan))
    await this.#until(() => this.#isDone && this.#cluster.now() >= SAFETY_MS_MIN * 1000, SAFETY_MS_MAX)
  }

  async #liveness(): Promise<void> {
    // Before, so that their paths are healed too.
    const clients = this.#clientPerMember()
    const core = this.#nemesis.calm()
    const silent = new Set(core)
    const probe = async (name: string): Promise<void> => {
      const client = clients.get(name)!
      while (!(await isServed(client))) await client.pause(LOOK_AGAIN_MS)
      silent.delete(name)
    }
    for (const name of core) probe(name).catch(this.#stage.broken)
    const isOver = (): boolean => this.#isDone && silent.size === 0
    // However much is left, and however slow the network: somebody is answered all the time, and all are in the end.
    for (let before = -1; before < this.#answers && !isOver(); ) {
      before = this.#answers
      await this.#until(isOver, STALL_MS_MAX)
    }
    if (isOver() || this.#hasCrashed) return
    const left = this.#workloads.filter(({ isFinished }) => !isFinished).length
    const what =
      silent.size > 0 ? `${[...silent].join(', ')} did not serve` : `${left} programs were not done`
    const since = `for ${STALL_MS_MAX / 1000} s nobody was answered`
    this.#blame('liveness', `${core.join(', ')} were healed, and then ${since}; ${what}`)
  }

  async #reunion(): Promise<void> {
    this.#healAll()
    const clients = this.#clientPerMember()
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
    compare().catch(this.#stage.broken)
    await this.#until(() => last.agreement.kind === 'agreed', REUNION_MS_MAX)
    const { agreement } = last
    if (agreement.kind === 'agreed') return
    const verdict = agreement.kind === 'differ' ? 'correctness' : 'liveness'
    this.#blame(verdict, `${REUNION_MS_MAX / 1000} s after all were healed, ${agreement.why}`)
  }

  #healAll(): void {
    const { world, members } = this.#cluster
    world.note('reunion')
    world.network.links.healAll()
    world.network.faults = NO_STREAM_FAULTS
    for (const { disk } of members) disk.faults.heal()
    for (const member of members) member.resume()
  }

  /** Starts whoever may be started. Gives the names of all of whom something can be expected. */
  #revive(): readonly string[] {
    const present = this.#cluster.names.filter(name => this.#atlas.mayStart(name))
    for (const name of present) this.#cluster.member(name).start()
    return present
  }

  /** One for each member, that knows no other. */
  #clientPerMember(): ReadonlyMap<string, RecordedClient> {
    const { names } = this.#cluster
    return new Map(names.map(name => [name, new RecordedClient(this.#stage, LOOK_TIMEOUT_MS, [name])]))
  }

  get #isDone(): boolean {
    return this.#workloads.every(({ isFinished }) => isFinished)
  }

  get #hasCrashed(): boolean {
    return this.#problems.some(({ verdict }) => verdict === 'crash')
  }

  /** Ends also once something has crashed: then nothing is worth waiting for. */
  async #until(condition: () => boolean, limitMs: number): Promise<void> {
    const watched = (): boolean => {
      if (++this.#looks % EVENTS_PER_LOOK === 0) this.#lookAtResources()
      return this.#hasCrashed || condition()
    }
    await this.#cluster.until(watched, limitMs)
  }

  #lookAtResources(): void {
    if (this.#cluster.world.clock.steps > EVENTS_MAX) throw new Exhausted(`more than ${EVENTS_MAX} events`)
    if (this.#options.isExhausted?.() === true) throw new Exhausted('no time or no memory is left')
  }

  #crashed(error: unknown): void {
    this.#blame('crash', describeError(error))
  }

  #blame(verdict: Verdict, sentence: string): void {
    this.#problems.push({ verdict, sentence })
  }
}

async function isServed(client: RecordedClient): Promise<boolean> {
  const deleteRange = { key: NOBODYS_KEY, rangeEnd: EMPTY, prevKv: false }
  return (await client.ask({ kind: 'deleteRange', deleteRange })).kind === 'done'
}

/** What was wrong outweighs what was not done; without an end, nothing else is known. */
const WORST_FIRST: readonly Verdict[] = ['exhausted', 'crash', 'correctness', 'liveness']

function worstOf(problems: readonly Problem[]): Verdict {
  return WORST_FIRST.find(verdict => problems.some(problem => problem.verdict === verdict)) ?? 'good'
}

/** Without the place in the code, which differs from build to build. */
function describeError(error: unknown): string {
  if (error instanceof QuorateError) return `${error.message} [${error.code}]`
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
