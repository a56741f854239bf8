/**
 * Queues, windows and buffers stay under the limits that their folders' `limits.ts` name. Every gauge that is
 * sampled has a limit, and every limit is sampled: a bound that nobody looked at proves nothing.
 *
 * Whether memory stays flat is no matter of virtual time, and is not decided here.
 */
import type { Violation } from './violation.ts'

export interface GaugeSample {
  readonly at: number
  readonly node: string
  readonly gauge: string
  readonly value: number
}

export type BoundViolation = Violation<BoundViolationName, GaugeSample>

export type BoundViolationName =
  /** A queue grew beyond its limit. */
  | 'overLimit'
  /** Something is counted that nobody limited. */
  | 'unlimited'
  /** A limit that nothing was held to. */
  | 'neverSampled'
  /** Less than nothing, a fraction, or no number: the gauge itself is broken. */
  | 'notACount'
  /** Nobody asked for anything, and it held something all the time. */
  | 'neverEmptied'

/** @param limits the most that a gauge may show, by its name. Each node's gauge is accused once. */
export function checkBounds(
  limits: ReadonlyMap<string, number>,
  samples: readonly GaugeSample[],
): BoundViolation[] {
  const violations: BoundViolation[] = []
  const sampled = new Set<string>()
  for (const ofOne of groupByGauge(samples)) {
    const { node, gauge } = ofOne[0]!
    sampled.add(gauge)
    const broken = ofOne.filter(({ value }) => !Number.isSafeInteger(value) || value < 0)
    if (broken.length > 0) {
      const sentence = `${gauge} of ${node} shows ${broken[0]!.value}, which counts nothing`
      violations.push({ name: 'notACount', sentence, events: broken.slice(0, 1) })
    }
    const max = limits.get(gauge)
    if (max === undefined) {
      const sentence = `${gauge} of ${node} is counted, but no limit is named for it`
      violations.push({ name: 'unlimited', sentence, events: ofOne.slice(0, 1) })
      continue
    }
    const over = ofOne.filter(({ value }) => value > max)
    if (over.length > 0) violations.push(overLimit(max, over))
  }
  for (const gauge of limits.keys()) {
    if (sampled.has(gauge)) continue
    violations.push({ name: 'neverSampled', sentence: `nobody ever looked at ${gauge}`, events: [] })
  }
  return violations
}

/**
 * A leak stays under its limit for longer than any run lasts. It shows where nothing is left to wait for.
 *
 * @param samples taken while nobody asks, of gauges that count what waits: each must have been empty once.
 */
export function checkEmptied(samples: readonly GaugeSample[]): BoundViolation[] {
  const violations: BoundViolation[] = []
  for (const ofOne of groupByGauge(samples)) {
    let lowest = ofOne[0]!
    for (const sample of ofOne) if (sample.value < lowest.value) lowest = sample
    if (!(lowest.value > 0)) continue
    const sentence = `${lowest.gauge} of ${lowest.node} never held less than ${lowest.value}, though nobody asked`
    violations.push({ name: 'neverEmptied', sentence, events: [lowest] })
  }
  return violations
}

/** The first sample shows when it began, the highest how bad it was. */
function overLimit(max: number, over: readonly GaugeSample[]): BoundViolation {
  const first = over[0]!
  let highest = first
  for (const sample of over) if (sample.value > highest.value) highest = sample
  return {
    name: 'overLimit',
    sentence: `${first.gauge} of ${first.node} held ${highest.value}, its limit is ${max}`,
    events: highest === first ? [first] : [first, highest],
  }
}

function groupByGauge(samples: readonly GaugeSample[]): Iterable<readonly GaugeSample[]> {
  const groups = new Map<string, GaugeSample[]>()
  for (const sample of samples) {
    const name = JSON.stringify([sample.node, sample.gauge])
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [sample])
    else group.push(sample)
  }
  return groups.values()
}
