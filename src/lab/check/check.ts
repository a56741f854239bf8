/**
 * Many random schedules of one algorithm, and what held in them. Of a property that was broken the smallest schedule
 * that still breaks it is looked for: that is what a person reads.
 */
import { shrink } from '../../sim/checkers/shrink.ts'
import type { Algorithm } from '../algorithm.ts'
import { SHRINK_RUNS_MAX } from '../limits.ts'
import type { Promised, Recording } from '../recording.ts'
import { type Deed, drawSchedule, FAMILIES, type Family, playOf } from './schedule.ts'

export interface CheckedProperty {
  readonly property: string
  readonly says: string
  readonly promised: Promised
  /** Whether it was promised in these schedules. */
  readonly isPromisedHere: boolean
  readonly held: number
  readonly broken: number
  readonly smallest: CounterExample | null
}

export interface CounterExample {
  readonly seed: number
  readonly what: string
  /** Of how many deeds the schedule consisted, and what is left of it. */
  readonly drawn: number
  readonly deeds: readonly Deed[]
}

export interface CheckedFamily {
  readonly family: Family
  readonly properties: readonly CheckedProperty[]
}

export interface CheckReport {
  readonly algorithm: string
  readonly nodes: number
  readonly firstSeed: number
  readonly seeds: number
  readonly families: readonly CheckedFamily[]
}

export interface CheckSetup {
  readonly nodes: number
  readonly firstSeed: number
  readonly seeds: number
}

export function checkAlgorithm(algorithm: Algorithm, setup: CheckSetup): CheckReport {
  const families = FAMILIES.map(family => checkFamily(algorithm, setup, family))
  return { algorithm: algorithm.name, ...setup, families }
}

/** One schedule, or a part of one, run. */
export function runSchedule(
  algorithm: Algorithm,
  { nodes }: CheckSetup,
  family: Family,
  seed: number,
  deeds: readonly Deed[],
): Recording {
  return algorithm.runPlay({ nodes, seed }, playOf(deeds, family, algorithm.trouble))
}

interface Tally {
  held: number
  broken: number
  /** The first seed that broke it. */
  seed: number | undefined
}

function checkFamily(algorithm: Algorithm, setup: CheckSetup, family: Family): CheckedFamily {
  const tallies = new Map<string, Tally>()
  let last: Recording | undefined
  for (let seed = setup.firstSeed; seed < setup.firstSeed + setup.seeds; seed++) {
    const deeds = drawSchedule(seed, setup.nodes, family, algorithm.trouble)
    last = runSchedule(algorithm, setup, family, seed, deeds)
    for (const { property, broken } of last.verdicts) {
      const tally = tallies.get(property) ?? { held: 0, broken: 0, seed: undefined }
      tallies.set(property, tally)
      if (broken === null) tally.held++
      else {
        tally.broken++
        tally.seed ??= seed
      }
    }
  }
  const properties = last!.verdicts.map(({ property, says, promised, isPromisedHere }) => {
    const { held, broken, seed } = tallies.get(property)!
    const smallest = seed === undefined ? null : smallestOf(algorithm, setup, family, seed, property)
    return { property, says, promised, isPromisedHere, held, broken, smallest }
  })
  return { family, properties }
}

function smallestOf(
  algorithm: Algorithm,
  setup: CheckSetup,
  family: Family,
  seed: number,
  property: string,
): CounterExample {
  const whatBroke = (deeds: readonly Deed[]): string | undefined => {
    const { verdicts } = runSchedule(algorithm, setup, family, seed, deeds)
    return verdicts.find(verdict => verdict.property === property)?.broken?.what
  }
  const drawn = drawSchedule(seed, setup.nodes, family, algorithm.trouble)
  const parts = shrink(drawn, part => whatBroke(part) !== undefined, SHRINK_RUNS_MAX)
  // A single deed that is left may be one that nothing depends on.
  const deeds = parts.length === 1 && whatBroke([]) !== undefined ? [] : parts
  return { seed, what: whatBroke(deeds)!, drawn: drawn.length, deeds }
}
