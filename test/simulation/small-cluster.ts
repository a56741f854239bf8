/** A cluster that meets every edge with little data: checkpoints after few entries, small segments of the log. */
import { SimulatedCluster } from '../../src/sim/cluster/simulated-cluster.ts'

export function smallCluster(seed: number): SimulatedCluster {
  return new SimulatedCluster({
    seed,
    config: { snapshotEntries: 20, catchUpEntries: 5 },
    tuning: { logLimits: { segmentBytes: 256 * 1024, firstSegmentBytes: 256 * 1024 } },
  })
}
