/** One occurrence of each class of faults of disks. What destroys happens to fragile members. */
import type { Random } from '../../core/prng.ts'
import { drawMagnitude, drawOne } from './draws.ts'
import type { DiskPart, ScheduledFault } from './fault.ts'
import type { Occurrence } from './occurrence.ts'
import * as ranges from './ranges.ts'

const PARTS: readonly DiskPart[] = ['log', 'log', 'tables', 'manifest', 'any']
/** What the atlas lets be read wrongly. */
const READ_PARTS: readonly DiskPart[] = ['tables', 'tables', 'manifest']

/** D4: the node halts; it is started again as one that halted. */
export const drawFailedSync: Occurrence = ({ fragile }, random, atMs) => {
  const member = drawOne(random, fragile)
  const operation = random.chance(1, 4) ? 'syncDirectory' : 'sync'
  // A directory is no file of any part.
  const part = operation === 'sync' ? drawOne(random, PARTS) : 'any'
  return [{ atMs, fault: { kind: 'failDisk', member, operation, part } }]
}

/** D5 */
export const drawFailure: Occurrence = ({ members }, random, atMs) => {
  const member = drawOne(random, members)
  const operation = drawOne(random, ['read', 'write'] as const)
  return [{ atMs, fault: { kind: 'failDisk', member, operation, part: drawOne(random, PARTS) } }]
}

/** D6 */
export const drawFull: Occurrence = ({ members }, random, atMs) => {
  const member = drawOne(random, members)
  const freeBytes = drawMagnitude(random, ranges.FREE_BYTES)
  return [
    { atMs, fault: { kind: 'fillDisk', member, freeBytes } },
    { atMs: endOf(atMs, random), fault: { kind: 'fillDisk', member, freeBytes: -1 } },
  ]
}

/** D7 */
export const drawRot: Occurrence = (swarm, random, atMs) => [
  { atMs, fault: { kind: 'rot', ...drawPlace(swarm.fragile, random) }, faultClass: 'D7' },
]

/** D13 */
export const drawCutFile: Occurrence = (swarm, random, atMs) => [
  { atMs, fault: { kind: 'cutFile', ...drawPlace(swarm.fragile, random) }, faultClass: 'D13' },
]

/** D8 */
export const drawMisdirection: Occurrence = ({ fragile }, random, atMs) => {
  const member = drawOne(random, fragile)
  const [ofWrite, ofRead] = [drawOne(random, PARTS), drawOne(random, READ_PARTS)]
  return random.chance(1, 2)
    ? [{ atMs, fault: { kind: 'misdirectWrite', member, part: ofWrite } }]
    : [{ atMs, fault: { kind: 'misdirectRead', member, part: ofRead } }]
}

/** D9 */
export const drawLostWrite: Occurrence = ({ fragile }, random, atMs) => [
  { atMs, fault: { kind: 'loseWrite', member: drawOne(random, fragile), part: drawOne(random, PARTS) } },
]

/** D11 */
export const drawSlowness: Occurrence = ({ members }, random, atMs): ScheduledFault[] => {
  const member = drawOne(random, members)
  const extraUs = drawMagnitude(random, ranges.SLOW_DISK_US)
  return [
    { atMs, fault: { kind: 'slowDisk', member, extraUs } },
    { atMs: endOf(atMs, random), fault: { kind: 'slowDisk', member, extraUs: 0 } },
  ]
}

function drawPlace(fragile: readonly string[], random: Random) {
  const member = drawOne(random, fragile)
  return { member, part: drawOne(random, PARTS), file: random.below(1 << 16), at: random.below(1_000_000) }
}

function endOf(atMs: number, random: Random): number {
  return atMs + drawMagnitude(random, ranges.DISK_FAULT_MS)
}
