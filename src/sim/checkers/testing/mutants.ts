/**
 * Who checks the checkers? Histories that a model made keep every promise, so all must pass. An operator changes
 * one such history so that a promise is provably broken; the checker must say so, by the name of that promise.
 */
import { type Random, randomFromSeed } from '../../../core/prng.ts'

export interface Operator<History, Name extends string> {
  /** What is done to the history. */
  readonly name: string
  /** The promise that it breaks, as a reader would put it. */
  readonly breaks: string
  /** What must be found; other violations may follow from the same cause. */
  readonly violation: Name
  /** Undefined where this history offers no place for it. */
  mutate(history: History, random: Random): History | undefined
}

export interface Survey {
  /** How many histories the operator could be applied to. */
  readonly mutants: number
  /** The seeds whose mutants the checker did not name the broken promise of. */
  readonly survivors: readonly number[]
}

/** Applies one operator to the histories of the seeds 1 to `seeds`. */
export function survey<History, Name extends string>(
  operator: Operator<History, Name>,
  generate: (seed: number) => History,
  check: (history: History) => readonly { readonly name: Name }[],
  seeds: number,
): Survey {
  let mutants = 0
  const survivors: number[] = []
  for (let seed = 1; seed <= seeds; seed++) {
    const mutant = operator.mutate(generate(seed), randomFromSeed(seed).fork())
    if (mutant === undefined) continue
    mutants++
    if (!check(mutant).some(({ name }) => name === operator.violation)) survivors.push(seed)
  }
  return { mutants, survivors }
}

/** The place of one of the elements that fit, or undefined. */
export function pickIndex<T>(
  random: Random,
  list: readonly T[],
  fits: (element: T, at: number) => boolean,
): number | undefined {
  const places = list.flatMap((element, at) => (fits(element, at) ? [at] : []))
  return places.length === 0 ? undefined : places[random.below(places.length)]!
}

export function pick<T>(random: Random, list: readonly T[]): T | undefined {
  return list.length === 0 ? undefined : list[random.below(list.length)]!
}

/** The list with what stands at one place replaced by any number of elements. */
export function replaceAt<T>(list: readonly T[], at: number, ...by: readonly T[]): readonly T[] {
  return [...list.slice(0, at), ...by, ...list.slice(at + 1)]
}

/** The list with elements put before a place. */
export function insertAt<T>(list: readonly T[], at: number, ...added: readonly T[]): readonly T[] {
  return [...list.slice(0, at), ...added, ...list.slice(at)]
}
