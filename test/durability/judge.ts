/** All that a history of clients and the chronicle of the cluster must satisfy together. */
import type { Chronicle } from './chronicle.ts'
import { checkEffects } from './effects.ts'
import type { Operation } from './history.ts'
import { checkReadings } from './readings.ts'
import { checkRealTime } from './real-time.ts'
import { checkKeys } from './register-model.ts'

/** Every violation, in sentences; none: nothing acknowledged was lost, nothing refused done, all in order. */
export function judge(operations: readonly Operation[], chronicle: Chronicle): string[] {
  const { violations, revisions } = checkEffects(operations, chronicle)
  return [
    ...violations,
    ...checkReadings(operations, chronicle),
    ...checkRealTime(operations, revisions),
    ...checkKeys(operations, revisions),
  ]
}
