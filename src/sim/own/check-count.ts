/** Options that are counts. */
import { invalid } from './errors.ts'

/** Throws `QUORATE_SIMULATION_INVALID`. */
export function checkCount(name: string, count: number, min: number, max: number): void {
  if (Number.isSafeInteger(count) && count >= min && count <= max) return
  throw invalid(`${name}: a whole number from ${min} to ${max}, not ${count}`)
}
