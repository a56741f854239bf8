/** The phi accrual failure detector: who has been silent for surprisingly long. See `DESIGN.md`. */
export type { NodeId } from '../../core/ids.ts'
export type { Instant } from '../../core/time.ts'
export {
  AccrualDetector,
  type DetectorEffect,
  type DetectorInput,
  type DetectorOptions,
} from './accrual-detector.ts'
export { phiOf, silenceUntil } from './phi.ts'
