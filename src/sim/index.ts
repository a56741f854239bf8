/** The simulator as commands use it: whole clusters in virtual time, under faults, judged. */
export { describeSwarm } from './faults/swarm.ts'
export { type CampaignSummary, describeSummary, runCampaign } from './run/campaign.ts'
export { describeDivergence } from './run/divergence.ts'
export { drawRun, type RunPlan } from './run/run-plan.ts'
export type { RunResult, Verdict } from './run/run-result.ts'
export { decodeScenario, encodeScenario, ScenarioErrors } from './run/scenario-file.ts'
export { type Shrunk, shrinkRun } from './run/shrink-run.ts'
