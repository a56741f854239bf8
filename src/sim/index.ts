/** The simulator as commands use it: whole clusters in virtual time, under faults, judged. */
export { BUGS, type BugName } from '../core/seams.ts'
export { describeSwarm } from './faults/swarm.ts'
export { tryCores } from './museum/core-trial.ts'
export type { CoreGround } from './museum/exhibit.ts'
export { EXHIBITS } from './museum/exhibits.ts'
export { type CampaignSummary, describeSummary, runCampaign } from './run/campaign.ts'
export { describeDivergence, findDivergence } from './run/divergence.ts'
export { filesOf, type RunHistories } from './run/run-histories.ts'
export { drawRun, type RunPlan } from './run/run-plan.ts'
export type { RunResult, Verdict } from './run/run-result.ts'
export {
  decodeScenario,
  encodeScenario,
  type Scenario as SavedRun,
  ScenarioErrors,
} from './run/scenario-file.ts'
export { type Shrunk, shrinkRun } from './run/shrink-run.ts'
export { SCENARIOS, scenarioNamed } from './scenarios/named/index.ts'
export { type PlayOptions, type PlayResult, playScenario } from './scenarios/play.ts'
export type { Scenario } from './scenarios/scenario.ts'
