/** One occurrence of each class of network faults: what goes wrong, and when it is right again. */
import type { Random } from '../../core/prng.ts'
import { drawBetween, drawMagnitude, drawOne, drawOrder, drawSome } from './draws.ts'
import type { ScheduledFault } from './fault.ts'
import type { Occurrence } from './occurrence.ts'
import * as ranges from './ranges.ts'

/** N3: all connections that lead to one of them. */
export const drawStranding: Occurrence = ({ members }, random, atMs) => {
  const to = drawOne(random, members)
  const breaksUs = drawMagnitude(random, ranges.STRAND_BREAKS_US)
  const arrivesUs = breaksUs + drawMagnitude(random, ranges.STRAND_ARRIVES_US)
  return [{ atMs, fault: { kind: 'strand', to, breaksUs, arrivesUs } }]
}

/** N5: one direction between two members, or both. */
export const drawClog: Occurrence = ({ members }, random, atMs) => {
  const [a, b] = drawSome(random, 2, members) as [string, string]
  const delayUs = drawMagnitude(random, ranges.CLOG_US)
  const endMs = atMs + drawMagnitude(random, ranges.NETWORK_FAULT_MS)
  return directions(random.chance(1, 2), a, b).flatMap(([from, to]): ScheduledFault[] => [
    { atMs, fault: { kind: 'clog', from, to, delayUs }, faultClass: 'N5' },
    { atMs: endMs, fault: { kind: 'clog', from, to, delayUs: 0 } },
  ])
}

/** N6 */
export const drawNarrow: Occurrence = ({ members }, random, atMs) => {
  const [from, to] = drawSome(random, 2, members) as [string, string]
  const packets = drawBetween(random, ranges.NARROW_PACKETS)
  const endMs = atMs + drawMagnitude(random, ranges.NETWORK_FAULT_MS)
  return [
    { atMs, fault: { kind: 'narrow', from, to, packets } },
    { atMs: endMs, fault: { kind: 'narrow', from, to, packets: 0 } },
  ]
}

/** N7: by size, by a coin for each member, or one alone; each way or one way. */
export const drawPartition: Occurrence = ({ members }, random, atMs) => {
  const groups = drawGroups(members, random)
  const ordered = random.chance(1, 2) ? groups : groups.toReversed()
  const isOneWay = random.chance(1, 3)
  const endMs = atMs + drawMagnitude(random, ranges.NETWORK_FAULT_MS)
  return [
    { atMs, fault: { kind: 'partition', groups: ordered, isOneWay }, faultClass: 'N7' },
    { atMs: endMs, fault: { kind: 'join', groups: ordered, isOneWay } },
  ]
}

/** N8: two members, each way or one way, while both reach the rest. */
export const drawPartial: Occurrence = ({ members }, random, atMs) => {
  const [a, b] = drawSome(random, 2, members) as [string, string]
  const endMs = atMs + drawMagnitude(random, ranges.NETWORK_FAULT_MS)
  return directions(random.chance(2, 3), a, b).flatMap(([from, to]): ScheduledFault[] => [
    { atMs, fault: { kind: 'cut', from, to }, faultClass: 'N8' },
    { atMs: endMs, fault: { kind: 'heal', from, to } },
  ])
}

/** N9: all paths of some members are clogged, one member after the other, and freed in another order. */
export const drawSwizzle: Occurrence = ({ members }, random, atMs) => {
  const victims = drawSome(random, drawBetween(random, { low: 2, high: members.length }), members)
  const delayUs = drawBetween(random, ranges.CLOG_US)
  const clogged = new Set<string>()
  const faults: ScheduledFault[] = []
  let at = atMs
  /** A path is free when neither of its ends is clogged. */
  const setPaths = (member: string): void => {
    const others = members.filter(each => each !== member && !clogged.has(each))
    for (const [from, to] of others.flatMap(other => directions(true, member, other))) {
      faults.push(
        clogged.has(member)
          ? { atMs: at, fault: { kind: 'clog', from, to, delayUs }, faultClass: 'N9' }
          : { atMs: at, fault: { kind: 'clog', from, to, delayUs: 0 } },
      )
    }
    at += drawBetween(random, ranges.SWIZZLE_STEP_MS)
  }
  for (const member of victims) {
    clogged.add(member)
    setPaths(member)
  }
  for (const member of drawOrder(random, victims)) {
    clogged.delete(member)
    setPaths(member)
  }
  return faults
}

/** N11: what chance does not do, to all connections between two members. */
export const drawBroken: Occurrence = ({ members }, random, atMs) => {
  const [a, b] = drawSome(random, 2, members) as [string, string]
  const kind = drawOne(random, ['reset', 'hush'] as const)
  return [{ atMs, fault: { kind, a, b }, faultClass: 'N11' }]
}

function drawGroups(members: readonly string[], random: Random): string[][] {
  const order = drawOrder(random, members)
  const splitAt = (size: number): string[][] => [order.slice(0, size), order.slice(size)]
  switch (random.below(3)) {
    case 0:
      return splitAt(1 + random.below(members.length - 1))
    case 1: {
      const sides = order.map(() => random.chance(1, 2))
      const groups = [order.filter((_, i) => sides[i]!), order.filter((_, i) => !sides[i]!)]
      // A coin that falls the same for all would be no partition.
      return groups.every(group => group.length > 0) ? groups : splitAt(1)
    }
    default:
      return splitAt(1)
  }
}

function directions(both: boolean, a: string, b: string): (readonly [string, string])[] {
  return both
    ? [
        [a, b],
        [b, a],
      ]
    : [[a, b]]
}
