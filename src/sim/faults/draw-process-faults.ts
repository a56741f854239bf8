/** One occurrence of each class of faults of processes and machines. */
import { NODE_VERSION } from '../../core/node-version.ts'
import { drawBetween, drawMagnitude, drawOne, drawSome } from './draws.ts'
import { DYING_OPERATIONS, MISTAKES, type ScheduledFault } from './fault.ts'
import type { Occurrence } from './occurrence.ts'
import * as ranges from './ranges.ts'

/** P1 */
export const drawCrash: Occurrence = ({ members }, random, atMs) => {
  const member = drawOne(random, members)
  return [
    { atMs, fault: { kind: 'kill', member }, faultClass: 'P1' },
    { atMs: atMs + drawMagnitude(random, ranges.DOWN_MS), fault: { kind: 'start', member } },
  ]
}

/** P2: when it dies depends on what it does, so whoever lets it die starts it again. */
export const drawDeath: Occurrence = ({ members }, random, atMs) => {
  const member = drawOne(random, members)
  const how = drawOne(random, ['kill', 'losePower'] as const)
  const operation = drawOne(random, DYING_OPERATIONS)
  const part = drawOne(random, ['log', 'tables', 'manifest', 'any', 'any'] as const)
  const when = drawOne(random, ['before', 'after'] as const)
  return [{ atMs, fault: { kind: 'dieAt', member, operation, part, when, how } }]
}

/** P3 */
export const drawPause: Occurrence = ({ members }, random, atMs) => {
  const member = drawOne(random, members)
  return [
    { atMs, fault: { kind: 'pause', member }, faultClass: 'P3' },
    { atMs: atMs + drawMagnitude(random, ranges.PAUSE_MS), fault: { kind: 'resume', member } },
  ]
}

/** P4: one member, again and again, now and then by losing power. */
export const drawStorm: Occurrence = ({ members }, random, atMs) => {
  const member = drawOne(random, members)
  const faults: ScheduledFault[] = []
  let at = atMs
  for (let restarts = drawBetween(random, ranges.STORM_RESTARTS); restarts > 0; restarts--) {
    const kind = random.chance(1, 4) ? 'losePower' : 'kill'
    faults.push({ atMs: at, fault: { kind, member }, faultClass: 'P4' })
    at += drawMagnitude(random, ranges.STORM_STEP_MS)
    faults.push({ atMs: at, fault: { kind: 'start', member } })
    at += drawMagnitude(random, ranges.STORM_STEP_MS)
  }
  return faults
}

/** P9: it takes up to four seconds (three for a successor, one for its clients), more on a machine that is paused. */
export const drawStop: Occurrence = ({ members }, random, atMs) => {
  const member = drawOne(random, members)
  const startMs = atMs + drawBetween(random, ranges.STOPPING_MS) + drawMagnitude(random, ranges.DOWN_MS)
  return [
    { atMs, fault: { kind: 'stop', member }, faultClass: 'P9' },
    { atMs: startMs, fault: { kind: 'start', member } },
  ]
}

/** P7: most go forward; back again whoever is lucky, for the cluster may have gone forward meanwhile. */
export const drawInstallation: Occurrence = ({ members }, random, atMs) => {
  const version = drawOne(random, [NODE_VERSION, NODE_VERSION, NODE_VERSION - 1])
  return [{ atMs, fault: { kind: 'install', member: drawOne(random, members), version }, faultClass: 'P7' }]
}

/** U4: until somebody sees it and starts the right one. */
export const drawWrongStart: Occurrence = ({ members }, random, atMs) => {
  const member = drawOne(random, members)
  const others = members.filter(name => name !== member)
  const as = others.length === 0 ? member : drawOne(random, others)
  const mistake = drawOne(
    random,
    others.length === 0 ? MISTAKES.filter(each => each !== 'anotherMember') : MISTAKES,
  )
  return [
    { atMs, fault: { kind: 'startWrongly', member, as, mistake }, faultClass: 'U4' },
    { atMs: atMs + drawMagnitude(random, ranges.DOWN_MS), fault: { kind: 'start', member } },
  ]
}

/** P5: the machine comes back with an empty disk. */
export const drawLostDisk: Occurrence = ({ fragile }, random, atMs) => {
  const member = drawOne(random, fragile)
  return [
    { atMs, fault: { kind: 'loseDisk', member }, faultClass: 'P5' },
    { atMs: atMs + drawMagnitude(random, ranges.DOWN_MS), fault: { kind: 'start', member } },
  ]
}

/**
 * D1: one machine, some, or all at one instant; or one while it writes to its log, which few instants are: what it
 * wrote last is then torn more often than not.
 */
export const drawPowerLoss: Occurrence = ({ members }, random, atMs) => {
  if (random.chance(1, 2)) {
    const death = { operation: 'writeSynced', part: 'log', when: 'after', how: 'losePower' } as const
    return [{ atMs, fault: { kind: 'dieAt', member: drawOne(random, members), ...death } }]
  }
  const count = drawOne(random, [1, 1, drawBetween(random, { low: 1, high: members.length }), members.length])
  const victims = drawSome(random, count, members)
  const starts = victims.map(
    (member): ScheduledFault => ({
      atMs: atMs + drawMagnitude(random, ranges.DOWN_MS),
      fault: { kind: 'start', member },
    }),
  )
  return [{ atMs, fault: { kind: 'losePowerTogether', members: victims } }, ...starts]
}
