/** How `quorate sim` ends, by what a run came to. */
import type { Verdict } from '../sim/index.ts'
import { ExitCode } from './exit-codes.ts'

export const VERDICT_STATUS: Readonly<Record<Verdict, number>> = {
  good: ExitCode.ok,
  crash: ExitCode.simCrash,
  liveness: ExitCode.simLiveness,
  correctness: ExitCode.simCorrectness,
  exhausted: ExitCode.simExhausted,
}
