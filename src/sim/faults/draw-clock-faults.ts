/** One occurrence of each class of faults of clocks. */
import type { Random } from '../../core/prng.ts'
import { type Drift, NO_DRIFT } from '../drift.ts'
import { drawBetween, drawMagnitude, drawOne, type Range } from './draws.ts'
import type { ScheduledFault } from './fault.ts'
import type { Occurrence } from './occurrence.ts'
import * as ranges from './ranges.ts'

/** C1: until its next change; it outlives the process, as quartz does. */
export const drawDrift: Occurrence = ({ members }, random, atMs) => {
  const member = drawOne(random, members)
  const drift = random.chance(1, 8) ? NO_DRIFT : drawPace(random)
  return [{ atMs, fault: { kind: 'drift', member, drift }, faultClass: 'C1' }]
}

/** C2 */
export const drawStep: Occurrence = ({ members }, random, atMs) => {
  const member = drawOne(random, members)
  return [
    {
      atMs,
      fault: { kind: 'stepWall', member, ms: drawSigned(random, ranges.WALL_STEP_MS) },
      faultClass: 'C2',
    },
  ]
}

/** C3: as much fast as it is slow next, for a few periods. */
export const drawPeriodic: Occurrence = ({ members }, random, atMs) => {
  const member = drawOne(random, members)
  const fast = drawPace(random)
  const slow = { numerator: 2 * fast.denominator - fast.numerator, denominator: fast.denominator }
  const halfMs = drawBetween(random, ranges.PERIOD_MS) / 2
  const faults: ScheduledFault[] = []
  for (let half = 0; half < 6; half++) {
    const drift = half % 2 === 0 ? fast : slow
    faults.push({
      atMs: Math.floor(atMs + half * halfMs),
      fault: { kind: 'drift', member, drift },
      faultClass: 'C3',
    })
  }
  faults.push({ atMs: Math.floor(atMs + 6 * halfMs), fault: { kind: 'drift', member, drift: NO_DRIFT } })
  return faults
}

/** C4: many small steps, as of a wall clock that is being slewed while the monotonic one goes on. */
export const drawDivergence: Occurrence = ({ members }, random, atMs) => {
  const member = drawOne(random, members)
  const ms = drawSigned(random, ranges.WALL_SLEW_MS)
  const everyMs = drawBetween(random, ranges.PERIOD_MS)
  const steps = drawBetween(random, ranges.WALL_SLEW_STEPS)
  return Array.from({ length: steps }, (_, i) => ({
    atMs: atMs + i * Math.ceil(everyMs / 10),
    fault: { kind: 'stepWall', member, ms },
    faultClass: 'C4',
  }))
}

/** C5 */
export const drawStall: Occurrence = ({ members }, random, atMs) => {
  const member = drawOne(random, members)
  return [
    { atMs, fault: { kind: 'pause', member }, faultClass: 'C5' },
    { atMs: atMs + drawMagnitude(random, ranges.STALL_MS), fault: { kind: 'resume', member } },
  ]
}

function drawPace(random: Random): Drift {
  return { numerator: 1_000_000 + drawSigned(random, ranges.DRIFT_PPM), denominator: 1_000_000 }
}

function drawSigned(random: Random, range: Range): number {
  const amount = drawMagnitude(random, range)
  return random.chance(1, 2) ? amount : -amount
}
