/** All scenarios that have a name. */
import type { Scenario } from '../scenario.ts'
import { swizzleClog } from './storms.ts'

export const SCENARIOS: readonly Scenario[] = [swizzleClog]

/** Undefined if there is none of that name. */
export function scenarioNamed(name: string): Scenario | undefined {
  return SCENARIOS.find(each => each.name === name)
}
