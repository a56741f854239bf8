/**
 * A cluster on trial: everything that is asked of it and answered, everything that goes wrong with it, and in the end
 * what that comes to. What happens to it is decided elsewhere: by a plan (`run.ts`), or by a scenario.
 */
import { EMPTY } from '../../core/bytes.ts'
import { type BugName, openSeams } from '../../core/seams.ts'
import { utf8Bytes } from '../../core/utf8.ts'
import { StoreRecorder } from '../checkers/recorder.ts'
import { checkStore } from '../checkers/store-model.ts'
import { SimulatedCluster, type SimulatedClusterOptions } from '../cluster/simulated-cluster.ts'
import { Atlas } from '../faults/atlas.ts'
import { FaultCounts } from '../faults/fault-counts.ts'
import type { Halt } from '../faults/halts.ts'
import { RecordedClient, type Stage } from '../workloads/index.ts'
import { countFailure, countRequests } from './count-requests.ts'
import { EVENTS_MAX, EVENTS_PER_LOOK, LOOK_TIMEOUT_MS, SCRUB_INTERVAL_MS } from './limits.ts'
import { describeError, Problems } from './problems.ts'
import type { RunResult } from './run-result.ts'
import { RunSeams } from './run-seams.ts'
import { traceLogger } from './trace-logger.ts'

export interface TrialOptions {
  /** Called with every event, and with what members log, as a line. */
  readonly trace?: (line: string) => void
  /** Asked now and then; true: the trial is broken off, for want of time or memory. */
  readonly isExhausted?: () => boolean
}

/** What it is of. */
export interface TrialOf {
  readonly cluster: SimulatedClusterOptions
  /** Whose disks may lose or change what was promised. */
  readonly fragile: readonly string[]
  /** A bug of the museum that is put back. */
  readonly bug?: BugName
}

/** Thrown through whoever waits for the cluster. */
class Exhausted extends Error {}

/** Deleting it changes nothing, goes through the log, and is not refused for want of room. */
const NOBODYS_KEY = utf8Bytes('nobody writes this')

export class Trial {
  readonly cluster: SimulatedCluster
  readonly atlas: Atlas
  readonly counts = new FaultCounts()
  readonly problems = new Problems()
  /** Where clients perform. */
  readonly stage: Stage
  readonly #bug: BugName | undefined
  readonly #isExhausted: () => boolean
  readonly #recorder: StoreRecorder
  #seams: RunSeams | undefined
  #answers = 0
  #looks = 0

  constructor({ cluster, fragile, bug }: TrialOf, { trace, isExhausted = () => false }: TrialOptions) {
    this.#bug = bug
    this.#isExhausted = isExhausted
    const write = (line: string): void => trace?.(`${this.cluster.now()} ${line}`)
    this.cluster = new SimulatedCluster({
      ...cluster,
      tuning: { ...cluster.tuning, scrubIntervalMs: SCRUB_INTERVAL_MS },
      ...(trace && { trace, log: name => traceLogger(name, write) }),
    })
    this.atlas = new Atlas(this.cluster.names, fragile)
    let moments = 0
    let clients = 0
    const moment = (): number => ++moments
    this.#recorder = new StoreRecorder(moment)
    this.stage = {
      cluster: this.cluster,
      recorder: this.#recorder,
      moment,
      nextClient: () => ++clients,
      answered: () => {
        this.#answers++
      },
      failed: error => countFailure(error, this.counts),
      broken: error => this.problems.crashed(error),
    }
  }

  /** Requests that were answered so far. */
  get answers(): number {
    return this.#answers
  }

  /** Something threw that must not: then nothing is worth waiting for. */
  get hasCrashed(): boolean {
    return this.problems.has('crash')
  }

  /** Carries it out, between the opening of the seams and their closing. What it throws is a problem of the run. */
  async perform(play: () => Promise<void>): Promise<void> {
    const seams = new RunSeams(this.cluster.world.random.fork(), this.#bug, () => this.counts.add('B1'))
    this.#seams = seams
    const close = openSeams(seams)
    try {
      await play()
    } catch (error) {
      if (error instanceof Exhausted) this.problems.add('exhausted', error.message)
      else this.problems.crashed(error)
    } finally {
      close()
    }
  }

  /** Runs until the condition holds, or something has crashed; false if neither comes about in `limitMs`. */
  until(condition: () => boolean, limitMs: number): Promise<boolean> {
    const watched = (): boolean => {
      if (++this.#looks % EVENTS_PER_LOOK === 0) this.#lookAtResources()
      return this.hasCrashed || condition()
    }
    return this.cluster.until(watched, limitMs)
  }

  /** One for each member, that knows no other. */
  clientPerMember(): ReadonlyMap<string, RecordedClient> {
    const { names } = this.cluster
    return new Map(names.map(name => [name, new RecordedClient(this.stage, LOOK_TIMEOUT_MS, [name])]))
  }

  /**
   * Once all is over.
   *
   * @param found what the checks of single programs found.
   */
  judge(halts: readonly Halt[], found: readonly string[] = []): RunResult {
    const { problems, counts } = this
    const { operations } = this.#recorder
    const { world } = this.cluster
    for (const { member, reason, isExplained } of halts) {
      if (!isExplained) problems.add('crash', `${member} stopped itself: ${describeError(reason)}`)
    }
    countRequests(operations, counts)
    const verdict = checkStore(operations)
    if (verdict.kind === 'wrong') problems.add('correctness', verdict.report)
    for (const problem of found) problems.add('correctness', problem)
    return {
      seed: world.seed,
      digest: world.digest(),
      verdict: problems.verdict,
      problems: problems.told,
      virtualMs: Math.floor(this.cluster.now() / 1000),
      events: world.clock.steps,
      operations: operations.length,
      isUndecided: verdict.kind === 'undecided',
      faults: counts,
      probes: this.#seams?.probes ?? new Map(),
    }
  }

  #lookAtResources(): void {
    if (this.cluster.world.clock.steps > EVENTS_MAX) throw new Exhausted(`more than ${EVENTS_MAX} events`)
    if (this.#isExhausted()) throw new Exhausted('no time or no memory is left')
  }
}

/** Whether whoever the client knows does what it is asked, through the log. */
export async function isServed(client: RecordedClient): Promise<boolean> {
  const deleteRange = { key: NOBODYS_KEY, rangeEnd: EMPTY, prevKv: false }
  return (await client.ask({ kind: 'deleteRange', deleteRange })).kind === 'done'
}
