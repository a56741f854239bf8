/** All scenarios that have a name. */
import type { Scenario } from '../scenario.ts'
import { promiseThenCrash, twoValuesOfASlot } from './ballots.ts'
import {
  emptyDisk,
  failedCheckpoint,
  failedSync,
  fullDisk,
  lostDisk,
  lostLog,
  rotInTheMiddleOfTheLog,
  rottenTable,
} from './damage.ts'
import { lateRequest, retriedRequest, staleAcknowledgements, twoSnapshotsInARow } from './entries.ts'
import { clockSteps, lossyNetwork, swizzleClog } from './paths.ts'
import {
  commonPowerLoss,
  orderlyStop,
  restartStorm,
  rollingPowerLosses,
  singleMemberPowerLoss,
  tornTail,
} from './power.ts'
import { freshLeaderRead, pausedLeaderRead, readAfterRetry } from './reads.ts'
import { quotaAndRoomAgain } from './space.ts'
import {
  asymmetricPartition,
  figure8,
  isolatedMemberReturns,
  minorityLeader,
  partialPartition,
  voteThenCrash,
} from './votes.ts'
import { watchFromCompaction, watchOverFailures, watchOverSnapshot } from './watches.ts'

export const SCENARIOS: readonly Scenario[] = [
  voteThenCrash,
  figure8,
  isolatedMemberReturns,
  partialPartition,
  asymmetricPartition,
  minorityLeader,
  promiseThenCrash,
  twoValuesOfASlot,
  freshLeaderRead,
  pausedLeaderRead,
  readAfterRetry,
  retriedRequest,
  lateRequest,
  staleAcknowledgements,
  twoSnapshotsInARow,
  singleMemberPowerLoss,
  commonPowerLoss,
  rollingPowerLosses,
  restartStorm,
  orderlyStop,
  tornTail,
  rotInTheMiddleOfTheLog,
  lostLog,
  rottenTable,
  failedSync,
  failedCheckpoint,
  fullDisk,
  lostDisk,
  emptyDisk,
  swizzleClog,
  lossyNetwork,
  clockSteps,
  watchOverFailures,
  watchOverSnapshot,
  watchFromCompaction,
  quotaAndRoomAgain,
]

/** Undefined if there is none of that name. */
export function scenarioNamed(name: string): Scenario | undefined {
  return SCENARIOS.find(each => each.name === name)
}
