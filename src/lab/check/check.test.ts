/** Random schedules: what is promised holds, what is not is found, and a counter-example is as small as it can be. */
import { describe, expect, test } from 'vitest'
import type { Algorithm } from '../algorithm.ts'
import { ALGORITHMS, algorithmNamed } from '../algorithms.ts'
import { type CheckedProperty, checkAlgorithm, runSchedule } from './check.ts'
import { checkLines, hasFailed } from './check-report.ts'
import { drawSchedule, FAMILIES, type Family } from './schedule.ts'

const SEEDS = 8

const setupOf = (algorithm: Algorithm, seeds = SEEDS, firstSeed = 1) => ({
  nodes: algorithm.nodes.standard,
  firstSeed,
  seeds,
})

test.each(ALGORITHMS)('$name keeps what it promises, in schedules of either kind', algorithm => {
  const report = checkAlgorithm(algorithm, setupOf(algorithm))
  expect(hasFailed(report)).toBe(false)
  expect(report.families.map(({ family }) => family)).toEqual(FAMILIES)
  for (const { family, properties } of report.families) {
    const isCalm = family === 'nothing is late'
    for (const { held, broken, promised, isPromisedHere } of properties) {
      expect(held + broken).toBe(SEEDS)
      expect(isPromisedHere).toBe(promised === 'always' || (promised === 'unless-late' && isCalm))
    }
  }
  const lines = checkLines(algorithm, report)
  expect(lines.join('\n')).not.toMatch(/undefined|NaN|\[object/)
})

/** What theory says must be found: the property, where, and seeds that are enough. */
const PREDICTED: readonly [string, string, Family, number][] = [
  ['three-phase-commit', 'agreement', 'anything may happen', 63],
  ['two-phase-commit', 'progress', 'nothing is late', 25],
  ['bully', 'one-leader', 'anything may happen', 1],
  ['ring-election', 'one-leader', 'anything may happen', 1],
  ['raft', 'one-leader-at-a-time', 'anything may happen', 45],
  ['raft', 'highest-id-leads', 'nothing is late', 1],
  ['vector-clock', 'any-two-are-ordered', 'nothing is late', 1],
  ['lamport-clock', 'smaller-means-before', 'nothing is late', 1],
  ['phi-accrual', 'suspects-are-dead', 'anything may happen', 1],
  ['swim', 'the-dead-are-dead', 'anything may happen', 1],
  ['consistent-hashing', 'reads-find-writes', 'nothing is late', 15],
]

function find(algorithm: Algorithm, name: string, family: Family, firstSeed: number): CheckedProperty {
  const report = checkAlgorithm(algorithm, setupOf(algorithm, 6, firstSeed))
  const properties = report.families.find(one => one.family === family)!.properties
  return properties.find(({ property }) => property === name)!
}

describe('what is not promised is found, and no step of the smallest schedule can be left out', () => {
  test.each(PREDICTED)('%s: %s, where %s', (name, property, family, firstSeed) => {
    const algorithm = algorithmNamed(name)!
    const { isPromisedHere, broken, smallest } = find(algorithm, property, family, firstSeed)
    expect(isPromisedHere).toBe(false)
    expect(broken).toBeGreaterThan(0)
    const { seed, deeds, drawn, what } = smallest!
    expect(deeds.length).toBeLessThan(drawn)
    const broke = (part: typeof deeds): string | undefined => {
      const { verdicts } = runSchedule(algorithm, setupOf(algorithm), family, seed, part)
      return verdicts.find(verdict => verdict.property === property)?.broken?.what
    }
    expect(broke(deeds)).toBe(what)
    if (deeds.length > 1)
      for (const left of deeds) expect(broke(deeds.filter(one => one !== left))).toBe(undefined)
  })
})

test('a broken promise is shouted', () => {
  const bully = algorithmNamed('bully')!
  const report = checkAlgorithm(bully, setupOf(bully, 6))
  const families = report.families.map(family => ({
    ...family,
    properties: family.properties.map(one => ({ ...one, isPromisedHere: true })),
  }))
  expect(hasFailed({ ...report, families })).toBe(true)
  expect(checkLines(bully, { ...report, families }).join('\n')).toMatch(/one-leader +promised +BROKEN in \d/)
})

test('schedules are the same for the same seed, and nothing is late in those that say so', () => {
  const trouble = { crashes: true, settleMs: 1 }
  for (let seed = 1; seed <= 50; seed++) {
    const calm = drawSchedule(seed, 3, 'nothing is late', trouble)
    expect(drawSchedule(seed, 3, 'nothing is late', trouble)).toEqual(calm)
    for (const { kind, node } of calm) {
      expect(['ask', 'crash', 'start']).toContain(kind)
      expect(node).toBeLessThan(3)
    }
    const fragile = drawSchedule(seed, 3, 'anything may happen', { ...trouble, crashes: false })
    expect(fragile.some(({ kind }) => kind === 'crash' || kind === 'pause')).toBe(false)
  }
})
