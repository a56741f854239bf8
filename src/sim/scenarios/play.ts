/** Plays a scenario: the cluster that it is about, the seams, the story, and what it comes to. */
import type { BugName } from '../../core/seams.ts'
import type { ProtocolName } from '../../protocols/protocols.ts'
import type { RunResult } from '../run/run-result.ts'
import { type StoreTrialOptions, Trial } from '../run/trial.ts'
import { Director } from './director.ts'
import { type Scenario, SMALL_CLUSTER } from './scenario.ts'
import { ScenarioCluster } from './scenario-cluster.ts'

export interface PlayOptions extends StoreTrialOptions {
  /** Of everything that the scenario leaves to chance. The same one gives the same play, to the last event. */
  readonly seed: number
  /** A bug of the museum that is put back. */
  readonly bug?: BugName
  /** What the members run; `raft` if nothing is said. A scenario that is about one protocol says so itself. */
  readonly consensus?: ProtocolName
  /** Takes the story, line by line, while it happens. */
  readonly tell?: (line: string) => void
}

export interface PlayResult extends RunResult {
  /** What happened, a line a step. */
  readonly story: readonly string[]
}

/** Never throws what went wrong in the scenario: that is its result. */
export async function playScenario(scenario: Scenario, options: PlayOptions): Promise<PlayResult> {
  const { seed, bug, consensus, tell = () => {} } = options
  const { config, tuning, ...world } = scenario.setting ?? {}
  const trial = new Trial(
    {
      cluster: {
        ...world,
        seed,
        config: { ...SMALL_CLUSTER.config, ...(consensus && { consensus }), ...config },
        tuning: { ...SMALL_CLUSTER.tuning, ...tuning },
      },
      fragile: [],
      ...(bug && { bug }),
    },
    options,
  )
  const director = new Director(trial, tell)
  const play = (): Promise<void> => {
    trial.cluster.start()
    const cluster = new ScenarioCluster(director)
    return director.direct(() => scenario.play(cluster))
  }
  // Nothing happens but what the scenario says.
  await trial.perform(play, false)
  return { ...director.judge(), story: director.story }
}
