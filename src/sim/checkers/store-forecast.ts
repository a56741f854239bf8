/**
 * How often a key must be put, and can be, from a revision that nobody was told of until it is seen again. Answers
 * show versions, and a version counts puts. Without this a search learns only at the next answer that some choice long
 * before was a put too many or one too few, and tries everything in between first.
 */
import { putsMade } from './footprint.ts'
import { textOf } from './json-codec.ts'
import { contains, type KeyTimelines } from './key-timelines.ts'
import type { StoreFacts } from './store-facts.ts'
import type { Gap } from './store-replay.ts'

/** Of a key that is there at a revision, and stays until it is seen. */
interface Forecast {
  readonly key: string
  readonly create: number
  /** As it will be seen. */
  readonly version: number
  /** Puts until then: by those who were told of their revisions, and by whom they can have been beside. */
  readonly putsMin: number
  readonly putsMax: number
}

/** Why a key cannot come to be what will be seen; without `puts`, it is not there or was created at another time. */
export interface Contradiction {
  readonly key: string
  readonly puts?: 'tooMany' | 'tooFew'
}

export class Forecasts {
  /** Of each gap: how it is to be behind it. */
  readonly #ofGap: readonly (readonly Forecast[])[]

  constructor(facts: StoreFacts, gaps: readonly Gap[]) {
    const ofGap: Forecast[][] = gaps.map(() => [])
    for (const key of facts.sightings.keys) addForecasts(facts, gaps, key, ofGap)
    this.#ofGap = ofGap
  }

  /** A key that cannot be what `keys` say it is behind the gap; undefined if there is none. */
  contradicted(gap: number, revision: number, keys: KeyTimelines): Contradiction | undefined {
    for (const forecast of this.#ofGap[gap]!) {
      const { key, create, version, putsMin, putsMax } = forecast
      const state = keys.get(key, revision)
      if (state === undefined) continue
      if (state === null || (state.create ?? create) !== create) return { key }
      if (state.version === undefined) continue
      if (state.version + putsMin > version) return { key, puts: 'tooMany' }
      if (state.version + putsMax < version) return { key, puts: 'tooFew' }
    }
    return undefined
  }
}

function addForecasts(facts: StoreFacts, gaps: readonly Gap[], key: string, ofGap: Forecast[][]): void {
  const told = toldPuts(facts, key)
  const untold = gaps
    .filter(({ candidates }) => candidates.some(mayTouch(key)))
    .map(({ revision }) => revision)
  for (const [i, { revision }] of gaps.entries()) {
    const next = facts.sightings.next(key, revision)
    if (next === undefined) continue
    const { mod, create, version } = next.pair
    if (create === undefined || version === undefined || create > revision) continue
    const known = countWithin(told, revision, mod)
    const isUntold = !facts.writes.has(mod)
    const putsMin = known + (isUntold ? 1 : 0)
    ofGap[i]!.push({ key, create, version, putsMin, putsMax: known + countWithin(untold, revision, mod) })
  }
}

function mayTouch(key: string): (candidate: Gap['candidates'][number]) => boolean {
  return ({ touches }) => touches.some(span => contains(span, key))
}

/** Revisions at which somebody who was told of it put the key, in order. */
function toldPuts({ writes }: StoreFacts, key: string): number[] {
  const revisions: number[] = []
  for (const [revision, { request, outcome }] of writes) {
    if (outcome.kind !== 'done') continue
    for (const put of putsMade(request, outcome.response))
      if (textOf(put.key) === key) revisions.push(revision)
  }
  return revisions.sort((a, b) => a - b)
}

/** How many of these, in order, are above `above` and at most `most`. */
function countWithin(sorted: readonly number[], above: number, most: number): number {
  return firstAbove(sorted, most) - firstAbove(sorted, above)
}

function firstAbove(sorted: readonly number[], bound: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! <= bound) low = middle + 1
    else high = middle
  }
  return low
}
