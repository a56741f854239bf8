/** A cluster of the etcd API on trial: everything that is asked of it and answered, and the judging of that. */
import type { Credentials } from '../../client/login.ts'
import { EMPTY } from '../../core/bytes.ts'
import type { Entry } from '../../core/entry.ts'
import { utf8Bytes } from '../../core/utf8.ts'
import { StoreRecorder } from '../checkers/recorder.ts'
import { checkStore } from '../checkers/store-model.ts'
import { checkWatches } from '../checkers/watches.ts'
import { SimulatedCluster } from '../cluster/simulated-cluster.ts'
import type { Halt } from '../faults/halts.ts'
import { Operator } from '../faults/operator.ts'
import {
  LeaseBook,
  RecordedClient,
  type RunningWorkload,
  type Stage,
  WatchNotebook,
} from '../workloads/index.ts'
import { ClusterTrial, type TrialOf, type TrialOptions } from './cluster-trial.ts'
import { countFailure, countRequests } from './count-requests.ts'
import { LOOK_TIMEOUT_MS } from './limits.ts'
import type { RunHistories } from './run-histories.ts'
import type { RunResult } from './run-result.ts'
import { StoreLog } from './store-log.ts'

/** Deleting it changes nothing, goes through the log, and is not refused for want of room. */
const NOBODYS_KEY = utf8Bytes('nobody writes this')

/** What it is of. */
export interface StoreTrialOf extends TrialOf {
  /** Whom all clients are that do not say otherwise. Default: nobody. */
  readonly credentials?: Credentials | undefined
}

export interface StoreTrialOptions extends TrialOptions {
  /** Called once all is over. */
  readonly histories?: (histories: RunHistories) => void
}

export class Trial extends ClusterTrial<SimulatedCluster> {
  /** Where clients perform. */
  readonly stage: Stage
  readonly #recorder: StoreRecorder
  readonly #notebook: WatchNotebook
  readonly #log = new StoreLog()
  readonly #tellHistories: StoreTrialOptions['histories']
  #isPressed = false

  constructor(of: StoreTrialOf, options: StoreTrialOptions) {
    super(cluster => new SimulatedCluster({ ...cluster, credentials: of.credentials }), of, options)
    this.#tellHistories = options.histories
    let moments = 0
    let clients = 0
    const moment = (): number => ++moments
    this.#recorder = new StoreRecorder(moment)
    const leases = new LeaseBook(this.#recorder, () => this.cluster.now())
    this.#notebook = new WatchNotebook(moment)
    this.stage = {
      cluster: this.cluster,
      hasLeft: this.hasRemoved,
      recorder: this.#recorder,
      notebook: this.#notebook,
      leases,
      committed: () => this.#log.read(),
      moment,
      nextClient: () => ++clients,
      isPressed: () => this.#isPressed,
      answered: () => this.answered(),
      failed: error => countFailure(error, this.counts),
      broken: error => this.problems.crashed(error),
    }
  }

  protected override appliedFirst(entry: Entry, result: unknown): void {
    this.stage.leases.applied(entry, result)
    this.#log.add(entry, this.stage.moment())
  }

  /** Somebody changes the members from now on, whenever a fault says so. */
  employ(): void {
    const { cluster, atlas, counts } = this
    this.operator = new Operator({ cluster, atlas, counts, broken: this.stage.broken })
  }

  /** From now on clients do what they have left to do without pausing. */
  press(): void {
    this.#isPressed = true
  }

  /** One for each machine, or for each of these, that knows no other. */
  clientPerMember(names = this.cluster.machines): ReadonlyMap<string, RecordedClient> {
    return new Map(
      names.map(name => [name, new RecordedClient(this.stage, LOOK_TIMEOUT_MS, { members: [name] })]),
    )
  }

  /**
   * Once all is over.
   *
   * @param programs whose own checks are part of the verdict.
   */
  judge(halts: readonly Halt[], programs: readonly RunningWorkload[] = []): RunResult {
    const { operations } = this.#recorder
    this.#tellHistories?.({
      store: operations,
      programs: programs.flatMap(({ transactions }) => (transactions === undefined ? [] : [transactions])),
    })
    countRequests(operations, this.counts)
    const verdict = checkStore(operations)
    if (verdict.kind === 'wrong') this.problems.add('correctness', verdict.report)
    for (const { name, sentence } of this.stage.leases.check()) {
      this.problems.add('correctness', `leases: ${name}: ${sentence}`)
    }
    const { streams } = this.#notebook
    const violations = streams.length === 0 ? [] : checkWatches(this.#log.read(), streams)
    for (const { name, sentence } of violations) {
      this.problems.add('correctness', `watches: ${name}: ${sentence}`)
    }
    for (const problem of programs.flatMap(program => program.problems())) {
      this.problems.add('correctness', problem)
    }
    return this.conclude(halts, operations.length, verdict.kind === 'undecided')
  }
}

/** Whether whoever the client knows does what it is asked, through the log. */
export async function isServed(client: RecordedClient): Promise<boolean> {
  const deleteRange = { key: NOBODYS_KEY, rangeEnd: EMPTY, prevKv: false }
  return (await client.ask({ kind: 'deleteRange', deleteRange })).kind === 'done'
}
