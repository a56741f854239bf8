/** What a scenario is: a story about a cluster that somebody wrote by hand, and what holds in it. */
import type { SimulatedClusterOptions } from '../cluster/simulated-cluster.ts'
import type { ScenarioCluster } from './scenario-cluster.ts'

export interface Scenario {
  /** As the command line names it. */
  readonly name: string
  /** What holds, whatever happens in it. */
  readonly sentence: string
  /** Where the field knows the trouble from. */
  readonly source: string
  /** What differs from a small cluster of three. */
  readonly setting?: Omit<SimulatedClusterOptions, 'seed' | 'trace' | 'log'>
  /** Every member runs when it begins. It ends well if this does, and if all that was answered can be right. */
  play(cluster: ScenarioCluster): Promise<void>
}

/** A cluster that meets every edge with little data: checkpoints after few entries, small segments of the log. */
export const SMALL_CLUSTER = {
  config: { snapshotEntries: 20, catchUpEntries: 5 },
  tuning: { logLimits: { segmentBytes: 256 * 1024, firstSegmentBytes: 256 * 1024 } },
} as const satisfies Scenario['setting']
