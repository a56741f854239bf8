/** What a workload is, and what it is started on. */
import type { ClientError } from '../../client/errors.ts'
import type { Random } from '../../core/prng.ts'
import type { CommittedLog } from '../checkers/committed-log.ts'
import type { StoreRecorder } from '../checkers/recorder.ts'
import type { ListOperation, RegisterOperation, Transaction } from '../checkers/transactions.ts'
import type { SimulatedCluster } from '../cluster/simulated-cluster.ts'
import type { LeaseBook } from './lease-book.ts'
import type { Plan } from './plan.ts'
import type { WatchNotebook } from './watch-notebook.ts'

export interface Workload {
  /** @param steps how many; together they take about `spanMs` of virtual time if nothing goes wrong. */
  plan(random: Random, size: WorkloadSize): Plan
  /** Starts the clients of a plan. */
  start(stage: Stage, plan: Plan): RunningWorkload
}

export interface WorkloadSize {
  readonly clients: number
  readonly steps: number
  /** The virtual time that the steps take together, if nothing goes wrong. */
  readonly spanMs: number
}

/** Where workloads perform, side by side: one store, and one history of everything that was asked of it. */
export interface Stage {
  readonly cluster: SimulatedCluster
  readonly recorder: StoreRecorder
  /** What is known of leases. */
  readonly leases: LeaseBook
  /** What the store has committed so far. */
  readonly committed: () => CommittedLog
  /** What watches are told. */
  readonly notebook: WatchNotebook
  /** Numbers calls and returns; the recorder's own. */
  readonly moment: () => number
  /** A number that no other client of the run has. */
  readonly nextClient: () => number
  /** Whether this member has left the cluster: whatever it still serves, it is told nothing. */
  readonly hasLeft: (member: string) => boolean
  /** Nothing new goes wrong any more: nobody pauses between steps, and once enough was asked, most are left undone. */
  readonly isPressed: () => boolean
  /** Called when a request was answered. */
  readonly answered: () => void
  /** Called with what a request was refused with, or why nobody knows what became of it. */
  readonly failed: (error: ClientError) => void
  /** Takes what breaks a program: a bug of the client, or of the workload. */
  readonly broken: (error: unknown) => void
}

export interface RunningWorkload {
  readonly isFinished: boolean
  /** Steps that have come to an end, well or not. */
  readonly stepsDone: number
  /** What it did, if that is transactions as Elle understands them. */
  readonly transactions?: readonly Transaction<ListOperation | RegisterOperation>[]
  /** Its clients, which have lived through everything, are served again; problems, if not. */
  farewell(): Promise<readonly string[]>
  /** What its own checks find, for people; when the run is over. */
  problems(): readonly string[]
}
