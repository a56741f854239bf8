/**
 * The faults of a run over time. Every class draws from a stream of its own, active or not, so that one class more or
 * less changes nothing in the others; what lasts has its end in the schedule too, perhaps after the run's.
 */
import type { Random } from '../../core/prng.ts'
import * as clocks from './draw-clock-faults.ts'
import * as disks from './draw-disk-faults.ts'
import * as membership from './draw-membership-faults.ts'
import * as network from './draw-network-faults.ts'
import * as processes from './draw-process-faults.ts'
import type { ScheduledFault } from './fault.ts'
import { FAULT_CLASS_IDS, type FaultClassId } from './fault-classes.ts'
import type { Occurrence } from './occurrence.ts'
import type { Swarm } from './swarm.ts'

/** Every class that is scheduled. */
export const OCCURRENCES: Partial<Record<FaultClassId, Occurrence>> = {
  N3: network.drawStranding,
  N5: network.drawClog,
  N6: network.drawNarrow,
  N7: network.drawPartition,
  N8: network.drawPartial,
  N9: network.drawSwizzle,
  N11: network.drawBroken,
  N12: membership.drawMove,
  P1: processes.drawCrash,
  P2: processes.drawDeath,
  P3: processes.drawPause,
  P4: processes.drawStorm,
  P5: processes.drawLostDisk,
  P7: processes.drawInstallation,
  P8: membership.drawChange,
  P9: processes.drawStop,
  D1: processes.drawPowerLoss,
  D4: disks.drawFailedSync,
  D5: disks.drawFailure,
  D6: disks.drawFull,
  D7: disks.drawRot,
  D8: disks.drawMisdirection,
  D9: disks.drawLostWrite,
  D11: disks.drawSlowness,
  D13: disks.drawCutFile,
  C1: clocks.drawDrift,
  C2: clocks.drawStep,
  C3: clocks.drawPeriodic,
  C4: clocks.drawDivergence,
  C5: clocks.drawStall,
  U4: processes.drawWrongStart,
}

/**
 * In the order in which they are carried out. Every active class begins at least once, in the first three quarters.
 *
 * @param durationMs how long faults begin: from 0 to this
 */
export function drawSchedule(swarm: Swarm, random: Random, durationMs: number): ScheduledFault[] {
  const schedule: ScheduledFault[] = []
  // Whoever may become a member is hit like the others: what hits it before it is one has no effect.
  const everybody = { ...swarm, members: [...swarm.members, ...swarm.spares] }
  for (const id of FAULT_CLASS_IDS) {
    const own = random.fork()
    const everyMs = swarm.active.find(active => active.id === id)?.everyMs
    const draw = OCCURRENCES[id]
    if (everyMs === undefined || draw === undefined) continue
    const first = own.below(Math.max(1, Math.min(2 * everyMs, Math.floor((durationMs * 3) / 4))))
    for (let atMs = first; atMs < durationMs; atMs += 1 + own.below(2 * everyMs)) {
      schedule.push(...draw(everybody, own.fork(), atMs))
    }
  }
  return schedule.sort((a, b) => a.atMs - b.atMs)
}
